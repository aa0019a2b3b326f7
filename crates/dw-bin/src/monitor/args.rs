//! The command line of `monitor`: names, help and examples.

use clap::Parser;

use crate::args::GlobalArgs;
use crate::dashboard::{DashboardCommand, ServeArgs};

const EXAMPLES: &str = "\
Examples:
  monitor                                    Serve the dashboard on http://127.0.0.1:8501
  monitor --port 9000                        The same on another port
  monitor hash-password < password.txt       Make the hash for `web.password_hash`

Exit codes: 0 ok, 2 usage or a port that cannot be had";

/// Serve the dashboard of the operators, and alert
///
/// It shows runs, quality, service levels, backups and connections, and writes nothing to a database. With `alerts.webhook_url` it
/// also looks every `alerts.every_seconds` and tells what is wrong. An address that other machines can reach needs `web.password_hash`.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "monitor",
    version,
    after_help = EXAMPLES,
    mut_arg("port", |port| port.help("Port to listen on [default: 8501]"))
)]
pub struct MonitorCli {
    /// The flags of every binary.
    #[command(flatten)]
    pub globals: GlobalArgs,

    /// Where to listen.
    #[command(flatten)]
    pub serve: ServeArgs,

    /// What to do instead.
    #[command(subcommand)]
    pub command: Option<DashboardCommand>,
}
