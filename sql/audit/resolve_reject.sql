-- Purpose: a row leaves quarantine.
-- Parameters: @P1 entity, @P2 key, @P3 resolution, @P4 now.
-- Locks: one row of audit.etl_reject.
UPDATE audit.etl_reject SET resolved_at = @P4, resolution = @P3 WHERE entity_name = @P1 AND source_key = @P2 AND resolved_at IS NULL
