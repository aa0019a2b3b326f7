-- Purpose: open rejects of an entity by reason code.
-- Parameters: @P1 entity.
-- Locks: none beyond those of a reader.
SELECT
    j.reason_code, COUNT(*) AS rejects,
    CAST(MIN(j.rejected_at) AS DATETIME2(0)) AS oldest_at, CAST(MAX(j.last_seen_at) AS DATETIME2(0)) AS newest_at,
    MAX(j.attempts) AS attempts
FROM audit.etl_reject j
WHERE j.entity_name = @P1 AND j.resolved_at IS NULL
GROUP BY j.reason_code
ORDER BY rejects DESC, j.reason_code
