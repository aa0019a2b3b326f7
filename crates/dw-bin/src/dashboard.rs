//! What the command lines of both dashboards have alike: where to listen, and what to do instead of serving. Not here: how it is
//! served ([`crate::web`]).

use clap::{Args, Subcommand};
use dw_core::config::Overrides;
use dw_core::error::DwResult;

use crate::app::Context;
use crate::{config_command, ready, web};

/// Where to listen. Each binary names its own port in the help.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,

    /// Port to listen on
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,
}

impl ServeArgs {
    /// Lays the flags over these two settings.
    pub fn lay_over(&self, mut overrides: Overrides, address: &'static str, port: &'static str) -> Overrides {
        overrides.flag("--address", address, self.address.as_deref());
        overrides.flag("--port", port, self.port.as_deref());
        overrides
    }
}

/// What a dashboard does besides.
#[derive(Debug, Clone, Subcommand)]
pub enum DashboardCommand {
    /// Read a password from standard input and print its hash
    HashPassword,
    /// Ask the dashboard that runs with these settings whether it is ready; a health check
    Ready,
    /// Show every setting and where it comes from
    Config,
}

impl DashboardCommand {
    /// Does it, for the dashboard that listens where the settings say; `setting` is the name of the one of the address.
    ///
    /// # Errors
    /// Of the command.
    pub fn execute(&self, context: &Context, setting: &str, address: &str, port: u16) -> DwResult<u8> {
        match self {
            Self::HashPassword => web::hash_password(context),
            Self::Ready => ready::execute(context, setting, address, port),
            Self::Config => config_command::show(context),
        }
    }
}
