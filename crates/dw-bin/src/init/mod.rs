//! The `init` command: databases, and source data to try them with.

pub mod args;
pub mod base;
pub mod bootstrap;
pub mod check;
pub mod mode;
pub mod olist;
pub mod plan;
pub mod wave;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

use dw_core::config::Overrides;
use dw_core::error::{DwError, DwResult};
use dw_core::time::{Seconds, now};

pub use args::InitCli;

use crate::app::{self, Binary, Context};
use crate::args::{GlobalArgs, timestamp};
use crate::config_command;
use crate::sample::default_as_of;
use args::InitCommand;
use mode::Mode;

/// The process `init`.
pub fn main() -> ExitCode {
    app::start::<InitCli>()
}

impl Binary for InitCli {
    fn globals(&self) -> &GlobalArgs {
        &self.globals
    }

    fn overrides(&self) -> Overrides {
        self.globals.overrides()
    }

    async fn execute(self, context: &Context) -> DwResult<u8> {
        match self.command {
            None => match mode::check(&self.mode, &self.fill)? {
                Mode::Create { rotate } => base::execute(context, base::check(&self.fill)?, rotate).await,
                Mode::Plan { rotate } => plan::execute(context, rotate).await,
                Mode::Check => check::execute(context).await,
                Mode::Repair(script) => bootstrap::repair(context, &script).await,
            },
            Some(command) => {
                mode::refuse(&self.mode)?;
                base::refuse(&self.fill)?;
                match command {
                    InitCommand::Wave(args) => wave::execute(context, wave::check(&args)?).await,
                    InitCommand::Olist(args) => olist::execute(context, &args).await,
                    InitCommand::Config => config_command::show(context),
                }
            }
        }
    }
}

/// The present of source data: what was typed, or five minutes ago. Nothing lies in the future.
fn as_of(text: Option<&str>) -> DwResult<Seconds> {
    let Some(text) = text else { return Ok(default_as_of()) };
    let as_of = timestamp("--as-of", text)?;
    if as_of > now() {
        return Err(DwError::usage(
            format!("`--as-of {text}` lies in the future"),
            "use a moment that has passed, in UTC",
        ));
    }
    Ok(as_of)
}
