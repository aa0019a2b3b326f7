-- Purpose: connection events by hour for a filter, and failed entities of the ETL that began in the hour.
-- Parameters: @P1 since when, @P2 until when, @P3 login, @P4 program, @P5 host, @P6 database, @P7 status; empty for all.
-- Locks: none beyond those of a reader.
SELECT CAST(h.started_at AS DATETIME2(0)) AS started_at, SUM(h.events) AS events, SUM(h.failed) AS failed, SUM(h.etl_failures) AS etl_failures
FROM (
    SELECT
        CAST(DATEADD(HOUR, DATEDIFF(HOUR, '2000-01-01', e.event_time_utc), '2000-01-01') AS DATETIME2(0)) AS started_at,
        1 AS events,
        CASE WHEN e.status = N'FAILED' THEN 1 ELSE 0 END AS failed,
        0 AS etl_failures
    FROM audit.connection_login_events e
    WHERE e.event_time_utc >= @P1 AND e.event_time_utc < @P2
        AND (@P3 = N'' OR e.login_name = @P3) AND (@P4 = N'' OR e.program_name = @P4) AND (@P5 = N'' OR e.host_name = @P5)
        AND (@P6 = N'' OR e.database_name = @P6) AND (@P7 = N'' OR e.status = @P7)
    UNION ALL
    SELECT
        CAST(DATEADD(HOUR, DATEDIFF(HOUR, '2000-01-01', x.entity_started_at), '2000-01-01') AS DATETIME2(0)) AS started_at,
        0 AS events,
        0 AS failed,
        1 AS etl_failures
    FROM audit.etl_run r
    JOIN audit.etl_run_entity x ON x.run_id = r.run_id
    WHERE r.started_at >= @P1 AND r.started_at < @P2 AND x.status = 'failed'
) h
GROUP BY h.started_at
ORDER BY started_at
