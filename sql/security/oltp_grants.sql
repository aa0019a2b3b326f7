-- Purpose: the roles of the source and what each may do. The stack reads the source and never writes to it; only `init` does,
--          with its own login. Logins are no part of it (see security/dw_grants).
-- Parameters: none.
-- Locks: schema locks for a moment. Repeatable: what is granted already is granted again.
IF DATABASE_PRINCIPAL_ID(N'dw_runner') IS NULL CREATE ROLE dw_runner;
GO
IF DATABASE_PRINCIPAL_ID(N'dw_monitor') IS NULL CREATE ROLE dw_monitor;
GO
IF DATABASE_PRINCIPAL_ID(N'dw_backup') IS NULL CREATE ROLE dw_backup;
GO

GRANT SELECT ON SCHEMA::core TO dw_runner;
GRANT SELECT ON ctl.schema_version TO dw_runner;
-- The monitor counts what is pending.
GRANT SELECT ON SCHEMA::core TO dw_monitor;
GRANT SELECT ON ctl.schema_version TO dw_monitor;
GO

IF SERVERPROPERTY('BabelfishVersion') IS NULL EXEC(N'ALTER ROLE db_backupoperator ADD MEMBER dw_backup');
GO
