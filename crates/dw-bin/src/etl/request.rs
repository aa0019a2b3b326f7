//! From the texts of `etl run` to a request that makes sense.

use std::time::Duration;

use dw_core::error::{DwError, DwResult};
use dw_core::time::Seconds;
use dw_etl::options::Selection;

use super::args::RunArgs;
use crate::args::{every, number, timestamp};

/// More batches than any source has.
const MAX_BATCHES: u64 = 1_000_000_000;

/// A run that was asked for. Batch size, cutoff, lookback and the allowed rejects are settings (`settings.etl`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRequest {
    /// Which entities.
    pub entities: Selection,
    /// Batches after which each entity stops.
    pub max_batches: Option<u64>,
    /// Whether everything is rolled back.
    pub dry_run: bool,
    /// Whether it begins at the beginning.
    pub full_refresh: bool,
    /// A window of the source's changes to load again.
    pub window: Option<(Seconds, Seconds)>,
    /// Pause between the beginnings of two cycles.
    pub every: Option<Duration>,
}

/// Checks what was typed.
///
/// # Errors
/// A usage error for each text that is wrong and each pair of flags that contradict each other.
pub fn check(args: &RunArgs) -> DwResult<RunRequest> {
    let entities = Selection::parse(&args.entity)?;
    let max_batches = match &args.max_batches {
        Some(text) => Some(number("--max-batches", text, 1, MAX_BATCHES)?),
        None => None,
    };
    let window = window(args.from.as_deref(), args.to.as_deref())?;
    let every = args.every.as_deref().map(every).transpose()?;
    if window.is_some() && args.full_refresh {
        return Err(contradiction("--from", "--full-refresh", "one names a window, the other means everything"));
    }
    if window.is_some() && every.is_some() {
        return Err(contradiction("--from", "--every", "the same window would be loaded in every cycle"));
    }
    if args.full_refresh && every.is_some() {
        return Err(contradiction("--full-refresh", "--every", "everything would be loaded in every cycle"));
    }
    let (dry_run, full_refresh) = (args.dry_run, args.full_refresh);
    Ok(RunRequest { entities, max_batches, dry_run, full_refresh, window, every })
}

fn window(from: Option<&str>, to: Option<&str>) -> DwResult<Option<(Seconds, Seconds)>> {
    let (from_text, to_text) = match (from, to) {
        (None, None) => return Ok(None),
        (Some(from), Some(to)) => (from, to),
        (Some(_), None) => return Err(DwError::usage("`--from` needs `--to`", "name both ends of the window")),
        (None, Some(_)) => return Err(DwError::usage("`--to` needs `--from`", "name both ends of the window")),
    };
    let (from, to) = (timestamp("--from", from_text)?, timestamp("--to", to_text)?);
    if to < from {
        let message = format!("`--to {to_text}` is before `--from {from_text}`");
        return Err(DwError::usage(message, "exchange the two"));
    }
    Ok(Some((from, to)))
}

fn contradiction(one: &str, other: &str, why: &str) -> DwError {
    DwError::usage(format!("`{one}` and `{other}` contradict each other"), format!("use one of the two: {why}"))
}
