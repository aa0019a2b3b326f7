-- Purpose: record the staged events of the audit file.
-- Parameters: none.
-- Locks: new rows of audit.connection_login_events, in the transaction that moves the position.
INSERT INTO audit.connection_login_events (
    event_time_utc, captured_by, session_id, login_name, program_name, database_name, status, client_net_address
)
SELECT
    s.event_time_utc, N'SERVER_AUDIT', s.session_id, s.login_name, s.program_name, s.database_name, s.status, s.client_net_address
FROM #audit_event s
WHERE s.is_recorded = 0
