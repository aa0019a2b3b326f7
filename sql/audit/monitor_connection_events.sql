-- Purpose: the newest connection events for a filter.
-- Parameters: @P1 since when, @P2 until when, @P3 login, @P4 program, @P5 host, @P6 database, @P7 status; empty for all; @P8 how many.
-- Locks: none beyond those of a reader.
SELECT
    e.event_time_utc, e.captured_by, e.session_id, e.login_name, e.host_name, e.program_name, e.database_name, e.status,
    e.client_net_address
FROM audit.connection_login_events e
WHERE e.event_time_utc >= @P1 AND e.event_time_utc < @P2
    AND (@P3 = N'' OR e.login_name = @P3) AND (@P4 = N'' OR e.program_name = @P4) AND (@P5 = N'' OR e.host_name = @P5)
    AND (@P6 = N'' OR e.database_name = @P6) AND (@P7 = N'' OR e.status = @P7)
ORDER BY e.event_time_utc DESC, e.connection_event_id DESC
OFFSET 0 ROWS FETCH NEXT @P8 ROWS ONLY
