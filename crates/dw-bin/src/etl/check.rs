//! `etl check`, and the checks behind a run: the one place that calls the checks of `dw-etl`.

use dw_audit::quality::{Check, CheckResult, declare};
use dw_core::config::Settings;
use dw_core::engine::Engine;
use dw_core::error::DwResult;
use dw_core::exit;
use dw_core::time::format_timestamp;
use dw_etl::check::{self, CheckReport};
use dw_etl::report::RunReport;

use super::args::CheckArgs;
use crate::app::Context;
use crate::engine;
use crate::output::{Console, Progress};
use crate::report::{CheckDocument, CheckRow};

/// Asks the checks that were chosen, stores and shows what they found.
///
/// # Errors
/// A bad file of checks, an unknown name, a database that cannot be read.
pub async fn execute(context: &Context, args: &CheckArgs) -> DwResult<u8> {
    let settings = &context.settings;
    let all = declare::load(settings.quality.file.as_deref())?;
    let checks = check::choose(all, &names(&args.entity), &names(&args.check))?;
    if args.list {
        return show(&context.console, &list(&checks), true);
    }
    let engine = engine::from_settings(settings)?;
    let progress = Progress::new(&context.console);
    let result = check::check(&*engine, &checks, None, settings.quality.retention_days, &progress).await;
    progress.end();
    show(&context.console, &document(&result?), context.verbosity > 0 || args.all)
}

/// `a,b` as names.
fn names(lists: &[String]) -> Vec<String> {
    let names = lists.iter().flat_map(|list| list.split(',')).map(str::trim).filter(|name| !name.is_empty());
    names.filter(|name| *name != "all").map(str::to_owned).collect()
}

fn list(checks: &[Check]) -> CheckDocument {
    let row = |check: &Check| CheckRow {
        check: check.name.clone(),
        kind: check.kind.as_str().to_owned(),
        entity: check.subject().to_owned(),
        severity: check.severity.as_str(),
        threshold: check.threshold(),
        message: check.description.clone(),
        ..CheckRow::default()
    };
    CheckDocument {
        command: "check",
        stored: true,
        checks: checks.iter().map(row).collect(),
        ..CheckDocument::default()
    }
}

fn document(report: &CheckReport) -> CheckDocument {
    CheckDocument {
        command: "check",
        exit_code: report.exit_code(),
        checked_at: Some(format_timestamp(report.checked_at)),
        seconds: report.seconds,
        errors: report.errors(),
        warnings: report.warnings(),
        stored: report.not_stored.is_none(),
        checks: report.results.iter().map(row).collect(),
    }
}

fn row(result: &CheckResult) -> CheckRow {
    CheckRow {
        check: result.check.clone(),
        kind: result.kind.to_owned(),
        entity: result.entity.to_owned(),
        severity: result.severity.as_str(),
        status: Some(result.status.as_str()),
        observed: result.observed.map(|_| result.shown()),
        threshold: result.threshold.clone(),
        checked_rows: result.checked_rows,
        failing_rows: result.failing_rows,
        message: result.message.clone(),
        sample: result.sample.clone(),
    }
}

/// The failed checks, or all, with the verdict; or the document. 20 when a check of severity `error` failed.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(console: &Console, document: &CheckDocument, all: bool) -> DwResult<u8> {
    if console.is_json() {
        console.document(document)?;
        return Ok(document.exit_code);
    }
    let listing = document.listing(all);
    if !listing.is_empty() {
        console.listing(&listing)?;
    }
    if document.checked_at.is_none() {
        return Ok(exit::OK);
    }
    document.remarks().iter().try_for_each(|line| console.line(line))?;
    console.line(&document.summary())?;
    Ok(document.exit_code)
}

/// Checks behind a run what it changed, unless it is switched off, and returns what should be said about it. Nothing here fails
/// a run: its rows are loaded, and what the checks found is stored.
pub async fn behind(engine: &dyn Engine, settings: &Settings, checks: &[Check], run: &RunReport) -> Vec<String> {
    if !settings.quality.after_run {
        return Vec::new();
    }
    let pause = i64::from(settings.quality.after_run_minutes) * 60;
    match check::after_run(engine, checks, run, pause, settings.quality.retention_days).await {
        Ok(None) => Vec::new(),
        Ok(Some(report)) => {
            let bad = report.results.iter().filter(|result| result.status.is_bad());
            bad.map(|result| {
                let severity = result.severity.as_str();
                format!("quality {severity}: {} ({}), observed {}", result.check, result.threshold, result.shown())
            })
            .collect()
        }
        Err(error) => {
            tracing::warn!(code = error.code(), %error, "quality could not be checked behind the run");
            vec![format!("quality could not be checked behind the run: {error}")]
        }
    }
}
