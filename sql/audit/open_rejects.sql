-- Purpose: the keys that wait in quarantine, to be read again first.
-- Parameters: @P1 entity.
-- Locks: none.
SELECT source_key FROM audit.etl_reject WHERE entity_name = @P1 AND resolved_at IS NULL ORDER BY source_key
