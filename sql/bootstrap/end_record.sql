-- Purpose: record how a script ended.
-- Parameters: @P1 script, @P2 status, @P3 now.
-- Locks: one row of ctl.schema_script.
UPDATE ctl.schema_script SET status = @P2, finished_at = @P3 WHERE script_name = @P1
