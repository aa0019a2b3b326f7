-- Purpose: the rows of an entity that still hold a placeholder in a unique column.
-- Parameters: @P1 entity.
-- Locks: none.
SELECT source_key FROM ctl.etl_parked WHERE entity_name = @P1 ORDER BY source_key
