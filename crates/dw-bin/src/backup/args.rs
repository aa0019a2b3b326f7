//! The command line of `backup`: names, help and examples.

use clap::{Args, Parser, Subcommand};

use crate::args::GlobalArgs;

const EXAMPLES: &str = "\
Examples:
  backup once                                          Back up both databases, verify, then apply retention
  backup list                                          Show the backups
  backup verify --latest                               Read the newest ones back
  backup drill                                         Restore the newest ones for a trial
  backup restore DW_ECOMMERCE_20261128_091500_full.db --to DW_COPY
  backup status                                        How much could be lost now, and how long a restore takes
  backup loop                                          Do all of it for ever, by the schedule of the settings

Exit codes: 0 ok, 2 usage, 40 another backup goes on, 50 source unreachable, 60 warehouse unreachable,
70 a backup or restore failed, 71 a backup does not verify";

/// Back up both databases, prove that the backups can be restored, and keep them by a policy
#[derive(Debug, Clone, Parser)]
#[command(name = "backup", version, after_help = EXAMPLES)]
pub struct BackupCli {
    /// The flags of every binary.
    #[command(flatten)]
    pub globals: GlobalArgs,

    /// Folder of the backups [default: dw-backups]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub directory: Option<String>,

    /// What to do.
    #[command(subcommand)]
    pub command: BackupCommand,
}

/// What `backup` can do.
#[derive(Debug, Clone, Subcommand)]
pub enum BackupCommand {
    /// Back up once, verify, and then apply retention
    Once(OnceArgs),
    /// Back up by the schedule, with logs, drills and retention, until SIGTERM
    Loop,
    /// Read backups back: sum, structure, and what an engine has to say
    Verify(VerifyArgs),
    /// Restore the newest verified backups under another name, check and compare them, and remove them
    Drill(DatabaseArgs),
    /// Make a database of a backup; never over an existing one, unless --replace names it again
    Restore(RestoreArgs),
    /// Delete what retention does not keep
    Prune(PruneArgs),
    /// Show the backups
    List,
    /// Show RPO and RTO; exit code 70 or 71 when they are not kept, as a health check wants it
    Status,
    /// Show every setting and where it comes from
    Config,
}

/// Which databases.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// Databases, separated by commas: DW_ECOMMERCE, ECOMMERCE_OLTP [default: from the settings]
    #[arg(long, value_name = "NAMES")]
    pub database: Option<String>,
}

/// `backup once`.
#[derive(Debug, Clone, Args)]
pub struct OnceArgs {
    /// Which databases.
    #[command(flatten)]
    pub databases: DatabaseArgs,

    /// Kind: full, diff or log
    #[arg(long = "type", value_name = "KIND", default_value = "full")]
    pub kind: String,

    /// Beside the chain: no differential backup builds on it
    #[arg(long)]
    pub copy_only: bool,
}

/// `backup verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// A backup, by its name or its path
    #[arg(value_name = "FILE", required_unless_present = "latest", conflicts_with = "latest")]
    pub file: Option<String>,

    /// The newest one of each database
    #[arg(long)]
    pub latest: bool,
}

/// `backup restore`.
#[derive(Debug, Clone, Args)]
pub struct RestoreArgs {
    /// A backup, by its name or its path
    #[arg(value_name = "FILE")]
    pub file: String,

    /// Name of the database that is made
    #[arg(long, value_name = "NAME")]
    pub to: String,

    /// The same name again, to put the backup in the place of a database that exists
    #[arg(long, value_name = "NAME")]
    pub replace: Option<String>,
}

/// `backup prune`.
#[derive(Debug, Clone, Args)]
pub struct PruneArgs {
    /// Delete nothing; show what would be kept and deleted, and why
    #[arg(long)]
    pub dry_run: bool,
}
