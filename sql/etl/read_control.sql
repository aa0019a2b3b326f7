-- Purpose: the control rows.
-- Parameters: none.
-- Locks: none.
SELECT entity_name, watermark_updated_at, watermark_id, cutoff_minutes, batch_size, is_active, last_run_id, last_status, last_success_at, lookback_minutes, read_until
FROM ctl.etl_control ORDER BY entity_name
