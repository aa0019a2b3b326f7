-- Purpose: the rows of the entities of a run that had nothing to do: begun and ended in one.
-- Parameters: @P1 run, @P2 entities as `,a,b,`, @P3 now.
-- Locks: the new rows of audit.etl_run_entity.
INSERT INTO audit.etl_run_entity (run_id, entity_name, entity_started_at, entity_finished_at, status,
    watermark_from_updated_at, watermark_from_id, watermark_to_updated_at, watermark_to_id, created_at, updated_at)
SELECT @P1, c.entity_name, @P3, @P3, 'success', c.watermark_updated_at, c.watermark_id, c.watermark_updated_at, c.watermark_id,
    @P3, @P3
FROM ctl.etl_control c
WHERE @P2 LIKE CONCAT('%,', c.entity_name, ',%')
