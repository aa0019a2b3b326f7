//! `etl alerts --once`: the one place that lets `dw-audit` look and tell.

use dw_audit::alerts::cycle::CycleReport;
use dw_audit::alerts::message::{Format, label, messages};
use dw_audit::alerts::plan::NoticeKind;
use dw_core::error::{DwError, DwResult};
use dw_core::exit;
use dw_core::time;

use super::args::AlertsArgs;
use crate::alerter::alerter;
use crate::app::Context;
use crate::engine;
use crate::output::Console;
use crate::report::{AlertsDocument, ConditionRow, NoticeRow};

/// Refuses what makes no sense.
///
/// # Errors
/// A usage error.
pub fn check(args: &AlertsArgs) -> DwResult<()> {
    if args.once || args.dry_run {
        return Ok(());
    }
    Err(DwError::usage(
        "`etl alerts` looks once and ends",
        "add `--once`, or `--dry-run` to send nothing; a scheduler, or the `monitor` binary, looks again and again",
    ))
}

/// Looks once, sends what is due, and shows what was found.
///
/// # Errors
/// No webhook, a bad file of rules, a state that cannot be kept.
pub async fn execute(context: &Context, args: &AlertsArgs) -> DwResult<u8> {
    check(args)?;
    let alerter = alerter(&context.settings)?;
    if alerter.webhook.is_none() && !args.dry_run {
        return Err(DwError::usage(
            "there is no webhook to send to",
            "set `alerts.webhook_url_file` or DW_ALERTS_WEBHOOK_URL_FILE, or look with `--dry-run`",
        ));
    }
    let engine = engine::from_settings(&context.settings)?;
    let now = time::now();
    let report = alerter.once(&*engine, None, now, args.dry_run).await?;
    let mut document = document(&report, args.dry_run);
    if args.dry_run {
        let format = Format::parse(&context.settings.alerts.format);
        let bodies = messages(format, &alerter.name, &report.notices, now);
        document.messages = bodies.into_iter().map(|(_, body)| body).collect();
    }
    for remark in &report.remarks {
        context.console.notice(remark);
    }
    show(&context.console, &document)
}

fn document(report: &CycleReport, dry_run: bool) -> AlertsDocument {
    let kind = |kind: NoticeKind| match kind {
        NoticeKind::Firing => "firing",
        NoticeKind::Repeated => "repeated",
        NoticeKind::Worse => "worse",
        NoticeKind::Recovered => "recovered",
    };
    AlertsDocument {
        command: "alerts",
        exit_code: if report.failure.is_some() { exit::FAILED } else { exit::OK },
        dry_run,
        conditions: report
            .conditions
            .iter()
            .map(|one| ConditionRow {
                key: one.key.clone(),
                kind: one.kind,
                severity: one.severity.as_str(),
                entity: one.entity.clone(),
                title: one.title.clone(),
                detail: one.detail.clone(),
                action: one.action.clone(),
            })
            .collect(),
        notices: report
            .notices
            .iter()
            .map(|one| NoticeRow {
                label: label(one),
                kind: kind(one.kind),
                key: one.key.clone(),
                title: one.title.clone(),
            })
            .collect(),
        delivered: report.delivered,
        failure: report.failure.clone(),
        messages: Vec::new(),
    }
}

/// The conditions, what was told, and of a dry run the messages; or the document.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(console: &Console, document: &AlertsDocument) -> DwResult<u8> {
    if console.is_json() {
        console.document(document)?;
        return Ok(document.exit_code);
    }
    let listing = document.listing();
    if !listing.is_empty() {
        console.listing(&listing)?;
    }
    for notice in &document.notices {
        console.line(&format!("[{}] {} ({})", notice.label, notice.title, notice.key))?;
    }
    for message in &document.messages {
        console.json_line(message)?;
    }
    console.line(&document.summary())?;
    Ok(document.exit_code)
}
