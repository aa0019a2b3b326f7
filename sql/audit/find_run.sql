-- Purpose: the id of the run that this process has just opened; other processes cannot match.
-- Parameters: @P1 host, @P2 process id, @P3 started at.
-- Locks: none.
SELECT MAX(run_id) FROM audit.etl_run WHERE host_name = @P1 AND process_id = @P2 AND started_at = @P3
