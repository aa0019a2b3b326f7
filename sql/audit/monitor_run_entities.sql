-- Purpose: the entities of a run in the order in which they began.
-- Parameters: @P1 run.
-- Locks: none beyond those of a reader.
SELECT
    e.entity_name, e.run_id, e.entity_started_at, e.entity_finished_at, e.status, e.extracted_count, e.inserted_count, e.updated_count,
    e.unchanged_count, e.soft_deleted_count, e.rejected_count, e.inferred_count, e.batch_count, e.more_pending, e.error_message
FROM audit.etl_run_entity e
WHERE e.run_id = @P1
ORDER BY e.entity_started_at, e.run_entity_id
