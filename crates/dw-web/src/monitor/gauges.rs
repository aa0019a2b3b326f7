//! Figures of the warehouse in the text form of Prometheus, from the same picture as the pages. `docs/operations.md` lists the
//! names.

use std::fmt::Write;
use std::sync::Arc;

use dw_audit::quality::Severity;
use dw_core::time::{Seconds, now};

use super::Monitor;
use super::read::{self, Picture};
use crate::figures::Figures;
use crate::store::Health;

/// The text: only whether the warehouse answers, while nothing was read.
pub(super) async fn text(monitor: &Arc<Monitor>) -> String {
    let health = monitor.store.health().await;
    let is_up = matches!(health, Health::Up { .. });
    let figures = Figures::new(health, Some(monitor.version()), now(), monitor.metrics.clone());
    let picture = figures.get(&monitor.pictures, &(), read::picture(monitor)).await.ok();
    let mut out = Out::default();
    out.one(
        "dw_warehouse_up",
        "1 while the warehouse answers.",
        u64::from(is_up && picture.is_some() && !figures.is_stale()),
    );
    if let Some(picture) = picture {
        of_picture(&mut out, &picture, figures.now);
    }
    out.0
}

#[derive(Default)]
struct Out(String);

impl Out {
    fn many(&mut self, name: &str, help: &str, lines: impl IntoIterator<Item = (String, u64)>) {
        let mut lines = lines.into_iter().peekable();
        if lines.peek().is_none() {
            return;
        }
        // Writing to a String cannot fail.
        let _always_ok = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in lines {
            let _always_ok = writeln!(self.0, "{name}{labels} {value}");
        }
    }

    fn one(&mut self, name: &str, help: &str, value: u64) {
        self.many(name, help, [(String::new(), value)]);
    }
}

/// `{entity="x"}`; a value may hold anything.
fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{{{name}=\"{value}\"}}")
}

fn age(at: Seconds, now: Seconds) -> u64 {
    u64::try_from(now.saturating_sub(at)).unwrap_or(0)
}

fn of_picture(out: &mut Out, picture: &Picture, now: Seconds) {
    let overview = &picture.overview;
    let lines = &overview.entities;
    let of = |value: &dyn Fn(&dw_audit::monitor::overview::EntityLine) -> Option<u64>| -> Vec<(String, u64)> {
        lines.iter().filter_map(|line| Some((label("entity", &line.entity), value(line)?))).collect()
    };
    out.one("dw_figures_age_seconds", "Age of the figures below.", age(picture.read_at, now));
    out.one("dw_source_up", "1 while the source answers.", u64::from(picture.snapshot.source.is_none()));
    out.many(
        "dw_entity_last_success_age_seconds",
        "Seconds since the entity last ended well.",
        of(&|line| line.last_success_at.map(|at| age(at, now))),
    );
    out.many("dw_entity_lag_seconds", "Age of the newest change that was loaded.", of(&|line| line.lag_seconds));
    out.many("dw_entity_pending_rows", "Rows of the source that a run would load now.", of(&|line| line.pending));
    out.many("dw_entity_open_rejects", "Rows in quarantine.", of(&|line| Some(line.rejects)));
    out.many(
        "dw_entity_running",
        "1 while the entity is being run.",
        of(&|line| Some(u64::from(line.running.is_some()))),
    );
    out.many(
        "dw_entity_last_run_failed",
        "1 when the last run of the entity failed.",
        of(&|line| line.last.as_ref().map(|last| u64::from(last.status == "failed"))),
    );
    out.many(
        "dw_entity_last_run_seconds",
        "How long the last run of the entity took.",
        of(&|line| line.last.as_ref().and_then(|last| last.seconds)),
    );
    out.many(
        "dw_entity_last_run_rows",
        "Rows that the last run of the entity read.",
        of(&|line| line.last.as_ref().map(|last| last.extracted)),
    );
    let day = overview.day;
    out.many(
        "dw_runs_last_day",
        "Runs of the last 24 hours by status.",
        [("success", day.succeeded), ("partial", day.partial), ("failed", day.failed), ("running", day.running)]
            .map(|(status, runs)| (label("status", status), runs)),
    );
    let (errors, warnings) = overview.quality;
    out.many(
        "dw_quality_failed_checks",
        "Quality checks whose newest result is a failure, by severity.",
        [("error", errors), ("warn", warnings)].map(|(severity, checks)| (label("severity", severity), checks)),
    );
    out.many(
        "dw_sla_missed",
        "1 when the newest decided deadline of the entity was missed.",
        picture.snapshot.deadlines.iter().map(|day| {
            let rule = label("rule", &day.rule);
            let labels =
                format!("{},{}", rule.trim_end_matches('}'), label("entity", &day.entity).trim_start_matches('{'));
            (labels, u64::from(day.verdict.is_miss()))
        }),
    );
    let open = |severity: Severity| {
        let found = picture.conditions.iter().filter(|one| one.severity == severity).count();
        (label("severity", severity.as_str()), u64::try_from(found).unwrap_or(u64::MAX))
    };
    out.many("dw_alerts_open", "What is wrong now, by severity.", [open(Severity::Error), open(Severity::Warn)]);
    if let Some(at) = picture.snapshot.backup.and_then(|backup| backup.last_verified_at) {
        out.one(
            "dw_backup_last_verified_age_seconds",
            "Seconds since the last backup that was verified.",
            age(at, now),
        );
    }
}
