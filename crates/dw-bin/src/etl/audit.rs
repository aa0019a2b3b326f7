//! `etl audit connections`: the one place that asks `dw-audit` who was connected.

use dw_audit::audit_file::{self, Reading};
use dw_audit::connections::{self, Event, Hour, Named, Overview};
use dw_core::engine::Access;
use dw_core::error::{Database, DwError, DwResult};
use dw_core::exit;
use dw_core::time::{format_millis, format_timestamp, parse_duration};

use super::args::ConnectionsArgs;
use crate::app::Context;
use crate::args::number;
use crate::engine;
use crate::output::Console;
use crate::report::{AuditFileRow, ConnectionsReport, EventRow, HourRow, NameRow};

/// The longest look back: a hundred years.
const MAX_SINCE: u64 = 36_500 * 86_400;
/// The longest list.
const MAX_TOP: u64 = 1_000;

/// What was asked for. How many days are kept is a setting (`settings.audit`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionsRequest {
    /// How far to look back, in seconds.
    pub since: u64,
    /// Names of a kind, and events.
    pub top: u32,
    /// Record who is connected now, and what the server audit has written.
    pub capture: bool,
    /// Delete what is too old.
    pub cleanup: bool,
}

/// Checks what was typed.
///
/// # Errors
/// A usage error for each text that is wrong.
pub fn check(args: &ConnectionsArgs) -> DwResult<ConnectionsRequest> {
    let since = parse_duration(&args.since).filter(|seconds| (1..=MAX_SINCE).contains(seconds)).ok_or_else(|| {
        DwError::usage(
            format!("`--since {}` is not a length of time", args.since.escape_debug()),
            "use a whole number with a unit, from `1s` to `36500d`: `30m`, `24h`, `7d`",
        )
    })?;
    let top = number("--top", &args.top, 1, MAX_TOP)?;
    if args.retention_days.is_some() && !args.cleanup {
        return Err(DwError::usage("`--retention-days` needs `--cleanup`", "add `--cleanup`, or leave the days out"));
    }
    let top = u32::try_from(top).unwrap_or(u32::MAX);
    Ok(ConnectionsRequest { since, top, capture: args.capture, cleanup: args.cleanup })
}

/// Records and deletes what was asked for, then shows who was connected.
///
/// # Errors
/// When the warehouse cannot be read or written.
pub async fn execute(context: &Context, request: ConnectionsRequest) -> DwResult<u8> {
    let engine = engine::from_settings(&context.settings)?;
    let writes = request.capture || request.cleanup;
    let access = if writes { Access::ReadWrite } else { Access::ReadOnly };
    let mut session = engine.open(Database::Dw, access, "etl audit").await?;
    let session = &mut *session;
    let mut report = ConnectionsReport { command: "audit connections", ..ConnectionsReport::default() };
    if request.capture {
        report.captured = connections::capture(session).await?;
        report.audit_file = Some(audit_file(audit_file::read(session).await?));
    }
    if request.cleanup {
        let days = context.settings.audit.connection_retention_days;
        report.removed = connections::cleanup(session, days).await?;
    }
    let now = connections::clock(session).await?;
    let since = now.map(|now| now.saturating_sub(i64::try_from(request.since).unwrap_or(i64::MAX)));
    if let Some(since) = since
        && let Some(overview) = connections::latest(session, since, request.top).await?
    {
        fill(&mut report, overview);
        report.has_sessions = true;
        report.since = Some(format_timestamp(since));
    }
    show(&context.console, &report)
}

fn audit_file(reading: Reading) -> AuditFileRow {
    let (state, events, gap) = match reading {
        Reading::NoAudit => ("no_audit", 0, false),
        Reading::NotAllowed => ("not_allowed", 0, false),
        Reading::Read { events, gap } => ("read", events, gap),
    };
    AuditFileRow { state, events, gap }
}

fn fill(report: &mut ConnectionsReport, overview: Overview) {
    let name = |of: Named| NameRow {
        name: of.name,
        events: of.events,
        failed: of.failed,
        last_at: format_millis(of.last_at, false),
    };
    let names = |of: Vec<Named>| of.into_iter().map(name).collect();
    let hour = |of: Hour| HourRow { hour: format_timestamp(of.started_at), events: of.events, failed: of.failed };
    let event = |of: Event| EventRow {
        at: format_millis(of.at, true),
        captured_by: of.captured_by,
        session_id: of.session,
        login: of.login,
        host: of.host,
        program: of.program,
        database: of.database,
        status: of.status,
        address: of.address,
    };
    report.hours = overview.hours.into_iter().map(hour).collect();
    report.logins = names(overview.logins);
    report.programs = names(overview.programs);
    report.hosts = names(overview.hosts);
    report.newest = overview.newest.into_iter().map(event).collect();
}

/// The tables one below the other, or the document.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(console: &Console, report: &ConnectionsReport) -> DwResult<u8> {
    if console.is_json() {
        console.document(report)?;
        return Ok(exit::OK);
    }
    for remark in report.remarks() {
        console.notice(&remark);
    }
    for (number, listing) in report.listings().iter().enumerate() {
        if number > 0 {
            console.line("")?;
        }
        console.listing(listing)?;
    }
    Ok(exit::OK)
}
