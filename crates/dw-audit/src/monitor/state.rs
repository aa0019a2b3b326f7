//! Where the warehouse stands, read once for page and alert: control rows, last and present runs, history by day, rejects,
//! quality. A constant number of statements, which read and never write. Not here: pending rows, which the source tells.

use std::collections::BTreeMap;

use dw_core::dialect::Dialect;
use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::{DAY, Seconds, day_of};
use dw_core::value::Value;
use serde::Serialize;

use super::quality::{QualityLine, latest};
use crate::control::{self, ControlState};
use crate::failures::{self, Failure};
use crate::row::Row;
use crate::sla::history::first_run;

const LAST_ENDED: SqlText = sql_text!("audit/monitor_last_ended");
const RUNNING: SqlText = sql_text!("audit/monitor_running");
const TOTALS: SqlText = sql_text!("audit/monitor_totals");
const COUNT_REJECTS: SqlText = sql_text!("etl/count_rejects");

/// Days of the history of an entity, today among them.
pub const HISTORY_DAYS: i64 = 14;
/// How far back a run is looked for that says that it is running.
const RUNNING_DAYS: i64 = 31;

/// An entity of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntityRun {
    /// Entity.
    pub entity: String,
    /// Run.
    pub run_id: i64,
    /// When it began, in UTC.
    pub started_at: Seconds,
    /// When it ended; none while it runs.
    pub finished_at: Option<Seconds>,
    /// `running`, `success`, `failed`.
    pub status: String,
    /// Rows read.
    pub extracted: u64,
    /// Rows that are new.
    pub inserted: u64,
    /// Rows that were rewritten.
    pub updated: u64,
    /// Rows that were equal.
    pub unchanged: u64,
    /// Rows that were marked as deleted.
    pub soft_deleted: u64,
    /// Rows that went to quarantine.
    pub rejected: u64,
    /// Members that were inferred.
    pub inferred: u64,
    /// Batches.
    pub batches: u64,
    /// True when the run ended before the source was read to its end.
    pub more_pending: bool,
    /// Why it failed, for people.
    pub failure: Option<Failure>,
    /// The stored message.
    pub error: Option<String>,
    /// How long it took; none while it runs.
    pub seconds: Option<u64>,
    /// Rows read a second, of at least one second; none while it runs.
    pub rows_per_second: Option<u64>,
}

pub(super) fn entity_run(row: &[Value]) -> DwResult<EntityRun> {
    let row = Row(row);
    let (started, finished) = (row.int(2)?.unwrap_or_default(), row.int(3)?);
    let seconds = finished.map(|finished| u64::try_from(finished.saturating_sub(started)).unwrap_or(0));
    let status = row.word(4)?;
    let extracted = row.count(5)?;
    let error = row.text(14)?;
    Ok(EntityRun {
        entity: row.word(0)?,
        run_id: row.int(1)?.unwrap_or_default(),
        started_at: started,
        finished_at: finished,
        failure: (status == "failed").then(|| failures::explain(error.as_deref())),
        status,
        extracted,
        inserted: row.count(6)?,
        updated: row.count(7)?,
        unchanged: row.count(8)?,
        soft_deleted: row.count(9)?,
        rejected: row.count(10)?,
        inferred: row.count(11)?,
        batches: row.count(12)?,
        more_pending: row.flag(13)?,
        error,
        seconds,
        rows_per_second: seconds.map(|seconds| extracted / seconds.max(1)),
    })
}

/// An entity that is being run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunningEntity {
    /// Entity.
    pub entity: String,
    /// Run.
    pub run_id: i64,
    /// When it began.
    pub started_at: Seconds,
    /// The last sign of life of the run.
    pub heartbeat_at: Option<Seconds>,
    /// Rows read so far.
    pub extracted: u64,
    /// Rows written so far.
    pub written: u64,
    /// Rows that were equal so far.
    pub unchanged: u64,
    /// Rows that went to quarantine so far.
    pub rejected: u64,
    /// Batches so far.
    pub batches: u64,
    /// Rows read a second so far: to the last sign of life, of at least one second.
    pub rows_per_second: u64,
    /// Host and process.
    pub process: Option<String>,
}

/// A day of an entity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DayPoint {
    /// Days since 1970-01-01, in UTC.
    pub day: i64,
    /// Runs that began on it.
    pub runs: u64,
    /// Those that failed.
    pub failed: u64,
    /// Rows read.
    pub extracted: u64,
    /// Rows written.
    pub written: u64,
    /// Rows that went to quarantine.
    pub rejected: u64,
    /// How long the runs took together.
    pub seconds: u64,
}

/// Runs since a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// All.
    pub runs: u64,
    /// Ended well.
    pub succeeded: u64,
    /// Some entities failed.
    pub partial: u64,
    /// Failed.
    pub failed: u64,
    /// Not ended.
    pub running: u64,
}

impl Totals {
    fn add(&mut self, status: &str, runs: u64) {
        self.runs += runs;
        match status {
            "success" => self.succeeded += runs,
            "partial" => self.partial += runs,
            "failed" => self.failed += runs,
            _ => self.running += runs,
        }
    }

    /// Runs that ended well among those that ended, in percent, cut.
    pub fn success_percent(&self) -> Option<u64> {
        let ended = self.runs.saturating_sub(self.running);
        (ended > 0).then(|| self.succeeded.saturating_mul(100) / ended)
    }
}

/// Where the warehouse stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The clock that everything is told by.
    pub now: Seconds,
    /// Control rows by name.
    pub controls: Vec<ControlState>,
    /// The last run of each entity that ended.
    pub last: BTreeMap<String, EntityRun>,
    /// What is being run, the newest run first.
    pub running: Vec<RunningEntity>,
    /// History by entity, the oldest day first; each entity has all days.
    pub days: BTreeMap<String, Vec<DayPoint>>,
    /// Runs that ended within the days that were asked for, and the failed ones of them.
    pub ended: BTreeMap<String, (u64, u64)>,
    /// Open rejects.
    pub rejects: BTreeMap<String, u64>,
    /// Runs of the last 24 hours.
    pub day: Totals,
    /// Runs of the last seven days.
    pub week: Totals,
    /// The newest result of each quality check.
    pub quality: Vec<QualityLine>,
    /// When the first run of all began.
    pub first_run: Option<Seconds>,
}

/// The statement for the history: runs, failures and rows by entity and day. Parameters: since when the days are, since when
/// ended runs are counted apart.
pub fn history_statement(dialect: &dyn Dialect) -> String {
    let day = dialect.day_number("r.started_at");
    let seconds = dialect.seconds_between("e.entity_started_at", "e.entity_finished_at");
    dialect.translate(&format!(
        "SELECT h.entity_name, h.day_no, COUNT(*) AS runs, SUM(h.is_failed) AS failed, SUM(h.extracted) AS extracted, \
         SUM(h.written) AS written, SUM(h.rejected) AS rejected, SUM(h.took) AS took, SUM(h.is_recent) AS ended, \
         SUM(h.is_recent * h.is_failed) AS ended_failed \
         FROM (SELECT e.entity_name, {day} AS day_no, CASE WHEN e.status = 'failed' THEN 1 ELSE 0 END AS is_failed, \
         CAST(e.extracted_count AS BIGINT) AS extracted, e.inserted_count + e.updated_count AS written, \
         e.rejected_count AS rejected, CASE WHEN e.entity_finished_at IS NULL THEN 0 ELSE {seconds} END AS took, \
         CASE WHEN e.entity_finished_at >= @P2 THEN 1 ELSE 0 END AS is_recent \
         FROM audit.etl_run r JOIN audit.etl_run_entity e ON e.run_id = r.run_id WHERE r.started_at >= @P1) h \
         GROUP BY h.entity_name, h.day_no"
    ))
}

impl State {
    /// Reads it. `failure_days` says within how many days failures are counted. Eight statements.
    ///
    /// # Errors
    /// Of the engine.
    pub async fn read<E: Executor + ?Sized>(warehouse: &mut E, now: Seconds, failure_days: i64) -> DwResult<Self> {
        let dialect = warehouse.dialect();
        let controls = control::read(warehouse).await?;
        let mut last = BTreeMap::new();
        for row in warehouse.query(&LAST_ENDED.for_dialect(dialect)?, &[]).await?.rows() {
            let run = entity_run(row)?;
            last.insert(run.entity.clone(), run);
        }
        let since = Value::Seconds(now.saturating_sub(RUNNING_DAYS * DAY));
        let running = warehouse.query(&RUNNING.for_dialect(dialect)?, &[since]).await?;
        let running = running.rows().map(|row| running_entity(row, now)).collect::<DwResult<Vec<_>>>()?;
        let today = day_of(now);
        let first_day = today - (HISTORY_DAYS - 1);
        let recent = now.saturating_sub(failure_days.saturating_mul(DAY));
        let params = [Value::Seconds((first_day * DAY).min(recent - DAY)), Value::Seconds(recent)];
        let counted = warehouse.query(&history_statement(dialect), &params).await?;
        let mut days: BTreeMap<String, Vec<DayPoint>> = BTreeMap::new();
        for control in &controls {
            let all = (first_day..=today).map(|day| DayPoint { day, ..DayPoint::default() }).collect();
            days.insert(control.entity.clone(), all);
        }
        let mut ended: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for row in counted.rows() {
            let row = Row(row);
            let (entity, point) = (row.word(0)?, day_point(&row)?);
            let counts = ended.entry(entity.clone()).or_default();
            counts.0 += row.count(8)?;
            counts.1 += row.count(9)?;
            if let Some(place) = days.get_mut(&entity).and_then(|days| days.iter_mut().find(|one| one.day == point.day))
            {
                *place = point;
            }
        }
        let mut rejects = BTreeMap::new();
        for row in warehouse.query(&COUNT_REJECTS.for_dialect(dialect)?, &[]).await?.rows() {
            rejects.insert(Row(row).word(0)?, Row(row).count(1)?);
        }
        let params = [Value::Seconds(now.saturating_sub(7 * DAY)), Value::Seconds(now.saturating_sub(DAY))];
        let (mut day, mut week) = (Totals::default(), Totals::default());
        for row in warehouse.query(&TOTALS.for_dialect(dialect)?, &params).await?.rows() {
            let row = Row(row);
            week.add(&row.word(0)?, row.count(1)?);
            day.add(&row.word(0)?, row.count(2)?);
        }
        let quality = latest(warehouse).await?;
        let first_run = first_run(warehouse).await?;
        Ok(Self { now, controls, last, running, days, ended, rejects, day, week, quality, first_run })
    }
}

fn day_point(row: &Row<'_>) -> DwResult<DayPoint> {
    Ok(DayPoint {
        day: row.int(1)?.unwrap_or_default(),
        runs: row.count(2)?,
        failed: row.count(3)?,
        extracted: row.count(4)?,
        written: row.count(5)?,
        rejected: row.count(6)?,
        seconds: row.count(7)?,
    })
}

fn running_entity(row: &[Value], now: Seconds) -> DwResult<RunningEntity> {
    let row = Row(row);
    let started = row.int(2)?.unwrap_or(now);
    let (heartbeat, extracted) = (row.int(3)?, row.count(4)?);
    let elapsed = heartbeat.unwrap_or(now).saturating_sub(started).max(1);
    let process = match (row.text(10)?, row.int(11)?) {
        (Some(host), Some(process)) => Some(format!("{host}:{process}")),
        (host, _) => host,
    };
    Ok(RunningEntity {
        entity: row.word(0)?,
        run_id: row.int(1)?.unwrap_or_default(),
        started_at: started,
        heartbeat_at: heartbeat,
        extracted,
        written: row.count(5)?.saturating_add(row.count(6)?),
        unchanged: row.count(7)?,
        rejected: row.count(8)?,
        batches: row.count(9)?,
        rows_per_second: extracted / u64::try_from(elapsed).unwrap_or(1),
        process,
    })
}

#[cfg(test)]
mod tests {
    use dw_core::embedded::SqliteDialect;
    use dw_core::sql_server::TsqlDialect;

    use super::*;

    #[test]
    fn the_statement_of_the_history_on_both_engines() {
        insta::assert_snapshot!(format!(
            "{}\n\n{}",
            history_statement(&SqliteDialect),
            history_statement(&TsqlDialect)
        ));
    }
}
