-- Purpose: close the row of a run.
-- Parameters: @P1 run, @P2 status, @P3 succeeded, @P4 failed, @P5 error message, @P6 now.
-- Locks: one row of audit.etl_run.
UPDATE audit.etl_run
SET status = @P2, entities_succeeded = @P3, entities_failed = @P4, error_message = @P5, finished_at = @P6, heartbeat_at = @P6
WHERE run_id = @P1
