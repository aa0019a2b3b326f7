-- Purpose: the newest connection events.
-- Parameters: @P1 since when, @P2 how many.
-- Locks: none beyond those of a reader.
SELECT
    e.event_time_utc, e.captured_by, e.session_id, e.login_name, e.host_name, e.program_name, e.database_name, e.status, e.client_net_address
FROM audit.connection_login_events e
WHERE e.event_time_utc >= @P1
ORDER BY e.event_time_utc DESC, e.connection_event_id DESC
OFFSET 0 ROWS FETCH NEXT @P2 ROWS ONLY
