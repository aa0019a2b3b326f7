//! All that a page about backups shows, read by two statements. Not here: how it is shown.

use dw_core::config::BackupSettings;
use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::time::{DAY, Seconds};
use serde::Serialize;

use super::schedule::Plan;
use super::state::{DatabaseState, assess};
use super::store;
use super::{BackupRecord, DrillRecord};
use crate::alerts::BackupState;
use crate::sla::rules::Rules;

/// The page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupPage {
    /// Each configured database: last verified backup, RPO, RTO, sizes, limits, and what is wrong.
    pub databases: Vec<DatabaseState>,
    /// When `backup loop` makes the next full backup, in UTC; in the past when it is late.
    pub next_run_at: Option<Seconds>,
    /// Backups of the last days with durations, sizes and errors, and all whose files are there. The newest first.
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
    let history = store::backups(warehouse, since).await?;
    let drills = store::drills(warehouse, since).await?;
    let plan = Plan::of(settings)?;
    let names = settings.database_names();
    let next_run_at = names.iter().filter_map(|name| plan.next_full(name, &history, now)).map(|due| due.at).min();
    Ok(BackupPage { databases: assess(&names, &history, &drills, rules, now), next_run_at, history, drills })
}

/// What the alerts know of backups; none where nobody has ever backed up. One statement.
///
/// # Errors
/// Of the engine.
pub async fn alert_state<E: Executor + ?Sized>(warehouse: &mut E, now: Seconds) -> DwResult<Option<BackupState>> {
    let records = store::backups(warehouse, now.saturating_sub(31 * DAY)).await?;
    let mut databases: Vec<&str> = records.iter().map(|record| record.database.as_str()).collect();
    databases.sort_unstable();
    databases.dedup();
    // The database that stands worst counts: one that was never verified, else the oldest.
    let newest = |database: &&str| {
        records.iter().find(|record| record.database == **database && record.is_good()).map(|record| record.started_at)
    };
    Ok(databases.iter().map(newest).min().map(|last_verified_at| BackupState { last_verified_at }))
}
