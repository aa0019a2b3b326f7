-- Purpose: the logins, programs and hosts with the most connection events, so many of each.
-- Parameters: @P1 since when, @P2 how many of each kind.
-- Locks: none beyond those of a reader.
SELECT p.kind, p.name, p.events, p.failed, p.last_at
FROM (
    SELECT
        g.kind, g.name, g.events, g.failed, g.last_at,
        ROW_NUMBER() OVER (PARTITION BY g.kind ORDER BY g.events DESC, g.name) AS place
    FROM (
        SELECT
            n.kind,
            n.name,
            COUNT_BIG(*) AS events,
            SUM(CASE WHEN e.status = N'FAILED' THEN 1 ELSE 0 END) AS failed,
            MAX(e.event_time_utc) AS last_at
        FROM audit.connection_login_events e
        CROSS APPLY (VALUES ('login', e.login_name), ('program', e.program_name), ('host', e.host_name)) n (kind, name)
        WHERE e.event_time_utc >= @P1
        GROUP BY n.kind, n.name
    ) g
) p
WHERE p.place <= @P2
ORDER BY p.kind, p.place
