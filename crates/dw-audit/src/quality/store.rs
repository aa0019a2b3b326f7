//! Results of checks in `audit.quality_result`, and the newest reconciliation in `audit.reconciliation_month`.
//! Not here: reading them for people (see [`crate::monitor`]).

use std::sync::Arc;

use dw_core::catalog::control::{QUALITY_RESULT, RECONCILIATION_MONTH};
use dw_core::engine::{Executor, Session, Transaction};
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::{DAY, Seconds};
use dw_core::value::{RowBatch, Value};

use super::{CheckResult, Reconciled};
use crate::row::Row;

const CLEAN: SqlText = sql_text!("audit/clean_quality");
const RECENT: SqlText = sql_text!("audit/recent_checks");
const CLEAN_MONTHS: SqlText = sql_text!("audit/clean_reconciliation");

const RESULT_COLUMNS: [&str; 15] = [
    "checked_at",
    "run_id",
    "check_name",
    "kind",
    "entity_name",
    "severity",
    "status",
    "observed",
    "unit",
    "threshold",
    "checked_rows",
    "failing_rows",
    "message",
    "sample_keys",
    "duration_ms",
];

const MONTH_COLUMNS: [&str; 11] = [
    "entity_name",
    "month_id",
    "measure",
    "source_value",
    "warehouse_value",
    "rejected_value",
    "deleted_value",
    "pending_value",
    "difference_value",
    "differing_rows",
    "checked_at",
];

/// Stores results and comparisons and forgets what is older than so many days, in one transaction. `run` is the run of the
/// ETL behind which was checked.
///
/// # Errors
/// Of the engine; nothing is stored then.
pub async fn save(
    session: &mut dyn Session,
    results: &[CheckResult],
    reconciled: &[Reconciled],
    run: Option<i64>,
    now: Seconds,
    retention_days: u32,
) -> DwResult<()> {
    let mut tx = session.begin().await?;
    let dialect = tx.dialect();
    if !results.is_empty() {
        let table = dialect.table(QUALITY_RESULT.schema, QUALITY_RESULT.name);
        tx.bulk(&table, &RESULT_COLUMNS, Arc::new(result_rows(results, run, now))).await?;
    }
    months(&mut *tx, reconciled, now).await?;
    let oldest = now.saturating_sub(i64::from(retention_days) * DAY);
    tx.execute(&CLEAN.for_dialect(dialect)?, &[Value::Seconds(oldest)]).await?;
    tx.commit().await
}

/// Stores comparisons alone, in one transaction: what `etl reconcile` found.
///
/// # Errors
/// Of the engine; nothing is stored then.
pub async fn save_reconciliation(session: &mut dyn Session, reconciled: &[Reconciled], now: Seconds) -> DwResult<()> {
    let mut tx = session.begin().await?;
    months(&mut *tx, reconciled, now).await?;
    tx.commit().await
}

async fn months(tx: &mut dyn Transaction, reconciled: &[Reconciled], now: Seconds) -> DwResult<()> {
    let dialect = tx.dialect();
    for entity in reconciled {
        tx.execute(&CLEAN_MONTHS.for_dialect(dialect)?, &[entity.entity.as_str().into()]).await?;
    }
    let months = month_rows(reconciled, now);
    if !months.is_empty() {
        let table = dialect.table(RECONCILIATION_MONTH.schema, RECONCILIATION_MONTH.name);
        tx.bulk(&table, &MONTH_COLUMNS, Arc::new(months)).await?;
    }
    Ok(())
}

/// The entities of which a result was stored at this moment or later.
///
/// # Errors
/// Of the engine.
pub async fn checked_since<E: Executor + ?Sized>(executor: &mut E, since: Seconds) -> DwResult<Vec<String>> {
    let rows = executor.query(&RECENT.for_dialect(executor.dialect())?, &[Value::Seconds(since)]).await?;
    rows.rows().map(|row| Row(row).word(0)).collect()
}

fn number(count: Option<u64>) -> Value {
    count.map_or(Value::Null, |count| Value::Int(i64::try_from(count).unwrap_or(i64::MAX)))
}

fn result_rows(results: &[CheckResult], run: Option<i64>, now: Seconds) -> RowBatch {
    let mut rows = RowBatch::with_capacity(RESULT_COLUMNS.len(), results.len());
    for result in results {
        let sample = (!result.sample.is_empty()).then(|| sample_text(&result.sample));
        rows.push_row([
            Value::Int(now),
            run.into(),
            result.check.as_str().into(),
            result.kind.into(),
            result.entity.into(),
            result.severity.as_str().into(),
            result.status.as_str().into(),
            result.observed.into(),
            result.unit.into(),
            plain(&result.threshold, 200).into(),
            number(result.checked_rows),
            number(result.failing_rows),
            result.message.as_deref().map(|message| plain(message, 1_000)).into(),
            sample.into(),
            Value::Int(i64::from(i32::try_from(result.duration_ms).unwrap_or(i32::MAX))),
        ]);
    }
    rows
}

fn month_rows(reconciled: &[Reconciled], now: Seconds) -> RowBatch {
    let mut rows = RowBatch::new(MONTH_COLUMNS.len());
    for entity in reconciled {
        for month in &entity.months {
            rows.push_row([
                entity.entity.as_str().into(),
                Value::Int(month.month.unwrap_or(0)),
                month.measure.as_str().into(),
                Value::Int(month.source),
                Value::Int(month.warehouse),
                Value::Int(month.rejected),
                Value::Int(month.deleted),
                Value::Int(month.pending),
                Value::Int(month.difference),
                number(Some(month.differing_rows)),
                Value::Int(now),
            ]);
        }
    }
    rows
}

/// A text that fits a VARCHAR of that width on every engine: accents of Windows-1252 stay, what it lacks becomes `?`.
fn plain(text: &str, width: usize) -> String {
    text.chars().map(|c| if dw_core::text::is_windows_1252(c) { c } else { '?' }).take(width).collect()
}

/// The sample as a JSON list that fits its column; keys that do not fit are left out.
fn sample_text(sample: &[String]) -> String {
    let mut kept: Vec<String> = Vec::new();
    for key in sample {
        kept.push(plain(key, 200));
        if serde_json::Value::from(kept.clone()).to_string().len() > 480 {
            kept.pop();
            break;
        }
    }
    serde_json::Value::from(kept).to_string()
}
