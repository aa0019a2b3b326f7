-- Purpose: entities whose row says that they are running, with the sign of life of their run.
-- Parameters: @P1 since when runs are looked for.
-- Locks: none beyond those of a reader.
SELECT
    e.entity_name, e.run_id, e.entity_started_at, r.heartbeat_at, e.extracted_count, e.inserted_count, e.updated_count, e.unchanged_count,
    e.rejected_count, e.batch_count, r.host_name, r.process_id
FROM audit.etl_run r
JOIN audit.etl_run_entity e ON e.run_id = r.run_id
WHERE r.started_at >= @P1 AND r.status = 'running' AND e.status = 'running'
ORDER BY e.run_id DESC, e.entity_name
