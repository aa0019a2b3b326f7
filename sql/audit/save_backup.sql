-- Purpose: write down where a backup stands.
-- Parameters: @P1 id, @P2 status, @P3 finished at, @P4 verified at, @P5 size, @P6 size of the database, @P7 SHA-256, @P8 milliseconds
--          of the backup, @P9 of its verification, @P10 rows and money as JSON, @P11 failed step, @P12 message, @P13 deleted at.
-- Locks: one row of audit.backup_run.
UPDATE audit.backup_run
SET status = @P2, finished_at = @P3, verified_at = @P4, size_bytes = @P5, database_bytes = @P6, sha256 = @P7, backup_ms = @P8,
    verify_ms = @P9, key_totals = @P10, failed_step = @P11, error_message = @P12, deleted_at = @P13
WHERE backup_run_id = @P1
