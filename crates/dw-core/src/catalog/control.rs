//! Control and audit: `ctl` and `audit` (contract/03 and 04) and what the design adds to them.

use crate::schema::{Check, Column, DefaultValue, ForeignKey, Index, Table, Unique};
use crate::sql_type::SqlType::*;
use crate::time::WATERMARK_START;

/// `ctl.etl_control`.
pub static ETL_CONTROL: Table = Table {
    schema: "ctl",
    name: "etl_control",
    columns: &[
        Column::new("entity_name", VarChar(100)),
        Column::new("source_table", VarChar(200)),
        Column::new("target_table", VarChar(200)),
        Column::new("source_pk_column", VarChar(128)),
        Column::new("watermark_updated_at", DateTime2(0)).default(DefaultValue::Int(WATERMARK_START)),
        Column::new("watermark_id", BigInt).default(DefaultValue::Int(0)),
        Column::new("cutoff_minutes", Int).default(DefaultValue::Int(2)),
        Column::new("batch_size", Int).default(DefaultValue::Int(1000)),
        Column::new("is_active", Bit).default(DefaultValue::Int(1)),
        Column::new("last_run_id", BigInt).null(),
        Column::new("last_status", VarChar(20)).null(),
        Column::new("last_success_at", DateTime2(0)).null(),
        Column::new("created_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("updated_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("lookback_minutes", Int).default(DefaultValue::Int(10)).additive(),
        Column::new("read_until", DateTime2(0)).null().additive(),
    ],
    primary_key_name: "PK_ctl_etl_control",
    primary_key: &["entity_name"],
    uniques: &[],
    checks: &[
        Check { name: "CK_ctl_etl_control_cutoff_minutes", condition: "cutoff_minutes BETWEEN 0 AND 1440" },
        Check { name: "CK_ctl_etl_control_batch_size", condition: "batch_size BETWEEN 1 AND 100000" },
        Check {
            name: "CK_ctl_etl_control_last_status",
            condition: "last_status IN ('success', 'failed', 'partial') OR last_status IS NULL",
        },
    ],
    foreign_keys: &[],
    indexes: &[Index {
        name: "IX_ctl_etl_control_active",
        columns: &["is_active", "entity_name"],
        include: &["watermark_updated_at", "watermark_id", "batch_size", "cutoff_minutes"],
        filter: None,
        unique: false,
    }],
};

/// `audit.etl_run`.
pub static ETL_RUN: Table = Table {
    schema: "audit",
    name: "etl_run",
    columns: &[
        Column::new("run_id", BigInt).identity(),
        Column::new("entities_requested", VarChar(500)),
        Column::new("started_by", VarChar(128)).default(DefaultValue::CurrentUser),
        Column::new("started_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("finished_at", DateTime2(0)).null(),
        Column::new("status", VarChar(20)).default(DefaultValue::Text("running")),
        Column::new("entities_succeeded", Int).default(DefaultValue::Int(0)),
        Column::new("entities_failed", Int).default(DefaultValue::Int(0)),
        Column::new("error_message", VarChar(4000)).null(),
        Column::new("created_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("heartbeat_at", DateTime2(0)).null().additive(),
        Column::new("cutoff_at", DateTime2(0)).null().additive(),
        Column::new("host_name", VarChar(128)).null().additive(),
        Column::new("process_id", Int).null().additive(),
    ],
    primary_key_name: "PK_audit_etl_run",
    primary_key: &["run_id"],
    uniques: &[],
    checks: &[
        Check { name: "CK_audit_etl_run_status", condition: "status IN ('running', 'success', 'failed', 'partial')" },
        Check { name: "CK_audit_etl_run_counts", condition: "entities_succeeded >= 0 AND entities_failed >= 0" },
    ],
    foreign_keys: &[],
    indexes: &[Index {
        name: "IX_audit_etl_run_started_at",
        columns: &["started_at DESC"],
        include: &["status", "finished_at", "entities_succeeded", "entities_failed"],
        filter: None,
        unique: false,
    }],
};

/// `audit.etl_run_entity`.
pub static ETL_RUN_ENTITY: Table = Table {
    schema: "audit",
    name: "etl_run_entity",
    columns: &[
        Column::new("run_entity_id", BigInt).identity(),
        Column::new("run_id", BigInt),
        Column::new("entity_name", VarChar(100)),
        Column::new("entity_started_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("entity_finished_at", DateTime2(0)).null(),
        Column::new("status", VarChar(20)).default(DefaultValue::Text("running")),
        Column::new("extracted_count", Int).default(DefaultValue::Int(0)),
        Column::new("upserted_count", Int).default(DefaultValue::Int(0)),
        Column::new("soft_deleted_count", Int).default(DefaultValue::Int(0)),
        Column::new("watermark_from_updated_at", DateTime2(0)).null(),
        Column::new("watermark_from_id", BigInt).null(),
        Column::new("watermark_to_updated_at", DateTime2(0)).null(),
        Column::new("watermark_to_id", BigInt).null(),
        Column::new("error_message", VarChar(4000)).null(),
        Column::new("created_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("updated_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("inserted_count", BigInt).default(DefaultValue::Int(0)).additive(),
        Column::new("updated_count", BigInt).default(DefaultValue::Int(0)).additive(),
        Column::new("unchanged_count", BigInt).default(DefaultValue::Int(0)).additive(),
        Column::new("rejected_count", BigInt).default(DefaultValue::Int(0)).additive(),
        Column::new("inferred_count", BigInt).default(DefaultValue::Int(0)).additive(),
        Column::new("batch_count", BigInt).default(DefaultValue::Int(0)).additive(),
        Column::new("more_pending", Bit).default(DefaultValue::Int(0)).additive(),
    ],
    primary_key_name: "PK_audit_etl_run_entity",
    primary_key: &["run_entity_id"],
    uniques: &[Unique { name: "UQ_audit_etl_run_entity", columns: &["run_id", "entity_name"] }],
    checks: &[
        Check { name: "CK_audit_etl_run_entity_status", condition: "status IN ('running', 'success', 'failed')" },
        Check {
            name: "CK_audit_etl_run_entity_counts",
            condition: "extracted_count >= 0 AND upserted_count >= 0 AND soft_deleted_count >= 0",
        },
    ],
    foreign_keys: &[ForeignKey {
        name: "FK_audit_etl_run_entity_run",
        column: "run_id",
        references: ("audit", "etl_run"),
        referenced_column: "run_id",
    }],
    indexes: &[],
};

/// `audit.connection_login_events`.
pub static CONNECTION_LOGIN_EVENTS: Table = Table {
    schema: "audit",
    name: "connection_login_events",
    columns: &[
        Column::new("connection_event_id", BigInt).identity(),
        Column::new("event_time_utc", DateTime2(3)).default(DefaultValue::UtcNow),
        Column::new("captured_by", NVarChar(50)).default(DefaultValue::Text("SNAPSHOT_DMV")),
        Column::new("session_id", SmallInt).null(),
        Column::new("login_name", NVarChar(128)).null(),
        Column::new("host_name", NVarChar(128)).null(),
        Column::new("program_name", NVarChar(256)).null(),
        Column::new("database_name", NVarChar(128)).null(),
        Column::new("status", NVarChar(30)).null(),
        Column::new("login_time", DateTime).null(),
        Column::new("net_transport", NVarChar(40)).null(),
        Column::new("protocol_type", NVarChar(40)).null(),
        Column::new("client_net_address", VarChar(48)).null(),
        Column::new("client_tcp_port", Int).null(),
        Column::new("encrypt_option", NVarChar(10)).null(),
        Column::new("auth_scheme", NVarChar(60)).null(),
    ],
    primary_key_name: "PK_audit_connection_login_events",
    primary_key: &["connection_event_id"],
    uniques: &[],
    checks: &[],
    foreign_keys: &[],
    indexes: &[
        Index {
            name: "IX_audit_connection_login_events_time",
            columns: &["event_time_utc DESC"],
            include: &["login_name", "client_net_address", "program_name", "host_name", "database_name"],
            filter: None,
            unique: false,
        },
        // A capture asks for each session whether it is recorded.
        Index {
            name: "IX_audit_connection_login_events_session",
            columns: &["login_time", "session_id"],
            include: &["captured_by"],
            filter: None,
            unique: false,
        },
    ],
};

/// `audit.etl_reject`.
pub static ETL_REJECT: Table = Table {
    schema: "audit",
    name: "etl_reject",
    columns: &[
        Column::new("reject_id", BigInt).identity(),
        Column::new("entity_name", VarChar(100)),
        Column::new("source_key", BigInt),
        Column::new("reason_code", VarChar(40)),
        Column::new("reason", VarChar(1000)),
        Column::new("payload", VarCharMax),
        Column::new("source_updated_at", DateTime2(0)).null(),
        Column::new("first_run_id", BigInt),
        Column::new("last_run_id", BigInt),
        Column::new("attempts", Int).default(DefaultValue::Int(1)),
        Column::new("rejected_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("last_seen_at", DateTime2(0)).default(DefaultValue::UtcNow),
        Column::new("resolved_at", DateTime2(0)).null(),
        Column::new("resolution", VarChar(40)).null(),
    ],
    primary_key_name: "PK_audit_etl_reject",
    primary_key: &["reject_id"],
    uniques: &[],
    checks: &[],
    foreign_keys: &[],
    indexes: &[
        Index {
            name: "UX_audit_etl_reject_open",
            columns: &["entity_name", "source_key"],
            include: &[],
            filter: Some("resolved_at IS NULL"),
            unique: true,
        },
        Index { name: "IX_audit_etl_reject_run", columns: &["last_run_id"], include: &[], filter: None, unique: false },
    ],
};

/// `ctl.etl_affected_group`.
pub static ETL_AFFECTED_GROUP: Table = Table {
    schema: "ctl",
    name: "etl_affected_group",
    columns: &[Column::new("group_kind", VarChar(30)), Column::new("group_id", BigInt)],
    primary_key_name: "PK_ctl_etl_affected_group",
    primary_key: &["group_kind", "group_id"],
    uniques: &[],
    checks: &[],
    foreign_keys: &[],
    indexes: &[],
};

/// `ctl.etl_parked`.
pub static ETL_PARKED: Table = Table {
    schema: "ctl",
    name: "etl_parked",
    columns: &[
        Column::new("entity_name", VarChar(100)),
        Column::new("source_key", BigInt),
        Column::new("parked_at", DateTime2(0)).default(DefaultValue::UtcNow),
    ],
    primary_key_name: "PK_ctl_etl_parked",
    primary_key: &["entity_name", "source_key"],
    uniques: &[],
    checks: &[],
    foreign_keys: &[],
    indexes: &[],
};

/// `ctl.audit_file_position`: how far the file of a server audit is read.
pub static AUDIT_FILE_POSITION: Table = Table {
    schema: "ctl",
    name: "audit_file_position",
    columns: &[
        Column::new("audit_name", VarChar(128)),
        Column::new("file_name", NVarChar(260)),
        Column::new("audit_file_offset", BigInt),
        Column::new("event_time_utc", DateTime2(3)),
        Column::new("updated_at", DateTime2(0)).default(DefaultValue::UtcNow),
    ],
    primary_key_name: "PK_ctl_audit_file_position",
    primary_key: &["audit_name"],
    uniques: &[],
    checks: &[],
    foreign_keys: &[],
    indexes: &[],
};

/// `audit.quality_result`: what each quality check found, with history.
pub static QUALITY_RESULT: Table = Table {
    schema: "audit",
    name: "quality_result",
    columns: &[
        Column::new("quality_result_id", BigInt).identity(),
        Column::new("checked_at", DateTime2(0)),
        Column::new("run_id", BigInt).null(),
        Column::new("check_name", VarChar(120)),
        Column::new("kind", VarChar(30)),
        Column::new("entity_name", VarChar(100)),
        Column::new("severity", VarChar(10)),
        Column::new("status", VarChar(10)),
        // Rows, minutes, cents or hundredths of a percent: what `unit` says.
        Column::new("observed", BigInt).null(),
        Column::new("unit", VarChar(10)),
        Column::new("threshold", VarChar(200)),
        Column::new("checked_rows", BigInt).null(),
        Column::new("failing_rows", BigInt).null(),
        Column::new("message", VarChar(1000)).null(),
        Column::new("sample_keys", VarChar(500)).null(),
        Column::new("duration_ms", Int).default(DefaultValue::Int(0)),
    ],
    primary_key_name: "PK_audit_quality_result",
    primary_key: &["quality_result_id"],
    uniques: &[],
    checks: &[
        Check { name: "CK_audit_quality_result_severity", condition: "severity IN ('warn', 'error')" },
        Check {
            name: "CK_audit_quality_result_status",
            condition: "status IN ('passed', 'failed', 'skipped', 'broken')",
        },
    ],
    foreign_keys: &[],
    indexes: &[
        Index {
            name: "IX_audit_quality_result_check",
            columns: &["check_name", "quality_result_id DESC"],
            include: &["checked_at", "status", "observed", "failing_rows"],
            filter: None,
            unique: false,
        },
        // Retention and trends ask for a time.
        Index {
            name: "IX_audit_quality_result_time",
            columns: &["checked_at"],
            include: &[],
            filter: None,
            unique: false,
        },
    ],
};

/// `audit.reconciliation_month`: the newest comparison of source and warehouse, a row a month and a measure.
pub static RECONCILIATION_MONTH: Table = Table {
    schema: "audit",
    name: "reconciliation_month",
    columns: &[
        Column::new("entity_name", VarChar(100)),
        // 202601; 0 for all rows of a dimension, which has no month.
        Column::new("month_id", Int),
        // `rows`, or the name of an amount, whose values are hundredths.
        Column::new("measure", VarChar(30)),
        Column::new("source_value", BigInt),
        Column::new("warehouse_value", BigInt),
        Column::new("rejected_value", BigInt),
        Column::new("deleted_value", BigInt),
        Column::new("pending_value", BigInt),
        Column::new("difference_value", BigInt),
        Column::new("differing_rows", BigInt),
        Column::new("checked_at", DateTime2(0)),
    ],
    primary_key_name: "PK_audit_reconciliation_month",
    primary_key: &["entity_name", "month_id", "measure"],
    uniques: &[],
    checks: &[],
    foreign_keys: &[],
    indexes: &[],
};

/// The tables of the quality checks, which came with version 4.
pub static QUALITY_TABLES: &[&Table] = &[&QUALITY_RESULT, &RECONCILIATION_MONTH];

/// `audit.backup_run`: each backup with its file, its steps and what it holds.
pub static BACKUP_RUN: Table = Table {
    schema: "audit",
    name: "backup_run",
    columns: &[
        Column::new("backup_run_id", BigInt).identity(),
        Column::new("database_name", VarChar(128)),
        Column::new("backup_type", VarChar(10)),
        Column::new("is_copy_only", Bit).default(DefaultValue::Int(0)),
        Column::new("status", VarChar(10)),
        // The backup holds everything that was committed before this moment.
        Column::new("started_at", DateTime2(0)),
        Column::new("finished_at", DateTime2(0)).null(),
        Column::new("verified_at", DateTime2(0)).null(),
        Column::new("file_name", VarChar(260)),
        Column::new("folder", VarChar(400)),
        Column::new("stripes", Int).default(DefaultValue::Int(1)),
        Column::new("size_bytes", BigInt).null(),
        Column::new("database_bytes", BigInt).null(),
        Column::new("sha256", VarChar(64)).null(),
        Column::new("backup_ms", BigInt).null(),
        Column::new("verify_ms", BigInt).null(),
        // Rows and money of the key tables, as JSON.
        Column::new("key_totals", VarCharMax).null(),
        Column::new("failed_step", VarChar(20)).null(),
        Column::new("error_message", VarChar(4000)).null(),
        Column::new("host_name", VarChar(128)).null(),
        Column::new("process_id", Int).null(),
        Column::new("deleted_at", DateTime2(0)).null(),
        Column::new("created_at", DateTime2(0)).default(DefaultValue::UtcNow),
    ],
    primary_key_name: "PK_audit_backup_run",
    primary_key: &["backup_run_id"],
    uniques: &[],
    checks: &[
        Check { name: "CK_audit_backup_run_type", condition: "backup_type IN ('full', 'diff', 'log')" },
        Check {
            name: "CK_audit_backup_run_status",
            condition: "status IN ('running', 'verified', 'failed', 'damaged')",
        },
    ],
    foreign_keys: &[],
    indexes: &[
        Index {
            name: "IX_audit_backup_run_database",
            columns: &["database_name", "started_at DESC"],
            include: &["status", "backup_type", "file_name", "size_bytes", "deleted_at"],
            filter: None,
            unique: false,
        },
        Index { name: "IX_audit_backup_run_file", columns: &["file_name"], include: &[], filter: None, unique: false },
    ],
};

/// `audit.backup_drill`: each trial of restoring a backup.
pub static BACKUP_DRILL: Table = Table {
    schema: "audit",
    name: "backup_drill",
    columns: &[
        Column::new("backup_drill_id", BigInt).identity(),
        Column::new("database_name", VarChar(128)),
        Column::new("file_name", VarChar(260)),
        Column::new("status", VarChar(10)),
        Column::new("started_at", DateTime2(0)),
        Column::new("finished_at", DateTime2(0)).null(),
        Column::new("restore_ms", BigInt).null(),
        Column::new("check_ms", BigInt).null(),
        // From the first step to a checked database: the measured RTO.
        Column::new("total_ms", BigInt).null(),
        Column::new("compared_tables", Int).null(),
        Column::new("failed_step", VarChar(20)).null(),
        Column::new("error_message", VarChar(4000)).null(),
        Column::new("host_name", VarChar(128)).null(),
        Column::new("created_at", DateTime2(0)).default(DefaultValue::UtcNow),
    ],
    primary_key_name: "PK_audit_backup_drill",
    primary_key: &["backup_drill_id"],
    uniques: &[],
    checks: &[Check { name: "CK_audit_backup_drill_status", condition: "status IN ('passed', 'failed')" }],
    foreign_keys: &[],
    indexes: &[Index {
        name: "IX_audit_backup_drill_database",
        columns: &["database_name", "started_at DESC"],
        include: &["status", "total_ms"],
        filter: None,
        unique: false,
    }],
};

/// The tables of the backups, which came with version 5.
pub static BACKUP_TABLES: &[&Table] = &[&BACKUP_RUN, &BACKUP_DRILL];

/// The tables in the order in which they are created: a table follows those that it references.
pub static TABLES: &[&Table] = &[
    &ETL_CONTROL,
    &ETL_RUN,
    &ETL_RUN_ENTITY,
    &CONNECTION_LOGIN_EVENTS,
    &ETL_REJECT,
    &ETL_AFFECTED_GROUP,
    &ETL_PARKED,
    &AUDIT_FILE_POSITION,
    &QUALITY_RESULT,
    &RECONCILIATION_MONTH,
    &BACKUP_RUN,
    &BACKUP_DRILL,
];
