-- Purpose: one run.
-- Parameters: @P1 run.
-- Locks: none beyond those of a reader.
SELECT
    r.run_id, r.entities_requested, r.started_by, r.started_at, r.finished_at, r.status, r.entities_succeeded, r.entities_failed,
    r.heartbeat_at, r.cutoff_at, r.host_name, r.process_id, r.error_message
FROM audit.etl_run r
WHERE r.run_id = @P1
