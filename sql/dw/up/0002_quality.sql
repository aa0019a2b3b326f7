-- Purpose: the tables that hold what quality checks found and how source and warehouse compare. Made from crates/dw-core/src/catalog by
--          `just update-docs`; after its release it never changes, and a change is a script of the next number.
-- Parameters: none.
-- Locks: schema locks on what it creates. What exists is left as it is.
IF SCHEMA_ID(N'audit') IS NULL EXEC(N'CREATE SCHEMA audit');
GO

IF OBJECT_ID(N'audit.quality_result', N'U') IS NULL
BEGIN
    CREATE TABLE audit.quality_result (
        quality_result_id BIGINT IDENTITY(1,1) NOT NULL,
        checked_at DATETIME2(0) NOT NULL,
        run_id BIGINT NULL,
        check_name VARCHAR(120) NOT NULL,
        kind VARCHAR(30) NOT NULL,
        entity_name VARCHAR(100) NOT NULL,
        severity VARCHAR(10) NOT NULL,
        status VARCHAR(10) NOT NULL,
        observed BIGINT NULL,
        unit VARCHAR(10) NOT NULL,
        threshold VARCHAR(200) NOT NULL,
        checked_rows BIGINT NULL,
        failing_rows BIGINT NULL,
        message VARCHAR(1000) NULL,
        sample_keys VARCHAR(500) NULL,
        duration_ms INT NOT NULL DEFAULT 0,
        CONSTRAINT PK_audit_quality_result PRIMARY KEY (quality_result_id),
        CONSTRAINT CK_audit_quality_result_severity CHECK (severity IN ('warn', 'error')),
        CONSTRAINT CK_audit_quality_result_status CHECK (status IN ('passed', 'failed', 'skipped', 'broken'))
    );
    CREATE INDEX IX_audit_quality_result_check ON audit.quality_result (check_name, quality_result_id DESC) INCLUDE (checked_at, status, observed, failing_rows);
    CREATE INDEX IX_audit_quality_result_time ON audit.quality_result (checked_at);
END;
GO

IF OBJECT_ID(N'audit.reconciliation_month', N'U') IS NULL
BEGIN
    CREATE TABLE audit.reconciliation_month (
        entity_name VARCHAR(100) NOT NULL,
        month_id INT NOT NULL,
        measure VARCHAR(30) NOT NULL,
        source_value BIGINT NOT NULL,
        warehouse_value BIGINT NOT NULL,
        rejected_value BIGINT NOT NULL,
        deleted_value BIGINT NOT NULL,
        pending_value BIGINT NOT NULL,
        difference_value BIGINT NOT NULL,
        differing_rows BIGINT NOT NULL,
        checked_at DATETIME2(0) NOT NULL,
        CONSTRAINT PK_audit_reconciliation_month PRIMARY KEY (entity_name, month_id, measure)
    );
END;
GO

