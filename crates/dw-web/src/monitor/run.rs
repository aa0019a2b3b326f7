//! One run: a timeline of its entities, their counters, and failures by class with what to do. It renews itself while the run
//! goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use dw_audit::failures::Failure;
use dw_audit::monitor::runs::{RunDetail, run as read};
use dw_audit::monitor::state::EntityRun;
use maud::{Markup, html};

use super::parts::Light;
use super::{Monitor, Question, parts, words};
use crate::chart::gantt::{Span, gantt};
use crate::format;
use crate::grid::Grid;

/// Digits of an id at most.
const DIGITS: usize = 18;

pub(super) async fn page(
    State(monitor): State<Arc<Monitor>>,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    let question = Question::ask(monitor, raw.as_deref()).await;
    let is_number = !id.is_empty() && id.len() <= DIGITS && id.bytes().all(|byte| byte.is_ascii_digit());
    let Some(id) = id.parse::<i64>().ok().filter(|_| is_number) else {
        return question.absent("/runs", "Execução não encontrada", "O número de uma execução só tem algarismos.");
    };
    let store = question.monitor.store.clone();
    let reading = async move { store.read(move |session| Box::pin(async move { read(session, id).await })).await };
    let found = question.figures.get(&question.monitor.run, &id, reading).await;
    let (path, title) = (format!("/runs/{id}"), format!("Execução {id}"));
    match found {
        Ok(found) => match &*found {
            Some(run) => question.answer(&path, &title, Ok(draw(&question, run))),
            None => question.absent("/runs", "Execução não encontrada", "Não há execução com esse número."),
        },
        Err(trouble) => question.answer(&path, &title, Err(trouble)),
    }
}

fn draw(question: &Question, run: &RunDetail) -> Markup {
    let line = &run.run;
    let is_running = line.status == "running";
    // A part of one id, so that the last renewal shows the end and is the last one.
    html! {
        div.stack id="execucao" data-live=[question.every(2).filter(|_| is_running)] {
            (parts::lights(question, &lights(question, run)))
            @if run.entities.is_empty() {
                section.card { p.empty { "Nenhuma entidade começou." } }
            } @else {
                (gantt("Linha do tempo", &spans(question, run), question.zone()).draw(false))
                section.card { h2 { "Entidades" } (counters(question, &run.entities)) }
            }
            (failures(question, run))
            section.card {
                h2 { "Sobre a execução" }
                dl.facts {
                    dt { "Pedida para" } dd { (line.entities.join(", ")) }
                    dt { "Iniciada por" } dd { (line.started_by) }
                    dt { "Processo" } dd { (line.host.as_deref().unwrap_or("–")) @if let Some(id) = line.process_id { ", processo " (id) } }
                    dt { "Início" } dd { (parts::moment(question, Some(line.started_at))) }
                    dt { "Fim" } dd { (parts::moment(question, line.finished_at)) }
                    dt { "Lida a origem até" } dd { (parts::moment(question, line.cutoff_at)) }
                    dt { "Último sinal de vida" } dd { (parts::moment(question, line.heartbeat_at)) }
                }
            }
        }
    }
}

fn lights(question: &Question, run: &RunDetail) -> Vec<Light> {
    let line = &run.run;
    let elapsed = line.finished_at.unwrap_or(question.now()).saturating_sub(line.started_at).max(0);
    // Of a run that goes on, up to its last sign of life: rows are counted when their batch is.
    let counted = line.finished_at.or(line.heartbeat_at).unwrap_or(question.now());
    let seconds = u64::try_from(counted.saturating_sub(line.started_at)).unwrap_or(0).max(1);
    let tile = |name, value: String, limit: String| Light { name, state: None, value, limit, link: None };
    let of_all = run.entities.iter().filter(|one| one.finished_at.is_some()).count();
    vec![
        Light {
            state: Some(words::run_status(&line.status)),
            ..tile(
                "Situação",
                format!("{of_all} de {} entidades", run.entities.len()),
                format!("{} com sucesso, {} com falha", count_of(run, "success"), count_of(run, "failed")),
            )
        },
        tile(
            "Duração",
            format::duration(elapsed),
            format!("início às {}", format::clock(line.started_at, question.zone())),
        ),
        tile(
            "Linhas lidas",
            parts::count(line.extracted),
            format!("{} iguais", parts::count(sum(run, |one| one.unchanged))),
        ),
        tile(
            "Linhas gravadas",
            parts::count(line.written),
            format!(
                "{} novas, {} alteradas",
                parts::count(sum(run, |one| one.inserted)),
                parts::count(sum(run, |one| one.updated))
            ),
        ),
        tile("Rejeitadas", parts::count(line.rejected), "em quarentena, com motivo".to_owned()),
        tile(
            "Vazão",
            format!("{} linhas/s", parts::count(line.extracted / seconds)),
            if line.finished_at.is_some() { "na execução toda" } else { "até o último sinal" }.to_owned(),
        ),
    ]
}

fn count_of(run: &RunDetail, status: &str) -> usize {
    run.entities.iter().filter(|one| one.status == status).count()
}

fn sum(run: &RunDetail, of: fn(&EntityRun) -> u64) -> u64 {
    run.entities.iter().map(of).sum()
}

fn spans(question: &Question, run: &RunDetail) -> Vec<Span> {
    let until = if run.run.finished_at.is_some() {
        run.run.heartbeat_at.max(run.run.finished_at)
    } else {
        Some(question.now())
    };
    run.entities
        .iter()
        .map(|one| {
            let (mark, word) = words::run_status(&one.status);
            Span {
                lane: one.entity.clone(),
                from: one.started_at,
                to: one.finished_at.or(until).unwrap_or(one.started_at).max(one.started_at),
                mark,
                status: word.to_owned(),
                detail: format!(
                    "{} linhas lidas, {} gravadas",
                    parts::count(one.extracted),
                    parts::count(one.inserted + one.updated)
                ),
            }
        })
        .collect()
}

fn counters(question: &Question, found: &[EntityRun]) -> Markup {
    let mut grid = Grid::new(
        "Contadores por entidade",
        &[
            ("Entidade", false),
            ("Situação", false),
            ("Duração", true),
            ("Lidas", true),
            ("Novas", true),
            ("Alteradas", true),
            ("Iguais", true),
            ("Excluídas", true),
            ("Rejeitadas", true),
            ("Inferidas", true),
            ("Lotes", true),
            ("Linhas/s", true),
        ],
    );
    for one in found {
        let elapsed = (question.now() - one.started_at).max(1);
        let speed = one.rows_per_second.unwrap_or(one.extracted / u64::try_from(elapsed).unwrap_or(1));
        grid.row(vec![
            parts::entity(question, &one.entity),
            html! { (words::sign(words::run_status(&one.status))) @if one.more_pending { " " span.before { "parou antes do fim" } } },
            html! { (one.seconds.map_or_else(|| format!("há {}", format::duration(elapsed)), parts::span)) },
            html! { (parts::count(one.extracted)) },
            html! { (parts::count(one.inserted)) },
            html! { (parts::count(one.updated)) },
            html! { (parts::count(one.unchanged)) },
            html! { (parts::count(one.soft_deleted)) },
            html! { (parts::count(one.rejected)) },
            html! { (parts::count(one.inferred)) },
            html! { (parts::count(one.batches)) },
            html! { (parts::count(speed)) },
        ]);
    }
    grid.draw()
}

fn failures(question: &Question, run: &RunDetail) -> Markup {
    let mut classes: BTreeMap<&'static str, (&Failure, Vec<&EntityRun>)> = BTreeMap::new();
    for one in &run.entities {
        if let Some(failure) = &one.failure {
            classes.entry(failure.name).or_insert_with(|| (failure, Vec::new())).1.push(one);
        }
    }
    html! {
        @if !classes.is_empty() {
            section.card {
                h2 { "Falhas por classe" }
                @for (failure, entities) in classes.values() {
                    (parts::failure(failure))
                    ul.messages {
                        @for one in entities {
                            li { (parts::entity(question, &one.entity)) @if let Some(message) = &one.error { ": " (message) } }
                        }
                    }
                }
            }
        } @else if let Some(error) = run.error.as_ref().filter(|_| run.run.status != "success") {
            section.card { h2 { "Mensagem" } (parts::failure(&dw_audit::failures::explain(Some(error)))) }
        }
    }
}
