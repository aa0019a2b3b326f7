-- Purpose: the open rejects of an entity that were seen last. The payload is the row as JSON, of which a page shows only columns
--          without personal data.
-- Parameters: @P1 entity, @P2 how many.
-- Locks: none beyond those of a reader.
SELECT p.source_key, p.reason_code, p.reason, p.payload, p.attempts, p.rejected_at, p.last_seen_at, p.last_run_id
FROM (
    SELECT
        j.source_key, j.reason_code, j.reason, j.payload, j.attempts, j.rejected_at, j.last_seen_at, j.last_run_id,
        ROW_NUMBER() OVER (ORDER BY j.last_seen_at DESC, j.reject_id DESC) AS place
    FROM audit.etl_reject j
    WHERE j.entity_name = @P1 AND j.resolved_at IS NULL
) p
WHERE p.place <= @P2
ORDER BY p.place
