-- Purpose: put a row into quarantine.
-- Parameters: @P1 entity, @P2 key, @P3 reason code, @P4 reason, @P5 payload, @P6 source stamp, @P7 run, @P8 now.
-- Locks: one row of audit.etl_reject.
INSERT INTO audit.etl_reject (entity_name, source_key, reason_code, reason, payload, source_updated_at, first_run_id, last_run_id, attempts, rejected_at, last_seen_at)
VALUES (@P1, @P2, @P3, @P4, @P5, @P6, @P7, @P7, 1, @P8, @P8)
