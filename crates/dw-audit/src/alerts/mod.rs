//! Alerts: what is wrong now, told to people who are not looking at the page. One implementation of the rules for page and alert
//! (ruling 23): [`conditions`] is a pure function from what is known, the rules and the time. [`plan`] decides what is sent,
//! [`send`] sends it, [`cycle`] does all of it once.
//!
//! Texts are in Portuguese, as the page is; keys and kinds are stable words.

pub mod cycle;
pub mod message;
pub mod plan;
pub mod send;
pub mod state_file;

use dw_core::error::DwError;
use dw_core::time::{DAY, Seconds};
use serde::Serialize;

use crate::monitor::state::{EntityRun, State};
use crate::quality::Severity;
use crate::sla::Verdict;
use crate::sla::health::{Ailment, RunHistory, ailments};
use crate::sla::history::DayVerdict;
use crate::sla::rules::Rules;

/// What is known of the backups of the databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BackupState {
    /// When the last backup that was verified ended; none when there is none.
    pub last_verified_at: Option<Seconds>,
}

/// What the rules look at.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Where the warehouse stands; or why that could not be read.
    pub state: Result<State, Unreachable>,
    /// Why the source could not be reached; none when it was, or was not tried.
    pub source: Option<Unreachable>,
    /// The newest due day of each deadline and entity that is decided.
    pub deadlines: Vec<DayVerdict>,
    /// Backups; none where the warehouse does not record them.
    pub backup: Option<BackupState>,
}

/// Why a database could not be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreachable {
    /// Stable code.
    pub code: &'static str,
    /// The message, which holds no secret.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl From<&DwError> for Unreachable {
    fn from(error: &DwError) -> Self {
        Self { code: error.code(), message: error.to_string(), hint: error.hint() }
    }
}

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// Stable: the same condition has the same key for as long as it lasts. `failure|fact_vendas`.
    pub key: String,
    /// `unreachable`, `failure`, `recurrent`, `freshness`, `hung`, `never_run`, `sla`, `quality`, `backup`.
    pub kind: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The entity, when it is about one.
    pub entity: Option<String>,
    /// One line.
    pub title: String,
    /// What is known, with the limit beside the value.
    pub detail: String,
    /// What to do.
    pub action: String,
}

/// What is wrong, the worst first, then by key.
pub fn conditions(snapshot: &Snapshot, rules: &Rules, now: Seconds) -> Vec<Condition> {
    let mut found = Vec::new();
    match &snapshot.state {
        Err(error) => found.push(unreachable("warehouse", "O DW não pode ser alcançado", error)),
        Ok(state) => {
            for control in state.controls.iter().filter(|control| control.is_active) {
                let name = control.entity.as_str();
                found.extend(state.last.get(name).and_then(failure));
                if let Some(rule) = rules.freshness_of(name) {
                    let history = run_history(state, name);
                    found.extend(ailments(&history, rule, now).iter().map(|ailment| ailing(name, ailment)));
                }
            }
            found.extend(hung(state, rules.heartbeat_minutes, now));
            found.extend(never_run(state, now));
            found.extend(quality(state));
        }
    }
    if let Some(error) = &snapshot.source {
        found.push(unreachable("source", "A origem não pode ser alcançada", error));
    }
    found.extend(snapshot.deadlines.iter().filter(|day| day.verdict.is_miss()).map(missed));
    found.extend(snapshot.backup.and_then(|backup| stale_backup(backup, rules, now)));
    found.sort_by(|left, right| right.severity.cmp(&left.severity).then_with(|| left.key.cmp(&right.key)));
    found
}

/// What the limits of freshness look at, of an entity.
pub fn run_history(state: &State, entity: &str) -> RunHistory {
    let control = state.controls.iter().find(|control| control.entity == entity);
    let (finished, failed) = state.ended.get(entity).copied().unwrap_or_default();
    RunHistory {
        entity: entity.to_owned(),
        is_active: control.is_some_and(|control| control.is_active),
        last_success: control.and_then(|control| control.last_success),
        last_finished: state.last.get(entity).and_then(|run| run.finished_at),
        is_running: state.running.iter().any(|running| running.entity == entity),
        finished,
        failed,
    }
}

fn unreachable(which: &str, title: &str, error: &Unreachable) -> Condition {
    Condition {
        key: format!("unreachable|{which}"),
        kind: "unreachable",
        severity: Severity::Error,
        entity: None,
        title: title.to_owned(),
        detail: format!("{}: {}", error.code, error.message),
        action: error.hint.clone(),
    }
}

fn failure(run: &EntityRun) -> Option<Condition> {
    let failure = run.failure.as_ref().filter(|_| run.status == "failed")?;
    let object = failure.object.as_ref().map_or_else(String::new, |object| format!(" ({object})"));
    Some(Condition {
        key: format!("failure|{}", run.entity),
        kind: "failure",
        severity: Severity::Error,
        entity: Some(run.entity.clone()),
        title: format!("A última execução falhou: {}", failure.reason),
        detail: format!("execução {}, {}{object}: {}", run.run_id, failure.name, failure.signature),
        action: failure.action.to_owned(),
    })
}

fn ailing(entity: &str, ailment: &Ailment) -> Condition {
    let (kind, title, detail, action) = match ailment {
        Ailment::Delayed { minutes, limit, .. } => (
            "freshness",
            "Sem carga bem-sucedida recente".to_owned(),
            format!("última há {}; limite {}", span(minutes * 60), span(limit * 60)),
            "Veja se o `etl` está rodando e por que não termina bem: `etl status`",
        ),
        Ailment::Idle { hours, limit, .. } => (
            "freshness",
            "Nenhuma execução terminou".to_owned(),
            format!("há {}; limite {}", span(hours * 3_600), span(limit * 3_600)),
            "Inicie o `etl`, ou veja por que o agendador não o inicia",
        ),
        Ailment::Failing { finished, failed, percent, limit, .. } => (
            "recurrent",
            "Falhas recorrentes".to_owned(),
            format!("{failed} de {finished} execuções falharam ({percent}%); limite {limit}%"),
            "Veja as mensagens na página da entidade: a mesma causa costuma se repetir",
        ),
    };
    Condition {
        key: format!("{kind}|{entity}"),
        kind,
        severity: ailment.severity(),
        entity: Some(entity.to_owned()),
        title,
        detail,
        action: action.to_owned(),
    }
}

/// Runs that give no sign of life, one condition a run.
fn hung(state: &State, limit: i64, now: Seconds) -> Vec<Condition> {
    let mut found: Vec<Condition> = Vec::new();
    for running in &state.running {
        let silent = now.saturating_sub(running.heartbeat_at.unwrap_or(running.started_at));
        let key = format!("hung|{}", running.run_id);
        if silent <= limit.saturating_mul(60) || found.iter().any(|one| one.key == key) {
            continue;
        }
        let process = running.process.as_ref().map_or_else(String::new, |process| format!(" ({process})"));
        found.push(Condition {
            key,
            kind: "hung",
            severity: Severity::Error,
            entity: Some(running.entity.clone()),
            title: format!("A execução {} não dá sinal de vida", running.run_id),
            detail: format!(
                "{}{process}: último sinal há {}; limite {}",
                running.entity,
                span(silent),
                span(limit * 60)
            ),
            action: "Veja se o processo ainda existe; a próxima execução fecha a de um processo morto".to_owned(),
        });
    }
    found
}

/// One finding for a warehouse that has stood for a day without any run: a fresh one is quiet.
fn never_run(state: &State, now: Seconds) -> Option<Condition> {
    let made =
        state.controls.iter().filter(|control| control.is_active).filter_map(|control| control.created_at).min()?;
    let age = now.saturating_sub(made);
    (state.first_run.is_none() && age > DAY).then(|| Condition {
        key: "never_run".to_owned(),
        kind: "never_run",
        severity: Severity::Warn,
        entity: None,
        title: "O `etl` nunca rodou neste DW".to_owned(),
        detail: format!("o DW foi criado há {}", span(age)),
        action: "Inicie o `etl`, ou agende `etl run --every 5m`".to_owned(),
    })
}

/// Failed checks of severity `error`. Warnings are on the page.
fn quality(state: &State) -> impl Iterator<Item = Condition> + '_ {
    state.quality.iter().filter(|line| line.is_error()).map(|line| {
        let rows = line.failing_rows.map_or_else(String::new, |rows| format!("{rows} linhas; "));
        let message = line.message.as_ref().map_or_else(String::new, |message| format!("; {message}"));
        let sample = if line.sample.is_empty() {
            String::new()
        } else {
            format!("; chaves {}", line.sample.iter().take(5).cloned().collect::<Vec<_>>().join(", "))
        };
        Condition {
            key: format!("quality|{}", line.check),
            kind: "quality",
            severity: Severity::Error,
            entity: Some(line.entity.clone()),
            title: format!("Verificação de qualidade falhou: {}", line.check),
            detail: format!("{rows}regra: {}{message}{sample}", line.threshold),
            action: "Corrija as linhas na origem, execute o `etl` e depois `etl check`".to_owned(),
        }
    })
}

fn missed(day: &DayVerdict) -> Condition {
    let (what, action) = match day.verdict {
        Verdict::NotRun => ("nada rodou", "Inicie o `etl`, ou veja por que o agendador não o inicia"),
        Verdict::Failed => ("todas as execuções falharam", "Corrija a causa da falha e execute o `etl` de novo"),
        _ => ("carregado com atraso ou incompleto", "Veja quanto tempo a carga leva e quando ela começa"),
    };
    let late = if day.loaded_at.is_some() { "atraso de" } else { "atrasado há" };
    Condition {
        key: format!("sla|{}|{}", day.rule, day.entity),
        kind: "sla",
        severity: day.severity,
        entity: Some(day.entity.clone()),
        title: format!("SLA `{}` não cumprido: {what}", day.rule),
        detail: format!(
            "dados de {} até {} UTC; {late} {}; {} execuções, {} com falha",
            day.business_day,
            dw_core::time::format_timestamp(day.due_at),
            span(i64::try_from(day.late_seconds).unwrap_or(i64::MAX)),
            day.attempts,
            day.failed
        ),
        action: action.to_owned(),
    }
}

fn stale_backup(backup: BackupState, rules: &Rules, now: Seconds) -> Option<Condition> {
    let age = backup.last_verified_at.map(|at| now.saturating_sub(at));
    let limits = [(rules.backup_error_hours, Severity::Error), (rules.backup_warn_hours, Severity::Warn)];
    let passed = |(hours, _): &(i64, Severity)| age.is_none_or(|age| age > hours * 3_600);
    let (limit, severity) = limits.into_iter().find(passed)?;
    let detail = age.map_or_else(
        || "nenhum backup verificado".to_owned(),
        |age| format!("o último verificado é de {} atrás; limite {}", span(age), span(limit * 3_600)),
    );
    Some(Condition {
        key: "backup".to_owned(),
        kind: "backup",
        severity,
        entity: None,
        title: "Backup verificado atrasado".to_owned(),
        detail,
        action: "Veja por que o backup não roda ou não passa na verificação".to_owned(),
    })
}

/// A span for people: `45 min`, `6 h 30 min`, `3 d 4 h`.
fn span(seconds: Seconds) -> String {
    let minutes = seconds.max(0) / 60;
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    match (days, hours, minutes) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests;
