-- Purpose: the runs that say that they are running, for `etl status`, the newest first.
-- Parameters: none.
-- Locks: none.
SELECT run_id, entities_requested, heartbeat_at FROM audit.etl_run WHERE status = 'running' ORDER BY run_id DESC
