-- Purpose: the backups, the newest first: all whose file is there, and those of the last days.
-- Parameters: @P1 a moment, from which on also those are wanted that failed or were deleted.
-- Locks: none.
SELECT backup_run_id, database_name, backup_type, is_copy_only, status, started_at, finished_at, verified_at, file_name, folder, stripes,
    size_bytes, database_bytes, sha256, backup_ms, verify_ms, key_totals, failed_step, error_message, host_name, process_id, deleted_at
FROM audit.backup_run
WHERE started_at >= @P1 OR (deleted_at IS NULL AND status IN ('running', 'verified', 'damaged'))
ORDER BY started_at DESC, backup_run_id DESC
