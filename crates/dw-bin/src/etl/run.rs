//! `etl run`: the one place that calls the runner of `dw-etl`.

use std::time::Duration;

use dw_audit::quality::{Check, declare};
use dw_audit::retention::AuditRetention;
use dw_core::config::Settings;
use dw_core::engine::{Access, SharedEngine};
use dw_core::error::{Database, DwResult};
use dw_core::migrate;
use dw_core::time::format_timestamp;
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::{EntityReport, EntityStatus, Reporter, rows_per_second};
use dw_sample::base::BaseOptions;
use dw_sample::load::{self, IfFilled};

use super::check;
use super::request::RunRequest;
use crate::app::Context;
use crate::output::{Console, Failure, Progress};
use crate::report::{EntityRow, RunDocument};
use crate::{engine, sample, signal};

/// Runs once, or with `--every` until a stop is asked for.
///
/// # Errors
/// What keeps a run from starting. What happens to an entity is part of its report.
pub async fn execute(context: &Context, request: &RunRequest) -> DwResult<u8> {
    let console = &context.console;
    // Before anything is loaded: a bad file of checks would be found behind the run.
    let checks = declare::load(context.settings.quality.file.as_deref())?;
    let engine = engine::from_settings(&context.settings)?;
    let log = console.log_writer();
    let stop = StopFlag::new();
    let raised = stop.clone();
    let waiting = signal::listen(move || {
        raised.stop();
        log.say("stopping after the current batch; once more stops at once");
    });
    let mut notices = sample_if_untouched(context, request, &engine).await?;
    if let Some(every) = request.every {
        let cycle = async || once(context, &engine, request, &stop, &checks, std::mem::take(&mut notices)).await;
        return super::every::repeat(console, every, &waiting, cycle).await;
    }
    let document = once(context, &engine, request, &stop, &checks, notices).await?;
    show(console, &document)?;
    Ok(document.exit_code)
}

/// One run of the chosen entities. Interrupted between two batches when `stop` is set.
async fn once(
    context: &Context,
    engine: &SharedEngine,
    request: &RunRequest,
    stop: &StopFlag,
    checks: &[Check],
    mut notices: Vec<String>,
) -> DwResult<RunDocument> {
    let progress = progress(context, request);
    let result = dw_etl::run::run(engine.clone(), &options(&context.settings, request), &progress, stop).await;
    notices.extend(progress.end());
    let report = result?;
    let quality = check::behind(&**engine, &context.settings, checks, &report).await;
    for line in &quality {
        console_notice(context, request, line);
    }
    notices.extend(quality);
    Ok(RunDocument {
        command: "run",
        status: report.status,
        exit_code: report.exit_code,
        run_id: report.run_id,
        cutoff: Some(format_timestamp(report.cutoff)),
        dry_run: report.dry_run,
        more_pending: report.more_pending,
        seconds: report.seconds,
        entities: report.entities.iter().map(row).collect(),
        notices,
    })
}

/// With `--every` the line of the cycle says it.
fn console_notice(context: &Context, request: &RunRequest, line: &str) {
    if request.every.is_none() {
        context.console.notice(line);
    }
}

fn options(settings: &Settings, request: &RunRequest) -> RunOptions {
    RunOptions {
        entities: request.entities.clone(),
        batch_size: settings.etl.batch_size.and_then(|rows| usize::try_from(rows).ok()),
        cutoff_minutes: settings.etl.cutoff_minutes.map(i64::from),
        lookback_minutes: settings.etl.lookback_minutes.map(i64::from),
        max_batches: request.max_batches,
        max_rejects: settings.etl.max_rejects,
        dry_run: request.dry_run,
        full_refresh: request.full_refresh,
        window: request.window,
        columnstore: settings.sqlserver.columnstore,
        connection_retention_days: Some(settings.audit.connection_retention_days),
        audit_retention: AuditRetention {
            run_days: settings.audit.run_retention_days,
            reject_days: settings.audit.reject_retention_days,
        },
    }
}

impl Reporter for Progress<'_> {
    fn entity_started(&self, entity: &str) {
        self.started(entity);
    }

    fn batch(&self, entity: &str, rows: u64, elapsed: Duration) {
        self.rows(entity, rows, None, rows_per_second(rows, elapsed));
    }

    fn entity_finished(&self, report: &EntityReport) {
        self.finished(report.entity, &row(report).line());
    }

    fn notice(&self, message: &str) {
        self.remark(message);
    }
}

/// What `dw-etl` reports of an entity, as it is shown.
fn row(report: &EntityReport) -> EntityRow {
    let status = match report.status {
        EntityStatus::Success => "success",
        EntityStatus::Failed => "failed",
        EntityStatus::Skipped => "skipped",
    };
    EntityRow {
        entity: report.entity.to_owned(),
        status,
        extracted: report.extracted,
        inserted: report.inserted,
        updated: report.updated,
        unchanged: report.unchanged,
        soft_deleted: report.soft_deleted,
        rejected: report.rejected,
        inferred: report.inferred,
        batches: report.batches,
        seconds: report.seconds,
        rows_per_second: report.rows_per_second,
        watermark_to: report.watermark_to.clone(),
        error: report.error.as_ref().map(|message| Failure {
            code: report.error_code.unwrap_or("DW-E0099"),
            message: message.clone(),
            hint: report.error_hint.clone(),
            exit_code: report.exit_code,
        }),
    }
}

/// The sample for somebody who types `etl` on an empty machine (ruling 26). Returns what was said about it.
async fn sample_if_untouched(context: &Context, request: &RunRequest, engine: &SharedEngine) -> DwResult<Vec<String>> {
    let settings = &context.settings;
    if !settings.may_create_sample() {
        return Ok(Vec::new());
    }
    let progress = progress(context, request);
    if !engine::is_untouched(settings) {
        // An `init` without a sample, or the creation of one that was killed: the operator knows which, this does not.
        let mut source = engine.open(Database::Oltp, Access::ReadOnly, "etl").await?;
        if load::filled_tables(&mut *source).await?.is_empty() {
            progress.remark("the source holds no rows: `init --scale 1` fills it with a sample");
        }
        return Ok(progress.end());
    }
    let folder = settings.data_dir.display();
    progress.remark(&format!("no databases in `{folder}` yet: creating them with a sample of 90,000 orders"));
    migrate::init(&**engine).await?;
    sample::fill(&**engine, BaseOptions::at(sample::default_as_of()), IfFilled::Keep, &progress).await?;
    Ok(progress.end())
}

/// With `--every`, standard output belongs to the one line a cycle.
fn progress<'a>(context: &'a Context, request: &RunRequest) -> Progress<'a> {
    let progress = Progress::new(&context.console);
    if request.every.is_some() { progress.without_lines() } else { progress }
}

/// The result: a document for a program; a table and a sum, or the sum alone, for a person.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(console: &Console, document: &RunDocument) -> DwResult<()> {
    if console.is_json() {
        return console.document(document);
    }
    // In a pipe each entity had its line when it ended.
    if console.is_terminal() {
        console.listing(&document.listing())?;
    }
    console.line(&document.summary())?;
    for entity in &document.entities {
        if let Some(error) = &entity.error {
            // Some errors name their entity themselves.
            let named = error.message.contains(&entity.entity);
            let message = if named { error.message.clone() } else { format!("{}: {}", entity.entity, error.message) };
            console.failure(&Failure { message, ..error.clone() });
        }
    }
    Ok(())
}
