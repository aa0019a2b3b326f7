//! The typed tree of settings that the rest of the stack reads.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::secret::Secret;

/// The word behind every value that nobody gave.
pub(super) const DEFAULT_ORIGIN: &str = "default";

/// Which engine holds the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// SQLite files in `data_dir`.
    Embedded,
    /// A SQL Server.
    SqlServer,
}

/// How results are written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// For people: a table on a terminal, plain lines in a pipe.
    Text,
    /// For programs: one JSON document.
    Json,
}

/// Every setting of the stack.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The engine.
    pub engine: EngineKind,
    /// Folder of the embedded databases.
    pub data_dir: PathBuf,
    /// Folder whose SQL texts replace the built-in ones of the same name.
    pub sql_dir: Option<PathBuf>,
    /// Form of the output.
    pub output: OutputFormat,
    /// Directives of the log; `-v` wins over them.
    pub log_filter: Option<String>,
    /// How long a database that another process writes to is waited for.
    pub busy_timeout_seconds: u64,
    /// The ETL. It has no default of its own, so that the section may be absent.
    #[serde(default)]
    pub etl: EtlSettings,
    /// The audit trail.
    pub audit: AuditSettings,
    /// Backups.
    pub backup: BackupSettings,
    /// What the dashboards share.
    pub web: WebSettings,
    /// The dashboard of the operators.
    pub monitor: MonitorSettings,
    /// The sales dashboard.
    pub vendas: VendasSettings,
    /// Quality checks.
    pub quality: QualitySettings,
    /// Service levels. No default either.
    #[serde(default)]
    pub sla: SlaSettings,
    /// Alerts.
    pub alerts: AlertSettings,
    /// The SQL Server engine.
    pub sqlserver: SqlServerSettings,
    /// Passwords of the logins that `init` creates. No default either.
    #[serde(default)]
    pub logins: LoginSettings,
    /// The configuration file in use.
    #[serde(skip)]
    pub(super) file: Option<PathBuf>,
    /// Value and origin of each setting, in the order of the register.
    #[serde(skip)]
    pub(super) effective: Vec<EffectiveSetting>,
}

/// `[etl]`: each one overrides what `ctl.etl_control` says for an entity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EtlSettings {
    /// Rows of a batch.
    pub batch_size: Option<u32>,
    /// How far behind the source's clock the extraction ends.
    pub cutoff_minutes: Option<u32>,
    /// How far before the watermark it begins.
    pub lookback_minutes: Option<u32>,
    /// More rejected rows than this end the run with exit code 10.
    pub max_rejects: Option<u64>,
}

/// `[audit]`: the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditSettings {
    /// Connection events older than this are deleted at the end of a run.
    pub connection_retention_days: u32,
    /// So are runs and their entities; 0 for never.
    pub run_retention_days: u32,
    /// So are rejected rows that were resolved; 0 for never.
    pub reject_retention_days: u32,
}

/// How a database keeps its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryModel {
    /// Until it is backed up.
    Full,
    /// The same, and less of it for bulk copies.
    BulkLogged,
    /// No longer than it is needed: there is nothing to back up.
    Simple,
}

/// `[backup]`: backups, their schedule and how long they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupSettings {
    /// Where backups are. On a server: where this process sees the folder in which the server writes them.
    pub directory: PathBuf,
    /// The folder in which a server writes, as the server names it.
    pub server_directory: String,
    /// Names of databases, divided by commas, in the order in which they are backed up.
    pub databases: String,
    /// Hours between two full backups.
    pub interval_hours: u32,
    /// Times of full backups instead, as a cron expression.
    pub cron: Option<String>,
    /// Where the times of the expression, and the days of retention, are local.
    pub time_zone: String,
    /// A backup begins up to so many seconds later.
    pub jitter_seconds: u32,
    /// Minutes between two backups of the log of a database that keeps it; 0 for none.
    pub log_interval_minutes: u32,
    /// Days between two drills; 0 for none.
    pub drill_days: u32,
    /// Backups that are at most so old are kept.
    pub retention_days: u32,
    /// The newest so many are kept.
    pub keep_last: u32,
    /// The newest of so many hours.
    pub keep_hourly: u32,
    /// Of so many days.
    pub keep_daily: u32,
    /// Of so many ISO weeks.
    pub keep_weekly: u32,
    /// Of so many months.
    pub keep_monthly: u32,
    /// Of so many years.
    pub keep_yearly: u32,
    /// Never fewer verified full backups of a database than this.
    pub keep_min: u32,
    /// Megabytes that stay free on the disk.
    pub min_free_mb: u64,
    /// How long a backup or a restore may take on a server.
    pub timeout_seconds: u64,
    /// Attempts of a backup that fails for a reason that passes.
    pub attempts: u32,
    /// `auto`, `on` or `off`.
    pub compression: String,
    /// Files of one backup.
    pub stripes: u32,
    /// Size of one transfer to the disk.
    pub max_transfer_kb: String,
    /// Name of the certificate that encrypts backups.
    pub certificate: Option<String>,
    /// Recovery model of the source.
    pub oltp_recovery_model: RecoveryModel,
    /// Recovery model of the warehouse.
    pub dw_recovery_model: RecoveryModel,
    /// The login that verifies and drills; its password is `logins.etl_restore_password`.
    pub restore_user: String,
}

/// When a fact gets a columnstore index, where the edition of the server has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Columnstore {
    /// When it has 10 million rows: below, its other indexes are as good, and each row costs more to write.
    #[default]
    Auto,
    /// From its first row.
    On,
    /// Never. One that is there stays.
    Off,
}

impl Columnstore {
    /// From how many rows on a fact gets one; `None` for never.
    pub fn from_rows(self) -> Option<u64> {
        match self {
            Self::Auto => Some(10_000_000),
            Self::On => Some(1),
            Self::Off => None,
        }
    }
}

/// `[web]`: what the dashboards share.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebSettings {
    /// The argon2 hash of the password, needed to listen on an address that other machines reach.
    pub password_hash: Option<Secret>,
    /// Host names, divided by commas, under which a dashboard may be asked for, beyond the loopback ones.
    pub allowed_hosts: Option<String>,
    /// IANA name of the time zone in which times are shown.
    pub time_zone: String,
    /// How long one statement of a page may take.
    pub query_timeout_seconds: u64,
}

/// `[monitor]`: the dashboard of the operators.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitorSettings {
    /// The address on which it listens.
    pub address: String,
    /// The port.
    pub port: u16,
}

/// `[vendas]`: the sales dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendasSettings {
    /// The address on which it listens.
    pub address: String,
    /// The port.
    pub port: u16,
    /// Whether the detailed table names customers.
    pub show_customer_names: bool,
}

/// `[quality]`: quality checks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualitySettings {
    /// File of checks that are laid over the built-in ones.
    pub file: Option<PathBuf>,
    /// Whether a run checks the entities that it changed.
    pub after_run: bool,
    /// An entity that was checked within so many minutes is not checked again behind a run.
    pub after_run_minutes: u32,
    /// Results older than this are deleted.
    pub retention_days: u32,
}

/// `[sla]`: service levels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlaSettings {
    /// File of rules that are laid over the built-in ones.
    pub file: Option<PathBuf>,
}

/// `[alerts]`: messages to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertSettings {
    /// The address of the webhook, which is a secret.
    pub webhook_url: Option<Secret>,
    /// `generic`, `discord` or `slack`.
    pub format: String,
    /// Which warehouse this is, for the reader of a message.
    pub name: String,
    /// Where is remembered what was told.
    pub state_file: PathBuf,
    /// Seconds between two looks of a server that alerts.
    pub every_seconds: u64,
    /// What lasts is told again after so many minutes.
    pub cooldown_minutes: u32,
    /// How long one attempt to send may take.
    pub timeout_seconds: u64,
    /// Attempts of one message.
    pub attempts: u32,
}

/// `[sqlserver]`: for the SQL Server engine. The embedded engine ignores it.
///
/// Where to connect and as whom is better asked of [`Settings::connection_target`], which knows connection strings too.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlServerSettings {
    /// The server of both databases, as a connection string that names no database.
    pub connection_string: Option<Secret>,
    /// Server and database of the source, as a connection string.
    pub oltp_connection_string: Option<Secret>,
    /// Server and database of the warehouse, as a connection string.
    pub dw_connection_string: Option<Secret>,
    /// Host name or address, with or without `tcp:` and a port.
    pub server: String,
    /// TCP port.
    pub port: u16,
    /// Login.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// Name of the source database.
    pub oltp_database: String,
    /// Name of the warehouse.
    pub dw_database: String,
    /// Whether the connection must be encrypted.
    pub encrypt: bool,
    /// Whether a certificate that cannot be verified is accepted.
    pub trust_server_certificate: bool,
    /// The certificate authority that signs the server's certificate.
    pub ca_file: Option<PathBuf>,
    /// The name that the server's certificate must bear, where it is not the host.
    pub hostname_in_certificate: Option<String>,
    /// Whether sessions that only read say so, which leads them to a readable secondary of an availability group.
    pub application_intent_readonly: bool,
    /// How long connecting may take.
    pub connect_timeout_seconds: u64,
    /// How long a statement may take.
    pub timeout_seconds: u64,
    /// How long `init` waits for the server to come up.
    pub wait_seconds: u64,
    /// Connections of the pool of one database.
    pub max_connections: u32,
    /// Attempts of a transaction that fails for a passing reason.
    pub retries: u32,
    /// When a fact gets a columnstore index.
    pub columnstore: Columnstore,
    /// Folder on the server for the files of the server audit; `none` for no audit.
    pub server_audit_folder: String,
}

/// `[logins]`: passwords of the logins that `init` creates on a SQL Server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginSettings {
    /// Of the login that loads.
    pub etl_runner_password: Option<Secret>,
    /// Of the login that reads control and audit.
    pub etl_monitor_password: Option<Secret>,
    /// Of the login that backs up.
    pub etl_backup_password: Option<Secret>,
    /// Of the login that verifies and drills backups.
    pub etl_restore_password: Option<Secret>,
    /// Of the login that reads views.
    pub bi_reader_password: Option<Secret>,
}

/// One line of the `config` command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EffectiveSetting {
    /// Dotted path: `etl.batch_size`.
    pub key: &'static str,
    /// The value, `***` for a secret, `None` when it is not set.
    pub value: Option<String>,
    /// `default`, `dw.toml:7`, `environment variable DW_ENGINE`, `--engine`.
    pub origin: String,
}

impl BackupSettings {
    /// The databases to back up, in order.
    pub fn database_names(&self) -> Vec<String> {
        self.databases.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }
}

impl Settings {
    /// Value and origin of every setting, secrets hidden.
    pub fn effective(&self) -> &[EffectiveSetting] {
        &self.effective
    }

    /// True when somebody gave the setting a value.
    pub fn is_given(&self, key: &str) -> bool {
        self.origin(key).is_some_and(|origin| origin != DEFAULT_ORIGIN)
    }

    /// Where the value of a setting came from.
    pub fn origin(&self, key: &str) -> Option<&str> {
        self.effective.iter().find(|setting| setting.key == key).map(|setting| setting.origin.as_str())
    }

    /// The configuration file in use, if any.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// True when a command may create the sample by itself (ruling 26): the embedded engine in the default folder, chosen
    /// by nobody, without a configuration file. Whoever names a folder means one that exists.
    pub fn may_create_sample(&self) -> bool {
        self.engine == EngineKind::Embedded && self.file.is_none() && self.origin("data_dir") == Some(DEFAULT_ORIGIN)
    }
}
