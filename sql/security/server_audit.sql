-- Purpose: the server audit DW_SERVER_AUDIT writes each login, each failed login and each logout to files of the server
--          (contract 4.3). It works beside the logins: when it cannot write, it gives way and nobody is locked out. Only on a
--          boxed SQL Server; it runs in master.
-- Parameters: @P1 folder on the server, which must exist and which the server may write to.
-- Locks: none of ours. Idempotent: what is as it should be is not touched, so that no login goes unrecorded at each `init`.
DECLARE @folder NVARCHAR(260) = CASE WHEN RIGHT(@P1, 1) IN (N'/', N'\') THEN @P1 ELSE CONCAT(@P1, N'/') END;
DECLARE @file NVARCHAR(1000) = CONCAT(N'TO FILE (FILEPATH = N''', REPLACE(@folder, N'''', N''''''),
    N''', MAXSIZE = 256 MB, MAX_ROLLOVER_FILES = 30, RESERVE_DISK_SPACE = OFF) WITH (QUEUE_DELAY = 1000, ON_FAILURE = CONTINUE)');
DECLARE @sql NVARCHAR(2000);

IF NOT EXISTS (SELECT 1 FROM sys.server_audits WHERE name = N'DW_SERVER_AUDIT')
BEGIN
    SET @sql = CONCAT(N'CREATE SERVER AUDIT DW_SERVER_AUDIT ', @file);
    EXEC sp_executesql @sql;
END
ELSE IF NOT EXISTS (
    SELECT 1
    FROM sys.server_file_audits
    WHERE name = N'DW_SERVER_AUDIT' AND on_failure = 0 AND queue_delay = 1000 AND max_file_size = 256
        AND max_rollover_files = 30 AND reserve_disk_space = 0 AND REPLACE(log_file_path, N'\', N'/') = REPLACE(@folder, N'\', N'/'))
BEGIN
    -- An audit must be off to be changed.
    ALTER SERVER AUDIT DW_SERVER_AUDIT WITH (STATE = OFF);
    SET @sql = CONCAT(N'ALTER SERVER AUDIT DW_SERVER_AUDIT ', @file);
    EXEC sp_executesql @sql;
END;

IF NOT EXISTS (SELECT 1 FROM sys.server_audit_specifications WHERE name = N'DW_SERVER_AUDIT_SPEC')
    CREATE SERVER AUDIT SPECIFICATION DW_SERVER_AUDIT_SPEC FOR SERVER AUDIT DW_SERVER_AUDIT
        ADD (FAILED_LOGIN_GROUP), ADD (SUCCESSFUL_LOGIN_GROUP), ADD (LOGOUT_GROUP);
ELSE IF (
    SELECT COUNT(DISTINCT d.audit_action_name)
    FROM sys.server_audit_specification_details d
    JOIN sys.server_audit_specifications s ON s.server_specification_id = d.server_specification_id
    WHERE s.name = N'DW_SERVER_AUDIT_SPEC'
        AND d.audit_action_name IN (N'FAILED_LOGIN_GROUP', N'SUCCESSFUL_LOGIN_GROUP', N'LOGOUT_GROUP')) < 3
BEGIN
    ALTER SERVER AUDIT SPECIFICATION DW_SERVER_AUDIT_SPEC WITH (STATE = OFF);
    DROP SERVER AUDIT SPECIFICATION DW_SERVER_AUDIT_SPEC;
    CREATE SERVER AUDIT SPECIFICATION DW_SERVER_AUDIT_SPEC FOR SERVER AUDIT DW_SERVER_AUDIT
        ADD (FAILED_LOGIN_GROUP), ADD (SUCCESSFUL_LOGIN_GROUP), ADD (LOGOUT_GROUP);
END;

IF EXISTS (SELECT 1 FROM sys.server_audits WHERE name = N'DW_SERVER_AUDIT' AND is_state_enabled = 0)
    ALTER SERVER AUDIT DW_SERVER_AUDIT WITH (STATE = ON);
IF EXISTS (SELECT 1 FROM sys.server_audit_specifications WHERE name = N'DW_SERVER_AUDIT_SPEC' AND is_state_enabled = 0)
    ALTER SERVER AUDIT SPECIFICATION DW_SERVER_AUDIT_SPEC WITH (STATE = ON);
