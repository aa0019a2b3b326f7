//! `etl plan`: the one place that calls the planner of `dw-etl`.

use dw_core::error::DwResult;
use dw_core::exit;

use super::entities::Chosen;
use super::not_connected;
use crate::app::Context;
use crate::engine;
use crate::output::Console;
use crate::report::PlanReport;

/// Shows what a run would do.
///
/// # Errors
/// When a database cannot be read.
pub async fn execute(context: &Context, entities: &Chosen) -> DwResult<u8> {
    let engine = engine::from_settings(&context.settings)?;
    // To connect: `dw_etl::plan`, whose answer becomes a `PlanReport`; then `show`, with statements when
    // `context.verbosity` is not 0.
    let _ = (engine, entities);
    Err(not_connected("dw_etl::plan"))
}

/// The table, what guards the cutoff, the warnings and, when asked for, the statements.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(console: &Console, report: &PlanReport, with_statements: bool) -> DwResult<u8> {
    console.present(report, || report.listing())?;
    if !console.is_json() {
        console.notice(&format!("up to {}, guarded by {}", report.cutoff, report.guard));
        for row in &report.entities {
            row.warnings.iter().for_each(|warning| console.notice(&format!("warning: {}: {warning}", row.entity)));
        }
        if with_statements {
            report.statements().try_for_each(|statement| console.line(&statement))?;
        }
    }
    Ok(exit::OK)
}
