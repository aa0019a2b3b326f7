-- Purpose: a row that was rejected before is rejected again.
-- Parameters: @P1 entity, @P2 key, @P3 reason code, @P4 reason, @P5 payload, @P6 source stamp, @P7 run, @P8 now.
-- Locks: one row of audit.etl_reject.
UPDATE audit.etl_reject
SET reason_code = @P3, reason = @P4, payload = @P5, source_updated_at = COALESCE(@P6, source_updated_at), last_run_id = @P7, last_seen_at = @P8, attempts = attempts + 1
WHERE entity_name = @P1 AND source_key = @P2 AND resolved_at IS NULL
