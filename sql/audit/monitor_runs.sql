-- Purpose: a page of runs, the newest first, with the sums of their entities.
-- Parameters: @P1 status or empty, @P2 entity or empty, @P3 from, @P4 to, @P5 first place, @P6 last place.
-- Locks: none beyond those of a reader.
SELECT
    p.run_id, p.entities_requested, p.started_by, p.started_at, p.finished_at, p.status, p.entities_succeeded, p.entities_failed,
    p.heartbeat_at, p.cutoff_at, p.host_name, p.process_id, p.total_runs,
    SUM(CASE WHEN e.run_entity_id IS NULL THEN 0 ELSE e.extracted_count END) AS extracted,
    SUM(CASE WHEN e.run_entity_id IS NULL THEN 0 ELSE e.inserted_count + e.updated_count END) AS written,
    SUM(CASE WHEN e.run_entity_id IS NULL THEN 0 ELSE e.rejected_count END) AS rejected
FROM (
    SELECT
        r.run_id, r.entities_requested, r.started_by, r.started_at, r.finished_at, r.status, r.entities_succeeded, r.entities_failed,
        r.heartbeat_at, r.cutoff_at, r.host_name, r.process_id,
        ROW_NUMBER() OVER (ORDER BY r.run_id DESC) AS place,
        COUNT(*) OVER () AS total_runs
    FROM audit.etl_run r
    WHERE r.started_at >= @P3 AND r.started_at < @P4
        AND (@P1 = '' OR r.status = @P1)
        AND (@P2 = '' OR EXISTS (SELECT 1 FROM audit.etl_run_entity x WHERE x.run_id = r.run_id AND x.entity_name = @P2))
) p
LEFT JOIN audit.etl_run_entity e ON e.run_id = p.run_id
WHERE p.place >= @P5 AND p.place <= @P6
GROUP BY
    p.run_id, p.entities_requested, p.started_by, p.started_at, p.finished_at, p.status, p.entities_succeeded, p.entities_failed,
    p.heartbeat_at, p.cutoff_at, p.host_name, p.process_id, p.total_runs
ORDER BY p.run_id DESC
