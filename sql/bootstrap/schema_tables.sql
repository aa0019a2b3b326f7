-- Purpose: the two tables in which a database says what its schema is: the numbered versions, and the scripts that have run
--          with their hash and outcome. They exist before any script is recorded, in the source and in the warehouse.
-- Parameters: none.
-- Locks: schema locks on what it creates. What exists is left as it is, so that it may be run at each `init`.
IF SCHEMA_ID(N'ctl') IS NULL EXEC(N'CREATE SCHEMA ctl');
GO

IF OBJECT_ID(N'ctl.schema_version', N'U') IS NULL
    CREATE TABLE ctl.schema_version (
        version INT NOT NULL,
        name VARCHAR(200) NOT NULL,
        applied_at DATETIME2(0) NOT NULL,
        CONSTRAINT PK_ctl_schema_version PRIMARY KEY (version)
    );
GO

IF OBJECT_ID(N'ctl.schema_script', N'U') IS NULL
    CREATE TABLE ctl.schema_script (
        script_name VARCHAR(200) NOT NULL,
        kind VARCHAR(12) NOT NULL,
        hash CHAR(64) NOT NULL,
        status VARCHAR(10) NOT NULL,
        started_at DATETIME2(0) NOT NULL,
        finished_at DATETIME2(0) NULL,
        version VARCHAR(40) NOT NULL,
        CONSTRAINT PK_ctl_schema_script PRIMARY KEY (script_name)
    );
GO
