//! Service levels: the deadlines with their history as a calendar, and how fresh each entity is.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dw_audit::alerts::run_history;
use dw_audit::monitor::state::State as Stand;
use dw_audit::monitor::{SlaRule, sla as read};
use dw_audit::sla::Verdict;
use dw_audit::sla::health::{Ailment, ailments};
use dw_audit::sla::history::DayVerdict;
use dw_core::time::{now, parse_date};
use maud::{Markup, html};

use super::{Monitor, Question, parts, words};
use crate::chart::calendar::{Cell, calendar};
use crate::form;
use crate::format;
use crate::grid::Grid;
use crate::mark::Mark;
use crate::query::Choice;

const PATH: &str = "/sla";
/// Due days of a rule that are listed.
const LISTED: usize = 14;

/// Days of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Month,
    Quarter,
    Half,
    Year,
}

impl Choice for Span {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Quarter, "90", "90 dias"),
        (Self::Month, "30", "30 dias"),
        (Self::Half, "180", "180 dias"),
        (Self::Year, "365", "365 dias"),
    ];
}

pub(super) async fn page(State(monitor): State<Arc<Monitor>>, RawQuery(raw): RawQuery) -> Response {
    let mut question = Question::ask(monitor, raw.as_deref()).await;
    let span = question.query.choice::<Span>("dias", "Histórico").unwrap_or(Span::Quarter);
    let body = async {
        let picture = question.picture().await?;
        let days: u16 = span.word().parse().unwrap_or(90);
        let (store, rules) = (question.monitor.store.clone(), question.rules().clone());
        let reading = async move {
            store.read(move |session| Box::pin(async move { read(session, &rules, days, now()).await })).await
        };
        let found = question.figures.get(&question.monitor.sla, &days, reading).await?;
        Ok(draw(&question, &found, picture.snapshot.state.as_ref().ok(), span))
    };
    let body = body.await;
    question.answer(PATH, "SLA", body)
}

fn draw(question: &Question, rules: &[SlaRule], state: Option<&Stand>, span: Span) -> Markup {
    html! {
        form.filters method="get" action=(PATH) aria-label="Filtros" {
            (form::theme_field(&question.query))
            (form::select("dias", "Histórico", span))
            button type="submit" { "Aplicar" }
        }
        p.keys {
            @for one in [Verdict::Met, Verdict::Missed, Verdict::Failed, Verdict::NotRun, Verdict::Pending] { (words::sign(words::verdict(one))) " " }
        }
        div.stack {
            @if rules.is_empty() { section.card { p.empty { "Nenhum prazo declarado." } } }
            div.grid2.three { @for rule in rules { (deadline(rule)) } }
            section.card {
                h2 { "Últimos prazos" }
                (newest(question, rules))
            }
            @if let Some(state) = state { section.card id="frescor" data-live=[question.every(5)] { (freshness(question, state)) } }
        }
    }
}

/// Weekdays as the rules write them.
fn weekdays(days: &[String]) -> String {
    if days.len() == 7 {
        return "todos os dias".to_owned();
    }
    let name = |day: &String| match day.as_str() {
        "Mon" => "seg",
        "Tue" => "ter",
        "Wed" => "qua",
        "Thu" => "qui",
        "Fri" => "sex",
        "Sat" => "sáb",
        _ => "dom",
    };
    days.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn deadline(rule: &SlaRule) -> Markup {
    let grace =
        if rule.grace_minutes > 0 { format!(", tolerância de {} min", rule.grace_minutes) } else { String::new() };
    html! {
        section.card {
            h2 { "Prazo " (rule.rule) ": até " (rule.deadline) " de D+" (rule.days_after) }
            p.note { (rule.time_zone) ", " (weekdays(&rule.weekdays)) (grace) ". O dia inteiro tem de estar carregado até lá." }
            @if rule.days.is_empty() {
                p.empty { "Nenhum prazo venceu desde a primeira execução." }
            } @else {
                p { strong { (parts::count(rule.kept.0)) " de " (parts::count(rule.kept.1)) } " cumpridos" @if let Some(share) = share(rule.kept) { ", " (share) } "." }
                @for entity in &rule.entities { (history(rule, entity)) }
            }
        }
    }
}

fn share((met, judged): (u64, u64)) -> Option<String> {
    let part = format::share(i64::try_from(met).ok()?, i64::try_from(judged).ok()?)?;
    Some(format::Unit::Percent.show(part))
}

fn history(rule: &SlaRule, entity: &str) -> Markup {
    let cell = |day: &DayVerdict| {
        let (mark, word) = words::verdict(day.verdict);
        let late =
            if day.late_seconds > 0 { format!(", {} de atraso", parts::span(day.late_seconds)) } else { String::new() };
        Some(Cell { day: parse_date(&day.day)?, mark, status: format!("{word}{late}") })
    };
    let cells: Vec<Cell> = rule.days.iter().filter(|day| day.entity == entity).filter_map(cell).collect();
    calendar(entity, None, &cells).draw(cells.is_empty())
}

fn newest(question: &Question, rules: &[SlaRule]) -> Markup {
    let mut grid = Grid::new(
        "Últimos prazos",
        &[
            ("Prazo", false),
            ("Regra", false),
            ("Entidade", false),
            ("Dados de", false),
            ("Situação", false),
            ("Carregado", false),
            ("Atraso", true),
            ("Execuções", true),
            ("Com falha", true),
        ],
    )
    .or_say("Nenhum prazo venceu desde a primeira execução.")
    .tall();
    let mut days: Vec<&DayVerdict> = rules.iter().flat_map(|rule| rule.days.iter().rev().take(LISTED)).collect();
    days.sort_by_key(|day| (std::cmp::Reverse(day.due_at), !day.verdict.is_miss()));
    for day in days {
        let date = |text: &str| parse_date(text).map_or_else(|| text.to_owned(), format::date);
        grid.row(vec![
            html! { (format::moment(day.due_at, question.zone())) },
            html! { (day.rule) },
            parts::entity(question, &day.entity),
            html! { (date(&day.business_day)) },
            words::sign(words::verdict(day.verdict)),
            parts::moment(question, day.loaded_at),
            html! { @if day.late_seconds > 0 { (parts::span(day.late_seconds)) } @else { "–" } },
            html! { (parts::count(day.attempts)) },
            html! { (parts::count(day.failed)) },
        ]);
    }
    grid.draw()
}

fn freshness(question: &Question, state: &Stand) -> Markup {
    let mut grid = Grid::new(
        "Frescor por entidade",
        &[
            ("Entidade", false),
            ("Situação", false),
            ("Última carga boa", false),
            ("Limites", false),
            ("Última execução", false),
            ("Limites", false),
            ("Falhas", true),
            ("Limites", false),
        ],
    );
    let place = |name: &str| dw_core::entities::ALL.iter().position(|entity| entity.name == name).unwrap_or(usize::MAX);
    let mut controls: Vec<_> = state.controls.iter().collect();
    controls.sort_by_key(|control| place(&control.entity));
    for control in controls {
        let history = run_history(state, &control.entity);
        let Some(rule) = question.rules().freshness_of(&control.entity) else { continue };
        let found = ailments(&history, rule, state.now);
        let worst = found.iter().map(Ailment::severity).max();
        let sign = match (history.is_active, worst, history.last_success) {
            (false, ..) => (Mark::Quiet, "Desligada"),
            (true, Some(severity), _) => words::severity(severity),
            (true, None, None) => (Mark::Quiet, "Sem carga"),
            (true, None, Some(_)) => (Mark::Good, "Bom"),
        };
        let minutes = |value: i64| format::duration(value * 60);
        let hours = |value: i64| format::duration(value * 3_600);
        grid.row(vec![
            parts::entity(question, &control.entity),
            words::sign(sign),
            parts::ago(question, history.last_success),
            html! { (minutes(rule.delay_warn_minutes)) " / " (minutes(rule.delay_error_minutes)) },
            parts::ago(question, history.last_finished),
            html! { (hours(rule.idle_warn_hours)) " / " (hours(rule.idle_error_hours)) },
            html! { (parts::count(history.failed)) " de " (parts::count(history.finished)) },
            html! { (rule.failure_warn_percent) " % / " (rule.failure_error_percent) " % em " (rule.failure_days) " dias" },
        ]);
    }
    html! {
        h2 { "Frescor por entidade" }
        p.note { "O primeiro limite é um aviso, o segundo um erro. Uma origem sem mudanças não atrasa nada: conta a última carga que terminou bem." }
        (grid.draw())
    }
}
