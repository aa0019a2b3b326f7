//! `etl status`: the one place that asks `dw-audit` and `dw-etl` where the entities stand.

use dw_core::error::DwResult;
use dw_core::exit;

use super::not_connected;
use crate::app::Context;
use crate::engine;
use crate::output::Console;
use crate::report::StatusReport;

/// Shows where every entity stands.
///
/// # Errors
/// When a database cannot be read.
pub async fn execute(context: &Context) -> DwResult<u8> {
    let engine = engine::from_settings(&context.settings)?;
    // To connect: the rules of pending and lag live in `dw-audit` (ruling 23); its answer becomes a `StatusReport`.
    let _ = engine;
    Err(not_connected("dw_audit::status"))
}

/// The table or the document.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(console: &Console, report: &StatusReport) -> DwResult<u8> {
    console.present(report, || report.listing())?;
    Ok(exit::OK)
}
