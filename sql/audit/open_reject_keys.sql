-- Purpose: the first keys of an entity that wait in quarantine, for a sample.
-- Parameters: @P1 entity, @P2 how many.
-- Locks: none beyond those of a reader.
SELECT p.source_key
FROM (
    SELECT r.source_key, ROW_NUMBER() OVER (ORDER BY r.source_key) AS place
    FROM audit.etl_reject r
    WHERE r.entity_name = @P1 AND r.resolved_at IS NULL
) p
WHERE p.place <= @P2
ORDER BY p.place
