//! Pieces that several pages have: a count, a moment, conditions, tiles, links. Pure.

use dw_audit::alerts::Condition;
use dw_audit::failures::Failure;
use dw_audit::monitor::quality::TrendPoint;
use dw_audit::monitor::state::DayPoint;
use dw_core::entities;
use dw_core::time::Seconds;
use maud::{Markup, html};

use super::{Question, words};
use crate::chart::spark::spark;
use crate::format::{self, Unit};
use crate::mark::Mark;

/// A number of things.
pub fn count(value: u64) -> String {
    format::integer(i64::try_from(value).unwrap_or(i64::MAX))
}

/// A length of time.
pub fn span(seconds: u64) -> String {
    format::duration(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// For a cell without a value.
pub fn none() -> Markup {
    html! { span.before { "–" } }
}

/// A text in which commands stand between backticks.
pub fn coded(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A moment, with how long ago it was in its title.
pub(super) fn moment(question: &Question, at: Option<Seconds>) -> Markup {
    match at {
        None => none(),
        Some(at) => html! {
            span title={ "há " (format::duration((question.now() - at).max(0))) } { (format::moment(at, question.zone())) }
        },
    }
}

/// How long ago, with the moment in its title.
pub(super) fn ago(question: &Question, at: Option<Seconds>) -> Markup {
    match at {
        None => none(),
        Some(at) => html! {
            span title=(format::moment(at, question.zone())) { "há " (format::duration((question.now() - at).max(0))) }
        },
    }
}

/// The name of an entity, which leads to its page where it has one.
pub(super) fn entity(question: &Question, name: &str) -> Markup {
    let is_known = entities::ALL.iter().any(|entity| entity.name == name);
    html! {
        @if is_known { a href=(question.to(&format!("/pipelines/{name}"))) { (name) } } @else { (name) }
    }
}

/// The number of a run, which leads to its page.
pub(super) fn run(question: &Question, id: i64) -> Markup {
    html! { a href=(question.to(&format!("/runs/{id}"))) { (id) } }
}

/// A tile: value, what is behind it, and the limit beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Light {
    /// Name.
    pub name: &'static str,
    /// Sign, and the word for it; none for a figure that no rule judges.
    pub state: Option<(Mark, &'static str)>,
    /// Value.
    pub value: String,
    /// The limit, or what the value is about.
    pub limit: String,
    /// Where to read more.
    pub link: Option<&'static str>,
}

/// Tiles in a row.
pub(super) fn lights(question: &Question, lights: &[Light]) -> Markup {
    html! {
        dl class=(if lights.len() == 6 { "tiles lights six" } else { "tiles lights" }) {
            @for light in lights {
                div class={ "tile-card light m-" (light.state.map_or(Mark::Quiet, |(mark, _)| mark).class()) } {
                    dt {
                        @if let Some(link) = light.link { a href=(question.to(link)) { (light.name) } } @else { (light.name) }
                        @if let Some(state) = light.state { " " (words::sign(state)) }
                    }
                    dd.value { (light.value) }
                    dd.more { (light.limit) }
                }
            }
        }
    }
}

/// What is wrong, the worst first.
pub(super) fn conditions<'a>(question: &Question, found: impl IntoIterator<Item = &'a Condition>) -> Markup {
    html! {
        ul.conditions {
            @for condition in found {
                li class={ "m-" (words::mark(condition.severity).class()) } {
                    p.head {
                        (words::sign(words::severity(condition.severity)))
                        @if let Some(name) = &condition.entity { " " (entity(question, name)) }
                        " " strong { (coded(&condition.title)) }
                    }
                    p { (coded(&condition.detail)) }
                    p.note { (coded(&condition.action)) }
                }
            }
        }
    }
}

/// A failure: class, reason, what to do, and the message.
pub fn failure(failure: &Failure) -> Markup {
    html! {
        div.failure {
            p { strong { (failure.reason) } " " code { (failure.name) } @if let Some(code) = &failure.code { " " code { (code) } } @if let Some(object) = &failure.object { " " code { (object) } } }
            p { "O que fazer: " (coded(failure.action)) }
            @if !failure.signature.is_empty() { p.note { (failure.signature) } }
        }
    }
}

/// The rows of an entity by day, as a small course.
pub fn days(name: &str, history: &[DayPoint]) -> Markup {
    let rows: Vec<i64> = history.iter().map(|day| i64::try_from(day.extracted).unwrap_or(i64::MAX)).collect();
    spark(&format!("{name}, linhas lidas por dia"), Unit::Count, &rows)
}

/// The course of a check: failing rows, or the number that it judges.
pub fn trend(name: &str, points: &[TrendPoint]) -> Markup {
    let value = |point: &TrendPoint| {
        let rows = point.failing_rows.and_then(|rows| i64::try_from(rows).ok());
        rows.or(point.observed).unwrap_or(0)
    };
    let values: Vec<i64> = points.iter().map(value).collect();
    spark(&format!("{name}, por dia"), Unit::Count, &values)
}

/// Links from page to page of a list.
pub(super) fn pager(question: &Question, path: &str, page: u32, size: u32, total: u64) -> Markup {
    let pages = total.div_ceil(u64::from(size.max(1)));
    let link = |to: u32| {
        let to = if to < 2 { String::new() } else { to.to_string() };
        question.query.link(path, &[("pagina", to.as_str())])
    };
    html! {
        @if pages > 1 || page > 1 {
            nav.pager aria-label="Páginas da lista" {
                @if page > 1 { a.button.plain href=(link(page - 1)) rel="prev" { "Anterior" } }
                span { "Página " (count(u64::from(page))) @if total > 0 { " de " (count(pages)) } }
                @if u64::from(page) < pages { a.button.plain href=(link(page + 1)) rel="next" { "Próxima" } }
            }
        }
    }
}
