//! `--every`: one cycle after another until a stop is asked for. Not here: what a cycle does.

use std::time::Duration;

use dw_core::error::{DwError, DwResult};
use dw_core::exit;
use serde_json::json;
use tokio::time::Instant;

use crate::output::{Console, Failure};
use crate::report::RunDocument;
use crate::signal::StopFlag;

/// Runs `cycle` now and at each multiple of `every`; a cycle that takes longer delays the next and none is made up for.
/// Prints one JSON line a cycle (ruling 27). A failed cycle is reported and the next one tries again, except for what
/// no repetition can heal: a wrong command line, configuration or schema.
///
/// # Errors
/// Such a failure, or when standard output cannot be written.
pub async fn repeat<C>(console: &Console, every: Duration, stop: &StopFlag, mut cycle: C) -> DwResult<u8>
where
    C: AsyncFnMut() -> DwResult<RunDocument>,
{
    let mut due = Instant::now();
    while !stop.is_stopped() {
        match cycle().await {
            Ok(document) => console.json_line(&document)?,
            Err(error) if is_lasting(&error) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "cycle failed");
                console.json_line(&json!({ "command": "run", "status": "failed", "error": Failure::from(&error) }))?;
            }
        }
        due = (due + every).max(Instant::now());
        if stop.sleep(due - Instant::now()).await {
            break;
        }
    }
    Ok(exit::OK)
}

fn is_lasting(error: &DwError) -> bool {
    matches!(error.exit_code(), exit::USAGE | exit::SCHEMA_MISMATCH) || matches!(error, DwError::Internal(_))
}
