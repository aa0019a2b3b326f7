-- Purpose: the roles of the warehouse and what each may do on schemas and tables. Logins are no part of it: `init` makes them
--          with their passwords and puts their users into these roles, so that this runs on a server without any of them.
--          What `dw_reader` may do stands in security/dw_view_grants, because replaced views lose their grants.
-- Parameters: none.
-- Locks: schema locks for a moment. Repeatable: what is granted already is granted again.
IF DATABASE_PRINCIPAL_ID(N'dw_runner') IS NULL CREATE ROLE dw_runner;
GO
IF DATABASE_PRINCIPAL_ID(N'dw_monitor') IS NULL CREATE ROLE dw_monitor;
GO
IF DATABASE_PRINCIPAL_ID(N'dw_reader') IS NULL CREATE ROLE dw_reader;
GO
IF DATABASE_PRINCIPAL_ID(N'dw_backup') IS NULL CREATE ROLE dw_backup;
GO

-- The ETL reads and writes. It marks deleted rows and never deletes one of a dimension or a fact, and nobody takes back what
-- stands in the audit trail, so that DELETE is granted on its work tables alone, and in the audit trail on what has a retention:
-- connections, quality checks, runs that ended long ago, rejected rows that were resolved.
GRANT SELECT, INSERT, UPDATE ON SCHEMA::dim TO dw_runner;
GRANT SELECT, INSERT, UPDATE ON SCHEMA::fact TO dw_runner;
GRANT SELECT, INSERT, UPDATE, EXECUTE ON SCHEMA::audit TO dw_runner;
GRANT DELETE ON audit.connection_login_events TO dw_runner;
GRANT DELETE ON audit.etl_run TO dw_runner;
GRANT DELETE ON audit.etl_run_entity TO dw_runner;
GRANT DELETE ON audit.etl_reject TO dw_runner;
IF OBJECT_ID(N'audit.quality_result', N'U') IS NOT NULL
    EXEC(N'GRANT DELETE ON audit.quality_result TO dw_runner');
IF OBJECT_ID(N'audit.reconciliation_month', N'U') IS NOT NULL
    EXEC(N'GRANT DELETE ON audit.reconciliation_month TO dw_runner');
-- Not on the whole schema: the version of the schema and the record of its scripts are for `init` alone.
GRANT SELECT ON SCHEMA::ctl TO dw_runner;
GRANT INSERT, UPDATE ON ctl.etl_control TO dw_runner;
GRANT INSERT, UPDATE, DELETE ON ctl.etl_affected_group TO dw_runner;
GRANT INSERT, UPDATE, DELETE ON ctl.etl_parked TO dw_runner;
IF OBJECT_ID(N'ctl.audit_file_position', N'U') IS NOT NULL
    EXEC(N'GRANT INSERT, UPDATE ON ctl.audit_file_position TO dw_runner');
GO

-- A first load drops secondary indexes and makes them again at its end, which needs ALTER on the nine targets. Babelfish has no
-- such grant, and there the ETL leaves the indexes where they are.
IF SERVERPROPERTY('BabelfishVersion') IS NULL
    EXEC(N'
GRANT ALTER ON dim.DIM_CLIENTE TO dw_runner;
GRANT ALTER ON dim.DIM_PRODUTO TO dw_runner;
GRANT ALTER ON dim.DIM_REGIAO TO dw_runner;
GRANT ALTER ON dim.DIM_EQUIPE TO dw_runner;
GRANT ALTER ON dim.DIM_VENDEDOR TO dw_runner;
GRANT ALTER ON dim.DIM_DESCONTO TO dw_runner;
GRANT ALTER ON fact.FACT_VENDAS TO dw_runner;
GRANT ALTER ON fact.FACT_METAS TO dw_runner;
GRANT ALTER ON fact.FACT_DESCONTOS TO dw_runner;');
GO

-- The monitor reads.
GRANT SELECT ON SCHEMA::dim TO dw_monitor;
GRANT SELECT ON SCHEMA::fact TO dw_monitor;
GRANT SELECT ON SCHEMA::ctl TO dw_monitor;
GRANT SELECT ON SCHEMA::audit TO dw_monitor;
GO

-- Every program asks for the version of the schema before it goes on.
GRANT SELECT ON ctl.schema_version TO dw_reader;
GRANT SELECT ON ctl.schema_version TO dw_backup;
GO

-- The backup backs up and writes down that it did, with the rows and the money of the key tables, of which it reads one column
-- each and no name of anybody. Its tables come with a later version. Babelfish has no BACKUP.
IF OBJECT_ID(N'audit.backup_run', N'U') IS NOT NULL
    EXEC(N'GRANT SELECT, INSERT, UPDATE ON audit.backup_run TO dw_backup');
IF OBJECT_ID(N'audit.backup_drill', N'U') IS NOT NULL
    EXEC(N'GRANT SELECT, INSERT, UPDATE ON audit.backup_drill TO dw_backup');
GO
GRANT SELECT (cliente_id) ON dim.DIM_CLIENTE TO dw_backup;
GRANT SELECT (produto_id) ON dim.DIM_PRODUTO TO dw_backup;
GRANT SELECT (valor_total_liquido) ON fact.FACT_VENDAS TO dw_backup;
GRANT SELECT (valor_meta) ON fact.FACT_METAS TO dw_backup;
GRANT SELECT (valor_desconto_aplicado) ON fact.FACT_DESCONTOS TO dw_backup;
GO
IF SERVERPROPERTY('BabelfishVersion') IS NULL EXEC(N'ALTER ROLE db_backupoperator ADD MEMBER dw_backup');
GO
