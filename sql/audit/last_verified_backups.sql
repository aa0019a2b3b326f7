-- Purpose: each database that was ever backed up, with the moment of its last verified backup whose file is there.
-- Parameters: @P1 a moment, from which on also those count that failed or were deleted.
-- Locks: none.
SELECT database_name, MAX(CASE WHEN status = 'verified' AND deleted_at IS NULL THEN started_at END) AS last_verified_at
FROM audit.backup_run
WHERE started_at >= @P1 OR (deleted_at IS NULL AND status IN ('running', 'verified', 'damaged'))
GROUP BY database_name
