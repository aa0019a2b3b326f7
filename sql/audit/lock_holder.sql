-- Purpose: the newest run that says that it is running and asked for an entity: whoever holds the lock of it.
-- Parameters: @P1 pattern `%,entity,%`.
-- Locks: none.
SELECT TOP (1) r.run_id, r.process_id, r.host_name, r.started_by, r.started_at
FROM audit.etl_run r
WHERE r.status = 'running' AND ',' + r.entities_requested + ',' LIKE @P1
ORDER BY r.run_id DESC
