//! The flags that every binary has, and how the texts of any flag become values.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};
use dw_core::config::Overrides;
use dw_core::error::{DwError, DwResult};
use dw_core::time::{Seconds, parse_duration, parse_timestamp};

/// The longest pause between two cycles: thirty days.
const MAX_EVERY: u64 = 30 * 86_400;
/// Heading of the global flags in `--help`.
const HEADING: &str = "Global options";

/// The flags of every binary and every command.
#[derive(Debug, Clone, Default, Args)]
pub struct GlobalArgs {
    /// Engine that holds the two databases: embedded or sqlserver [default: embedded]
    #[arg(long, global = true, value_name = "ENGINE", help_heading = HEADING)]
    pub engine: Option<String>,

    /// Folder of the embedded databases [default: dw-data]
    #[arg(long, global = true, value_name = "DIR", help_heading = HEADING)]
    pub data_dir: Option<String>,

    /// Configuration file [default: dw.toml, when it is there]
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING)]
    pub config: Option<PathBuf>,

    /// Form of the output: text or json [default: text]
    #[arg(long, global = true, value_name = "FORM", help_heading = HEADING)]
    pub output: Option<String>,

    /// Log more to standard error: -v information, -vv debugging, -vvv everything
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = HEADING)]
    pub verbose: u8,
}

impl GlobalArgs {
    /// What these flags say about settings.
    pub fn overrides(&self) -> Overrides {
        let mut overrides = Overrides { config_file: self.config.clone(), ..Overrides::default() };
        overrides.flag("--engine", "engine", self.engine.as_deref());
        overrides.flag("--data-dir", "data_dir", self.data_dir.as_deref());
        overrides.flag("--output", "output", self.output.as_deref());
        overrides
    }
}

/// Reads the timestamp of a flag.
///
/// # Errors
/// A usage error that shows the accepted forms.
pub fn timestamp(flag: &str, text: &str) -> DwResult<Seconds> {
    parse_timestamp(text).ok_or_else(|| {
        DwError::usage(
            format!("`{flag} {text}` is not a timestamp"),
            "write it in UTC as `2026-01-31` or `2026-01-31T10:00:00`",
        )
    })
}

/// Reads `--every`, the pause between two cycles.
///
/// # Errors
/// A usage error that shows the accepted forms.
pub fn every(text: &str) -> DwResult<Duration> {
    match parse_duration(text).filter(|seconds| (1..=MAX_EVERY).contains(seconds)) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => Err(DwError::usage(
            format!("`--every {text}` is not a length of time"),
            "use a whole number with a unit, from `1s` to `30d`: `30s`, `5m`, `2h`",
        )),
    }
}

/// Reads the whole number of a flag that is no setting.
///
/// # Errors
/// A usage error that names the range.
pub fn number(flag: &str, text: &str, min: u64, max: u64) -> DwResult<u64> {
    let number = text.trim().parse::<u64>().ok().filter(|number| (min..=max).contains(number));
    number.ok_or_else(|| {
        DwError::usage(format!("`{flag} {text}` is out of range"), format!("use a whole number from {min} to {max}"))
    })
}
