-- Purpose: the tables that hold what was backed up, verified and restored for a trial. Made from crates/dw-core/src/catalog by
--          `just update-docs`; after its release it never changes, and a change is a script of the next number.
-- Parameters: none.
-- Locks: schema locks on what it creates. What exists is left as it is.
IF SCHEMA_ID(N'audit') IS NULL EXEC(N'CREATE SCHEMA audit');
GO

IF OBJECT_ID(N'audit.backup_run', N'U') IS NULL
BEGIN
    CREATE TABLE audit.backup_run (
        backup_run_id BIGINT IDENTITY(1,1) NOT NULL,
        database_name VARCHAR(128) NOT NULL,
        backup_type VARCHAR(10) NOT NULL,
        is_copy_only BIT NOT NULL DEFAULT 0,
        status VARCHAR(10) NOT NULL,
        started_at DATETIME2(0) NOT NULL,
        finished_at DATETIME2(0) NULL,
        verified_at DATETIME2(0) NULL,
        file_name VARCHAR(260) NOT NULL,
        folder VARCHAR(400) NOT NULL,
        stripes INT NOT NULL DEFAULT 1,
        size_bytes BIGINT NULL,
        database_bytes BIGINT NULL,
        sha256 VARCHAR(64) NULL,
        backup_ms BIGINT NULL,
        verify_ms BIGINT NULL,
        key_totals VARCHAR(MAX) NULL,
        failed_step VARCHAR(20) NULL,
        error_message VARCHAR(4000) NULL,
        host_name VARCHAR(128) NULL,
        process_id INT NULL,
        deleted_at DATETIME2(0) NULL,
        created_at DATETIME2(0) NOT NULL DEFAULT SYSUTCDATETIME(),
        CONSTRAINT PK_audit_backup_run PRIMARY KEY (backup_run_id),
        CONSTRAINT CK_audit_backup_run_type CHECK (backup_type IN ('full', 'diff', 'log')),
        CONSTRAINT CK_audit_backup_run_status CHECK (status IN ('running', 'verified', 'failed', 'damaged'))
    );
    CREATE INDEX IX_audit_backup_run_database ON audit.backup_run (database_name, started_at DESC) INCLUDE (status, backup_type, file_name, size_bytes, deleted_at);
    CREATE INDEX IX_audit_backup_run_file ON audit.backup_run (file_name);
END;
GO

IF OBJECT_ID(N'audit.backup_drill', N'U') IS NULL
BEGIN
    CREATE TABLE audit.backup_drill (
        backup_drill_id BIGINT IDENTITY(1,1) NOT NULL,
        database_name VARCHAR(128) NOT NULL,
        file_name VARCHAR(260) NOT NULL,
        status VARCHAR(10) NOT NULL,
        started_at DATETIME2(0) NOT NULL,
        finished_at DATETIME2(0) NULL,
        restore_ms BIGINT NULL,
        check_ms BIGINT NULL,
        total_ms BIGINT NULL,
        compared_tables INT NULL,
        failed_step VARCHAR(20) NULL,
        error_message VARCHAR(4000) NULL,
        host_name VARCHAR(128) NULL,
        created_at DATETIME2(0) NOT NULL DEFAULT SYSUTCDATETIME(),
        CONSTRAINT PK_audit_backup_drill PRIMARY KEY (backup_drill_id),
        CONSTRAINT CK_audit_backup_drill_status CHECK (status IN ('passed', 'failed'))
    );
    CREATE INDEX IX_audit_backup_drill_database ON audit.backup_drill (database_name, started_at DESC) INCLUDE (status, total_ms);
END;
GO

