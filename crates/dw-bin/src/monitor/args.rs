//! The command line of `monitor`: names, help and examples.

use clap::{Parser, Subcommand};

use crate::args::GlobalArgs;

const EXAMPLES: &str = "\
Examples:
  monitor                                    Serve the dashboard on http://127.0.0.1:8501
  monitor --port 9000                        The same on another port
  monitor hash-password < password.txt       Make the hash for `web.password_hash`

Exit codes: 0 ok, 2 usage or a port that cannot be had";

/// Serve the dashboard of the operators, and alert
///
/// It shows runs, quality, service levels and connections, and writes nothing to a database. With `alerts.webhook_url` it also looks
/// every `alerts.every_seconds` and tells what is wrong. An address that other machines can reach needs `web.password_hash`.
#[derive(Debug, Clone, Parser)]
#[command(name = "monitor", version, after_help = EXAMPLES)]
pub struct MonitorCli {
    /// The flags of every binary.
    #[command(flatten)]
    pub globals: GlobalArgs,

    /// Address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,

    /// Port to listen on [default: 8501]
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,

    /// What to do instead.
    #[command(subcommand)]
    pub command: Option<MonitorCommand>,
}

/// What `monitor` does besides.
#[derive(Debug, Clone, Subcommand)]
pub enum MonitorCommand {
    /// Read a password from standard input and print its hash
    HashPassword,
    /// Ask the dashboard that runs with these settings whether it is ready; a health check
    Ready,
    /// Show every setting and where it comes from
    Config,
}
