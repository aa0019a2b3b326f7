-- Purpose: close the row of an entity. The watermark is the one that ctl.etl_control has, never one in memory.
-- Parameters: @P1 run, @P2 entity, @P3 status, @P4 error message, @P5 now, @P6 more rows pending.
-- Locks: one row of audit.etl_run_entity.
UPDATE audit.etl_run_entity
SET status = @P3, error_message = @P4, entity_finished_at = @P5, updated_at = @P5, more_pending = @P6,
    watermark_to_updated_at = (SELECT c.watermark_updated_at FROM ctl.etl_control c WHERE c.entity_name = @P2),
    watermark_to_id = (SELECT c.watermark_id FROM ctl.etl_control c WHERE c.entity_name = @P2)
WHERE run_id = @P1 AND entity_name = @P2
