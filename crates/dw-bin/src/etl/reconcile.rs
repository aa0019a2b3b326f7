//! `etl reconcile`: the one place that calls the comparison of source and warehouse.

use std::time::Instant;

use dw_core::error::DwResult;
use dw_etl::reconcile::{self, EntityComparison, Figures, Reconciliation, Sums, money, month_name};

use crate::app::Context;
use crate::engine;
use crate::output::{Console, Progress};
use crate::report::{AmountRow, DifferenceRow, ReconcileReport, ReconcileRow};

/// Compares, and marks hard deletes unless it is a dry run.
///
/// # Errors
/// When a database cannot be read or written.
pub async fn execute(context: &Context, dry_run: bool) -> DwResult<u8> {
    let engine = engine::from_settings(&context.settings)?;
    let started = Instant::now();
    let progress = Progress::new(&context.console);
    let result = reconcile::reconcile(&engine, dry_run, &progress).await;
    progress.end();
    let report = report(&result?, started.elapsed().as_secs_f64());
    show(&context.console, &report, context.verbosity > 0)
}

fn report(result: &Reconciliation, seconds: f64) -> ReconcileReport {
    ReconcileReport {
        command: "reconcile",
        agrees: result.agrees(),
        exit_code: result.exit_code(),
        dry_run: result.dry_run,
        hard_deleted: result.hard_deleted(),
        marked: result.marked,
        run_id: result.run_id,
        seconds,
        rows: result.entities.iter().flat_map(rows).collect(),
        differences: result.entities.iter().flat_map(differences).collect(),
    }
}

/// The months of an entity, then its total. A dimension has only that.
fn rows(entity: &EntityComparison) -> Vec<ReconcileRow> {
    let months = entity.months.iter().filter_map(|(month, figures)| month.map(|month| (month_name(month), figures)));
    let total = std::iter::once(("total".to_owned(), &entity.total));
    months.chain(total).map(|(month, figures)| row(entity, month, figures)).collect()
}

fn row(entity: &EntityComparison, month: String, figures: &Figures) -> ReconcileRow {
    // Counts of live rows are never negative and fit.
    let count = |rows: i128| u64::try_from(rows).unwrap_or(0);
    let amount = |(name, sums): (&'static str, &Sums)| AmountRow {
        name,
        source: money(sums.source),
        warehouse: money(sums.warehouse),
        rejected: money(sums.rejected),
        deleted: money(sums.deleted),
        pending: money(sums.pending),
        explained: money(sums.explained()),
        difference: money(sums.difference()),
    };
    ReconcileRow {
        entity: entity.entity.to_owned(),
        month,
        source_rows: count(figures.rows.source),
        warehouse_rows: count(figures.rows.warehouse),
        rejected: figures.rejected,
        deleted: figures.deleted,
        pending: figures.pending,
        soft_deleted: figures.soft_deleted,
        different: figures.different,
        difference_rows: i64::try_from(figures.rows.difference()).unwrap_or(i64::MAX),
        amounts: entity.amounts(figures).map(amount).collect(),
        agrees: figures.different == 0,
    }
}

fn differences(entity: &EntityComparison) -> impl Iterator<Item = DifferenceRow> {
    entity.first.iter().map(|row| DifferenceRow {
        entity: entity.entity.to_owned(),
        key: row.key,
        month: row.month.map(month_name),
        what: row.what,
        source: row.source.clone(),
        warehouse: row.warehouse.clone(),
    })
}

/// The table with its verdict, or the document; 20 when something differs. `all` shows every amount and not the main one alone.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(console: &Console, report: &ReconcileReport, all: bool) -> DwResult<u8> {
    console.present(report, || report.listing(all))?;
    if !console.is_json() {
        report.differing().iter().try_for_each(|line| console.line(line))?;
        console.line(&report.summary())?;
    }
    Ok(report.exit_code)
}
