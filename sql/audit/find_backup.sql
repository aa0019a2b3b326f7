-- Purpose: the newest row of a backup file.
-- Parameters: @P1 file.
-- Locks: none.
SELECT MAX(backup_run_id) FROM audit.backup_run WHERE file_name = @P1
