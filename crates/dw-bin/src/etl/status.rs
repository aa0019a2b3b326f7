//! `etl status`: the one place that asks `dw-etl` where the entities stand.

use dw_core::error::DwResult;
use dw_core::exit;
use dw_core::time::format_timestamp;
use dw_etl::status::{self, EntityState, Status};

use super::watermark;
use crate::app::Context;
use crate::engine;
use crate::output::Console;
use crate::report::{RunningRow, StatusReport, StatusRow};

/// Shows where every entity stands.
///
/// # Errors
/// When a database cannot be read.
pub async fn execute(context: &Context) -> DwResult<u8> {
    let engine = engine::from_settings(&context.settings)?;
    show(&context.console, &report(status::status(&*engine).await?))
}

fn report(status: Status) -> StatusReport {
    let row = |state: EntityState| StatusRow {
        entity: state.entity.to_owned(),
        is_active: state.is_active,
        last_run_id: state.last_run,
        last_status: state.last_status,
        last_run_at: state.last_finished.map(format_timestamp),
        last_success_at: state.last_success.map(format_timestamp),
        watermark: watermark(state.watermark),
        lag_seconds: state.lag_seconds,
        pending: state.pending,
        rejects: state.rejects,
        running: state.running.map(|running| RunningRow {
            holder: running.holder,
            run_id: running.run_id,
            heartbeat_at: running.heartbeat.map(format_timestamp),
        }),
    };
    StatusReport {
        command: "status",
        as_of: format_timestamp(status.as_of),
        cutoff: format_timestamp(status.cutoff),
        entities: status.entities.into_iter().map(row).collect(),
    }
}

/// The table and who is running, or the document.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(console: &Console, report: &StatusReport) -> DwResult<u8> {
    console.present(report, || report.listing())?;
    if !console.is_json() {
        report.running().iter().try_for_each(|line| console.line(line))?;
    }
    Ok(exit::OK)
}
