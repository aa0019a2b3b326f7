-- Purpose: where the files of the active server audit DW_SERVER_AUDIT are, and whether this login may read them. No row where
--          there is no such audit: on Azure SQL and Babelfish, and for a login that may not see it.
-- Parameters: none.
-- Locks: none. Reading needs CONTROL SERVER, since SQL Server 2022 VIEW SERVER SECURITY AUDIT. Dynamic, because the view is not
--        there on every server. The pattern names the audit that is active now, not an earlier one of the same name.
IF SERVERPROPERTY('BabelfishVersion') IS NULL AND CAST(SERVERPROPERTY('EngineEdition') AS INT) BETWEEN 1 AND 4
    EXEC sp_executesql N'
        SELECT
            CAST(f.log_file_path
                + CASE WHEN RIGHT(f.log_file_path, 1) IN (N''/'', N''\'') THEN N'''' ELSE N''/'' END
                + f.name + N''_'' + CAST(f.audit_guid AS NVARCHAR(36)) + N''_*.sqlaudit'' AS NVARCHAR(400)) AS file_pattern,
            CASE WHEN HAS_PERMS_BY_NAME(NULL, NULL, ''CONTROL SERVER'') = 1
                OR HAS_PERMS_BY_NAME(NULL, NULL, ''VIEW SERVER SECURITY AUDIT'') = 1 THEN 1 ELSE 0 END AS may_read
        FROM sys.server_file_audits f
        WHERE f.name = N''DW_SERVER_AUDIT'' AND f.is_state_enabled = 1';
ELSE
    SELECT CAST(NULL AS NVARCHAR(400)) AS file_pattern, 0 AS may_read WHERE 1 = 0
