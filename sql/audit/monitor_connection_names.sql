-- Purpose: the logins, programs, hosts, databases and states with the most connection events for a filter, so many of each, and
--          how many different ones there are.
-- Parameters: @P1 since when, @P2 until when, @P3 login, @P4 program, @P5 host, @P6 database, @P7 status; empty for all;
--             @P8 how many of each kind.
-- Locks: none beyond those of a reader.
SELECT p.kind, p.name, p.events, p.failed, CAST(p.last_at AS DATETIME2(3)) AS last_at, p.names
FROM (
    SELECT
        g.kind, g.name, g.events, g.failed, g.last_at,
        ROW_NUMBER() OVER (PARTITION BY g.kind ORDER BY g.events DESC, g.name) AS place,
        COUNT(*) OVER (PARTITION BY g.kind) AS names
    FROM (
        SELECT
            n.kind,
            n.name,
            COUNT_BIG(*) AS events,
            SUM(CASE WHEN e.status = N'FAILED' THEN 1 ELSE 0 END) AS failed,
            MAX(e.event_time_utc) AS last_at
        FROM audit.connection_login_events e
        CROSS APPLY (VALUES
            ('login', e.login_name), ('program', e.program_name), ('host', e.host_name), ('database', e.database_name),
            ('status', e.status)
        ) n (kind, name)
        WHERE e.event_time_utc >= @P1 AND e.event_time_utc < @P2
            AND (@P3 = N'' OR e.login_name = @P3) AND (@P4 = N'' OR e.program_name = @P4) AND (@P5 = N'' OR e.host_name = @P5)
            AND (@P6 = N'' OR e.database_name = @P6) AND (@P7 = N'' OR e.status = @P7)
        GROUP BY n.kind, n.name
    ) g
) p
WHERE p.place <= @P8
ORDER BY p.kind, p.place
