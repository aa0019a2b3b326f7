//! `etl sla`: the one place that asks `dw-audit` whether service levels were kept.

use dw_audit::alerts::cycle::newest_decided;
use dw_audit::alerts::{Snapshot, conditions};
use dw_audit::monitor::State;
use dw_audit::sla::history::{DayVerdict, MAX_DAYS, verdicts};
use dw_audit::sla::rules;
use dw_core::engine::Access;
use dw_core::error::{Database, DwResult};
use dw_core::exit;
use dw_core::time::{self, format_timestamp};

use super::args::SlaArgs;
use crate::app::Context;
use crate::args::number;
use crate::engine;
use crate::output::Console;
use crate::report::{AilmentRow, DeadlineRow, SlaDocument};

/// Judges the deadlines of so many days and shows the last of each, or all.
///
/// # Errors
/// A bad file of rules, a warehouse that cannot be read.
pub async fn execute(context: &Context, args: &SlaArgs) -> DwResult<u8> {
    let days = u16::try_from(number("--days", &args.days, 1, u64::from(MAX_DAYS))?).unwrap_or(MAX_DAYS);
    let rules = rules::load(context.settings.sla.file.as_deref())?;
    let engine = engine::from_settings(&context.settings)?;
    let mut warehouse = engine.open(Database::Dw, Access::ReadOnly, "etl sla").await?;
    let now = time::now();
    let state = State::read(&mut *warehouse, now, rules.failure_days()).await?;
    let mut document = SlaDocument { command: "sla", as_of: format_timestamp(now), ..SlaDocument::default() };
    for rule in &rules.deadlines {
        let found = verdicts(&mut *warehouse, rule, days, now).await?;
        let last = newest_decided(found.clone(), &state);
        if last.iter().any(|day| day.verdict.is_miss()) {
            document.exit_code = exit::SLA;
        }
        document.deadlines.extend(found.iter().map(|day| row(day, last.contains(day))));
    }
    let snapshot = Snapshot { state: Ok(state), source: None, deadlines: Vec::new(), backup: None };
    let ailing = conditions(&snapshot, &rules, now).into_iter();
    document.freshness = ailing
        .filter(|condition| ["freshness", "recurrent"].contains(&condition.kind))
        .map(|condition| AilmentRow {
            entity: condition.entity.unwrap_or_default(),
            kind: condition.kind.to_owned(),
            severity: condition.severity.as_str(),
            detail: format!("{}: {}", condition.title, condition.detail),
        })
        .collect();
    show(&context.console, &document, args.all)
}

fn row(day: &DayVerdict, is_last: bool) -> DeadlineRow {
    DeadlineRow {
        rule: day.rule.clone(),
        entity: day.entity.clone(),
        day: day.day.clone(),
        business_day: day.business_day.clone(),
        due_at: format_timestamp(day.due_at),
        verdict: day.verdict.as_str(),
        loaded_at: day.loaded_at.map(format_timestamp),
        late_seconds: day.late_seconds,
        attempts: day.attempts,
        failed: day.failed,
        is_last,
    }
}

/// The due days with the verdict, or the document. 30 when the last deadline of an entity was missed.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(console: &Console, document: &SlaDocument, all: bool) -> DwResult<u8> {
    console.present(document, || document.listing(all))?;
    if !console.is_json() {
        document.ailments().iter().try_for_each(|line| console.line(line))?;
        console.line(&document.summary())?;
    }
    Ok(document.exit_code)
}
