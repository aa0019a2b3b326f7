//! All that a page about backups shows, read by two statements. Not here: how it is shown.

use dw_core::config::BackupSettings;
use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::time::{DAY, Seconds};
use serde::Serialize;

use super::schedule::{Due, Plan};
use super::state::{DatabaseState, assess};
use super::store;
use super::{BackupRecord, DrillRecord};
use crate::alerts::BackupState;
use crate::sla::rules::Rules;

/// Backups that are read for a page: a log each five minutes of two databases for more than a week.
pub const MOST: u32 = 5_000;

/// The page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupPage {
    /// Each configured database: last verified backup, RPO, RTO, sizes, limits, and what is wrong.
    pub databases: Vec<DatabaseState>,
    /// When `backup loop` makes the next full backup, in UTC; in the past when it is late.
    pub next_run_at: Option<Seconds>,
    /// The same of each database, in their order.
    pub next_runs: Vec<Option<Seconds>>,
    /// Backups of the last days with durations, sizes and errors, and all whose files are there: the newest [`MOST`], the newest
    /// first.
    pub history: Vec<BackupRecord>,
    /// Drills of the last days, and the last of each database. The newest first.
    pub drills: Vec<DrillRecord>,
}

/// Reads everything about backups: history of so many days. Two statements.
///
/// # Errors
/// Of the engine; a bad schedule in the settings.
pub async fn page<E: Executor + ?Sized>(
    warehouse: &mut E,
    settings: &BackupSettings,
    rules: &Rules,
    days: u32,
    now: Seconds,
) -> DwResult<BackupPage> {
    let since = now.saturating_sub(i64::from(days).saturating_mul(DAY));
    let history = store::newest_backups(warehouse, since, MOST).await?;
    let drills = store::drills(warehouse, since).await?;
    let plan = Plan::of(settings)?;
    let names = settings.database_names();
    let due = |name: &String| plan.next_full(name, &history, now).map(|due: Due| due.at);
    let next_runs: Vec<Option<Seconds>> = names.iter().map(due).collect();
    let next_run_at = next_runs.iter().copied().flatten().min();
    Ok(BackupPage { databases: assess(&names, &history, &drills, rules, now), next_run_at, next_runs, history, drills })
}

/// What the alerts know of backups; none where nobody has ever backed up. One statement.
///
/// # Errors
/// Of the engine.
pub async fn alert_state<E: Executor + ?Sized>(warehouse: &mut E, now: Seconds) -> DwResult<Option<BackupState>> {
    // The database that stands worst counts: one that was never verified, else the oldest.
    let newest = store::last_verified(warehouse, now.saturating_sub(31 * DAY)).await?;
    Ok(newest.into_iter().map(|(_, at)| at).min().map(|last_verified_at| BackupState { last_verified_at }))
}
