-- Purpose: the versions of the schema of the warehouse.
-- Parameters: none.
-- Locks: none beyond those of a reader.
SELECT v.version, v.name, v.applied_at FROM ctl.schema_version v ORDER BY v.version
