//! Rows of `audit.etl_run` and `audit.etl_run_entity`: opened, kept alive, closed, and closed for a process that died.

use dw_core::engine::Executor;
use dw_core::error::{DwError, DwResult};
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::{self, Seconds};
use dw_core::value::Value;

use crate::counters::Counters;

const START_RUN: SqlText = sql_text!("audit/start_run");
const FIND_RUN: SqlText = sql_text!("audit/find_run");
const FINISH_RUN: SqlText = sql_text!("audit/finish_run");
const START_ENTITY: SqlText = sql_text!("audit/start_entity");
const IDLE_ENTITIES: SqlText = sql_text!("audit/idle_entities");
const COUNT_BATCHES: SqlText = sql_text!("audit/count_batches");
const ADD_COUNTERS: SqlText = sql_text!("audit/add_counters");
const HEARTBEAT: SqlText = sql_text!("audit/heartbeat");
const FINISH_ENTITY: SqlText = sql_text!("audit/finish_entity");
const INTERRUPTED: SqlText = sql_text!("audit/interrupted_runs");
const CLOSE_ENTITIES: SqlText = sql_text!("audit/close_interrupted_entities");
const CLOSE_LATE_ENTITIES: SqlText = sql_text!("audit/close_late_entities");
const COUNT_ENTITIES: SqlText = sql_text!("audit/count_entities");

/// The longest message that the contract's column holds.
const MESSAGE_WIDTH: usize = 4_000;

/// How a run or an entity ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// All went well.
    Success,
    /// Some entities failed.
    Partial,
    /// All entities failed.
    Failed,
}

impl RunStatus {
    /// The stored form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }

    /// The status of a run with so many entities.
    pub fn of(succeeded: usize, failed: usize) -> Self {
        match (succeeded, failed) {
            (_, 0) => Self::Success,
            (0, _) => Self::Failed,
            _ => Self::Partial,
        }
    }
}

/// Who runs.
#[derive(Debug, Clone)]
pub struct Process {
    /// Operating system user.
    pub user: String,
    /// Host name.
    pub host: String,
    /// Process id.
    pub id: u32,
}

impl Process {
    /// This process.
    pub fn current() -> Self {
        let host = std::env::var("HOSTNAME")
            .ok()
            .or_else(|| std::fs::read_to_string("/etc/hostname").ok())
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "localhost".to_owned());
        let user = ["USER", "USERNAME", "LOGNAME"]
            .iter()
            .find_map(|name| std::env::var(name).ok())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "unknown".to_owned());
        Self { user, host, id: std::process::id() }
    }
}

async fn run_text<E: Executor + ?Sized>(executor: &mut E, text: SqlText, params: &[Value]) -> DwResult<u64> {
    let sql = text.for_dialect(executor.dialect())?;
    executor.execute(&sql, params).await
}

/// Opens a run and returns its id.
///
/// # Errors
/// Of the engine.
pub async fn start_run<E: Executor + ?Sized>(
    executor: &mut E,
    entities: &[&str],
    process: &Process,
    now: Seconds,
    cutoff: Seconds,
) -> DwResult<i64> {
    let params = [
        entities.join(",").into(),
        process.user.as_str().into(),
        Value::seconds(now),
        Value::seconds(cutoff),
        process.host.as_str().into(),
        i64::from(process.id).into(),
    ];
    run_text(executor, START_RUN, &params).await?;
    let sql = FIND_RUN.for_dialect(executor.dialect())?;
    let params = [process.host.as_str().into(), i64::from(process.id).into(), Value::seconds(now)];
    let found = executor.query(&sql, &params).await?;
    found.get(0, 0).int()?.ok_or_else(|| DwError::Internal("the row of the run was not found".to_owned()))
}

/// Opens an entity of a run.
///
/// # Errors
/// Of the engine.
pub async fn start_entity<E: Executor + ?Sized>(
    executor: &mut E,
    run: i64,
    entity: &str,
    watermark: (Seconds, i64),
    now: Seconds,
) -> DwResult<()> {
    let params = [run.into(), entity.into(), Value::seconds(now), Value::seconds(watermark.0), watermark.1.into()];
    run_text(executor, START_ENTITY, &params).await.map(|_| ())
}

/// Opens and closes the entities of a run that had nothing to do.
///
/// # Errors
/// Of the engine.
pub async fn idle_entities<E: Executor + ?Sized>(
    executor: &mut E,
    run: i64,
    entities: &[&str],
    now: Seconds,
) -> DwResult<()> {
    let params = [run.into(), format!(",{},", entities.join(",")).into(), Value::seconds(now)];
    run_text(executor, IDLE_ENTITIES, &params).await.map(|_| ())
}

/// Adds what a batch did, and tells that the run is alive.
///
/// # Errors
/// Of the engine.
pub async fn add_counters<E: Executor + ?Sized>(
    executor: &mut E,
    run: i64,
    entity: &str,
    counters: &Counters,
    now: Seconds,
) -> DwResult<()> {
    let count = |n: u64| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
    let params = [
        run.into(),
        entity.into(),
        count(counters.extracted),
        count(counters.inserted),
        count(counters.updated),
        count(counters.unchanged),
        count(counters.soft_deleted),
        count(counters.rejected),
        count(counters.inferred),
        Value::seconds(now),
    ];
    run_text(executor, ADD_COUNTERS, &params).await?;
    run_text(executor, HEARTBEAT, &[run.into(), Value::seconds(now)]).await.map(|_| ())
}

/// How many batches of an entity of a run are committed.
///
/// # Errors
/// Of the engine.
pub async fn batches<E: Executor + ?Sized>(executor: &mut E, run: i64, entity: &str) -> DwResult<u64> {
    let sql = COUNT_BATCHES.for_dialect(executor.dialect())?;
    let found = executor.query(&sql, &[run.into(), entity.into()]).await?;
    Ok(u64::try_from(found.get(0, 0).int()?.unwrap_or(0)).unwrap_or(0))
}

/// Closes an entity of a run.
///
/// # Errors
/// Of the engine.
pub async fn finish_entity<E: Executor + ?Sized>(
    executor: &mut E,
    run: i64,
    entity: &str,
    error: Option<&str>,
    more_pending: bool,
    now: Seconds,
) -> DwResult<()> {
    let status = if error.is_some() { "failed" } else { "success" };
    let params =
        [run.into(), entity.into(), status.into(), error.map(message).into(), Value::seconds(now), more_pending.into()];
    run_text(executor, FINISH_ENTITY, &params).await.map(|_| ())
}

/// Closes a run.
///
/// # Errors
/// Of the engine.
pub async fn finish_run<E: Executor + ?Sized>(
    executor: &mut E,
    run: i64,
    succeeded: usize,
    failed: usize,
    error: Option<&str>,
    now: Seconds,
) -> DwResult<RunStatus> {
    let status = RunStatus::of(succeeded, failed);
    let params = [
        run.into(),
        status.as_str().into(),
        Value::Int(i64::try_from(succeeded).unwrap_or(i64::MAX)),
        Value::Int(i64::try_from(failed).unwrap_or(i64::MAX)),
        error.map(message).into(),
        Value::seconds(now),
    ];
    run_text(executor, FINISH_RUN, &params).await?;
    Ok(status)
}

/// Closes, as `failed` with the reason, the runs of processes that died: every run still marked as running that asked for
/// one of `locked`. The caller holds the locks of those entities; a living run of theirs would hold one, so there is none
/// (ruling 21). Closes also rows of these entities that came into a run after it was closed. Returns the ids of the runs.
///
/// # Errors
/// Of the engine.
pub async fn close_interrupted<E: Executor + ?Sized>(
    executor: &mut E,
    locked: &[&str],
    now: Seconds,
) -> DwResult<Vec<i64>> {
    let sql = INTERRUPTED.for_dialect(executor.dialect())?;
    let running = executor.query(&sql, &[]).await?;
    let mut closed = Vec::new();
    for row in running.rows() {
        let [run, entities, started, heartbeat, host, process] = row else { continue };
        let requested = entities.text()?.unwrap_or_default();
        if !requested.split(',').any(|entity| locked.contains(&entity)) {
            continue;
        }
        let run = run.int()?.unwrap_or_default();
        let alive = heartbeat.int()?.or(started.int()?).map_or_else(String::new, time::format_timestamp);
        let reason = format!(
            "interrupted: process {} on {} ended without closing the run; last sign of life {alive}Z",
            process.int()?.unwrap_or_default(),
            host.text()?.unwrap_or("an unknown host"),
        );
        run_text(executor, CLOSE_ENTITIES, &[run.into(), reason.as_str().into(), Value::seconds(now)]).await?;
        let sql = COUNT_ENTITIES.for_dialect(executor.dialect())?;
        let counts = executor.query(&sql, &[run.into()]).await?;
        let succeeded = counts.get(0, 0).int()?.unwrap_or(0);
        let failed = counts.get(0, 1).int()?.unwrap_or(0);
        let params =
            [run.into(), "failed".into(), succeeded.into(), failed.into(), reason.as_str().into(), Value::seconds(now)];
        run_text(executor, FINISH_RUN, &params).await?;
        closed.push(run);
    }
    let entities = format!(",{},", locked.join(","));
    let reason = "interrupted: its connection was lost, and the server began it when the run was closed already";
    run_text(executor, CLOSE_LATE_ENTITIES, &[entities.into(), reason.into(), Value::seconds(now)]).await?;
    Ok(closed)
}

/// A message that fits its column; the end is what a long one loses, and it says so.
fn message(text: &str) -> String {
    if text.chars().count() <= MESSAGE_WIDTH {
        return text.to_owned();
    }
    let kept: String = text.chars().take(MESSAGE_WIDTH - 4).collect();
    format!("{kept} ...")
}
