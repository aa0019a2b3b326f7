-- Purpose: forget a parked row whose source row is gone.
-- Parameters: @P1 entity, @P2 key.
-- Locks: one row of ctl.etl_parked.
DELETE FROM ctl.etl_parked WHERE entity_name = @P1 AND source_key = @P2
