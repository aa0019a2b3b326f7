-- Purpose: runs since a moment by how they ended, and those of them since a later one.
-- Parameters: @P1 the moment, @P2 the later one.
-- Locks: none beyond those of a reader.
SELECT r.status, COUNT(*) AS runs, SUM(CASE WHEN r.started_at >= @P2 THEN 1 ELSE 0 END) AS recent_runs
FROM audit.etl_run r
WHERE r.started_at >= @P1
GROUP BY r.status
