-- Purpose: forget a script that did not end, or a repeatable one that runs again.
-- Parameters: @P1 script.
-- Locks: one row of ctl.schema_script.
DELETE FROM ctl.schema_script WHERE script_name = @P1 AND (status <> 'done' OR kind = 'repeatable')
