-- Purpose: when the first run of all began.
-- Parameters: none.
-- Locks: none beyond those of a reader.
-- The cast says what the time is: where a server forgets the digits of an aggregate, a reader would take it for milliseconds.
SELECT CAST(MIN(r.started_at) AS DATETIME2(0)) AS first_started_at FROM audit.etl_run r
