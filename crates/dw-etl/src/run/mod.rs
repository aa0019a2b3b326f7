//! A run: locks, one cutoff, entities phase by phase, what is derived from sets, and an audit trail that is closed whatever
//! happens. A failing entity does not end the others.

mod entity;
mod idle;
mod select;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use dw_audit::connections;
use dw_audit::failures;
use dw_audit::retention::{self, AuditRetention};
use dw_audit::runs::{self, Process, RunStatus};
use dw_core::engine::{Access, LockGuard, SharedEngine};
use dw_core::entity::Phase;
use dw_core::error::{Database, DwError, DwResult};
use dw_core::time::{self, Seconds, WATERMARK_START};
use futures_util::future::join_all;

use crate::control;
use crate::entity::TransformContext;
use crate::feed::{FeedOptions, StopFlag};
use crate::indexes;
use crate::options::RunOptions;
use crate::pipeline::Extraction;
use crate::report::{EntityReport, EntityStatus, Reporter, RunReport};
use crate::settle;
use crate::source::{SqlSource, Window};
use crate::writers::{Writers, transact};
use entity::fail;
pub(crate) use select::lock_names;
use select::{Job, cutoff, lock_all, refresh, select};

/// Runs entities once.
///
/// # Errors
/// When the run as a whole cannot begin: options, databases, locks. What happens to an entity is in the report.
pub async fn run(
    engine: SharedEngine,
    options: &RunOptions,
    reporter: &dyn Reporter,
    stop: &StopFlag,
) -> DwResult<RunReport> {
    let started = Instant::now();
    options.validate()?;
    let (jobs, idle) = select(&*engine, options).await?;
    let process = Process::current();
    let locks = lock_all(&*engine, &jobs, &process).await?;
    // Control rows are read again under the locks: another run may have moved the watermarks meanwhile.
    let jobs = refresh(&*engine, jobs).await?;
    let cutoff = cutoff(&*engine, options, &jobs).await?;
    let now = time::now();
    let mut dry_session = match options.dry_run {
        true => Some(engine.open(Database::Dw, Access::ReadWrite, "etl dry run").await?),
        false => None,
    };
    let writers = match dry_session.as_mut() {
        Some(session) => Writers::dry(session).await?,
        None => Writers::open(&*engine).await?,
    };
    let (run_id, interrupted) = if options.dry_run {
        (None, false)
    } else {
        let (run, interrupted) = open_run(&writers, &jobs, &idle, &process, now, cutoff, reporter).await?;
        record_connections(&writers, None).await;
        (Some(run), interrupted)
    };
    let context =
        // A run that died may have left an index unmade, which only an entity that is worked on finds.
        Context { engine: &engine, options, reporter, stop, writers: &writers, locks: &locks, cutoff, run_id, now, may_be_idle: !interrupted };
    let mut entities = context.work(&jobs).await;
    entities.extend(idle);
    sort_as_planned(&mut entities);
    let report = context.close(entities, started.elapsed()).await;
    if run_id.is_some() {
        record_connections(&writers, options.connection_retention_days).await;
        forget(&writers, options.audit_retention).await;
    }
    let report = report?;
    drop(writers);
    drop(locks);
    Ok(report)
}

/// Records who is connected, with `retention_days` also forgets who was long ago: one round trip, and no reason to fail.
async fn record_connections(writers: &Writers<'_>, retention_days: Option<u32>) {
    if !connections::has_sessions(writers.dialect()) {
        return;
    }
    match writers.take().await {
        Ok(mut writer) => {
            if let Some(session) = writer.session() {
                connections::record(session, retention_days).await;
            }
        }
        Err(error) => tracing::warn!(code = error.code(), %error, "connections could not be recorded"),
    }
}

/// Deletes what the audit trail has kept for long enough; no reason to fail either.
async fn forget(writers: &Writers<'_>, keep: AuditRetention) {
    if keep == AuditRetention::default() {
        return;
    }
    let now = time::now();
    let cleaned = transact!(writers, tx => retention::clean(tx, keep, now));
    match cleaned {
        Ok(0) => {}
        Ok(rows) => tracing::info!(rows, "old rows of the audit trail deleted"),
        Err(error) => tracing::warn!(code = error.code(), %error, "the audit trail could not be cleaned"),
    }
}

async fn open_run(
    writers: &Writers<'_>,
    jobs: &[Job],
    idle: &[EntityReport],
    process: &Process,
    now: Seconds,
    cutoff: Seconds,
    reporter: &dyn Reporter,
) -> DwResult<(i64, bool)> {
    let names: Vec<&str> = jobs.iter().map(Job::name).collect();
    let broken: Vec<&EntityReport> = idle.iter().filter(|report| report.status == EntityStatus::Failed).collect();
    let all: Vec<&str> = names.iter().copied().chain(broken.iter().map(|report| report.entity)).collect();
    let (closed, run) = transact!(writers, tx => async {
        let closed = runs::close_interrupted(tx, &names, now).await?;
        crate::calendar_table::ensure(tx, None, now).await?;
        let run = runs::start_run(tx, &all, process, now, cutoff).await?;
        for report in &broken {
            // It failed before it could begin: the trail says so at the entity itself (defect E17).
            runs::start_entity(tx, run, report.entity, (WATERMARK_START, 0), now).await?;
            let error = stored_error(report);
            runs::finish_entity(tx, run, report.entity, error.as_deref(), false, now).await?;
        }
        Ok::<_, DwError>((closed, run))
    })?;
    for run in &closed {
        reporter.notice(&format!(
            "run {run} was interrupted; it is now closed as failed, and this run goes on from its last batch"
        ));
    }
    Ok((run, !closed.is_empty()))
}

fn sort_as_planned(entities: &mut [EntityReport]) {
    let place = |name: &str| dw_core::entities::ALL.iter().position(|entity| entity.name == name);
    entities.sort_by_key(|report| place(report.entity));
}

struct Context<'r, 'w> {
    engine: &'r SharedEngine,
    options: &'r RunOptions,
    reporter: &'r dyn Reporter,
    stop: &'r StopFlag,
    writers: &'r Writers<'w>,
    locks: &'r [Box<dyn LockGuard>],
    cutoff: Seconds,
    run_id: Option<i64>,
    now: Seconds,
    may_be_idle: bool,
}

impl Context<'_, '_> {
    /// All phases. The sources of the facts read ahead while the dimensions are applied; that of the discounts begins with
    /// the facts, whose own reading it would slow down before.
    async fn work(&self, jobs: &[Job]) -> Vec<EntityReport> {
        let mut waiting = Vec::new();
        let mut done: Vec<EntityReport> = Vec::new();
        // What goes wrong here goes wrong again with the entity that it belongs to, and is told there.
        let again = self.keys_to_read_again().await.ok();
        let idle = match &again {
            Some(again) if self.may_be_idle => self.idle(jobs, again).await.unwrap_or_default(),
            _ => Vec::new(),
        };
        done.extend(self.report_idle(jobs, &idle).await);
        let jobs: Vec<&Job> = jobs.iter().filter(|job| !idle.contains(&job.name())).collect();
        let targets: Vec<_> = jobs.iter().map(|job| job.entity.descriptor()).collect();
        let incomplete = match jobs.is_empty() {
            true => Ok(Vec::new()),
            false => indexes::incomplete(self.writers, &targets).await,
        };
        // What could not be asked here is asked of each target once more, and told there.
        let is_incomplete = |job: &Job| {
            let target = job.entity.descriptor().target;
            incomplete.as_ref().map_or(true, |tables| tables.iter().any(|table| table.name == target.name))
        };
        for phase in [Phase::Dimensions, Phase::Sellers, Phase::Facts, Phase::Discounts] {
            let starts = |job: &&Job| match job.entity.descriptor().phase {
                Phase::Discounts => phase == Phase::Facts,
                _ => phase == Phase::Dimensions,
            };
            for job in jobs.iter().copied().filter(starts) {
                waiting.push((job, self.start(job, again.as_ref()).await));
            }
            let (now, later): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|(job, _)| job.entity.descriptor().phase == phase);
            waiting = later;
            let sales_failed = phase == Phase::Discounts
                && done.iter().any(|report| report.entity == "fact_vendas" && report.status == EntityStatus::Failed);
            let finished = join_all(
                now.into_iter().map(|(job, started)| self.entity(job, started, sales_failed, is_incomplete(job))),
            )
            .await;
            done.extend(finished);
            self.settle(phase, &mut done).await;
        }
        done
    }

    async fn start(&self, job: &Job, again: Option<&HashMap<String, Vec<i64>>>) -> DwResult<Extraction> {
        let again = match again {
            Some(again) => again.get(job.name()).cloned().unwrap_or_default(),
            None => self.keys_to_read_again().await?.remove(job.name()).unwrap_or_default(),
        };
        self.extraction(job, self.options.reading_window(&job.control, self.cutoff, again), self.options.max_batches)
            .await
    }

    async fn extraction(&self, job: &Job, window: Window, max_batches: Option<u64>) -> DwResult<Extraction> {
        let session = self.engine.open(Database::Oltp, Access::ReadOnly, job.name()).await?;
        let source = SqlSource::new(session, job.entity, window);
        let options = FeedOptions {
            batch_size: job.batch_size,
            max_batches,
            context: TransformContext::on(time::day_of(self.now)),
            stop: self.stop.clone(),
        };
        Ok(Extraction::start(job.entity, source, options))
    }

    async fn keys_to_read_again(&self) -> DwResult<HashMap<String, Vec<i64>>> {
        let mut session = self.engine.open(Database::Dw, Access::ReadOnly, "etl").await?;
        control::keys_to_read_again(&mut *session).await
    }

    /// Derives what depends on sets. An error is that of the entity whose rows asked for it.
    async fn settle(&self, phase: Phase, done: &mut [EntityReport]) {
        let ran = |done: &[EntityReport], name: &str| done.iter().any(|report| report.entity == name);
        let steps: &[&str] = match phase {
            Phase::Dimensions => &[],
            Phase::Sellers => &["dim_vendedor", "dim_equipe"],
            Phase::Facts => &["fact_vendas", "fact_metas"],
            Phase::Discounts => &[],
        };
        let steps: Vec<&str> = steps.iter().copied().filter(|step| ran(done, step)).collect();
        for step in steps {
            let result = match step {
                "fact_vendas" => settle::after_sales(self.writers).await,
                "fact_metas" => settle::after_targets(self.writers).await,
                _ => settle::after_sellers(self.writers).await,
            };
            if let (Err(error), Some(report)) = (result, done.iter_mut().find(|report| report.entity == step)) {
                fail(report, &error);
            }
        }
    }

    async fn close(&self, mut entities: Vec<EntityReport>, elapsed: Duration) -> DwResult<RunReport> {
        let failed = entities.iter().filter(|report| report.status == EntityStatus::Failed).count();
        let succeeded = entities.iter().filter(|report| report.status == EntityStatus::Success).count();
        let errors: Vec<String> = entities
            .iter()
            .filter_map(|report| stored_error(report).map(|error| format!("{}: {error}", report.entity)))
            .collect();
        let status = RunStatus::of(succeeded, failed);
        if let Some(run) = self.run_id {
            let error = (!errors.is_empty()).then(|| errors.join(" | "));
            let error = error.as_deref();
            let closed =
                transact!(self.writers, tx => runs::finish_run(tx, run, succeeded, failed, error, time::now()));
            // The entities' own errors matter more than that the trail could not be closed; the next run closes it.
            if let Err(error) = closed {
                self.reporter.notice(&format!("run {run} could not be closed in the audit trail: {error}"));
                if failed == 0 {
                    return Err(error);
                }
            }
        }
        let exit_code = exit_code(&entities, status, self.options.max_rejects);
        let more_pending = entities.iter().any(|report| report.more_pending);
        for report in &mut entities {
            if self.options.dry_run {
                report.watermark_to = None;
            }
        }
        Ok(RunReport {
            run_id: self.run_id,
            status: status.as_str(),
            dry_run: self.options.dry_run,
            cutoff: self.cutoff,
            seconds: elapsed.as_secs_f64(),
            more_pending,
            entities,
            exit_code,
        })
    }
}

/// 0, 10 or 11; or the more telling code of the failures when all entities failed with the same one. Rejects alone are no
/// failure unless there are more than the operator allows (ruling 27).
pub fn exit_code(entities: &[EntityReport], status: RunStatus, max_rejects: Option<u64>) -> u8 {
    use dw_core::exit;
    let rejected: u64 = entities.iter().map(|report| report.rejected).sum();
    match status {
        RunStatus::Success if max_rejects.is_some_and(|limit| rejected > limit) => exit::PARTIAL,
        RunStatus::Success => exit::OK,
        RunStatus::Partial => exit::PARTIAL,
        RunStatus::Failed => {
            let mut codes =
                entities.iter().filter(|report| report.exit_code != exit::OK).map(|report| report.exit_code);
            let first = codes.next().unwrap_or(exit::FAILED);
            if codes.all(|code| code == first) { first } else { exit::FAILED }
        }
    }
}

/// The error of an entity as the audit trail has it: behind its stable code, by which it is explained.
fn stored_error(report: &EntityReport) -> Option<String> {
    report.error.as_ref().map(|error| failures::with_code(report.error_code, error))
}
