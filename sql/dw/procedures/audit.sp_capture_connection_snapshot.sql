-- Purpose: record the sessions of this moment in audit.connection_login_events. It is a sample: a session that begins and
--          ends between two captures is not seen; the server audit file sees every login.
-- Parameters: none. Returns how many rows were added.
-- Locks: the application lock `dw:connection_snapshot`; new rows of audit.connection_login_events.
-- Corrected: a session that is recorded, which is one with the same number and the same moment of login, is not recorded
--          again, and of two captures at the same time one adds the rows. event_time_utc is the server's clock in UTC;
--          login_time is what the server tells, which is its local time.
-- Who may not see other sessions records his own. Where connections may not be seen either, CONNECTIONPROPERTY tells about
-- the own one what it can. The number of a session that does not fit SMALLINT, which Babelfish has, is stored as NULL.
DROP PROCEDURE IF EXISTS audit.sp_capture_connection_snapshot;
GO
CREATE PROCEDURE audit.sp_capture_connection_snapshot
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @now DATETIME2(3) = SYSUTCDATETIME();
    DECLARE @added INT = 0;
    DECLARE @lock INT;
    DECLARE @sees_connections BIT = 0;
    DECLARE @found TABLE (
        spid INT NOT NULL,
        session_id SMALLINT NULL,
        login_name NVARCHAR(128) NULL,
        host_name NVARCHAR(128) NULL,
        program_name NVARCHAR(256) NULL,
        database_name NVARCHAR(128) NULL,
        status NVARCHAR(30) NULL,
        login_time DATETIME NULL
    );

    -- The second and the third are what SQL Server 2022 and Azure SQL Database ask for; an unknown one is NULL.
    IF HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') = 1
        OR HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER SECURITY STATE') = 1
        OR (CAST(SERVERPROPERTY('EngineEdition') AS INT) = 5 AND HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DATABASE STATE') = 1)
        SET @sees_connections = 1;

    BEGIN TRANSACTION;

    EXEC @lock = sp_getapplock @Resource = N'dw:connection_snapshot', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 1000;
    IF @lock < 0
    BEGIN
        -- Another capture is at work and records the same sessions.
        COMMIT TRANSACTION;
        RETURN 0;
    END;

    INSERT INTO @found (spid, session_id, login_name, host_name, program_name, database_name, status, login_time)
    SELECT
        s.session_id,
        CASE WHEN s.session_id BETWEEN 0 AND 32767 THEN s.session_id END,
        s.login_name,
        s.host_name,
        s.program_name,
        DB_NAME(s.database_id),
        s.status,
        s.login_time
    FROM sys.dm_exec_sessions s
    WHERE s.is_user_process = 1 AND s.session_id IS NOT NULL
        AND NOT EXISTS (
            SELECT 1
            FROM audit.connection_login_events e
            WHERE e.login_time = s.login_time
                AND (e.session_id = s.session_id OR (e.session_id IS NULL AND s.session_id > 32767))
                AND e.captured_by = N'SNAPSHOT_DMV'
        );

    IF @sees_connections = 1
        INSERT INTO audit.connection_login_events (
            event_time_utc, captured_by, session_id, login_name, host_name, program_name, database_name, status, login_time,
            net_transport, protocol_type, client_net_address, client_tcp_port, encrypt_option, auth_scheme
        )
        SELECT
            @now, N'SNAPSHOT_DMV', f.session_id, f.login_name, f.host_name, f.program_name, f.database_name, f.status, f.login_time,
            c.net_transport, c.protocol_type, c.client_net_address, c.client_tcp_port, c.encrypt_option, c.auth_scheme
        FROM @found f
        -- Of a session with several active results (MARS) the connection that carries the others.
        LEFT JOIN sys.dm_exec_connections c ON c.session_id = f.spid AND c.parent_connection_id IS NULL;
    ELSE
        INSERT INTO audit.connection_login_events (
            event_time_utc, captured_by, session_id, login_name, host_name, program_name, database_name, status, login_time,
            net_transport, protocol_type, client_net_address, client_tcp_port, encrypt_option, auth_scheme
        )
        SELECT
            @now, N'SNAPSHOT_DMV', f.session_id, f.login_name, f.host_name, f.program_name, f.database_name, f.status, f.login_time,
            CASE WHEN f.spid = @@SPID THEN CAST(CONNECTIONPROPERTY('net_transport') AS NVARCHAR(40)) END,
            CASE WHEN f.spid = @@SPID THEN CAST(CONNECTIONPROPERTY('protocol_type') AS NVARCHAR(40)) END,
            CASE WHEN f.spid = @@SPID THEN CAST(CONNECTIONPROPERTY('client_net_address') AS VARCHAR(48)) END,
            NULL,
            NULL,
            CASE WHEN f.spid = @@SPID THEN CAST(CONNECTIONPROPERTY('auth_scheme') AS NVARCHAR(60)) END
        FROM @found f;

    SET @added = @@ROWCOUNT;

    COMMIT TRANSACTION;
    RETURN @added;
END;
