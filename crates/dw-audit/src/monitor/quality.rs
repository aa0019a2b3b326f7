//! What the quality page shows: the newest result of each check, its trend, and the reconciliation by month.

use std::collections::BTreeMap;

use dw_core::dialect::Dialect;
use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::{DAY, Seconds, day_of};
use dw_core::value::Value;
use serde::Serialize;

use crate::quality::{Severity, Status};
use crate::row::Row;

const LATEST: SqlText = sql_text!("audit/monitor_quality_latest");
const RECONCILIATION: SqlText = sql_text!("audit/monitor_reconciliation");

/// The newest result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QualityLine {
    /// Name.
    pub check: String,
    /// Kind: `not_null`.
    pub kind: String,
    /// Entity, or `source` or `warehouse`.
    pub entity: String,
    /// How bad a failure is.
    pub severity: Severity,
    /// How it ended.
    pub status: Status,
    /// The number that was judged, in `unit`.
    pub observed: Option<i64>,
    /// `rows`, `minutes`, `percent` (hundredths of one), `cents`, `places`.
    pub unit: String,
    /// What must be true.
    pub threshold: String,
    /// Rows that were looked at.
    pub checked_rows: Option<u64>,
    /// Rows that fail.
    pub failing_rows: Option<u64>,
    /// More about it.
    pub message: Option<String>,
    /// Keys of the first failing rows.
    pub sample: Vec<String>,
    /// When it was asked, in UTC.
    pub checked_at: Seconds,
    /// The run behind which it was asked.
    pub run_id: Option<i64>,
}

impl QualityLine {
    /// True for a failure of severity `error`.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error && self.status.is_bad()
    }
}

/// A day of a check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TrendPoint {
    /// Days since 1970-01-01, in UTC.
    pub day: i64,
    /// How often it was asked.
    pub asked: u64,
    /// How often it failed or could not be asked.
    pub bad: u64,
    /// The most failing rows.
    pub failing_rows: Option<u64>,
    /// The largest number that was judged, in the unit of the check.
    pub observed: Option<i64>,
}

/// A month and measure of the newest reconciliation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReconciliationLine {
    /// Entity.
    pub entity: String,
    /// `202601`; none for a dimension, which has no month.
    pub month: Option<i64>,
    /// `rows`, or the name of an amount, whose numbers are hundredths.
    pub measure: String,
    /// Of the source.
    pub source: i64,
    /// Of the warehouse.
    pub warehouse: i64,
    /// Explained by rows in quarantine.
    pub rejected: i64,
    /// Explained by rows whose source row is gone.
    pub deleted: i64,
    /// Explained by changes past the watermark.
    pub pending: i64,
    /// What nothing explains.
    pub difference: i64,
    /// Rows of the month that differ.
    pub differing_rows: u64,
    /// When it was compared, in UTC.
    pub checked_at: Seconds,
}

/// The quality page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QualityPage {
    /// The newest result of each check, by entity and name.
    pub checks: Vec<QualityLine>,
    /// By check, the oldest day first; days without a result are left out.
    pub trends: BTreeMap<String, Vec<TrendPoint>>,
    /// The newest comparison of source and warehouse.
    pub reconciliation: Vec<ReconciliationLine>,
}

/// The newest result of each check. One statement.
///
/// # Errors
/// Of the engine.
pub async fn latest<E: Executor + ?Sized>(warehouse: &mut E) -> DwResult<Vec<QualityLine>> {
    let rows = warehouse.query(&LATEST.for_dialect(warehouse.dialect())?, &[]).await?;
    rows.rows().map(line).collect()
}

fn line(row: &[Value]) -> DwResult<QualityLine> {
    let row = Row(row);
    let sample = row.text(11)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let count =
        |column: usize| -> DwResult<Option<u64>> { Ok(row.int(column)?.and_then(|rows| u64::try_from(rows).ok())) };
    Ok(QualityLine {
        check: row.word(0)?,
        kind: row.word(1)?,
        entity: row.word(2)?,
        severity: Severity::parse(&row.word(3)?),
        status: Status::parse(&row.word(4)?),
        observed: row.int(5)?,
        unit: row.word(6)?,
        threshold: row.word(7)?,
        checked_rows: count(8)?,
        failing_rows: count(9)?,
        message: row.text(10)?,
        sample,
        checked_at: row.int(12)?.unwrap_or_default(),
        run_id: row.int(13)?,
    })
}

/// The statement for trends by check and day. Parameters: since when, and an entity or empty.
pub fn trend_statement(dialect: &dyn Dialect) -> String {
    let day = dialect.day_number("q.checked_at");
    dialect.translate(&format!(
        "SELECT t.check_name, t.day_no, COUNT(*) AS asked, SUM(t.is_bad) AS bad, MAX(t.failing_rows) AS failing_rows, \
         MAX(t.observed) AS observed FROM (SELECT q.check_name, {day} AS day_no, \
         CASE WHEN q.status IN ('failed', 'broken') THEN 1 ELSE 0 END AS is_bad, q.failing_rows, q.observed \
         FROM audit.quality_result q WHERE q.checked_at >= @P1 AND (@P2 = '' OR q.entity_name = @P2)) t \
         GROUP BY t.check_name, t.day_no ORDER BY t.check_name, t.day_no"
    ))
}

/// Trends of so many days up to now, of an entity or of all. One statement.
///
/// # Errors
/// Of the engine.
pub async fn trends<E: Executor + ?Sized>(
    warehouse: &mut E,
    entity: Option<&str>,
    days: u16,
    now: Seconds,
) -> DwResult<BTreeMap<String, Vec<TrendPoint>>> {
    let since = (day_of(now) - i64::from(days.max(1)) + 1) * DAY;
    let params = [Value::Seconds(since), entity.unwrap_or("").into()];
    let rows = warehouse.query(&trend_statement(warehouse.dialect()), &params).await?;
    let mut trends: BTreeMap<String, Vec<TrendPoint>> = BTreeMap::new();
    for row in rows.rows() {
        let row = Row(row);
        trends.entry(row.word(0)?).or_default().push(TrendPoint {
            day: row.int(1)?.unwrap_or_default(),
            asked: row.count(2)?,
            bad: row.count(3)?,
            failing_rows: row.int(4)?.and_then(|rows| u64::try_from(rows).ok()),
            observed: row.int(5)?,
        });
    }
    Ok(trends)
}

/// The newest comparison of source and warehouse. One statement.
///
/// # Errors
/// Of the engine.
pub async fn reconciliation<E: Executor + ?Sized>(warehouse: &mut E) -> DwResult<Vec<ReconciliationLine>> {
    let rows = warehouse.query(&RECONCILIATION.for_dialect(warehouse.dialect())?, &[]).await?;
    rows.rows()
        .map(|row| {
            let row = Row(row);
            let number = |column: usize| -> DwResult<i64> { Ok(row.int(column)?.unwrap_or_default()) };
            Ok(ReconciliationLine {
                entity: row.word(0)?,
                month: row.int(1)?.filter(|month| *month != 0),
                measure: row.word(2)?,
                source: number(3)?,
                warehouse: number(4)?,
                rejected: number(5)?,
                deleted: number(6)?,
                pending: number(7)?,
                difference: number(8)?,
                differing_rows: row.count(9)?,
                checked_at: number(10)?,
            })
        })
        .collect()
}

/// The quality page with trends of so many days. Three statements.
///
/// # Errors
/// Of the engine.
pub async fn page<E: Executor + ?Sized>(warehouse: &mut E, days: u16, now: Seconds) -> DwResult<QualityPage> {
    Ok(QualityPage {
        checks: latest(warehouse).await?,
        trends: trends(warehouse, None, days, now).await?,
        reconciliation: reconciliation(warehouse).await?,
    })
}

#[cfg(test)]
mod tests {
    use dw_core::embedded::SqliteDialect;
    use dw_core::sql_server::TsqlDialect;

    use super::*;

    #[test]
    fn the_statement_of_the_trends_on_both_engines() {
        insta::assert_snapshot!(format!("{}\n\n{}", trend_statement(&SqliteDialect), trend_statement(&TsqlDialect)));
    }
}
