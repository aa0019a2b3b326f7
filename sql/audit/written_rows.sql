-- Purpose: rows that the newest successful runs of each entity wrote, the newest first, eight of each: for the volume checks.
-- Parameters: @P1 since when.
-- Locks: none beyond those of a reader.
SELECT p.entity_name, p.run_id, p.upserted_count
FROM (
    SELECT
        e.entity_name, e.run_id, e.upserted_count,
        ROW_NUMBER() OVER (PARTITION BY e.entity_name ORDER BY e.run_id DESC) AS place
    FROM audit.etl_run r
    JOIN audit.etl_run_entity e ON e.run_id = r.run_id
    WHERE r.started_at >= @P1 AND e.status = 'success' AND e.upserted_count > 0
) p
WHERE p.place <= 8
ORDER BY p.entity_name, p.place
