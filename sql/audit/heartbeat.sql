-- Purpose: tell that a run is alive, with each batch.
-- Parameters: @P1 run, @P2 now.
-- Locks: one row of audit.etl_run.
UPDATE audit.etl_run SET heartbeat_at = @P2 WHERE run_id = @P1
