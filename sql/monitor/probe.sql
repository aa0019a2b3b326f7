-- Purpose: whether the warehouse answers, and which run is the newest.
-- Parameters: none.
-- Locks: none beyond those of a reader.
SELECT MAX(r.run_id) AS newest_run FROM audit.etl_run r
