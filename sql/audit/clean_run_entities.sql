-- Purpose: forget entities of runs that ended too long ago; the newest of each entity and status stays.
-- Parameters: @P1 the moment before which a run began.
-- Locks: the rows that go.
DELETE FROM audit.etl_run_entity
WHERE run_id IN (SELECT r.run_id FROM audit.etl_run r WHERE r.started_at < @P1 AND r.status <> 'running')
    AND run_entity_id NOT IN (SELECT MAX(l.run_entity_id) FROM audit.etl_run_entity l GROUP BY l.entity_name, l.status)
