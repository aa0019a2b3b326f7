//! `etl plan`: the one place that calls the planner of `dw-etl`.

use dw_core::config::Settings;
use dw_core::engine::OpenTransactionGuard;
use dw_core::entity::Phase;
use dw_core::error::DwResult;
use dw_core::exit;
use dw_core::time::format_timestamp;
use dw_etl::options::{RunOptions, Selection};
use dw_etl::plan::{self, Plan};

use super::watermark;
use crate::app::Context;
use crate::engine;
use crate::output::Console;
use crate::report::{PlanReport, PlannedEntity, PlannedStatement};

/// Shows what a run would do.
///
/// # Errors
/// When a database cannot be read.
pub async fn execute(context: &Context, entities: &Selection) -> DwResult<u8> {
    let engine = engine::from_settings(&context.settings)?;
    let plan = plan::plan(&*engine, &options(&context.settings, entities)).await?;
    show(&context.console, &report(plan), context.verbosity > 0)
}

/// The options of `etl run` with the same entities and settings.
fn options(settings: &Settings, entities: &Selection) -> RunOptions {
    RunOptions {
        entities: entities.clone(),
        batch_size: settings.etl.batch_size.and_then(|rows| usize::try_from(rows).ok()),
        cutoff_minutes: settings.etl.cutoff_minutes.map(i64::from),
        lookback_minutes: settings.etl.lookback_minutes.map(i64::from),
        ..RunOptions::default()
    }
}

fn report(plan: Plan) -> PlanReport {
    let entity = |entity: plan::PlannedEntity| PlannedEntity {
        entity: entity.entity.to_owned(),
        stage: match entity.phase {
            Phase::Dimensions => 1,
            Phase::Sellers => 2,
            Phase::Facts => 3,
            Phase::Discounts => 4,
        },
        is_active: entity.is_active,
        watermark_from: watermark(entity.watermark),
        read_from: format_timestamp(entity.lower),
        lookback_minutes: entity.lookback_minutes,
        rows: entity.rows.total(),
        rows_new: entity.rows.new,
        rows_lookback: entity.rows.lookback,
        rows_again: entity.rows.again,
        batch_size: entity.batch_size,
        batches: entity.batches,
        warnings: entity.warnings,
        statements: entity
            .statements
            .into_iter()
            .map(|(purpose, sql)| PlannedStatement { purpose: purpose.to_owned(), sql })
            .collect(),
    };
    PlanReport {
        command: "plan",
        cutoff: format_timestamp(plan.cutoff),
        guard: match plan.guard {
            OpenTransactionGuard::OldestTransaction => "oldest_transaction",
            OpenTransactionGuard::Lookback => "lookback",
        },
        entities: plan.entities.into_iter().map(entity).collect(),
    }
}

/// The table, what guards the cutoff, the warnings and, when asked for, the statements.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(console: &Console, report: &PlanReport, with_statements: bool) -> DwResult<u8> {
    console.present(report, || report.listing())?;
    if !console.is_json() {
        console.line(&report.summary())?;
        for row in &report.entities {
            row.warnings.iter().for_each(|warning| console.notice(&format!("warning: {}: {warning}", row.entity)));
        }
        if with_statements {
            report.statements().try_for_each(|statement| console.line(&statement))?;
        }
    }
    Ok(exit::OK)
}
