//! The command line of `init`: names, help and examples.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::args::GlobalArgs;

const EXAMPLES: &str = "\
Examples:
  init                              Create both databases; change nothing that is there
  init --scale 1                    The same, and fill the source with 90,000 orders
  init --scale 0.01 --seed 7        A small source with other names
  init --plan                       Show what would be done
  init --check                      Say whether the databases can be used
  init wave --count 3               Three waves of change, as a living shop makes them
  init olist data/olist             Load the public Olist data set

Exit codes: 0 ok, 2 usage, 11 failed, 50 source unreachable, 60 target unreachable, 80 schema mismatch";

const WAVE_EXAMPLES: &str = "\
Examples:
  init wave                         One wave, stamped five minutes ago
  init wave --count 10              Ten waves
  init wave --every 10m             A wave every ten minutes, until SIGTERM; one JSON line each
  etl                               Load what they changed";

const OLIST_EXAMPLES: &str = "\
Examples:
  init olist data/olist             Load the nine CSV files of the folder

Rows that do not fit are reported by file, line and reason, and the rest loads.";

const CONFIG_EXAMPLES: &str = "\
Examples:
  init config                       Show every setting and where it comes from";

/// Create the databases, and source data to try them with
///
/// Without a command, `init` creates what is missing and changes nothing that is there. It is safe to repeat.
#[derive(Debug, Clone, Parser)]
#[command(name = "init", version, after_help = EXAMPLES)]
pub struct InitCli {
    /// The flags of every binary.
    #[command(flatten)]
    pub globals: GlobalArgs,

    /// What is done instead of creating, or besides.
    #[command(flatten)]
    pub mode: ModeArgs,

    /// The sample.
    #[command(flatten)]
    pub fill: FillArgs,

    /// What to do.
    #[command(subcommand)]
    pub command: Option<InitCommand>,
}

/// The flags that say what `init` does with the databases.
#[derive(Debug, Clone, Default, Args)]
pub struct ModeArgs {
    /// Show what would be done and change nothing: databases, scripts, options, logins
    #[arg(long)]
    pub plan: bool,

    /// Say whether both databases can be used by this program, and what their servers can do; a health check
    #[arg(long)]
    pub check: bool,

    /// Forget the record of a script that did not end, or of a repeatable one, so that the next `init` runs it
    #[arg(long, value_name = "SCRIPT")]
    pub repair: Option<String>,

    /// Set the passwords of the logins that exist too
    #[arg(long)]
    pub rotate_logins: bool,
}

/// The flags of the base sample.
#[derive(Debug, Clone, Default, Args)]
pub struct FillArgs {
    /// Fill the source with a sample of this size: 1 is 90,000 orders, 0.01 and 100 are usual too
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub scale: Option<String>,

    /// Change names, cities and the order of insertion; never amounts [default: 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<String>,

    /// First id of every table: 0 or 1 [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub first_id: Option<String>,

    /// The present of the sample, in UTC; nothing is stamped later [default: five minutes ago]
    #[arg(long, value_name = "TS", allow_negative_numbers = true)]
    pub as_of: Option<String>,

    /// Delete all rows of a source that has some, in the same transaction, instead of keeping them
    #[arg(long)]
    pub replace: bool,
}

/// What `init` can do.
#[derive(Debug, Clone, Subcommand)]
pub enum InitCommand {
    /// Change the source as a living shop does: orders, prices, deletions, renames, late arrivals
    #[command(after_help = WAVE_EXAMPLES)]
    Wave(WaveArgs),
    /// Load the public Olist data set
    #[command(after_help = OLIST_EXAMPLES)]
    Olist(OlistArgs),
    /// Show every setting and where it comes from
    #[command(after_help = CONFIG_EXAMPLES)]
    Config,
}

/// `init wave`.
#[derive(Debug, Clone, Args)]
pub struct WaveArgs {
    /// How many waves, one after the other: 1 to 1000
    #[arg(long, value_name = "N", default_value = "1", allow_negative_numbers = true)]
    pub count: String,

    /// Go on for ever: wait that long, make the waves, wait again; until SIGTERM or Ctrl-C
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub every: Option<String>,

    /// The stamp of everything that the waves touch, in UTC [default: five minutes ago]
    #[arg(long, value_name = "TS", allow_negative_numbers = true)]
    pub as_of: Option<String>,

    /// Change names and cities of what is new, never amounts
    #[arg(long, value_name = "N", default_value = "0", allow_negative_numbers = true)]
    pub seed: String,
}

/// `init olist`.
#[derive(Debug, Clone, Args)]
pub struct OlistArgs {
    /// Folder of the CSV files
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,

    /// The present of the source, in UTC; later orders are reported [default: five minutes ago]
    #[arg(long, value_name = "TS", allow_negative_numbers = true)]
    pub as_of: Option<String>,

    /// Delete all rows of a source that has some, in the same transaction, instead of refusing
    #[arg(long)]
    pub replace: bool,
}
