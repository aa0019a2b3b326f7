//! Where every entity stands: its last run, its watermark, how far it is behind, and who works on it now. Reads only. The rules
//! of lag and pending rows are those of [`dw_audit::freshness`] (ruling 23).

use std::collections::BTreeMap;

use dw_audit::freshness;
use dw_core::engine::{Access, Engine, Executor};
use dw_core::entities;
use dw_core::error::{Database, DwResult};
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::Seconds;

use crate::control;

const RUNNING_RUNS: SqlText = sql_text!("etl/running_runs");
const LAST_RUNS: SqlText = sql_text!("etl/last_runs");
const COUNT_REJECTS: SqlText = sql_text!("etl/count_rejects");

/// A run that works on an entity now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Who holds the lock of the entity.
    pub holder: String,
    /// The run, as soon as it has opened its row.
    pub run_id: Option<i64>,
    /// Its last sign of life.
    pub heartbeat: Option<Seconds>,
}

/// Where one entity stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityState {
    /// Name.
    pub entity: &'static str,
    /// False when an operator switched it off.
    pub is_active: bool,
    /// The last run that worked on it to an end.
    pub last_run: Option<i64>,
    /// How that ended.
    pub last_status: Option<String>,
    /// When that ended.
    pub last_finished: Option<Seconds>,
    /// When it last ended well.
    pub last_success: Option<Seconds>,
    /// The last change that was loaded.
    pub watermark: (Seconds, i64),
    /// How old that change is; none before the first load.
    pub lag_seconds: Option<u64>,
    /// Rows of the source that a run would load now.
    pub pending: u64,
    /// Rows in quarantine.
    pub rejects: u64,
    /// Who works on it.
    pub running: Option<Running>,
}

/// Where the warehouse stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The clock of the source.
    pub as_of: Seconds,
    /// The cutoff that a run of all entities would have.
    pub cutoff: Seconds,
    /// The entities in the order of work.
    pub entities: Vec<EntityState>,
}

/// Reads where every entity stands.
///
/// # Errors
/// A database that cannot be read.
pub async fn status(engine: &dyn Engine) -> DwResult<Status> {
    let mut source = engine.open(Database::Oltp, Access::ReadOnly, "etl status").await?;
    let mut warehouse = engine.open(Database::Dw, Access::ReadOnly, "etl status").await?;
    let controls = control::read(&mut *warehouse).await?;
    let finished = pairs(&mut *warehouse, LAST_RUNS).await?;
    let rejects = pairs(&mut *warehouse, COUNT_REJECTS).await?;
    let runs = running_runs(&mut *warehouse).await?;
    let (clock, oldest) = engine.source_clock().await?;
    let active = controls.iter().filter(|control| control.is_active);
    let cutoff = freshness::upper_bound(clock, active.map(|control| control.cutoff_minutes).max().unwrap_or(2), oldest);
    let mut states = Vec::new();
    for entity in entities::ALL {
        let Some(control) = controls.iter().find(|control| control.entity == entity.name) else { continue };
        let running = engine.lock_holder(entity.name).await?.map(|holder| {
            let run = runs.iter().find(|run| run.entities.split(',').any(|name| name == entity.name));
            Running { holder, run_id: run.map(|run| run.id), heartbeat: run.and_then(|run| run.heartbeat) }
        });
        states.push(EntityState {
            entity: entity.name,
            is_active: control.is_active,
            last_run: control.last_run,
            last_status: control.last_status.clone(),
            last_finished: finished.get(entity.name).copied(),
            last_success: control.last_success,
            watermark: control.watermark,
            lag_seconds: freshness::lag_seconds(control.watermark.0, clock),
            pending: freshness::pending_rows(&mut *source, entity, control.watermark, cutoff).await?,
            rejects: rejects.get(entity.name).map_or(0, |count| u64::try_from(*count).unwrap_or(0)),
            running,
        });
    }
    Ok(Status { as_of: clock, cutoff, entities: states })
}

struct RunningRun {
    id: i64,
    entities: String,
    heartbeat: Option<Seconds>,
}

/// Runs whose row says that they are running. Whether they are, the lock of the entity says.
async fn running_runs<E: Executor + ?Sized>(executor: &mut E) -> DwResult<Vec<RunningRun>> {
    let sql = RUNNING_RUNS.for_dialect(executor.dialect())?;
    let mut runs = Vec::new();
    for row in executor.query(&sql, &[]).await?.rows() {
        let [id, entities, heartbeat] = row else { continue };
        let entities = entities.text()?.unwrap_or_default().to_owned();
        runs.push(RunningRun { id: id.int()?.unwrap_or_default(), entities, heartbeat: heartbeat.int()? });
    }
    Ok(runs)
}

/// A number for each entity that has one.
async fn pairs<E: Executor + ?Sized>(executor: &mut E, text: SqlText) -> DwResult<BTreeMap<String, i64>> {
    let sql = text.for_dialect(executor.dialect())?;
    let mut found = BTreeMap::new();
    for row in executor.query(&sql, &[]).await?.rows() {
        let [name, number] = row else { continue };
        if let (Some(name), Some(number)) = (name.text()?, number.int()?) {
            found.insert(name.to_owned(), number);
        }
    }
    Ok(found)
}
