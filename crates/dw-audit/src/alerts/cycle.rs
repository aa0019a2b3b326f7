//! One cycle of the alerter: look, decide, send, remember. A database that cannot be reached is itself something to tell.

use std::path::PathBuf;
use std::time::Duration;

use dw_core::engine::{Access, Engine, Executor};
use dw_core::error::{Database, DwResult};
use dw_core::time::{self, Seconds};

use super::message::messages;
use super::plan::Notice;
use super::send::Webhook;
use super::{BackupState, Condition, Snapshot, Unreachable, conditions, state_file};
use crate::backups::page::alert_state;
use crate::monitor::state::State;
use crate::sla::Verdict;
use crate::sla::history::{DayVerdict, verdicts};
use crate::sla::rules::Rules;

/// Dates among which the newest decided due day of a deadline is looked for: more than a week of weekdays.
const DATES: u16 = 16;

/// What alerts, and where to.
#[derive(Debug, Clone)]
pub struct Alerter {
    /// The rules.
    pub rules: Rules,
    /// Where messages go; none for looking alone.
    pub webhook: Option<Webhook>,
    /// Where is remembered what was told.
    pub state_file: PathBuf,
    /// Seconds before the same is told again.
    pub cooldown: Seconds,
    /// Which warehouse this is, for the reader.
    pub name: String,
}

/// What a cycle did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CycleReport {
    /// What is wrong now.
    pub conditions: Vec<Condition>,
    /// What was due to be told.
    pub notices: Vec<Notice>,
    /// How many of them were delivered.
    pub delivered: usize,
    /// Why the others were not; they are due again.
    pub failure: Option<String>,
    /// What else somebody should know: a damaged state that was set aside.
    pub remarks: Vec<String>,
}

/// Everything that the rules look at; backups are those that the warehouse records, unless the caller knows better. Never
/// fails: what cannot be read is a finding.
pub async fn snapshot(engine: &dyn Engine, rules: &Rules, backup: Option<BackupState>, now: Seconds) -> Snapshot {
    let source = match engine.open(Database::Oltp, Access::ReadOnly, "etl alerts").await {
        Ok(_) => None,
        Err(error) => Some(Unreachable::from(&error)),
    };
    match look(engine, rules, now).await {
        Ok((state, deadlines, recorded)) => {
            Snapshot { state: Ok(state), source, deadlines, backup: backup.or(recorded) }
        }
        Err(error) => Snapshot { state: Err(Unreachable::from(&error)), source, deadlines: Vec::new(), backup },
    }
}

/// The state, the newest decided day of each deadline and entity, and what the warehouse records of its backups.
pub type Look = (State, Vec<DayVerdict>, Option<BackupState>);

async fn look(engine: &dyn Engine, rules: &Rules, now: Seconds) -> DwResult<Look> {
    let mut warehouse = engine.open(Database::Dw, Access::ReadOnly, "etl alerts").await?;
    read(&mut *warehouse, rules, now).await
}

/// What the rules look at in the warehouse.
///
/// # Errors
/// Of the engine.
pub async fn read<E: Executor + ?Sized>(warehouse: &mut E, rules: &Rules, now: Seconds) -> DwResult<Look> {
    let state = State::read(warehouse, now, rules.failure_days()).await?;
    let mut decided = Vec::new();
    for rule in &rules.deadlines {
        let days = verdicts(warehouse, rule, DATES, now).await?;
        decided.extend(newest_decided(days, &state));
    }
    let backup = alert_state(warehouse, now).await?;
    Ok((state, decided, backup))
}

/// The newest decided day of each entity; of one that is switched off none.
pub fn newest_decided(days: Vec<DayVerdict>, state: &State) -> Vec<DayVerdict> {
    let mut newest: Vec<DayVerdict> = Vec::new();
    let is_active = |entity: &str| state.controls.iter().any(|control| control.entity == entity && control.is_active);
    for day in days.into_iter().rev() {
        let is_known = newest.iter().any(|one| one.entity == day.entity);
        if !is_known && day.verdict != Verdict::Pending && is_active(&day.entity) {
            newest.push(day);
        }
    }
    newest
}

impl Alerter {
    /// Looks, and tells what is due. With `dry_run` nothing is sent and nothing is remembered.
    ///
    /// # Errors
    /// When the state cannot be read or written: nothing is sent then, because it would be sent again and again.
    pub async fn once(
        &self,
        engine: &dyn Engine,
        backup: Option<BackupState>,
        now: Seconds,
        dry_run: bool,
    ) -> DwResult<CycleReport> {
        let snapshot = snapshot(engine, &self.rules, backup, now).await;
        let conditions = conditions(&snapshot, &self.rules, now);
        let (is_up, knows_backup) = (snapshot.state.is_ok(), snapshot.backup.is_some());
        let is_known = |key: &str| match key.split('|').next().unwrap_or_default() {
            "unreachable" => true,
            "backup" => knows_backup,
            _ => is_up,
        };
        let mut remarks = Vec::new();
        // A dry run touches nothing, a damaged file neither.
        let before = if dry_run { state_file::peek(&self.state_file)? } else { state_file::load(&self.state_file)? };
        if let Some((place, reason)) = &before.set_aside {
            remarks.push(format!(
                "the state of the alerts was damaged ({reason}) and is now in `{}`; what lasts is told again",
                place.display()
            ));
        }
        let (mut state, notices) = before.state.advance(&conditions, is_known, now, self.cooldown);
        let mut report = CycleReport { conditions, notices, delivered: 0, failure: None, remarks };
        if dry_run {
            return Ok(report);
        }
        state_file::save(&self.state_file, &state)?;
        if let Some(webhook) = &self.webhook {
            for (told, body) in messages(webhook.format, &self.name, &report.notices, now) {
                if let Err(reason) = webhook.post(&body).await {
                    report.failure = Some(reason);
                    break;
                }
                report.delivered += told.len();
                // At once, so that a crash between two messages repeats none.
                state.delivered(told, now);
                state_file::save(&self.state_file, &state)?;
            }
        }
        Ok(report)
    }

    /// Cycles for ever, with a pause between them: for a task of a server, which ends it by dropping it. What goes wrong is in
    /// the log, and the next cycle tries again.
    pub async fn watch(&self, engine: &dyn Engine, every: Duration) {
        loop {
            match self.once(engine, None, time::now(), false).await {
                Ok(report) => {
                    for remark in &report.remarks {
                        tracing::warn!("{remark}");
                    }
                    if let Some(reason) = &report.failure {
                        tracing::error!(reason, "alerts could not be delivered; they are due again");
                    }
                    tracing::debug!(conditions = report.conditions.len(), delivered = report.delivered, "alerts");
                }
                Err(error) => tracing::error!(code = error.code(), %error, "a cycle of alerts failed"),
            }
            tokio::time::sleep(every).await;
        }
    }
}
