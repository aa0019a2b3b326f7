-- Purpose: how the last run of each entity ended, by the run that its control row names.
-- Parameters: none.
-- Locks: none beyond those of a reader.
SELECT
    e.entity_name, e.run_id, e.entity_started_at, e.entity_finished_at, e.status, e.extracted_count, e.inserted_count, e.updated_count,
    e.unchanged_count, e.soft_deleted_count, e.rejected_count, e.inferred_count, e.batch_count, e.more_pending, e.error_message
FROM ctl.etl_control c
JOIN audit.etl_run_entity e ON e.run_id = c.last_run_id AND e.entity_name = c.entity_name
ORDER BY e.entity_name
