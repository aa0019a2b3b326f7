-- Purpose: open a row for an entity of a run.
-- Parameters: @P1 run, @P2 entity, @P3 now, @P4 watermark stamp, @P5 watermark id.
-- Locks: one row of audit.etl_run_entity.
INSERT INTO audit.etl_run_entity (run_id, entity_name, entity_started_at, status, watermark_from_updated_at, watermark_from_id, created_at, updated_at)
VALUES (@P1, @P2, @P3, 'running', @P4, @P5, @P3, @P3)
