-- Purpose: record that a script begins. The record of an earlier run of it was forgotten before.
-- Parameters: @P1 script, @P2 kind, @P3 hash, @P4 now, @P5 version of the program.
-- Locks: one row of ctl.schema_script.
INSERT INTO ctl.schema_script (script_name, kind, hash, status, started_at, version)
VALUES (@P1, @P2, @P3, 'running', @P4, @P5)
