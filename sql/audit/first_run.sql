-- Purpose: when the first run of all began.
-- Parameters: none.
-- Locks: none beyond those of a reader.
SELECT MIN(r.started_at) AS first_started_at FROM audit.etl_run r
