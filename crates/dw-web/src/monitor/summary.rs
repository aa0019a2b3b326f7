//! The first page: what stands how, what is wrong, what runs now.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dw_audit::monitor::overview::Overview;
use dw_audit::monitor::runs::RunLine;
use dw_core::time::Days;
use maud::{Markup, html};

use super::lights::{Seen, lights};
use super::read::Picture;
use super::{Monitor, Question, parts, words};
use crate::chart::bars::{Stand, bars};
use crate::chart::line::line;
use crate::chart::{Data, Series, Size};
use crate::format::{self, Unit};
use crate::grid::Grid;
use crate::page::state;

const PATH: &str = "/";

pub(super) async fn page(State(monitor): State<Arc<Monitor>>, RawQuery(raw): RawQuery) -> Response {
    let question = Question::ask(monitor, raw.as_deref()).await;
    let body = question.picture().await.map(|picture| draw(&question, &picture));
    question.answer(PATH, "Resumo", body)
}

fn draw(question: &Question, picture: &Picture) -> Markup {
    let overview = &picture.overview;
    let seen = Seen {
        overview,
        conditions: &picture.conditions,
        deadlines: &picture.snapshot.deadlines,
        last_run: picture.runs.first(),
        backup: picture.snapshot.backup,
        rules: question.rules(),
        now: question.now(),
        zone: question.zone(),
    };
    html! {
        section id="luzes" aria-label="Situação" data-live=[question.every(5)] { (parts::lights(question, &lights(&seen))) }
        div.stack {
            section.card id="alertas" data-live=[question.every(5)] {
                h2 { "O que está errado agora" @if !picture.conditions.is_empty() { " (" (picture.conditions.len()) ")" } }
                @if picture.conditions.is_empty() {
                    p.note { "Nada. As mesmas regras enviam os alertas, quando há um webhook configurado." }
                } @else {
                    (parts::conditions(question, &picture.conditions))
                }
            }
            section.card id="agora" data-live=[question.every(2)] { (running(question, overview)) }
            @if picture.runs.is_empty() {
                (state("Nenhuma execução ainda", "O data warehouse existe e nada foi carregado. Esta página se atualiza sozinha.", Some("etl")))
            } @else {
                section.card id="ultimas" data-live=[question.every(5)] {
                    h2 { "Últimas execuções" }
                    (runs(question, &picture.runs))
                    p.pager { a href=(question.to("/runs")) { "Todas as execuções" } }
                }
                div.grid2 { (by_day(overview)) (rows_by_day(overview)) }
            }
        }
    }
}

/// What is being run, as it goes on.
pub(super) fn running(question: &Question, overview: &Overview) -> Markup {
    let mut grid = Grid::new(
        "Em execução agora",
        &[
            ("Entidade", false),
            ("Execução", true),
            ("Há", true),
            ("Linhas lidas", true),
            ("Gravadas", true),
            ("Rejeitadas", true),
            ("Linhas/s", true),
            ("Último sinal", false),
            ("Processo", false),
        ],
    );
    for one in &overview.running {
        grid.row(vec![
            parts::entity(question, &one.entity),
            parts::run(question, one.run_id),
            html! { (format::duration((question.now() - one.started_at).max(0))) },
            html! { (parts::count(one.extracted)) },
            html! { (parts::count(one.written)) },
            html! { (parts::count(one.rejected)) },
            html! { (parts::count(one.rows_per_second)) },
            parts::ago(question, one.heartbeat_at),
            html! { (one.process.as_deref().unwrap_or("–")) },
        ]);
    }
    html! {
        h2 { "Em execução agora" }
        @if overview.running.is_empty() { p.note { "Nenhuma execução em andamento." } } @else { (grid.draw()) }
    }
}

/// Runs, one a row.
pub(super) fn runs(question: &Question, found: &[RunLine]) -> Markup {
    let mut grid = Grid::new(
        "Execuções",
        &[
            ("Execução", false),
            ("Início", false),
            ("Situação", false),
            ("Duração", true),
            ("Entidades", false),
            ("Lidas", true),
            ("Gravadas", true),
            ("Rejeitadas", true),
            ("Iniciada por", false),
        ],
    );
    for run in found {
        let entities = match (run.succeeded, run.failed) {
            (ok, 0) => format!("{ok} com sucesso"),
            (ok, failed) => format!("{ok} com sucesso, {failed} com falha"),
        };
        let host = run.host.as_ref().map_or_else(String::new, |host| format!(" em {host}"));
        grid.row(vec![
            parts::run(question, run.run_id),
            parts::moment(question, Some(run.started_at)),
            words::sign(words::run_status(&run.status)),
            html! { (run.seconds.map_or_else(|| format!("há {}", format::duration((question.now() - run.started_at).max(0))), parts::span)) },
            html! { span title=(run.entities.join(", ")) { (entities) } },
            html! { (parts::count(run.extracted)) },
            html! { (parts::count(run.written)) },
            html! { (parts::count(run.rejected)) },
            html! { (run.started_by) (host) },
        ]);
    }
    grid.draw()
}

/// Sums of all entities by day, the oldest first.
fn days(overview: &Overview) -> BTreeMap<Days, [i64; 5]> {
    let mut days: BTreeMap<Days, [i64; 5]> = BTreeMap::new();
    for point in overview.entities.iter().flat_map(|line| &line.history) {
        let sums = days.entry(point.day).or_default();
        let values =
            [point.runs.saturating_sub(point.failed), point.failed, point.extracted, point.written, point.rejected];
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum = sum.saturating_add(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }
    days
}

fn data(overview: &Overview, series: &[(&str, usize)]) -> Data {
    let days = days(overview);
    Data {
        axis: "Dia (UTC)".to_owned(),
        labels: days.keys().map(|day| format::short_date(*day)).collect(),
        series: series
            .iter()
            .map(|(name, at)| Series::of(*name, days.values().map(|sums| sums.get(*at).copied().unwrap_or(0))))
            .collect(),
        unit: Unit::Count,
    }
}

fn by_day(overview: &Overview) -> Markup {
    let data = data(overview, &[("Com sucesso ou em andamento", 0), ("Com falha", 1)]);
    let note = "Cada entidade de cada execução, nos últimos 14 dias.".to_owned();
    bars("Entidades executadas por dia", Some(note), &data, Stand::Stacked, Size::Half).draw(data.is_empty())
}

fn rows_by_day(overview: &Overview) -> Markup {
    let data = data(overview, &[("Lidas", 2), ("Gravadas", 3), ("Rejeitadas", 4)]);
    let note = "Lidas além das gravadas são linhas iguais, lidas de novo.".to_owned();
    line("Linhas por dia", Some(note), &data, Size::Half).draw(data.is_empty())
}
