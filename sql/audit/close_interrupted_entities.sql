-- Purpose: close the entities of a run whose process has died.
-- Parameters: @P1 run, @P2 reason, @P3 now.
-- Locks: the rows of one run in audit.etl_run_entity.
UPDATE audit.etl_run_entity
SET status = 'failed', error_message = @P2, entity_finished_at = @P3, updated_at = @P3,
    watermark_to_updated_at = (SELECT c.watermark_updated_at FROM ctl.etl_control c WHERE c.entity_name = audit.etl_run_entity.entity_name),
    watermark_to_id = (SELECT c.watermark_id FROM ctl.etl_control c WHERE c.entity_name = audit.etl_run_entity.entity_name)
WHERE run_id = @P1 AND status = 'running'
