-- Purpose: runs that are still marked as running. The caller holds the lock of an entity and closes those that asked for it.
-- Parameters: none.
-- Locks: none.
SELECT run_id, entities_requested, started_at, heartbeat_at, host_name, process_id FROM audit.etl_run WHERE status = 'running'
