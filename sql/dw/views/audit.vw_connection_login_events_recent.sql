-- Purpose: the newest 1000 connection events.
-- Corrected: newest by the key, which grows, so that events of one moment are always the same 1000.
-- The inner query numbers keys alone, not whole rows, which is a scan of the primary key from its end.
CREATE VIEW audit.vw_connection_login_events_recent AS
SELECT
    e.connection_event_id,
    e.event_time_utc,
    e.captured_by,
    e.session_id,
    e.login_name,
    e.host_name,
    e.program_name,
    e.database_name,
    e.status,
    e.login_time,
    e.net_transport,
    e.protocol_type,
    e.client_net_address,
    e.client_tcp_port,
    e.encrypt_option,
    e.auth_scheme
FROM audit.connection_login_events e
WHERE e.connection_event_id IN (
    SELECT n.connection_event_id
    FROM (
        SELECT k.connection_event_id, ROW_NUMBER() OVER (ORDER BY k.connection_event_id DESC) AS posicao
        FROM audit.connection_login_events k
    ) n
    WHERE n.posicao <= 1000
);
