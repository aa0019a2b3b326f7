//! `etl reconcile`: the one place that calls the comparison of source and warehouse.

use dw_core::error::DwResult;

use super::not_connected;
use crate::app::Context;
use crate::engine;
use crate::output::Console;
use crate::report::ReconcileReport;

/// Compares, and marks hard deletes unless it is a dry run.
///
/// # Errors
/// When a database cannot be read or written.
pub async fn execute(context: &Context, dry_run: bool) -> DwResult<u8> {
    let engine = engine::from_settings(&context.settings)?;
    // To connect: `dw_audit::reconcile` and the marking of `dw-etl`; the answer becomes a `ReconcileReport`.
    let _ = (engine, dry_run);
    Err(not_connected("dw_audit::reconcile"))
}

/// The table with its verdict, or the document; 20 when something differs.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(console: &Console, report: &ReconcileReport) -> DwResult<u8> {
    console.present(report, || report.listing())?;
    if !console.is_json() {
        console.line(&report.summary())?;
    }
    Ok(report.exit_code())
}
