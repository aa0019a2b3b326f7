-- Purpose: stage the logins, failed logins and logouts that the audit files hold behind a position: at most so many, and
--          always all of a buffer, because a position is that of a buffer.
-- Parameters: @P1 file pattern, @P2 file and @P3 offset of the position, @P4 the time of the newest event that is read (all
--             three NULL: from the beginning), @P5 how many.
-- Locks: none. Needs what `find_audit_file` asks for.
-- The file of the position may be gone, rolled over or deleted, which is error 33225. Then everything is read from a minute
-- before the newest event on, and what is recorded is marked. Returns how many were staged, and whether that was so.
DECLARE @file NVARCHAR(260) = @P2, @offset BIGINT = @P3, @newest DATETIME2(3) = @P4;
DECLARE @staged INT, @restarted BIT = 0;
WHILE @staged IS NULL
BEGIN
    BEGIN TRY
        INSERT INTO #audit_event (
            file_name, audit_file_offset, event_time_utc, session_id, login_name, program_name, database_name, status,
            client_net_address, is_recorded
        )
        SELECT
            r.file_name, r.audit_file_offset, r.event_time_utc, r.session_id, r.login_name, r.program_name, r.database_name, r.status,
            r.client_net_address, 0
        FROM (
            SELECT
                a.file_name,
                a.audit_file_offset,
                CAST(a.event_time AS DATETIME2(3)) AS event_time_utc,
                a.session_id,
                COALESCE(NULLIF(a.server_principal_name, N''), NULLIF(a.session_server_principal_name, N'')) AS login_name,
                NULLIF(a.application_name, N'') AS program_name,
                NULLIF(a.database_name, N'') AS database_name,
                CASE a.action_id WHEN 'LGIF' THEN N'FAILED' WHEN 'LGO' THEN N'LOGOUT' ELSE N'LOGIN' END AS status,
                CAST(LEFT(NULLIF(a.client_ip, N''), 48) AS VARCHAR(48)) AS client_net_address,
                RANK() OVER (ORDER BY a.file_name, a.audit_file_offset) AS place
            FROM sys.fn_get_audit_file(@P1, @file, @offset) a
            WHERE a.action_id IN ('LGIS', 'LGIF', 'LGO')
                -- A record that is longer than a buffer comes in parts.
                AND a.sequence_number <= 1
                -- In case the server begins with the buffer of the position and not behind it.
                AND (@offset IS NULL OR a.file_name <> @file OR a.audit_file_offset > @offset)
                AND (@restarted = 0 OR a.event_time >= DATEADD(MINUTE, -1, @newest))
        ) r
        WHERE r.place <= @P5;
        SET @staged = @@ROWCOUNT;
    END TRY
    BEGIN CATCH
        IF ERROR_NUMBER() <> 33225 OR @file IS NULL THROW;
        SET @file = NULL;
        SET @offset = NULL;
        SET @restarted = 1;
    END CATCH;
END;
IF @restarted = 1
    UPDATE s
    SET is_recorded = 1
    FROM #audit_event s
    JOIN audit.connection_login_events e ON e.event_time_utc = s.event_time_utc
    WHERE e.captured_by = N'SERVER_AUDIT'
        AND e.status = s.status
        AND COALESCE(e.session_id, -1) = COALESCE(s.session_id, -1)
        AND COALESCE(e.login_name, N'') = COALESCE(s.login_name, N'');
SELECT @staged AS staged, @restarted AS restarted
