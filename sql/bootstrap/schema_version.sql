-- Purpose: the version of the schema of this database, 0 when `init` has never run here.
-- Parameters: none.
-- Locks: none.
IF OBJECT_ID(N'ctl.schema_version') IS NULL
    SELECT 0 AS version;
ELSE
    SELECT COALESCE(MAX(version), 0) AS version FROM ctl.schema_version;
