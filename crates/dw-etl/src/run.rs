//! A run: locks, one cutoff, entities phase by phase, what is derived from sets, and an audit trail that is closed whatever
//! happens. A failing entity does not end the others.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use dw_audit::connections;
use dw_audit::counters::Counters;
use dw_audit::failures;
use dw_audit::freshness;
use dw_audit::runs::{self, Process, RunStatus};
use dw_core::engine::{Access, Engine, LockGuard, SharedEngine};
use dw_core::entity::Phase;
use dw_core::error::{Database, DwError, DwResult};
use dw_core::time::{self, Seconds, WATERMARK_START};
use dw_core::value::Value;
use futures_util::future::join_all;

use crate::checkpoint;
use crate::control::{self, Control};
use crate::entity::{Entity, TransformContext};
use crate::feed::{FeedOptions, StopFlag};
use crate::indexes;
use crate::options::{RunOptions, Selection};
use crate::pipeline::{Extraction, Outcome};
use crate::report::{EntityReport, EntityStatus, Reporter, RunReport};
use crate::settle;
use crate::sink::WarehouseSink;
use crate::source::{SqlSource, Window};
use crate::statements::{Compare, Statements};
use crate::writers::{Writers, transact};

/// An entity that this run works on.
struct Job {
    entity: &'static dyn Entity,
    control: Control,
    batch_size: usize,
}

impl Job {
    fn name(&self) -> &'static str {
        self.entity.descriptor().name
    }
}

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

/// The entities to run, and the reports of those that cannot: switched off, or without a control row.
async fn select(engine: &dyn Engine, options: &RunOptions) -> DwResult<(Vec<Job>, Vec<EntityReport>)> {
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

async fn refresh(engine: &dyn Engine, mut jobs: Vec<Job>) -> DwResult<Vec<Job>> {
    let mut session = engine.open(Database::Dw, Access::ReadOnly, "etl").await?;
    let controls = control::read(&mut *session).await?;
    for job in &mut jobs {
        if let Some(control) = find(&controls, job.name()) {
            job.control = control;
        }
    }
    Ok(jobs)
}

fn find(controls: &[Control], name: &str) -> Option<Control> {
    controls.iter().find(|control| control.entity == name).cloned()
}

/// Takes the locks of all entities, or none: the second run of an entity is told who holds it.
async fn lock_all(engine: &dyn Engine, jobs: &[Job], process: &Process) -> DwResult<Vec<Box<dyn LockGuard>>> {
    let holder = format!(
        "process {} on {} (user {}) since {}Z",
        process.id,
        process.host,
        process.user,
        time::format_timestamp(time::now())
    );
    let mut names: Vec<&str> = jobs.iter().map(Job::name).collect();
    // One order for all runs, so that two runs never wait for each other.
    names.sort_unstable();
    let mut locks = Vec::new();
    for name in names {
        locks.push(engine.lock(name, &holder).await?);
    }
    Ok(locks)
}

/// One upper bound for all entities of a run, so that no fact outruns its dimensions (ruling 4, defect E12).
async fn cutoff(engine: &dyn Engine, options: &RunOptions, jobs: &[Job]) -> DwResult<Seconds> {
    let minutes =
        options.cutoff_minutes.unwrap_or_else(|| jobs.iter().map(|job| job.control.cutoff_minutes).max().unwrap_or(2));
    let (clock, oldest) = engine.source_clock().await?;
    Ok(freshness::upper_bound(clock, minutes, oldest))
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

/// The watermark as a report shows it, once there is one.
fn shown_watermark(control: &Control) -> Option<String> {
    let (stamp, key) = control.watermark;
    (stamp > WATERMARK_START).then(|| format!("{}/{key}", time::format_timestamp(stamp)))
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
            let finished =
                join_all(now.into_iter().map(|(job, started)| self.entity(job, started, sales_failed))).await;
            done.extend(finished);
            self.settle(phase, &mut done).await;
        }
        done
    }

    /// The entities for which the source has no change in their window and no key is to be read again. One session asks
    /// for all of them; each other one is spared its own, with its temporary tables.
    async fn idle(&self, jobs: &[Job], again: &HashMap<String, Vec<i64>>) -> DwResult<Vec<&'static str>> {
        let mut session = self.engine.open(Database::Oltp, Access::ReadOnly, "etl").await?;
        let dialect = session.dialect();
        let mut idle = Vec::new();
        for job in jobs.iter().filter(|job| !again.contains_key(job.name())) {
            let window = self.options.reading_window(&job.control, self.cutoff, Vec::new());
            let sql = Statements::new(job.entity, dialect).any_change();
            let bounds = [Value::seconds(window.lower), Value::seconds(window.upper)];
            if session.query(&sql, &bounds).await?.get(0, 0).int()? == Some(0) {
                idle.push(job.name());
            }
        }
        Ok(idle)
    }

    async fn report_idle(&self, jobs: &[Job], idle: &[&'static str]) -> Vec<EntityReport> {
        if idle.is_empty() {
            return Vec::new();
        }
        let recorded = match self.run_id {
            None => Ok(()),
            Some(run) => transact!(self.writers, tx => async {
                let now = time::now();
                runs::idle_entities(tx, run, idle, now).await?;
                control::finish_idle(tx, idle, run, now).await
            }),
        };
        let mut reports = Vec::new();
        for job in jobs.iter().filter(|job| idle.contains(&job.name())) {
            let mut report = EntityReport::new(job.name(), EntityStatus::Success);
            report.watermark_to = shown_watermark(&job.control);
            if let Err(error) = &recorded {
                fail(&mut report, error);
            }
            self.reporter.entity_started(job.name());
            self.reporter.entity_finished(&report);
            reports.push(report);
        }
        reports
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

    async fn entity(&self, job: &Job, extraction: DwResult<Extraction>, sales_failed: bool) -> EntityReport {
        let started = Instant::now();
        self.reporter.entity_started(job.name());
        let mut kept = Counters::default();
        let result = if let Err(error) = self.open_entity(job).await {
            Err(error)
        } else if sales_failed {
            Err(DwError::DependencyFailed { entity: job.name().to_owned(), dependency: "fact_vendas".to_owned() })
        } else {
            self.load(job, extraction, &mut kept).await
        };
        let mut report = EntityReport::new(job.name(), EntityStatus::Success);
        match &result {
            Ok(outcome) => {
                report.count(&outcome.counters, started.elapsed());
                report.more_pending = outcome.more_pending;
            }
            Err(error) => {
                // The batches before the error are in the warehouse.
                report.count(&kept, started.elapsed());
                fail(&mut report, error);
            }
        }
        if let Err(error) = self.finish(job, &mut report).await {
            fail(&mut report, &error);
        }
        self.reporter.entity_finished(&report);
        checkpoint::pass(checkpoint::BETWEEN_ENTITIES);
        report
    }

    async fn open_entity(&self, job: &Job) -> DwResult<()> {
        let Some(run) = self.run_id else { return Ok(()) };
        let watermark = job.control.watermark;
        transact!(self.writers, tx => runs::start_entity(tx, run, job.name(), watermark, time::now()))
    }

    /// `kept` counts what was committed, also when an error ends the load.
    async fn load(&self, job: &Job, extraction: DwResult<Extraction>, kept: &mut Counters) -> DwResult<Outcome> {
        let extraction = extraction?;
        let target = job.entity.descriptor().target;
        let first_load = indexes::prepare_first_load(self.writers, job.entity.descriptor()).await?;
        let watermark = self.options.window.is_none().then_some(job.control.watermark);
        let mut sink = WarehouseSink::new(job.entity, self.writers, self.run_id, watermark).first_load(first_load);
        if self.options.full_refresh {
            sink = sink.comparing(Compare::Values);
        }
        if let Some(lock) = self.locks.iter().find(|lock| lock.resource() == job.name()) {
            sink = sink.under(&**lock);
        }
        let drained = extraction.drain(&mut sink, self.reporter).await;
        *kept = sink.kept();
        indexes::ensure(self.writers, target).await?;
        sink.end_first_load();
        let mut outcome = drained?;
        if !job.entity.descriptor().swappable.is_empty() && !outcome.more_pending {
            let unparked = self.unpark(job, &mut sink).await;
            *kept = sink.kept();
            outcome.counters += unparked?;
        }
        if job.name() == "dim_equipe" {
            settle::team_names(self.writers).await?;
        }
        Ok(outcome)
    }

    /// Rows that were parked for a value of theirs and did not come with this run are read again by key; whatever is still
    /// parked then fails the entity (ruling 8).
    async fn unpark(&self, job: &Job, sink: &mut WarehouseSink<'_, '_>) -> DwResult<Counters> {
        let parked = self.parked(job).await?;
        if parked.is_empty() {
            return Ok(Counters::default());
        }
        let nothing_new = (i64::MAX, i64::MAX);
        let window = Window { lower: i64::MAX, upper: i64::MIN, watermark: nothing_new, again: parked };
        let outcome = self.extraction(job, window, None).await?.drain(sink, &crate::report::Silent).await?;
        let left = self.parked(job).await?;
        if left.is_empty() {
            return Ok(outcome.counters);
        }
        let sample: Vec<String> = left.iter().take(5).map(i64::to_string).collect();
        Err(DwError::StillParked {
            entity: job.name().to_owned(),
            count: i64::try_from(left.len()).unwrap_or(i64::MAX),
            sample: format!("keys {}", sample.join(", ")),
        })
    }

    async fn parked(&self, job: &Job) -> DwResult<Vec<i64>> {
        transact!(self.writers, tx => control::parked(tx, job.name()))
    }

    async fn finish(&self, job: &Job, report: &mut EntityReport) -> DwResult<()> {
        let ok = report.status == EntityStatus::Success;
        let (error, more_pending) = (stored_error(report), report.more_pending);
        let controls = transact!(self.writers, tx => async {
            if let Some(run) = self.run_id {
                let now = time::now();
                runs::finish_entity(tx, run, job.name(), error.as_deref(), more_pending, now).await?;
                control::finish(tx, job.name(), run, ok, now).await?;
            }
            control::read(tx).await
        })?;
        report.watermark_to = find(&controls, job.name()).as_ref().and_then(shown_watermark);
        Ok(())
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

/// The error of an entity as the audit trail has it: behind its stable code, by which it is explained.
fn stored_error(report: &EntityReport) -> Option<String> {
    report.error.as_ref().map(|error| failures::with_code(report.error_code, error))
}

fn fail(report: &mut EntityReport, error: &DwError) {
    tracing::error!(entity = report.entity, code = error.code(), %error, "entity failed");
    report.status = EntityStatus::Failed;
    report.error = Some(error.to_string());
    report.error_code = Some(error.code());
    report.error_hint = Some(error.hint());
    report.exit_code = error.exit_code();
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
