//! The command line of `vendas`: names, help and examples.

use clap::Parser;

use crate::args::GlobalArgs;
use crate::dashboard::{DashboardCommand, ServeArgs};

const EXAMPLES: &str = "\
Examples:
  vendas                                     Serve the dashboard on http://127.0.0.1:8502
  vendas --port 9000                         The same on another port
  vendas hash-password < password.txt        Make the hash for `web.password_hash`

Exit codes: 0 ok, 2 usage or a port that cannot be had";

/// Serve the sales dashboard
///
/// It reads the views of the warehouse and writes nothing. An address that other machines can reach needs `web.password_hash`.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "vendas",
    version,
    after_help = EXAMPLES,
    mut_arg("port", |port| port.help("Port to listen on [default: 8502]"))
)]
pub struct VendasCli {
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
