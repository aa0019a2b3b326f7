//! The register of settings: each key with its kind, its default and the variables that name it.
//!
//! A new setting is one entry here and one field in [`super::settings`]; a test compares the two.

use std::ops::RangeInclusive;

use super::value::Kind;

/// Ends the name of a variable that names a file with the value.
pub(super) const FILE_SUFFIX: &str = "_FILE";
/// How long connecting may take; connection strings have the same range.
pub(super) const CONNECT_SECONDS: RangeInclusive<u64> = 1..=3_600;
/// How long a statement may take.
pub(super) const COMMAND_SECONDS: RangeInclusive<u64> = 1..=86_400;

/// One setting.
#[derive(Debug)]
pub(super) struct Key {
    /// Dotted path in the file: `etl.batch_size`.
    pub path: &'static str,
    /// Which values it takes.
    pub kind: Kind,
    /// The value when nobody gives one; `None` for an optional setting.
    pub default: Option<&'static str>,
    /// Names of the reference that mean the same. The `DW_` name wins over them.
    pub reference: &'static [&'static str],
}

impl Key {
    /// The same setting with names of the reference.
    const fn or(self, reference: &'static [&'static str]) -> Self {
        Self { reference, ..self }
    }

    /// `DW_ETL_BATCH_SIZE`.
    pub fn variable(&self) -> String {
        format!("DW_{}", self.path.replace('.', "_").to_uppercase())
    }

    /// True for a value that must never be shown.
    pub fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret | Kind::ConnectionString { .. })
    }
}

const fn range(range: RangeInclusive<u64>) -> Kind {
    Kind::Integer { min: *range.start(), max: *range.end() }
}

const fn key(path: &'static str, kind: Kind, default: Option<&'static str>) -> Key {
    Key { path, kind, default, reference: &[] }
}

/// How many backups a rule keeps.
const KEPT: Kind = Kind::Integer { min: 0, max: 10_000 };
/// As `ALTER DATABASE .. SET RECOVERY` knows them.
const RECOVERY_MODELS: &[&str] = &["full", "bulk_logged", "simple"];

/// All settings, in the order in which they are shown.
pub(super) static KEYS: &[Key] = &[
    key("engine", Kind::Choice(&["embedded", "sqlserver"]), Some("embedded")),
    key("data_dir", Kind::Path, Some("dw-data")),
    key("sql_dir", Kind::Path, None),
    key("output", Kind::Choice(&["text", "json"]), Some("text")),
    key("log_filter", Kind::LogFilter, None),
    key("busy_timeout_seconds", Kind::Integer { min: 1, max: 3_600 }, Some("10")),
    key("etl.batch_size", Kind::Integer { min: 1, max: 100_000 }, None).or(&["ETL_DEFAULT_BATCH_SIZE"]),
    key("etl.cutoff_minutes", Kind::Integer { min: 0, max: 1_440 }, None).or(&["ETL_DEFAULT_CUTOFF_MINUTES"]),
    key("etl.lookback_minutes", Kind::Integer { min: 0, max: 44_640 }, None),
    key("etl.max_rejects", Kind::Integer { min: 0, max: 1_000_000_000 }, None),
    key("audit.connection_retention_days", Kind::Integer { min: 1, max: 36_500 }, Some("30"))
        .or(&["CONNECTION_AUDIT_RETENTION_DAYS"]),
    key("audit.run_retention_days", Kind::Integer { min: 0, max: 36_500 }, Some("730")),
    key("audit.reject_retention_days", Kind::Integer { min: 0, max: 36_500 }, Some("365")),
    key("backup.directory", Kind::Path, Some("dw-backups")),
    key("backup.server_directory", Kind::Text, Some("/var/opt/mssql/backup")),
    key("backup.databases", Kind::Text, Some("DW_ECOMMERCE,ECOMMERCE_OLTP")),
    key("backup.interval_hours", Kind::Integer { min: 1, max: 8_784 }, Some("24")).or(&["BACKUP_INTERVAL_HOURS"]),
    key("backup.cron", Kind::Text, None),
    key("backup.time_zone", Kind::Text, Some("America/Sao_Paulo")),
    key("backup.jitter_seconds", Kind::Integer { min: 0, max: 3_600 }, Some("60")),
    key("backup.log_interval_minutes", Kind::Integer { min: 0, max: 1_440 }, Some("60")),
    key("backup.drill_days", Kind::Integer { min: 0, max: 366 }, Some("7")),
    key("backup.retention_days", Kind::Integer { min: 1, max: 36_500 }, Some("14")).or(&["BACKUP_RETENTION_DAYS"]),
    key("backup.keep_last", KEPT, Some("0")),
    key("backup.keep_hourly", KEPT, Some("0")),
    key("backup.keep_daily", KEPT, Some("0")),
    key("backup.keep_weekly", KEPT, Some("0")),
    key("backup.keep_monthly", KEPT, Some("0")),
    key("backup.keep_yearly", KEPT, Some("0")),
    key("backup.keep_min", Kind::Integer { min: 1, max: 10_000 }, Some("2")),
    key("backup.min_free_mb", Kind::Integer { min: 0, max: 1_000_000_000 }, Some("256")),
    key("backup.timeout_seconds", Kind::Integer { min: 60, max: 604_800 }, Some("14400")),
    key("backup.attempts", Kind::Integer { min: 1, max: 10 }, Some("3")),
    key("backup.compression", Kind::Choice(&["auto", "on", "off"]), Some("auto")),
    key("backup.stripes", Kind::Integer { min: 1, max: 64 }, Some("1")),
    key("backup.max_transfer_kb", Kind::Choice(&["64", "128", "256", "512", "1024", "2048", "4096"]), Some("1024")),
    key("backup.certificate", Kind::Text, None),
    key("backup.oltp_recovery_model", Kind::Choice(RECOVERY_MODELS), Some("full")),
    key("backup.dw_recovery_model", Kind::Choice(RECOVERY_MODELS), Some("simple")),
    key("backup.restore_user", Kind::Text, Some("etl_restore")),
    key("web.password_hash", Kind::Secret, None),
    key("web.allowed_hosts", Kind::Text, None),
    key("web.time_zone", Kind::Text, Some("America/Sao_Paulo")),
    key("web.query_timeout_seconds", Kind::Integer { min: 1, max: 60 }, Some("10")),
    key("monitor.address", Kind::Text, Some("127.0.0.1")),
    key("monitor.port", Kind::Integer { min: 1, max: 65_535 }, Some("8501")),
    key("vendas.address", Kind::Text, Some("127.0.0.1")),
    key("vendas.port", Kind::Integer { min: 1, max: 65_535 }, Some("8502")),
    key("vendas.show_customer_names", Kind::Boolean, Some("false")),
    key("quality.file", Kind::Path, None),
    key("quality.after_run", Kind::Boolean, Some("true")),
    key("quality.after_run_minutes", Kind::Integer { min: 0, max: 10_080 }, Some("60")),
    key("quality.retention_days", Kind::Integer { min: 1, max: 3_650 }, Some("90")),
    key("sla.file", Kind::Path, None),
    key("alerts.webhook_url", Kind::Secret, None),
    key("alerts.format", Kind::Choice(&["generic", "discord", "slack"]), Some("generic")),
    key("alerts.name", Kind::Text, Some("DW E-commerce")),
    key("alerts.state_file", Kind::Path, Some("dw-alerts.json")),
    key("alerts.every_seconds", Kind::Integer { min: 30, max: 86_400 }, Some("300")),
    key("alerts.cooldown_minutes", Kind::Integer { min: 1, max: 10_080 }, Some("30")),
    key("alerts.timeout_seconds", Kind::Integer { min: 1, max: 300 }, Some("15")),
    key("alerts.attempts", Kind::Integer { min: 1, max: 10 }, Some("3")),
    key("sqlserver.connection_string", Kind::ConnectionString { database: false }, None),
    key("sqlserver.oltp_connection_string", Kind::ConnectionString { database: true }, None).or(&["ETL_OLTP_CONN_STR"]),
    key("sqlserver.dw_connection_string", Kind::ConnectionString { database: true }, None).or(&["ETL_DW_CONN_STR"]),
    key("sqlserver.server", Kind::Server, Some("localhost")).or(&["ETL_SQL_SERVER"]),
    key("sqlserver.port", Kind::Integer { min: 1, max: 65_535 }, Some("1433")).or(&["ETL_SQL_PORT"]),
    key("sqlserver.user", Kind::Text, None).or(&["ETL_SQL_USER"]),
    key("sqlserver.password", Kind::Secret, None).or(&["ETL_SQL_PASSWORD"]),
    key("sqlserver.oltp_database", Kind::Text, Some("ECOMMERCE_OLTP")).or(&["ETL_OLTP_DB"]),
    key("sqlserver.dw_database", Kind::Text, Some("DW_ECOMMERCE")).or(&["ETL_DW_DB"]),
    key("sqlserver.encrypt", Kind::Boolean, Some("true")).or(&["ETL_SQL_ENCRYPT"]),
    key("sqlserver.trust_server_certificate", Kind::Boolean, Some("false")).or(&["ETL_SQL_TRUST_SERVER_CERTIFICATE"]),
    key("sqlserver.ca_file", Kind::Path, None),
    key("sqlserver.hostname_in_certificate", Kind::Text, None),
    key("sqlserver.application_intent_readonly", Kind::Boolean, Some("true")),
    key("sqlserver.connect_timeout_seconds", range(CONNECT_SECONDS), Some("15")),
    key("sqlserver.timeout_seconds", range(COMMAND_SECONDS), Some("120")).or(&["ETL_SQL_TIMEOUT_SECONDS"]),
    key("sqlserver.wait_seconds", Kind::Integer { min: 0, max: 3_600 }, Some("120")),
    key("sqlserver.max_connections", Kind::Integer { min: 4, max: 1_000 }, Some("10")),
    key("sqlserver.retries", Kind::Integer { min: 1, max: 20 }, Some("5")),
    key("sqlserver.columnstore", Kind::Choice(&["auto", "on", "off"]), Some("auto")),
    key("sqlserver.server_audit_folder", Kind::Text, Some("/var/opt/mssql/audit/")),
    key("logins.etl_runner_password", Kind::Secret, None),
    key("logins.etl_monitor_password", Kind::Secret, None).or(&["MSSQL_MONITOR_PASSWORD"]),
    key("logins.etl_backup_password", Kind::Secret, None).or(&["MSSQL_BACKUP_PASSWORD"]),
    key("logins.etl_restore_password", Kind::Secret, None),
    key("logins.bi_reader_password", Kind::Secret, None).or(&["MSSQL_BI_PASSWORD"]),
];

/// The setting of a dotted path.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// True for `etl`, `sqlserver`: a path that holds settings and is none itself.
pub(super) fn is_section(path: &str) -> bool {
    KEYS.iter().any(|key| key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

/// True for a variable that concerns the stack: by its prefix, or as a name of the reference or its `_FILE` form.
pub(super) fn is_ours(variable: &str) -> bool {
    let is_reference = |name: &str| KEYS.iter().any(|key| key.reference.contains(&name));
    variable.starts_with("DW_")
        || variable.starts_with("ETL_")
        || is_reference(variable)
        || variable.strip_suffix(FILE_SUFFIX).is_some_and(is_reference)
}
