-- Purpose: open a row for a backup.
-- Parameters: @P1 database, @P2 type, @P3 copy only, @P4 status, @P5 started at, @P6 file, @P7 folder, @P8 stripes, @P9 host, @P10 process id.
-- Locks: one row of audit.backup_run.
INSERT INTO audit.backup_run (database_name, backup_type, is_copy_only, status, started_at, file_name, folder, stripes, host_name, process_id)
VALUES (@P1, @P2, @P3, @P4, @P5, @P6, @P7, @P8, @P9, @P10)
