//! Tiles and cards of backups: what is promised beside what is. Colours follow the reasons of [`dw_audit::backups::state`].

use dw_audit::backups::state::widest_gap;
use dw_audit::backups::{BackupRecord, BackupStatus, DatabaseState, DrillRecord, Reason, Standing};
use dw_core::time::{DAY, Seconds};
use maud::{Markup, html};

use super::super::parts::{Light, span};
use super::super::{Question, parts, words};
use super::{kind, policy, reason, size, status, took};
use crate::format;
use crate::mark::Mark;

/// How a database stands.
fn word(standing: Standing) -> (Mark, &'static str) {
    match standing {
        Standing::Good => (Mark::Good, "Bom"),
        Standing::Late => (Mark::Warn, "Atrasado"),
        Standing::Unproven => (Mark::Bad, "Sem prova"),
        Standing::Stale => (Mark::Bad, "Em risco"),
    }
}

/// How a drill ended.
pub(super) fn outcome(drill: &DrillRecord) -> (Mark, &'static str) {
    if drill.passed { (Mark::Good, "Passou") } else { (Mark::Bad, "Falhou") }
}

/// The databases that a view shows.
pub(super) struct Shown<'a> {
    /// Each with when its next full backup is due.
    pub states: Vec<(&'a DatabaseState, Option<Seconds>)>,
    /// Their backups, the newest first.
    pub history: Vec<&'a BackupRecord>,
}

impl Shown<'_> {
    fn states(&self) -> impl Iterator<Item = &DatabaseState> {
        self.states.iter().map(|(state, _)| *state)
    }

    /// Good, or as bad as the worst reason of these.
    fn worst(&self, is_about: fn(&Reason) -> bool) -> (Mark, &'static str) {
        let reasons = self.states().flat_map(|state| &state.reasons).filter(|reason| is_about(reason));
        word(reasons.map(Reason::standing).max().unwrap_or(Standing::Good))
    }

    /// The greatest of all databases; none where one of them has none.
    fn greatest<T: Ord + Copy>(&self, of: impl Fn(&DatabaseState) -> Option<T>) -> Option<T> {
        let all: Option<Vec<T>> = self.states().map(of).collect();
        all.and_then(|values| values.into_iter().max())
    }
}

fn is_rpo(reason: &Reason) -> bool {
    matches!(reason, Reason::NoVerified | Reason::Old { .. })
}

fn is_rto(reason: &Reason) -> bool {
    matches!(reason, Reason::RestoreSlow { .. })
}

fn is_drill(reason: &Reason) -> bool {
    matches!(reason, Reason::DrillFailed { .. } | Reason::DrillOld { .. })
}

fn is_attempt(reason: &Reason) -> bool {
    matches!(reason, Reason::AttemptFailed { .. } | Reason::Damaged { .. })
}

/// A moment that lies ahead or has passed.
fn due(at: Seconds, now: Seconds) -> String {
    if at > now { format!("em {}", format::duration(at - now)) } else { format!("há {}", format::duration(now - at)) }
}

/// The tiles above the page, each of the database that stands worst.
pub(super) fn lights(question: &Question, shown: &Shown<'_>) -> Vec<Light> {
    let now = question.now();
    let is_new = shown.history.is_empty();
    let judged = |state| Some(if is_new { (Mark::Quiet, "Nenhum") } else { state });
    let tile = |name, state, value: Option<String>, limit| Light {
        name,
        state,
        value: value.unwrap_or_else(|| "–".to_owned()),
        limit,
        link: None,
    };
    let limits = shown.states().map(|state| (state.rpo_limits, state.rto_limit_ms)).next();
    let ((warn, error), rto) = limits.unwrap_or_default();
    let rpo = shown.greatest(|state| state.rpo_seconds);
    let rto_ms = shown.greatest(|state| state.rto_ms);
    let drilled = shown.states().map(|state| state.last_drill.as_ref().map(|drill| drill.started_at)).min();
    let drill = drilled.flatten();
    let last = shown.history.iter().find(|record| record.status != BackupStatus::Running);
    let is_running = shown.history.iter().any(|record| record.status == BackupStatus::Running);
    let kept: usize = shown.states().map(|state| state.kept).sum();
    let bytes: u64 = shown.states().map(|state| state.kept_bytes).sum();
    let next = shown.states.iter().filter_map(|(_, next)| *next).min();
    let rules = question.rules();
    vec![
        tile(
            "RPO agora",
            judged(shown.worst(is_rpo)),
            rpo.map(span),
            format!("prometido: até {}; erro após {}", span(warn), span(error)),
        ),
        tile(
            "RTO medido",
            Some(if rto_ms.is_none() { (Mark::Quiet, "Sem ensaio") } else { shown.worst(is_rto) }),
            rto_ms.map(|millis| took(Some(millis))),
            format!("prometido: até {}", took(Some(rto))),
        ),
        tile(
            "Último backup",
            judged(match shown.worst(is_attempt) {
                (Mark::Good, _) if is_running => (Mark::Running, "Em andamento"),
                state => state,
            }),
            last.map(|record| format!("há {}", format::duration((now - record.started_at).max(0)))),
            last.map_or_else(
                || "nenhum registrado".to_owned(),
                |record| format!("{}: {}", record.database, status(record).1.to_lowercase()),
            ),
        ),
        tile(
            "Último ensaio",
            Some(if drill.is_none() { (Mark::Quiet, "Sem ensaio") } else { shown.worst(is_drill) }),
            drill.map(|at| format!("há {}", format::duration((now - at).max(0)))),
            format!("prova por {}", format::duration(rules.backup_drill_days.saturating_mul(DAY))),
        ),
        tile(
            "Próximo",
            next.map(|at| match (is_new, at > now) {
                (true, _) => (Mark::Quiet, "Nenhum"),
                (false, true) => (Mark::Good, "Na agenda"),
                (false, false) => (Mark::Warn, "Devido"),
            }),
            next.map(|at| if is_new { "agora".to_owned() } else { due(at, now) }),
            format!("completo, {}", policy::schedule(question)),
        ),
        tile("Guardados", None, Some(size(Some(bytes))), format!("{kept} verificados")),
    ]
}

/// What is wrong, for a reader of Portuguese.
fn told(reason_of: &Reason) -> Markup {
    html! {
        @match reason_of {
            Reason::NoVerified => "Não há backup verificado: nada poderia ser restaurado.",
            Reason::Old { age, limit, .. } => { "O último backup verificado tem " (span(*age)) ", mais que " (span(*limit)) "." }
            Reason::AttemptFailed { step, error } => { "A última tentativa falhou" (reason(step.as_deref(), error.as_deref())) }
            Reason::Damaged { file } => { "O arquivo " code { (file) } " está danificado." }
            Reason::DrillFailed { step, error } => { "O último ensaio falhou" (reason(step.as_deref(), error.as_deref())) }
            Reason::DrillOld { days } => { "O último ensaio foi há mais de " (days) " dias." }
            Reason::RestoreSlow { took: millis, limit } => { "Uma restauração levou " (took(Some(*millis))) ", mais que " (took(Some(*limit))) "." }
        }
    }
}

/// A database: promised and actual, the last backup, the last drill, the next ones.
pub(super) fn card(
    question: &Question,
    (state, next): (&DatabaseState, Option<Seconds>),
    history: &[BackupRecord],
    days: &str,
) -> Markup {
    let now = question.now();
    let length: i64 = days.parse().unwrap_or(30);
    let gap = widest_gap(&state.database, history, now.saturating_sub(length.saturating_mul(DAY)), now);
    let drill_days = i64::from(question.monitor.options.backup.drill_days);
    let next_drill = state.last_drill.as_ref().map(|drill| drill.started_at.saturating_add(drill_days * DAY));
    let when = |at: Seconds| html! { (due(at, now)) " " span.before { (format::moment(at, question.zone())) } };
    html! {
        section.card {
            h2 { (state.database) " " (words::sign(word(state.standing))) }
            @if !state.reasons.is_empty() {
                ul.conditions {
                    @for one in &state.reasons { li class={ "m-" (word(one.standing()).0.class()) } { (told(one)) } }
                }
            }
            dl.facts {
                dt { "RPO agora" }
                dd {
                    strong { @if let Some(age) = state.rpo_seconds { (span(age)) } @else { "–" } }
                    " " span.before { "prometido: até " (span(state.rpo_limits.0)) "; erro após " (span(state.rpo_limits.1)) }
                }
                dt { "Pior em " (days) " dias" }
                dd {
                    @if let Some(gap) = gap {
                        (span(gap)) " "
                        @if gap > state.rpo_limits.0 { (words::sign((if gap > state.rpo_limits.1 { Mark::Bad } else { Mark::Warn }, "Acima do prometido"))) " " }
                        span.before { "entre dois backups verificados" }
                    } @else { "–" }
                }
                dt { "RTO medido" }
                dd {
                    strong { (took(state.rto_ms)) }
                    " " span.before { "prometido: até " (took(Some(state.rto_limit_ms))) }
                }
                dt { "Último verificado" }
                dd {
                    @if let Some(record) = &state.last_verified {
                        (parts::moment(question, Some(record.started_at))) ", " (kind(record)) ", " (size(record.size_bytes))
                        @if record.database_bytes.is_some() { " de uma base de " (size(record.database_bytes)) }
                    } @else { "nenhum" }
                }
                dt { "Último ensaio" }
                dd {
                    @if let Some(drill) = &state.last_drill {
                        (parts::moment(question, Some(drill.started_at))) " " (words::sign(outcome(drill)))
                    } @else { "nenhum" }
                }
                dt { "Próximo completo" }
                dd { @if let Some(at) = next { @if state.last_attempt.is_none() { "assim que " code { "backup loop" } " rodar" } @else { (when(at)) } } @else { "–" } }
                dt { "Próximo ensaio" }
                dd {
                    @if drill_days == 0 { "desligado" }
                    @else if let Some(at) = next_drill { (when(at)) }
                    @else { "depois do primeiro backup completo" }
                }
                dt { "Guardados" }
                dd { (state.kept) " verificados, " (size(Some(state.kept_bytes))) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told_in_portuguese_and_its_texts_are_text() {
        let (step, error) = (Some("copy".to_owned()), Some("<b>o disco está cheio</b>".to_owned()));
        let reasons = [
            Reason::NoVerified,
            Reason::Old { age: 97_200, limit: 93_600, is_error: false },
            Reason::Old { age: 190_000, limit: 180_000, is_error: true },
            Reason::AttemptFailed { step: step.clone(), error: error.clone() },
            Reason::AttemptFailed { step: Some("verify".to_owned()), error: None },
            Reason::Damaged { file: "DW_<i>.db".to_owned() },
            Reason::DrillFailed { step, error },
            Reason::DrillFailed { step: None, error: None },
            Reason::DrillOld { days: 8 },
            Reason::RestoreSlow { took: 4_000_500, limit: 3_600_000 },
        ];
        let line = |one: &Reason| format!("{}: {}", word(one.standing()).1, told(one).into_string());
        insta::assert_snapshot!(reasons.iter().map(line).collect::<Vec<_>>().join("\n"));
    }
}
