//! What a run works on: entities and their control rows, under their locks, up to one cutoff. Not here: any row.

use dw_audit::freshness;
use dw_audit::runs::Process;
use dw_core::engine::{Access, Engine, LockGuard};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::time::{self, Seconds, WATERMARK_START};

use super::entity::fail;
use crate::control::{self, Control};
use crate::entity::Entity;
use crate::options::{RunOptions, Selection};
use crate::report::{EntityReport, EntityStatus};

/// An entity that this run works on.
pub(super) struct Job {
    pub(super) entity: &'static dyn Entity,
    pub(super) control: Control,
    pub(super) batch_size: usize,
}

impl Job {
    pub(super) fn name(&self) -> &'static str {
        self.entity.descriptor().name
    }
}

/// The entities to run, and the reports of those that cannot: switched off, or without a control row.
pub(super) async fn select(engine: &dyn Engine, options: &RunOptions) -> DwResult<(Vec<Job>, Vec<EntityReport>)> {
    // The source is tried first: without it there is nothing to do.
    drop(engine.open(Database::Oltp, Access::ReadOnly, "etl").await?);
    let mut session = engine.open(Database::Dw, Access::ReadOnly, "etl").await?;
    let controls = control::read(&mut *session).await?;
    let mut jobs = Vec::new();
    let mut idle = Vec::new();
    for entity in options.entities.resolve()? {
        let name = entity.descriptor().name;
        match controls.iter().find(|control| control.entity == name) {
            Some(control) if control.is_active => {
                let batch_size =
                    options.batch_size.unwrap_or_else(|| usize::try_from(control.batch_size).unwrap_or(1_000));
                jobs.push(Job { entity, control: control.clone(), batch_size });
            }
            Some(_) if options.entities == Selection::All => {
                idle.push(EntityReport::new(name, EntityStatus::Skipped));
            }
            Some(_) => {
                return Err(DwError::usage(
                    format!("{name} is switched off: its row in ctl.etl_control has is_active = 0"),
                    "set is_active = 1 there, or leave the entity out",
                ));
            }
            None => {
                let error = DwError::SchemaMismatch {
                    message: format!("{name} has no row in ctl.etl_control"),
                    hint: "run `init`, which adds the rows that are missing".to_owned(),
                };
                if options.entities != Selection::All {
                    return Err(error);
                }
                // One missing row must not keep the other entities from running (defect E2).
                let mut report = EntityReport::new(name, EntityStatus::Failed);
                fail(&mut report, &error);
                idle.push(report);
            }
        }
    }
    Ok((jobs, idle))
}

pub(super) async fn refresh(engine: &dyn Engine, mut jobs: Vec<Job>) -> DwResult<Vec<Job>> {
    let mut session = engine.open(Database::Dw, Access::ReadOnly, "etl").await?;
    let controls = control::read(&mut *session).await?;
    for job in &mut jobs {
        if let Some(control) = find(&controls, job.name()) {
            job.control = control;
        }
    }
    Ok(jobs)
}

pub(super) fn find(controls: &[Control], name: &str) -> Option<Control> {
    controls.iter().find(|control| control.entity == name).cloned()
}

/// Takes the locks of all entities, or none: the second run of an entity is told who holds it.
pub(super) async fn lock_all(
    engine: &dyn Engine,
    jobs: &[Job],
    process: &Process,
) -> DwResult<Vec<Box<dyn LockGuard>>> {
    lock_names(engine, jobs.iter().map(Job::name).collect(), process).await
}

/// Takes the locks of these entities, or none.
pub(crate) async fn lock_names(
    engine: &dyn Engine,
    mut names: Vec<&str>,
    process: &Process,
) -> DwResult<Vec<Box<dyn LockGuard>>> {
    let holder = format!(
        "process {} on {} (user {}) since {}Z",
        process.id,
        process.host,
        process.user,
        time::format_timestamp(time::now())
    );
    // One order for all runs, so that two runs never wait for each other.
    names.sort_unstable();
    let mut locks = Vec::new();
    for name in names {
        locks.push(engine.lock(name, &holder).await?);
    }
    Ok(locks)
}

/// One upper bound for all entities of a run, so that no fact outruns its dimensions (ruling 4, defect E12).
pub(super) async fn cutoff(engine: &dyn Engine, options: &RunOptions, jobs: &[Job]) -> DwResult<Seconds> {
    let minutes =
        options.cutoff_minutes.unwrap_or_else(|| jobs.iter().map(|job| job.control.cutoff_minutes).max().unwrap_or(2));
    let (clock, oldest) = engine.source_clock().await?;
    Ok(freshness::upper_bound(clock, minutes, oldest))
}

/// The watermark as a report shows it, once there is one.
pub(super) fn shown_watermark(control: &Control) -> Option<String> {
    let (stamp, key) = control.watermark;
    (stamp > WATERMARK_START).then(|| format!("{}/{key}", time::format_timestamp(stamp)))
}
