-- Purpose: how many entities of a run ended well and how many did not.
-- Parameters: @P1 run.
-- Locks: none.
SELECT COALESCE(SUM(CASE WHEN status = 'success' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN status = 'failed' THEN 1 ELSE 0 END), 0)
FROM audit.etl_run_entity WHERE run_id = @P1
