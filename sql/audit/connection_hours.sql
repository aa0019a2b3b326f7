-- Purpose: connection events by hour, the newest first.
-- Parameters: @P1 since when.
-- Locks: none beyond those of a reader.
SELECT
    CAST(DATEADD(HOUR, DATEDIFF(HOUR, '2000-01-01', e.event_time_utc), '2000-01-01') AS DATETIME2(0)) AS started_at,
    COUNT_BIG(*) AS events,
    SUM(CASE WHEN e.status = N'FAILED' THEN 1 ELSE 0 END) AS failed
FROM audit.connection_login_events e
WHERE e.event_time_utc >= @P1
GROUP BY DATEDIFF(HOUR, '2000-01-01', e.event_time_utc)
ORDER BY started_at DESC
