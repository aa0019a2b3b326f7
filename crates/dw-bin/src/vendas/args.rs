//! The command line of `vendas`: names, help and examples.

use clap::{Parser, Subcommand};

use crate::args::GlobalArgs;

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
#[command(name = "vendas", version, after_help = EXAMPLES)]
pub struct VendasCli {
    /// The flags of every binary.
    #[command(flatten)]
    pub globals: GlobalArgs,

    /// Address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,

    /// Port to listen on [default: 8502]
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,

    /// What to do instead.
    #[command(subcommand)]
    pub command: Option<VendasCommand>,
}

/// What `vendas` does besides.
#[derive(Debug, Clone, Subcommand)]
pub enum VendasCommand {
    /// Read a password from standard input and print its hash
    HashPassword,
    /// Ask the dashboard that runs with these settings whether it is ready; a health check
    Ready,
    /// Show every setting and where it comes from
    Config,
}
