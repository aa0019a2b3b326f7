-- Purpose: the control rows, for checks, service levels, alerts and the page.
-- Parameters: none.
-- Locks: none beyond those of a reader.
SELECT
    c.entity_name, c.source_table, c.target_table, c.watermark_updated_at, c.watermark_id, c.cutoff_minutes, c.is_active, c.last_run_id,
    c.last_status, c.last_success_at, c.created_at
FROM ctl.etl_control c
ORDER BY c.entity_name
