-- Purpose: open a row for a run.
-- Parameters: @P1 entities, @P2 started by, @P3 now, @P4 cutoff, @P5 host, @P6 process id.
-- Locks: one row of audit.etl_run.
INSERT INTO audit.etl_run (entities_requested, started_by, started_at, status, created_at, heartbeat_at, cutoff_at, host_name, process_id)
VALUES (@P1, @P2, @P3, 'running', @P3, @P3, @P4, @P5, @P6)
