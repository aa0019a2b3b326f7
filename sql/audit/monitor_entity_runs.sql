-- Purpose: the newest runs of an entity.
-- Parameters: @P1 entity, @P2 since when, @P3 how many.
-- Locks: none beyond those of a reader.
SELECT
    p.entity_name, p.run_id, p.entity_started_at, p.entity_finished_at, p.status, p.extracted_count, p.inserted_count, p.updated_count,
    p.unchanged_count, p.soft_deleted_count, p.rejected_count, p.inferred_count, p.batch_count, p.more_pending, p.error_message
FROM (
    SELECT
        e.entity_name, e.run_id, e.entity_started_at, e.entity_finished_at, e.status, e.extracted_count, e.inserted_count, e.updated_count,
        e.unchanged_count, e.soft_deleted_count, e.rejected_count, e.inferred_count, e.batch_count, e.more_pending, e.error_message,
        ROW_NUMBER() OVER (ORDER BY e.run_id DESC) AS place
    FROM audit.etl_run r
    JOIN audit.etl_run_entity e ON e.run_id = r.run_id
    WHERE r.started_at >= @P2 AND e.entity_name = @P1
) p
WHERE p.place <= @P3
ORDER BY p.place
