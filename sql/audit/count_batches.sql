-- Purpose: how many batches of an entity of a run are committed: after a commit whose answer was lost.
-- Parameters: @P1 run, @P2 entity.
-- Locks: none.
SELECT batch_count FROM audit.etl_run_entity WHERE run_id = @P1 AND entity_name = @P2
