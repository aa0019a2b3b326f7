-- Purpose: forget runs that ended too long ago and of which no entity is left.
-- Parameters: @P1 the moment before which a run began.
-- Locks: the rows that go.
DELETE FROM audit.etl_run
WHERE started_at < @P1 AND status <> 'running'
    AND NOT EXISTS (SELECT 1 FROM audit.etl_run_entity e WHERE e.run_id = audit.etl_run.run_id)
