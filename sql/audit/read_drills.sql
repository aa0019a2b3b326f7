-- Purpose: the drills, the newest first.
-- Parameters: @P1 the moment from which on they are wanted; the last of each database whatever its moment.
-- Locks: none.
SELECT d.backup_drill_id, d.database_name, d.file_name, d.status, d.started_at, d.finished_at, d.restore_ms, d.check_ms, d.total_ms,
    d.compared_tables, d.failed_step, d.error_message
FROM audit.backup_drill d
WHERE d.started_at >= @P1 OR d.backup_drill_id IN (
    SELECT MAX(l.backup_drill_id) FROM audit.backup_drill l GROUP BY l.database_name, l.status
)
ORDER BY d.started_at DESC, d.backup_drill_id DESC
