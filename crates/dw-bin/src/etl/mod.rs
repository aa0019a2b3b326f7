//! The `etl` command: from source to star.

pub mod alerts;
pub mod args;
pub mod audit;
pub mod check;
pub mod every;
pub mod export;
pub mod plan;
pub mod reconcile;
pub mod request;
pub mod rewind;
pub mod run;
pub mod sla;
pub mod status;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

use dw_core::config::Overrides;
use dw_core::error::DwResult;
use dw_core::time::{Seconds, format_timestamp};
use dw_etl::options::Selection;

pub use args::EtlCli;

use crate::app::{self, Binary, Context};
use crate::args::GlobalArgs;
use crate::config_command;
use args::{AuditCommand, EtlCommand, RunArgs};

/// The process `etl`.
pub fn main() -> ExitCode {
    app::start::<EtlCli>()
}

impl Binary for EtlCli {
    fn globals(&self) -> &GlobalArgs {
        &self.globals
    }

    fn overrides(&self) -> Overrides {
        let mut overrides = self.globals.overrides();
        match &self.command {
            Some(EtlCommand::Run(run)) => run.add_to(&mut overrides),
            Some(EtlCommand::Check(args)) => args.add_to(&mut overrides),
            Some(EtlCommand::Sla(args)) => args.add_to(&mut overrides),
            Some(EtlCommand::Alerts(args)) => args.add_to(&mut overrides),
            Some(EtlCommand::Audit { what: AuditCommand::Connections(args) }) => args.add_to(&mut overrides),
            _ => {}
        }
        overrides
    }

    async fn execute(self, context: &Context) -> DwResult<u8> {
        // Without a command, `etl` does its main job.
        match self.command.unwrap_or_else(|| EtlCommand::Run(RunArgs::default())) {
            EtlCommand::Run(args) => run::execute(context, &request::check(&args)?).await,
            EtlCommand::Plan(args) => plan::execute(context, &Selection::parse(&args.entity)?).await,
            EtlCommand::Status => status::execute(context).await,
            EtlCommand::Reconcile(args) => reconcile::execute(context, args.dry_run).await,
            EtlCommand::Check(args) => check::execute(context, &args).await,
            EtlCommand::Sla(args) => sla::execute(context, &args).await,
            EtlCommand::Alerts(args) => alerts::execute(context, &args).await,
            EtlCommand::Rewind(args) => rewind::execute(context, &args).await,
            EtlCommand::Export(args) => export::execute(context, &export::check(&args)?).await,
            EtlCommand::Audit { what: AuditCommand::Connections(args) } => {
                audit::execute(context, audit::check(&args)?).await
            }
            EtlCommand::Config => config_command::show(context),
        }
    }
}

/// A watermark as it is shown: `2026-01-31T10:00:00 / 123`.
fn watermark((stamp, key): (Seconds, i64)) -> String {
    format!("{} / {key}", format_timestamp(stamp))
}
