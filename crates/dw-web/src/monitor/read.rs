//! Readings of the monitor that need more than one function of the read model. Nothing here writes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use dw_audit::alerts::{Condition, Snapshot, Unreachable, conditions, cycle};
use dw_audit::control::ControlState;
use dw_audit::monitor::entity::{self, EntityPage, SourceRows};
use dw_audit::monitor::overview::{Overview, overview, pending};
use dw_audit::monitor::quality::{TrendPoint, trends};
use dw_audit::monitor::runs::{RunFilter, RunLine, runs};
use dw_audit::monitor::{SchemaVersion, schema_versions};
use dw_core::error::{Database, DwResult};
use dw_core::time::{Seconds, now};

use super::Monitor;

/// How long a source that did not answer is left alone, so that the pages do not wait for it again and again.
const REST: Duration = Duration::from_secs(15);
/// How long the source is waited for.
const PATIENCE: Duration = Duration::from_secs(4);
/// Days of the trends on the page of an entity.
const TREND_DAYS: u16 = 14;
/// Runs on the summary.
const LAST_RUNS: u32 = 6;

/// Where everything stands, at one moment.
#[derive(Debug)]
pub struct Picture {
    /// What the rules look at.
    pub snapshot: Snapshot,
    /// What is wrong, the worst first.
    pub conditions: Vec<Condition>,
    /// The entities and the figures above them.
    pub overview: Overview,
    /// The newest runs.
    pub runs: Vec<RunLine>,
    /// When it was read.
    pub read_at: Seconds,
}

/// Reads where everything stands: a constant number of statements on the warehouse, one for each entity on the source.
///
/// # Errors
/// When the warehouse cannot be read. A source that cannot be read is a finding.
pub async fn picture(monitor: &Arc<Monitor>) -> DwResult<Picture> {
    let engine = monitor.store.engine().clone();
    let (read_at, began) = (now(), Instant::now());
    // Only a server has a clock of its own; with none, ours is near enough for a page.
    let clock = match resting(monitor).await {
        Some(why) => Err(why),
        None => match tokio::time::timeout(PATIENCE, engine.source_clock()).await {
            Ok(Ok(clock)) => Ok(clock),
            Ok(Err(error)) => Err(rest(monitor, Unreachable::from(&error)).await),
            Err(_) => Err(rest(monitor, silent()).await),
        },
    };
    let as_of = clock.as_ref().map_or(read_at, |(clock, _)| *clock);
    let rules = monitor.options.rules.clone();
    let (state, deadlines, backup, runs) = monitor
        .store
        .read(move |session| {
            Box::pin(async move {
                let (state, deadlines, backup) = cycle::read(session, &rules, as_of).await?;
                let filter = RunFilter { size: LAST_RUNS, ..RunFilter::default() };
                Ok((state, deadlines, backup, runs(session, &filter).await?.runs))
            })
        })
        .await?;
    let waiting = match clock {
        Ok((clock, oldest)) => waiting(monitor, state.controls.clone(), clock, oldest).await,
        Err(why) => Err(why),
    };
    let overview = overview(&state, waiting.as_ref().ok());
    let snapshot = Snapshot { state: Ok(state), source: waiting.err(), deadlines, backup };
    let conditions = conditions(&snapshot, &monitor.options.rules, as_of);
    monitor.took.store(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    Ok(Picture { snapshot, conditions, overview, runs, read_at })
}

async fn waiting(
    monitor: &Arc<Monitor>,
    controls: Vec<ControlState>,
    clock: Seconds,
    oldest: Option<Seconds>,
) -> Result<BTreeMap<String, u64>, Unreachable> {
    let read =
        monitor.source.read(move |session| Box::pin(async move { pending(session, &controls, clock, oldest).await }));
    match tokio::time::timeout(monitor.options.limits.query, read).await {
        Ok(Ok(rows)) => Ok(rows),
        Ok(Err(error)) => Err(rest(monitor, Unreachable::from(&error)).await),
        Err(_) => Err(rest(monitor, silent()).await),
    }
}

fn silent() -> Unreachable {
    Unreachable {
        code: "DW-E0010",
        message: "a origem não respondeu a tempo".to_owned(),
        hint: "Veja se o servidor da origem está no ar e se a rede o alcança".to_owned(),
    }
}

async fn resting(monitor: &Monitor) -> Option<Unreachable> {
    let rests = monitor.source_rests.lock().await;
    rests.as_ref().filter(|(until, _)| Instant::now() < *until).map(|(_, why)| why.clone())
}

async fn rest(monitor: &Monitor, why: Unreachable) -> Unreachable {
    // A file is there or not at once; only a network keeps a page waiting.
    let rest = if monitor.store.engine().name() == "embedded" { Duration::ZERO } else { REST };
    *monitor.source_rests.lock().await = Some((Instant::now() + rest, why.clone()));
    why
}

/// What the page of an entity shows besides the picture.
#[derive(Debug)]
pub struct Detail {
    /// Runs and rejects; none for a name that is no entity.
    pub page: Option<EntityPage>,
    /// The course of its checks.
    pub trends: BTreeMap<String, Vec<TrendPoint>>,
    /// The rows of its source that changed last; none when the source cannot be read.
    pub source: Option<SourceRows>,
}

/// Reads the page of an entity.
///
/// # Errors
/// When the warehouse cannot be read.
pub async fn detail(monitor: &Arc<Monitor>, name: String, top: u32) -> DwResult<Detail> {
    let of = name.clone();
    let (page, trends) = monitor
        .store
        .read(move |session| {
            Box::pin(async move {
                let now = now();
                let page = entity::page(session, &of, top, now).await?;
                Ok((page, trends(session, Some(&of), TREND_DAYS, now).await?))
            })
        })
        .await?;
    let source = match (&page, resting(monitor).await) {
        (Some(_), None) => {
            let read = monitor
                .source
                .read(move |session| Box::pin(async move { entity::source_rows(session, &name, top.min(20)).await }));
            match tokio::time::timeout(monitor.options.limits.query, read).await {
                Ok(Ok(rows)) => rows,
                // The picture says what is wrong with the source.
                _ => None,
            }
        }
        _ => None,
    };
    Ok(Detail { page, trends, source })
}

/// What the engine of a database can do, or why it does not say.
pub type Features = Result<Vec<(&'static str, String)>, Unreachable>;

/// What the page of settings shows.
#[derive(Debug)]
pub struct About {
    /// Versions of the schema of the warehouse.
    pub versions: Vec<SchemaVersion>,
    /// Where each database is and what its engine can do.
    pub databases: Vec<(Database, String, Features)>,
}

/// Reads it.
///
/// # Errors
/// When the warehouse cannot be read.
pub async fn about(monitor: &Arc<Monitor>) -> DwResult<About> {
    let versions = monitor.store.read(|session| Box::pin(schema_versions(session))).await?;
    let engine = monitor.store.engine();
    let mut databases = Vec::new();
    for database in [Database::Oltp, Database::Dw] {
        let asked = tokio::time::timeout(PATIENCE, engine.features(database)).await;
        let features = match asked {
            Ok(found) => found.map_err(|error| Unreachable::from(&error)),
            Err(_) => Err(silent()),
        };
        databases.push((database, engine.location(database), features));
    }
    Ok(About { versions, databases })
}
