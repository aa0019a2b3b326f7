//! The list of runs, and one run with its entities for a timeline.

use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::Seconds;
use dw_core::value::Value;
use serde::Serialize;

use super::state::{EntityRun, entity_run};
use crate::failures;
use crate::row::Row;

const RUNS: SqlText = sql_text!("audit/monitor_runs");
const RUN: SqlText = sql_text!("audit/monitor_run");
const RUN_ENTITIES: SqlText = sql_text!("audit/monitor_run_entities");

/// The longest page.
pub const MAX_PAGE: u32 = 200;
/// The end of time for a filter without one: 9999-01-01.
const FOREVER: Seconds = 253_370_764_800;

/// Which runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// `running`, `success`, `partial`, `failed`; none for all. Another word finds nothing.
    pub status: Option<String>,
    /// Runs of an entity.
    pub entity: Option<String>,
    /// Begun at this moment or later.
    pub since: Option<Seconds>,
    /// Begun before this moment.
    pub until: Option<Seconds>,
    /// Page, from 1.
    pub page: u32,
    /// Runs of a page, 1 to [`MAX_PAGE`]; 0 for 50.
    pub size: u32,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunLine {
    /// Run.
    pub run_id: i64,
    /// The entities that were asked for, in the order of work.
    pub entities: Vec<String>,
    /// Who started it.
    pub started_by: String,
    /// When, in UTC.
    pub started_at: Seconds,
    /// When it ended; none while it runs.
    pub finished_at: Option<Seconds>,
    /// `running`, `success`, `partial`, `failed`.
    pub status: String,
    /// Entities that ended well.
    pub succeeded: u64,
    /// Entities that failed.
    pub failed: u64,
    /// The last sign of life.
    pub heartbeat_at: Option<Seconds>,
    /// Up to when the source was read.
    pub cutoff_at: Option<Seconds>,
    /// Host.
    pub host: Option<String>,
    /// Process id.
    pub process_id: Option<i64>,
    /// Rows read.
    pub extracted: u64,
    /// Rows written.
    pub written: u64,
    /// Rows that went to quarantine.
    pub rejected: u64,
    /// How long it took; none while it runs.
    pub seconds: Option<u64>,
}

/// A page of runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunsPage {
    /// The newest first.
    pub runs: Vec<RunLine>,
    /// Which page, from 1.
    pub page: u32,
    /// Runs of a page.
    pub size: u32,
    /// Runs that the filter finds; 0 also on a page behind the last one.
    pub total: u64,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunDetail {
    /// The run.
    pub run: RunLine,
    /// Its message, of all entities that failed.
    pub error: Option<String>,
    /// Its entities in the order in which they began: bars of a timeline from `started_at` to `finished_at`.
    pub entities: Vec<EntityRun>,
}

fn run_line(row: &Row<'_>) -> DwResult<RunLine> {
    let (started, finished) = (row.int(3)?.unwrap_or_default(), row.int(4)?);
    Ok(RunLine {
        run_id: row.int(0)?.unwrap_or_default(),
        entities: row.word(1)?.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        started_by: row.word(2)?,
        started_at: started,
        finished_at: finished,
        status: row.word(5)?,
        succeeded: row.count(6)?,
        failed: row.count(7)?,
        heartbeat_at: row.int(8)?,
        cutoff_at: row.int(9)?,
        host: row.text(10)?,
        process_id: row.int(11)?,
        extracted: 0,
        written: 0,
        rejected: 0,
        seconds: finished.map(|finished| u64::try_from(finished.saturating_sub(started)).unwrap_or(0)),
    })
}

/// A page of runs. One statement.
///
/// # Errors
/// Of the engine.
pub async fn runs<E: Executor + ?Sized>(warehouse: &mut E, filter: &RunFilter) -> DwResult<RunsPage> {
    let size = if filter.size == 0 { 50 } else { filter.size.min(MAX_PAGE) };
    let page = filter.page.max(1);
    let first = i64::from(page - 1) * i64::from(size) + 1;
    let params: [Value; 6] = [
        filter.status.as_deref().unwrap_or("").into(),
        filter.entity.as_deref().unwrap_or("").into(),
        Value::Seconds(filter.since.unwrap_or(0)),
        Value::Seconds(filter.until.unwrap_or(FOREVER).min(FOREVER)),
        first.into(),
        (first + i64::from(size) - 1).into(),
    ];
    let rows = warehouse.query(&RUNS.for_dialect(warehouse.dialect())?, &params).await?;
    let mut found = RunsPage { runs: Vec::new(), page, size, total: 0 };
    for row in rows.rows() {
        let row = Row(row);
        found.total = row.count(12)?;
        let sums = (row.count(13)?, row.count(14)?, row.count(15)?);
        found.runs.push(RunLine { extracted: sums.0, written: sums.1, rejected: sums.2, ..run_line(&row)? });
    }
    Ok(found)
}

/// One run; none without such a run. Two statements.
///
/// # Errors
/// Of the engine.
pub async fn run<E: Executor + ?Sized>(warehouse: &mut E, run_id: i64) -> DwResult<Option<RunDetail>> {
    let dialect = warehouse.dialect();
    let found = warehouse.query(&RUN.for_dialect(dialect)?, &[run_id.into()]).await?;
    if found.is_empty() {
        return Ok(None);
    }
    let (mut run, error) = (run_line(&Row(found.row(0)))?, Row(found.row(0)).text(12)?);
    let rows = warehouse.query(&RUN_ENTITIES.for_dialect(dialect)?, &[run_id.into()]).await?;
    let mut entities = rows.rows().map(entity_run).collect::<DwResult<Vec<_>>>()?;
    for entity in &mut entities {
        run.extracted += entity.extracted;
        run.written += entity.inserted + entity.updated;
        run.rejected += entity.rejected;
        // The message has its code once, in the failure.
        entity.error = entity.error.take().map(|error| failures::split_code(&error).1.to_owned());
    }
    Ok(Some(RunDetail { run, error, entities }))
}
