//! Quality: checks that are declared in a file, asked of source and warehouse, judged, and stored with history.
//!
//! [`declare::load`] reads the declaration, [`run`] asks, [`store::save`] keeps. Comparing source and warehouse row by row is
//! the work of `dw-etl`, which hands its figures in ([`Inputs::reconciliation`]).

pub mod check;
pub mod declare;
pub mod result;
pub mod statement;
pub mod store;

use std::collections::BTreeMap;
use std::time::Instant;

use dw_core::drift;
use dw_core::engine::{Access, Engine, Session};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::{DAY, Seconds};
use dw_core::value::Value;
use serde::Serialize;

pub use check::{Check, Kind, Severity};
pub use result::{CheckResult, Status};

use crate::control::{self, ControlState};
use crate::freshness;
use crate::row::Row;

const WRITTEN_ROWS: SqlText = sql_text!("audit/written_rows");
const COUNT_REJECTS: SqlText = sql_text!("etl/count_rejects");
const REJECT_KEYS: SqlText = sql_text!("audit/open_reject_keys");

/// How far back the volume checks look for runs.
const VOLUME_DAYS: i64 = 90;

/// The figures of one month and one measure of an entity, as a reconciliation found them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonthFigures {
    /// `202601`; none for a dimension.
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
    /// Rows of the month that differ without a reason.
    pub differing_rows: u64,
}

/// A reconciliation of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reconciled {
    /// Entity.
    pub entity: String,
    /// Months and measures in order.
    pub months: Vec<MonthFigures>,
    /// Rows that were compared.
    pub compared: u64,
    /// Rows that differ without a reason.
    pub different: u64,
    /// Keys of the first of them.
    pub sample: Vec<i64>,
}

/// What checks are asked of.
pub struct Inputs<'a> {
    /// Opens a session anew when an error left one unusable.
    pub engine: &'a dyn Engine,
    /// The warehouse; read only.
    pub warehouse: Box<dyn Session>,
    /// The source; without it, checks that need it are skipped.
    pub source: Option<Box<dyn Session>>,
    /// The clock of the source.
    pub clock: Seconds,
    /// The start of its oldest open transaction, where it can be told.
    pub oldest_transaction: Option<Seconds>,
    /// Comparisons that were made for this; a reconciliation check of an entity without one is skipped.
    pub reconciliation: &'a [Reconciled],
}

impl std::fmt::Debug for Inputs<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inputs").field("clock", &self.clock).finish_non_exhaustive()
    }
}

impl<'a> Inputs<'a> {
    /// Opens what these checks need.
    ///
    /// # Errors
    /// A database that cannot be opened.
    pub async fn open(engine: &'a dyn Engine, checks: &[Check], reconciliation: &'a [Reconciled]) -> DwResult<Self> {
        let warehouse = engine.open(Database::Dw, Access::ReadOnly, PURPOSE).await?;
        let source = match checks.iter().any(Check::needs_source) {
            true => Some(engine.open(Database::Oltp, Access::ReadOnly, PURPOSE).await?),
            false => None,
        };
        let (clock, oldest_transaction) = engine.source_clock().await?;
        Ok(Self { engine, warehouse, source, clock, oldest_transaction, reconciliation })
    }

    /// Opens anew what an error left unusable.
    async fn reopen(&mut self) -> DwResult<()> {
        if !self.warehouse.is_usable() {
            self.warehouse = self.engine.open(Database::Dw, Access::ReadOnly, PURPOSE).await?;
        }
        if self.source.as_ref().is_some_and(|source| !source.is_usable()) {
            self.source = Some(self.engine.open(Database::Oltp, Access::ReadOnly, PURPOSE).await?);
        }
        Ok(())
    }
}

/// What sessions are opened for.
const PURPOSE: &str = "etl check";

/// Asks all checks, in their order. A check that cannot be asked is [`Status::Broken`] and does not end the others.
///
/// # Errors
/// When a database can no longer be reached.
pub async fn run(checks: &[Check], inputs: &mut Inputs<'_>) -> DwResult<Vec<CheckResult>> {
    let mut results: BTreeMap<usize, CheckResult> = BTreeMap::new();
    let place = |check: &Check| checks.iter().position(|one| std::ptr::eq(one, check)).unwrap_or(usize::MAX);
    let dialect = inputs.warehouse.dialect();
    for scan in statement::scans(dialect, checks) {
        let started = Instant::now();
        let answers = scan_results(&scan, inputs).await?;
        let duration = millis(started);
        for (check, mut result) in scan.checks.iter().zip(answers) {
            result.duration_ms = duration;
            results.insert(place(check), result);
        }
    }
    let known = Known::read(inputs).await?;
    for check in checks.iter().filter(|check| !statement::is_row_check(check)) {
        let started = Instant::now();
        let mut result = match one(check, inputs, &known).await {
            Ok(result) => result,
            Err(error) => {
                inputs.reopen().await?;
                broken(check, &error)
            }
        };
        result.duration_ms = millis(started);
        results.insert(place(check), result);
    }
    let mut results: Vec<CheckResult> = results.into_values().collect();
    for result in &mut results {
        result.message = result.message.take().map(|message| message.chars().take(1_000).collect());
    }
    Ok(results)
}

fn millis(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The session of a side; none without a source.
fn session_of<'s>(check: &Check, inputs: &'s mut Inputs<'_>) -> Option<&'s mut dyn Session> {
    if check.side == check::Side::Source {
        inputs.source.as_mut().map(|source| &mut **source as &mut dyn Session)
    } else {
        Some(&mut *inputs.warehouse)
    }
}

/// A check that could not be asked.
fn broken(check: &Check, error: &DwError) -> CheckResult {
    tracing::warn!(check = check.name, code = error.code(), %error, "a check could not be asked");
    result::broken(check, format!("{}: {error}", error.code()))
}

async fn scan_results(scan: &statement::Scan<'_>, inputs: &mut Inputs<'_>) -> DwResult<Vec<CheckResult>> {
    let Some(first) = scan.checks.first() else { return Ok(Vec::new()) };
    let Some(session) = session_of(first, inputs) else {
        return Ok(scan.checks.iter().map(|check| result::skipped(check, WITHOUT_SOURCE)).collect());
    };
    let counted = match session.query(&scan.sql, &[]).await {
        Ok(counted) => counted,
        Err(error) => {
            inputs.reopen().await?;
            return if scan.checks.len() == 1 {
                Ok(vec![broken(first, &error)])
            } else {
                one_by_one(scan, inputs).await
            };
        }
    };
    let row = Row(counted.row(0));
    let checked = row.count(0)?;
    let mut results = Vec::new();
    for (at, check) in scan.checks.iter().enumerate() {
        let result = result::of_rows(check, Some(checked), row.count(at + 1)?);
        let Some(session) = session_of(check, inputs) else { continue };
        match with_sample(check, result.clone(), session).await {
            Ok(sampled) => results.push(sampled),
            Err(error) => {
                // The verdict stands without the keys.
                tracing::warn!(check = check.name, code = error.code(), %error, "the sample of a check could not be read");
                inputs.reopen().await?;
                results.push(result);
            }
        }
    }
    Ok(results)
}

/// The checks of a scan that failed, each by a scan of its own: one bad column breaks one check.
async fn one_by_one(scan: &statement::Scan<'_>, inputs: &mut Inputs<'_>) -> DwResult<Vec<CheckResult>> {
    let mut results = Vec::new();
    for check in &scan.checks {
        for alone in statement::scans(inputs.warehouse.dialect(), [*check]) {
            results.extend(Box::pin(scan_results(&alone, inputs)).await?);
        }
    }
    Ok(results)
}

const WITHOUT_SOURCE: &str = "the source was not asked";

/// The result with the keys of the first failing rows.
async fn with_sample(check: &Check, mut result: CheckResult, session: &mut dyn Session) -> DwResult<CheckResult> {
    // The share of the member -1 is normal up to its limit; its rows are no failures then.
    let wanted = result.status == Status::Failed && result.failing_rows.is_some_and(|rows| rows > 0);
    let Some(sql) = statement::sample(session.dialect(), check).filter(|_| wanted) else { return Ok(result) };
    let rows = session.query(&sql, &[]).await?;
    for row in rows.rows() {
        result.sample.push(Row(row).int(0)?.map_or_else(|| "NULL".to_owned(), |key| key.to_string()));
    }
    Ok(result)
}

/// What several checks need, read once.
struct Known {
    controls: Vec<ControlState>,
    written: BTreeMap<String, Vec<u64>>,
    rejects: BTreeMap<String, u64>,
}

impl Known {
    async fn read(inputs: &mut Inputs<'_>) -> DwResult<Self> {
        let session = &mut *inputs.warehouse;
        let controls = control::read(session).await?;
        let since = Value::Seconds(inputs.clock.saturating_sub(VOLUME_DAYS * DAY));
        let rows = session.query(&WRITTEN_ROWS.for_dialect(session.dialect())?, &[since]).await?;
        let mut written: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for row in rows.rows() {
            let row = Row(row);
            written.entry(row.word(0)?).or_default().push(row.count(2)?);
        }
        let rows = session.query(&COUNT_REJECTS.for_dialect(session.dialect())?, &[]).await?;
        let mut rejects = BTreeMap::new();
        for row in rows.rows() {
            rejects.insert(Row(row).word(0)?, Row(row).count(1)?);
        }
        Ok(Self { controls, written, rejects })
    }

    fn control(&self, check: &Check) -> Option<&ControlState> {
        self.controls.iter().find(|control| control.entity == check.subject())
    }
}

async fn one(check: &Check, inputs: &mut Inputs<'_>, known: &Known) -> DwResult<CheckResult> {
    let dialect = inputs.warehouse.dialect();
    match &check.kind {
        Kind::Unique(_) | Kind::Relationship(..) | Kind::Inferred => {
            let sql = statement::count(dialect, check)
                .ok_or_else(|| DwError::Internal(format!("{} has no statement", check.name)))?;
            let Some(session) = session_of(check, inputs) else { return Ok(result::skipped(check, WITHOUT_SOURCE)) };
            let failing = Row(session.query(&sql, &[]).await?.row(0)).count(0)?;
            with_sample(check, result::of_rows(check, None, failing), session).await
        }
        Kind::Rejects => {
            let failing = known.rejects.get(check.subject()).copied().unwrap_or(0);
            let mut result = result::of_rows(check, None, failing);
            if result.status == Status::Failed {
                let limit = i64::try_from(statement::SAMPLE).unwrap_or(10);
                let params = [check.subject().into(), limit.into()];
                let rows = inputs.warehouse.query(&REJECT_KEYS.for_dialect(dialect)?, &params).await?;
                for row in rows.rows() {
                    result.sample.push(Row(row).int(0)?.unwrap_or_default().to_string());
                }
            }
            Ok(result)
        }
        Kind::Freshness(minutes) => {
            let Some(control) = known.control(check).filter(|control| control.is_active) else {
                return Ok(result::skipped(check, "the entity is switched off"));
            };
            Ok(result::of_freshness(check, *minutes, control.last_success, inputs.clock))
        }
        Kind::Pending(minutes) => pending(check, *minutes, inputs, known).await,
        Kind::Volume(min, max, rows) => {
            let written = known.written.get(check.subject()).map_or(&[][..], Vec::as_slice);
            Ok(result::of_volume(check, (*min, *max, *rows), written))
        }
        Kind::Coverage(limit) => {
            let (source, target) = statement::totals(dialect, check)
                .ok_or_else(|| DwError::Internal(format!("{} has no statement", check.name)))?;
            let Some(session) = inputs.source.as_mut() else { return Ok(result::skipped(check, WITHOUT_SOURCE)) };
            let source = Row(session.query(&source, &[]).await?.row(0)).count(0)?;
            let target = Row(inputs.warehouse.query(&target, &[]).await?.row(0)).count(0)?;
            Ok(result::of_coverage(check, *limit, source, target))
        }
        Kind::Reconciliation(cents) => Ok(reconciled(check, *cents, inputs.reconciliation)),
        Kind::Drift(database) => {
            let session: &mut dyn Session = match (database, inputs.source.as_mut()) {
                (Database::Dw, _) => &mut *inputs.warehouse,
                (Database::Oltp, Some(source)) => &mut **source,
                (Database::Oltp, None) => return Ok(result::skipped(check, WITHOUT_SOURCE)),
            };
            match drift::check(session, *database).await? {
                None => Ok(result::skipped(check, "this login sees no table")),
                Some(found) => {
                    let places: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
                    Ok(result::of_drift(check, &places))
                }
            }
        }
        Kind::NotNull(_) | Kind::Accepted(..) | Kind::Range(..) | Kind::Unknown(..) => {
            Err(DwError::Internal(format!("{} belongs to a scan", check.name)))
        }
    }
}

/// Changes that a run of that long ago would have loaded (rule of [`freshness`]).
async fn pending(check: &Check, minutes: i64, inputs: &mut Inputs<'_>, known: &Known) -> DwResult<CheckResult> {
    let Some(control) = known.control(check).filter(|control| control.is_active) else {
        return Ok(result::skipped(check, "the entity is switched off"));
    };
    let Some(entity) = check.entity else { return Err(DwError::Internal(format!("{} has no entity", check.name))) };
    let bound = freshness::upper_bound(inputs.clock, minutes, inputs.oldest_transaction);
    let Some(source) = inputs.source.as_mut() else { return Ok(result::skipped(check, WITHOUT_SOURCE)) };
    let rows = freshness::pending_rows(&mut **source, entity, control.watermark, bound).await?;
    Ok(result::of_rows(check, None, rows))
}

fn reconciled(check: &Check, cents: i64, found: &[Reconciled]) -> CheckResult {
    let Some(found) = found.iter().find(|one| one.entity == check.subject()) else {
        return result::skipped(check, "not compared; `etl check` and `etl reconcile` compare");
    };
    let money = found.months.iter().filter(|month| month.measure != "rows");
    let worst = money.max_by_key(|month| month.difference.unsigned_abs());
    let observed = worst.map_or(0, |month| month.difference);
    let is_right = found.different <= check.max_failing && observed.unsigned_abs() <= cents.unsigned_abs();
    let mut result = CheckResult {
        status: if is_right { Status::Passed } else { Status::Failed },
        observed: Some(observed),
        checked_rows: Some(found.compared),
        failing_rows: Some(found.different),
        sample: found.sample.iter().take(10).map(i64::to_string).collect(),
        ..CheckResult::of(check)
    };
    if let Some(worst) = worst.filter(|month| month.difference != 0) {
        let month =
            worst.month.map_or_else(|| "all months".to_owned(), |month| format!("{}-{:02}", month / 100, month % 100));
        result.message = Some(format!("largest difference: {} in {month}", worst.measure));
    }
    result
}
