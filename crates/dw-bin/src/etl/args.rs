//! The command line of `etl`: names, help and examples. What the texts mean is decided in [`super::request`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use dw_core::config::Overrides;

use crate::args::GlobalArgs;

const EXAMPLES: &str = "\
Examples:
  etl                                   Load everything that is new; the very first time, a sample
  etl run --entity fact_vendas          Load one entity
  etl status                            Show where every entity stands
  etl export fact.FACT_VENDAS --out .   Write a table as CSV

Exit codes: 0 ok, 2 usage, 10 partial, 11 failed, 20 quality, 30 service level missed,
40 lock held, 50 source unreachable, 60 target unreachable, 80 schema mismatch";

const RUN_EXAMPLES: &str = "\
Entities: dim_cliente, dim_produto, dim_regiao, dim_equipe, dim_desconto, dim_vendedor,
fact_vendas, fact_metas, fact_descontos

Examples:
  etl run                                        Load everything that is new
  etl run --entity dim_cliente,fact_vendas       Load two entities
  etl run --every 5m --output json               Keep loading; one JSON line a cycle, until SIGTERM
  etl run --dry-run                              Do all the work, keep nothing
  etl run --from 2026-01-01 --to 2026-02-01      Load one window again, without moving the watermark";

const PLAN_EXAMPLES: &str = "\
Examples:
  etl plan                                 Show what `etl run` would read
  etl plan --entity fact_vendas -v         Show the statements too
  etl plan --output json                   The same as a document";

const STATUS_EXAMPLES: &str = "\
Examples:
  etl status                               Show last run, watermark, lag and pending rows
  etl status --output json                 The same as a document";

const RECONCILE_EXAMPLES: &str = "\
Examples:
  etl reconcile                            Compare, and mark rows whose source row is gone
  etl reconcile --dry-run                  Compare only

Exit code 20 when source and warehouse differ.";

const REWIND_EXAMPLES: &str = "\
Examples:
  etl rewind --from-backup ECOMMERCE_OLTP_20261128_091500_full.db
  etl rewind --to 2026-11-28T09:15:00

An entity that was loaded since reads its source from the beginning; equal rows are not written.
Then type `etl run` and `etl reconcile`.";

const CHECK_EXAMPLES: &str = "\
Examples:
  etl check                                Ask every check, and show those that failed
  etl check --entity fact_vendas --all     Ask those of one entity, and show all of them
  etl check --check reconciliation         Ask those of a kind
  etl check --list                         Show the checks without asking them

Exit code 20 when a check of severity error fails.";

const SLA_EXAMPLES: &str = "\
Examples:
  etl sla                                  Show the last deadline of each rule
  etl sla --days 30 --all                  Show the history of a month

Exit code 30 when the last deadline of an entity was missed.";

const ALERTS_EXAMPLES: &str = "\
Examples:
  etl alerts --dry-run                     Show what is wrong and what would be sent
  etl alerts --once                        Send what is due to the webhook

Exit code 11 when a message could not be delivered; it is due again the next time.";

const EXPORT_EXAMPLES: &str = "\
Examples:
  etl export dim.DIM_CLIENTE fact.FACT_VENDAS --out export
  etl export VW_DASH_VENDAS_R1 --format json --out export";

const CONNECTIONS_EXAMPLES: &str = "\
Examples:
  etl audit connections                          Show who was connected in the last 24 hours
  etl audit connections --since 7d --top 20      The same for a week, with longer lists
  etl audit connections --capture                Record who is connected now, then show
  etl audit connections --cleanup                Delete what is older than the setting says";

const CONFIG_EXAMPLES: &str = "\
Examples:
  etl config                               Show every setting and where it comes from
  etl config --config other.toml           The same with another file";

/// Load the warehouse: nine entities from the source to the star schema, only what has changed
///
/// Without a command, `etl` does what `etl run --entity all` does.
#[derive(Debug, Clone, Parser)]
#[command(name = "etl", version, after_help = EXAMPLES)]
pub struct EtlCli {
    /// The flags of every binary.
    #[command(flatten)]
    pub globals: GlobalArgs,

    /// What to do.
    #[command(subcommand)]
    pub command: Option<EtlCommand>,
}

/// What `etl` can do.
#[derive(Debug, Clone, Subcommand)]
pub enum EtlCommand {
    /// Load what has changed since the last run
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Show what a run would do: from which watermark, how many rows, which statements
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(PlanArgs),
    /// Show where every entity stands: last run, watermark, lag, pending rows
    #[command(after_help = STATUS_EXAMPLES)]
    Status,
    /// Compare source and warehouse by month, and mark rows whose source row is gone
    #[command(after_help = RECONCILE_EXAMPLES)]
    Reconcile(ReconcileArgs),
    /// After the source was restored: move watermarks back, so that the next run reads again
    #[command(after_help = REWIND_EXAMPLES)]
    Rewind(RewindArgs),
    /// Check the quality of the data: keys, values, references, freshness, volume, source against warehouse
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Show whether the data was there by its deadlines, and how fresh it is
    #[command(after_help = SLA_EXAMPLES)]
    Sla(SlaArgs),
    /// Look for what is wrong and tell a webhook
    #[command(after_help = ALERTS_EXAMPLES)]
    Alerts(AlertsArgs),
    /// Write tables or views to files
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportArgs),
    /// Show what the audit trail holds
    Audit {
        /// Of what.
        #[command(subcommand)]
        what: AuditCommand,
    },
    /// Show every setting and where it comes from
    #[command(after_help = CONFIG_EXAMPLES)]
    Config,
}

/// What `etl audit` can show.
#[derive(Debug, Clone, Subcommand)]
pub enum AuditCommand {
    /// Show who was connected: events by hour, logins, programs, hosts, the newest events
    #[command(after_help = CONNECTIONS_EXAMPLES)]
    Connections(ConnectionsArgs),
}

/// `etl audit connections`.
#[derive(Debug, Clone, Args)]
pub struct ConnectionsArgs {
    /// How far to look back: 30m, 24h, 7d
    #[arg(long, value_name = "TIME", default_value = "24h", allow_negative_numbers = true)]
    pub since: String,

    /// The longest list of names and of events: 1 to 1000
    #[arg(long, value_name = "N", default_value = "10", allow_negative_numbers = true)]
    pub top: String,

    /// Record who is connected now, and what the server audit has written
    #[arg(long)]
    pub capture: bool,

    /// Delete events that are too old
    #[arg(long)]
    pub cleanup: bool,

    /// With --cleanup, days to keep: 1 to 36500 [default: 30]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub retention_days: Option<String>,
}

impl ConnectionsArgs {
    /// Adds the flag that is a setting.
    pub fn add_to(&self, overrides: &mut Overrides) {
        let days = self.retention_days.as_deref();
        overrides.flag("--retention-days", "audit.connection_retention_days", days);
    }
}

/// `etl run`. Numbers and times are texts here, so that every bad one gets a message of ours.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Entities to load, separated by commas, or all
    #[arg(long, value_name = "NAMES", default_value = "all")]
    pub entity: String,

    /// Rows of one batch, which is one transaction: 1 to 100000 [default: from the control table]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub batch_size: Option<String>,

    /// End this long before the source's clock: 0 to 1440 [default: from the control table]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub cutoff_minutes: Option<String>,

    /// Begin this long before the watermark: 0 to 44640 [default: from the control table]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub lookback_minutes: Option<String>,

    /// Stop each entity after this many batches [default: when nothing is left]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max_batches: Option<String>,

    /// End with exit code 10 when more rows than this are rejected [default: any number is fine]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max_rejects: Option<String>,

    /// Do all the work and roll it back
    #[arg(long)]
    pub dry_run: bool,

    /// Begin at the beginning instead of at the watermark
    #[arg(long)]
    pub full_refresh: bool,

    /// Do not check the quality of what the run changes
    #[arg(long)]
    pub no_quality: bool,

    /// Load again what changed from this moment on, in UTC; the watermark stays
    #[arg(long, value_name = "TS", allow_negative_numbers = true)]
    pub from: Option<String>,

    /// Up to this moment
    #[arg(long, value_name = "TS", allow_negative_numbers = true)]
    pub to: Option<String>,

    /// Repeat until SIGTERM: 30s, 5m, 2h
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub every: Option<String>,
}

impl Default for RunArgs {
    fn default() -> Self {
        Self {
            entity: "all".to_owned(),
            batch_size: None,
            cutoff_minutes: None,
            lookback_minutes: None,
            max_batches: None,
            max_rejects: None,
            dry_run: false,
            full_refresh: false,
            no_quality: false,
            from: None,
            to: None,
            every: None,
        }
    }
}

impl RunArgs {
    /// Adds the flags that are settings.
    pub fn add_to(&self, overrides: &mut Overrides) {
        overrides.flag("--batch-size", "etl.batch_size", self.batch_size.as_deref());
        overrides.flag("--cutoff-minutes", "etl.cutoff_minutes", self.cutoff_minutes.as_deref());
        overrides.flag("--lookback-minutes", "etl.lookback_minutes", self.lookback_minutes.as_deref());
        overrides.flag("--max-rejects", "etl.max_rejects", self.max_rejects.as_deref());
        overrides.flag("--no-quality", "quality.after_run", self.no_quality.then_some("false"));
    }
}

/// `etl plan`.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// Entities to plan, separated by commas, or all
    #[arg(long, value_name = "NAMES", default_value = "all")]
    pub entity: String,
}

/// `etl reconcile`.
#[derive(Debug, Clone, Args)]
pub struct ReconcileArgs {
    /// Compare and mark nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `etl rewind`.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct RewindArgs {
    /// The moment, in UTC, at which the source stands again
    #[arg(long, value_name = "TS", allow_negative_numbers = true)]
    pub to: Option<String>,

    /// The backup that it was restored from
    #[arg(long, value_name = "FILE")]
    pub from_backup: Option<String>,
}

/// `etl check`.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// Entities to check, separated by commas; source or warehouse for a database as a whole [default: all]
    #[arg(long, value_name = "NAMES")]
    pub entity: Vec<String>,

    /// Checks or kinds of checks, separated by commas [default: all]
    #[arg(long, value_name = "NAMES")]
    pub check: Vec<String>,

    /// Show the checks that passed too
    #[arg(long)]
    pub all: bool,

    /// Show the checks and ask none
    #[arg(long, conflicts_with = "all")]
    pub list: bool,

    /// File of checks that are laid over the built-in ones
    #[arg(long, value_name = "FILE")]
    pub quality_file: Option<String>,
}

impl CheckArgs {
    /// Adds the flag that is a setting.
    pub fn add_to(&self, overrides: &mut Overrides) {
        overrides.flag("--quality-file", "quality.file", self.quality_file.as_deref());
    }
}

/// `etl sla`.
#[derive(Debug, Clone, Args)]
pub struct SlaArgs {
    /// Days of history: 1 to 366
    #[arg(long, value_name = "N", default_value = "14", allow_negative_numbers = true)]
    pub days: String,

    /// Show every day of them and not the last one alone
    #[arg(long)]
    pub all: bool,

    /// File of rules that are laid over the built-in ones
    #[arg(long, value_name = "FILE")]
    pub sla_file: Option<String>,
}

impl SlaArgs {
    /// Adds the flag that is a setting.
    pub fn add_to(&self, overrides: &mut Overrides) {
        overrides.flag("--sla-file", "sla.file", self.sla_file.as_deref());
    }
}

/// `etl alerts`.
#[derive(Debug, Clone, Args)]
pub struct AlertsArgs {
    /// Look once, send what is due, and end
    #[arg(long)]
    pub once: bool,

    /// Send nothing and remember nothing; show the messages
    #[arg(long)]
    pub dry_run: bool,

    /// File of rules that are laid over the built-in ones
    #[arg(long, value_name = "FILE")]
    pub sla_file: Option<String>,
}

impl AlertsArgs {
    /// Adds the flag that is a setting.
    pub fn add_to(&self, overrides: &mut Overrides) {
        overrides.flag("--sla-file", "sla.file", self.sla_file.as_deref());
    }
}

/// `etl export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// Tables or views of the contract: dim.DIM_CLIENTE or DIM_CLIENTE
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,

    /// Form of the files: csv or json
    #[arg(long, value_enum, default_value_t = ExportFormat::Csv, hide_possible_values = true)]
    pub format: ExportFormat,

    /// Folder of the files; created when it is not there
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
}

/// Form of an exported file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// RFC 4180, UTF-8, with a header.
    Csv,
    /// One array, an object a line.
    Json,
}
