-- Purpose: write down a drill.
-- Parameters: @P1 database, @P2 file, @P3 status, @P4 started at, @P5 finished at, @P6 milliseconds of the restore, @P7 of the check,
--          @P8 of all, @P9 compared tables, @P10 failed step, @P11 message, @P12 host.
-- Locks: one row of audit.backup_drill.
INSERT INTO audit.backup_drill (database_name, file_name, status, started_at, finished_at, restore_ms, check_ms, total_ms, compared_tables,
    failed_step, error_message, host_name)
VALUES (@P1, @P2, @P3, @P4, @P5, @P6, @P7, @P8, @P9, @P10, @P11, @P12)
