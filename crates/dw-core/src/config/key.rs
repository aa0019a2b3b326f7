//! The register of settings: each key with its kind, its default and the variables that name it.
//!
//! A new setting is one entry here and one field in [`super::settings`]; a test compares the two.

use super::value::Kind;

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
        matches!(self.kind, Kind::Secret)
    }
}

const fn key(path: &'static str, kind: Kind, default: Option<&'static str>) -> Key {
    Key { path, kind, default, reference: &[] }
}

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
    key("sqlserver.server", Kind::Text, Some("localhost")).or(&["ETL_SQL_SERVER"]),
    key("sqlserver.port", Kind::Integer { min: 1, max: 65_535 }, Some("1433")).or(&["ETL_SQL_PORT"]),
    key("sqlserver.user", Kind::Text, None).or(&["ETL_SQL_USER"]),
    key("sqlserver.password", Kind::Secret, None).or(&["ETL_SQL_PASSWORD"]),
    key("sqlserver.oltp_database", Kind::Text, Some("ECOMMERCE_OLTP")).or(&["ETL_OLTP_DB"]),
    key("sqlserver.dw_database", Kind::Text, Some("DW_ECOMMERCE")).or(&["ETL_DW_DB"]),
    key("sqlserver.encrypt", Kind::Boolean, Some("true")).or(&["ETL_SQL_ENCRYPT"]),
    key("sqlserver.trust_server_certificate", Kind::Boolean, Some("false")).or(&["ETL_SQL_TRUST_SERVER_CERTIFICATE"]),
    key("sqlserver.ca_file", Kind::Path, None),
    key("sqlserver.timeout_seconds", Kind::Integer { min: 1, max: 86_400 }, Some("120"))
        .or(&["ETL_SQL_TIMEOUT_SECONDS"]),
];

/// The setting of a dotted path.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// True for `etl`, `sqlserver`: a path that holds settings and is none itself.
pub(super) fn is_section(path: &str) -> bool {
    KEYS.iter().any(|key| key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}
