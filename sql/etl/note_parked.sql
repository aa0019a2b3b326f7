-- Purpose: remember a row that was parked.
-- Parameters: @P1 entity, @P2 key, @P3 now.
-- Locks: one row of ctl.etl_parked.
INSERT INTO ctl.etl_parked (entity_name, source_key, parked_at)
SELECT @P1, @P2, @P3 WHERE NOT EXISTS (SELECT 1 FROM ctl.etl_parked WHERE entity_name = @P1 AND source_key = @P2)
