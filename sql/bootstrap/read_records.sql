-- Purpose: what became of each script in this database.
-- Parameters: none.
-- Locks: none.
SELECT script_name, kind, hash, status, started_at, finished_at, version FROM ctl.schema_script ORDER BY script_name
