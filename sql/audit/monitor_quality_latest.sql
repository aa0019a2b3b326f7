-- Purpose: the newest result of each check.
-- Parameters: none.
-- Locks: none beyond those of a reader.
SELECT
    q.check_name, q.kind, q.entity_name, q.severity, q.status, q.observed, q.unit, q.threshold, q.checked_rows, q.failing_rows, q.message,
    q.sample_keys, q.checked_at, q.run_id
FROM audit.quality_result q
JOIN (
    SELECT MAX(m.quality_result_id) AS quality_result_id FROM audit.quality_result m GROUP BY m.check_name
) n ON n.quality_result_id = q.quality_result_id
ORDER BY q.entity_name, q.check_name
