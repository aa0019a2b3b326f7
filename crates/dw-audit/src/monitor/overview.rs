//! The overview: where each entity stands, with the traffic lights above it. Pure but for [`pending`].
//!
//! Coverage comes from the newest coverage check, with its time, so that no page counts the rows of nine tables on both sides;
//! pending rows come from the source by the rule of [`crate::freshness`].

use std::collections::BTreeMap;

use dw_core::engine::Executor;
use dw_core::entities;
use dw_core::error::DwResult;
use dw_core::time::Seconds;
use serde::Serialize;

use super::state::{DayPoint, EntityRun, RunningEntity, State, Totals};
use crate::control::ControlState;
use crate::freshness;

/// How an entity stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    /// It is being run.
    Rodando,
    /// Its last run failed.
    Falha,
    /// Its last run ended well.
    Ok,
    /// No run has ended yet.
    SemExecucao,
    /// An operator switched it off.
    Desligada,
}

/// Where an entity stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntityLine {
    /// Entity.
    pub entity: String,
    /// In one word.
    pub standing: Standing,
    /// Driving table of the source.
    pub source_table: String,
    /// Target.
    pub target_table: String,
    /// The last change that was loaded, in UTC; none before the first load.
    pub watermark: Option<(Seconds, i64)>,
    /// How old that change is.
    pub lag_seconds: Option<u64>,
    /// When it last ended well.
    pub last_success_at: Option<Seconds>,
    /// Rows of the source that a run would load now; none when the source was not asked.
    pub pending: Option<u64>,
    /// Rows of the warehouse for those of the source, in hundredths of a percent.
    pub coverage: Option<Coverage>,
    /// Open rejects.
    pub rejects: u64,
    /// The last run that ended.
    pub last: Option<EntityRun>,
    /// What is being run.
    pub running: Option<RunningEntity>,
    /// The last 14 days, the oldest first.
    pub history: Vec<DayPoint>,
    /// Quality checks that failed with severity `error`, and with `warn`.
    pub quality: (u64, u64),
}

/// Rows on both sides, as the newest coverage check counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Hundredths of a percent.
    pub hundredths: i64,
    /// Rows of the source.
    pub source_rows: u64,
    /// Rows of the warehouse that stand for one of the source.
    pub target_rows: u64,
    /// When they were counted.
    pub checked_at: Seconds,
}

/// The overview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// The clock that it is told by: that of the source.
    pub as_of: Seconds,
    /// The entities in the order of work; those of the control table that this program does not know come last.
    pub entities: Vec<EntityLine>,
    /// What is being run.
    pub running: Vec<RunningEntity>,
    /// Runs of the last 24 hours.
    pub day: Totals,
    /// Runs of the last seven days.
    pub week: Totals,
    /// Pending rows of all entities; none when the source was not asked.
    pub pending: Option<u64>,
    /// The greatest lag of an active entity.
    pub worst_lag_seconds: Option<u64>,
    /// Rows read a second by the runs of today and yesterday, of at least one second.
    pub rows_per_second: Option<u64>,
    /// Rows of the warehouse for those of the source, of all entities whose coverage is known, in hundredths of a percent.
    pub coverage: Option<i64>,
    /// Open rejects.
    pub rejects: u64,
    /// Quality checks that failed with severity `error`, and with `warn`.
    pub quality: (u64, u64),
    /// When quality was last checked.
    pub quality_at: Option<Seconds>,
}

/// Pending rows of the active entities: one statement each, a seek on the stamps of its driving tables.
///
/// # Errors
/// Of the engine.
pub async fn pending<E: Executor + ?Sized>(
    source: &mut E,
    controls: &[ControlState],
    clock: Seconds,
    oldest_transaction: Option<Seconds>,
) -> DwResult<BTreeMap<String, u64>> {
    let active = controls.iter().filter(|control| control.is_active);
    let minutes = active.clone().map(|control| control.cutoff_minutes).max().unwrap_or(2);
    let cutoff = freshness::upper_bound(clock, minutes, oldest_transaction);
    let mut found = BTreeMap::new();
    for control in active {
        if let Some(entity) = entities::ALL.iter().find(|entity| entity.name == control.entity) {
            let rows = freshness::pending_rows(source, entity, control.watermark, cutoff).await?;
            found.insert(control.entity.clone(), rows);
        }
    }
    Ok(found)
}

/// The overview of a state. `pending` is what [`pending`] found, none when the source cannot be asked.
pub fn overview(state: &State, pending: Option<&BTreeMap<String, u64>>) -> Overview {
    let place = |name: &str| entities::ALL.iter().position(|entity| entity.name == name).unwrap_or(usize::MAX);
    let mut lines: Vec<EntityLine> =
        state.controls.iter().map(|control| entity_line(state, control, pending)).collect();
    lines.sort_by_key(|line| place(&line.entity));
    let active = || lines.iter().filter(|line| line.standing != Standing::Desligada);
    let recent = || lines.iter().flat_map(|line| line.history.iter().rev().take(2));
    let extracted: u64 = recent().map(|day| day.extracted).sum();
    let covered: Vec<&Coverage> = lines.iter().filter_map(|line| line.coverage.as_ref()).collect();
    let (source, target) = covered.iter().fold((0_u128, 0_u128), |sums, one| {
        (sums.0 + u128::from(one.source_rows), sums.1 + u128::from(one.target_rows))
    });
    Overview {
        as_of: state.now,
        running: state.running.clone(),
        day: state.day,
        week: state.week,
        pending: pending.map(|pending| pending.values().sum()),
        worst_lag_seconds: active().filter_map(|line| line.lag_seconds).max(),
        rows_per_second: (extracted > 0).then(|| extracted / recent().map(|day| day.seconds).sum::<u64>().max(1)),
        coverage: (source > 0).then(|| i64::try_from(target * 10_000 / source).unwrap_or(i64::MAX)),
        rejects: state.rejects.values().sum(),
        quality: failed_checks(state, None),
        quality_at: state.quality.iter().map(|line| line.checked_at).max(),
        entities: lines,
    }
}

fn failed_checks(state: &State, entity: Option<&str>) -> (u64, u64) {
    let bad = state.quality.iter().filter(|line| line.status.is_bad() && entity.is_none_or(|name| name == line.entity));
    bad.fold((0, 0), |counts, line| if line.is_error() { (counts.0 + 1, counts.1) } else { (counts.0, counts.1 + 1) })
}

fn entity_line(state: &State, control: &ControlState, pending: Option<&BTreeMap<String, u64>>) -> EntityLine {
    let name = control.entity.as_str();
    let running = state.running.iter().find(|running| running.entity == name).cloned();
    let last = state.last.get(name).cloned();
    let standing = match (&running, last.as_ref().map(|last| last.status.as_str()), control.is_active) {
        (Some(_), ..) => Standing::Rodando,
        (None, _, false) => Standing::Desligada,
        (None, Some("failed"), true) => Standing::Falha,
        (None, Some(_), true) => Standing::Ok,
        (None, None, true) => Standing::SemExecucao,
    };
    let coverage = state.quality.iter().find(|line| line.kind == "coverage" && line.entity == name).and_then(|line| {
        let source_rows = line.checked_rows?;
        let target_rows = source_rows.saturating_sub(line.failing_rows?);
        Some(Coverage { hundredths: line.observed?, source_rows, target_rows, checked_at: line.checked_at })
    });
    let lag_seconds = freshness::lag_seconds(control.watermark.0, state.now);
    EntityLine {
        entity: control.entity.clone(),
        standing,
        source_table: control.source_table.clone(),
        target_table: control.target_table.clone(),
        watermark: lag_seconds.map(|_| control.watermark),
        lag_seconds,
        last_success_at: control.last_success,
        pending: pending.and_then(|pending| pending.get(name).copied()),
        coverage,
        rejects: state.rejects.get(name).copied().unwrap_or(0),
        last,
        running,
        history: state.days.get(name).cloned().unwrap_or_default(),
        quality: failed_checks(state, Some(name)),
    }
}
