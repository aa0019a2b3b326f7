//! The page of one entity: where it stands, its runs, checks, rejects with reasons, and rows of its source.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use dw_audit::monitor::entity::EntityPage;
use dw_audit::monitor::overview::EntityLine;
use dw_audit::monitor::state::EntityRun;
use dw_core::entities;
use maud::{Markup, html};

use super::parts::Light;
use super::read::{Detail, Picture, detail};
use super::{Monitor, Question, parts, quality, words};
use crate::chart::bars::{Stand, bars};
use crate::chart::{Data, Series, Size};
use crate::form;
use crate::format::{self, Unit};
use crate::grid::Grid;
use crate::mark::Mark;
use crate::query::Choice;

/// How many runs and rejects are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Top {
    Few,
    Some,
    Many,
}

impl Choice for Top {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Few, "20", "20"), (Self::Some, "50", "50"), (Self::Many, "200", "200")];
}

pub(super) async fn page(
    State(monitor): State<Arc<Monitor>>,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    let mut question = Question::ask(monitor, raw.as_deref()).await;
    // Only a name that is known goes on, to a statement or to a link.
    let Some(entity) = entities::ALL.iter().find(|entity| entity.name == name) else {
        return question.absent("/pipelines", "Pipeline não encontrado", "Nenhuma entidade tem esse nome.");
    };
    let top = question.query.choice::<Top>("linhas", "Linhas").unwrap_or(Top::Few);
    let path = format!("/pipelines/{}", entity.name);
    let body = async {
        let picture = question.picture().await?;
        let count: u32 = top.word().parse().unwrap_or(20);
        let key = (entity.name.to_owned(), count);
        let read = detail(&question.monitor, key.0.clone(), count);
        let found = question.figures.get(&question.monitor.details, &key, read).await?;
        Ok(draw(&question, &path, entity.name, &picture, &found, top))
    };
    let body = body.await;
    question.answer(&path, entity.name, body)
}

fn draw(question: &Question, path: &str, name: &str, picture: &Picture, detail: &Detail, top: Top) -> Markup {
    let line = picture.overview.entities.iter().find(|line| line.entity == name);
    let found: Vec<_> = picture.conditions.iter().filter(|one| one.entity.as_deref() == Some(name)).collect();
    html! {
        section id="situacao" aria-label="Situação" data-live=[question.every(5)] {
            @if let Some(line) = line {
                (parts::lights(question, &lights(question, line)))
                p.note.compared { "Lê " code { (line.source_table) } ", grava " code { (line.target_table) } @if let Some((at, key)) = line.watermark { ". Carregado até " (format::moment(at, question.zone())) ", chave " (format::integer(key)) } "." }
            } @else {
                p.notices { "A entidade não está em ctl.etl_control: " code { "init" } " a cria." }
            }
        }
        div.stack {
            @if !found.is_empty() { section.card { h2 { "O que está errado agora" } (parts::conditions(question, found)) } }
            @if let Some(line) = line { (course(line)) }
            @if let Some(page) = &detail.page {
                section.card id="execucoes" data-live=[question.every(5)] { h2 { "Execuções" } (runs(question, &page.runs)) }
                (checks(question, picture, name, detail))
                (rejects(question, path, page, top))
            }
            (source(detail))
        }
    }
}

fn lights(question: &Question, line: &EntityLine) -> Vec<Light> {
    let last = line.last.as_ref();
    let tile = |name, value: String, limit: String| Light { name, state: None, value, limit, link: None };
    let dash = || "–".to_owned();
    let coverage = line.coverage;
    let speed = line.running.as_ref().map(|one| one.rows_per_second).or(last.and_then(|last| last.rows_per_second));
    let rule = question.rules().freshness_of(&line.entity);
    vec![
        Light {
            state: Some(words::standing(line.standing)),
            ..tile(
                "Situação",
                line.last_success_at.map_or_else(
                    || "sem carga".to_owned(),
                    |at| format!("há {}", format::duration((question.now() - at).max(0))),
                ),
                rule.map_or_else(dash, |rule| {
                    format!(
                        "última carga boa; limites {} e {}",
                        format::duration(rule.delay_warn_minutes * 60),
                        format::duration(rule.delay_error_minutes * 60)
                    )
                }),
            )
        },
        tile(
            "Linhas pendentes",
            line.pending.map_or_else(dash, parts::count),
            "que uma execução leria agora".to_owned(),
        ),
        tile("Atraso", line.lag_seconds.map_or_else(dash, parts::span), "desde a última mudança carregada".to_owned()),
        tile(
            "Cobertura",
            coverage.map_or_else(dash, |one| Unit::Percent.show(one.hundredths)),
            coverage.map_or_else(
                || "ainda não contada".to_owned(),
                |one| format!("{} de {} linhas", parts::count(one.target_rows), parts::count(one.source_rows)),
            ),
        ),
        tile(
            "Duração",
            last.and_then(|last| last.seconds).map_or_else(dash, parts::span),
            last.map_or_else(dash, |last| format!("{} linhas lidas", parts::count(last.extracted))),
        ),
        tile(
            "Vazão",
            speed.map_or_else(dash, |rows| format!("{} linhas/s", parts::count(rows))),
            if line.running.is_some() { "agora" } else { "na última execução" }.to_owned(),
        ),
        Light {
            state: Some(if line.rejects > 0 { (Mark::Warn, "Aviso") } else { (Mark::Good, "Bom") }),
            ..tile("Quarentena", parts::count(line.rejects), "limite: 0 linhas".to_owned())
        },
    ]
}

fn course(line: &EntityLine) -> Markup {
    let column = |of: fn(&dw_audit::monitor::state::DayPoint) -> u64| {
        line.history.iter().map(move |day| i64::try_from(of(day)).unwrap_or(i64::MAX))
    };
    let data = Data {
        axis: "Dia (UTC)".to_owned(),
        labels: line.history.iter().map(|day| format::short_date(day.day)).collect(),
        series: vec![
            Series::of("Gravadas", column(|day| day.written)),
            Series::of("Rejeitadas", column(|day| day.rejected)),
            Series::of("Iguais", column(|day| day.extracted.saturating_sub(day.written).saturating_sub(day.rejected))),
        ],
        unit: Unit::Count,
    };
    bars("Linhas lidas por dia", None, &data, Stand::Stacked, Size::Full).draw(data.is_empty())
}

fn runs(question: &Question, found: &[EntityRun]) -> Markup {
    let mut grid = Grid::new(
        "Execuções da entidade",
        &[
            ("Execução", false),
            ("Início", false),
            ("Situação", false),
            ("Duração", true),
            ("Lidas", true),
            ("Novas", true),
            ("Alteradas", true),
            ("Iguais", true),
            ("Excluídas", true),
            ("Rejeitadas", true),
            ("Linhas/s", true),
            ("Falha", false),
        ],
    )
    .or_say("Nenhuma execução nos últimos três meses.");
    for run in found {
        grid.row(vec![
            parts::run(question, run.run_id),
            parts::moment(question, Some(run.started_at)),
            words::sign(words::run_status(&run.status)),
            html! { (run.seconds.map_or_else(|| "–".to_owned(), parts::span)) },
            html! { (parts::count(run.extracted)) },
            html! { (parts::count(run.inserted)) },
            html! { (parts::count(run.updated)) },
            html! { (parts::count(run.unchanged)) },
            html! { (parts::count(run.soft_deleted)) },
            html! { (parts::count(run.rejected)) },
            html! { (run.rows_per_second.map_or_else(|| "–".to_owned(), parts::count)) },
            html! { @if let Some(failure) = &run.failure { span title=(failure.signature) { (failure.reason) } } @else { (parts::none()) } },
        ]);
    }
    grid.draw()
}

fn checks(question: &Question, picture: &Picture, name: &str, detail: &Detail) -> Markup {
    let all = picture.snapshot.state.as_ref().map_or(&[][..], |state| &state.quality);
    let of_entity = all.iter().filter(|line| line.entity == name);
    html! {
        section.card {
            h2 { "Verificações de qualidade" }
            (quality::table(question, of_entity, &detail.trends))
        }
    }
}

fn rejects(question: &Question, path: &str, page: &EntityPage, top: Top) -> Markup {
    let mut reasons = Grid::new(
        "Rejeições por motivo",
        &[
            ("Motivo", false),
            ("Linhas", true),
            ("Mais antiga", false),
            ("Última tentativa", false),
            ("Tentativas", true),
        ],
    )
    .or_say("Nenhuma linha em quarentena.");
    for reason in &page.reasons {
        reasons.row(vec![
            html! { code { (reason.code) } },
            html! { (parts::count(reason.rejects)) },
            parts::moment(question, reason.oldest_at),
            parts::moment(question, reason.newest_at),
            html! { (parts::count(reason.attempts)) },
        ]);
    }
    let mut lines = Grid::new(
        "Linhas em quarentena",
        &[
            ("Chave", false),
            ("Motivo", false),
            ("Por quê", false),
            ("Linha da origem", false),
            ("Tentativas", true),
            ("Desde", false),
            ("Execução", true),
        ],
    )
    .tall();
    for reject in &page.rejects {
        let fields = reject.fields.iter().map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or("NULL")));
        lines.row(vec![
            html! { (format::integer(reject.key)) },
            html! { code { (reject.code) } },
            html! { div.long { (reject.reason) } },
            html! { div.long.before { (fields.collect::<Vec<_>>().join(", ")) } },
            html! { (parts::count(reject.attempts)) },
            parts::moment(question, reject.rejected_at),
            html! { @if let Some(id) = reject.last_run_id { (parts::run(question, id)) } @else { (parts::none()) } },
        ]);
    }
    html! {
        section.card {
            h2 { "Quarentena" }
            (reasons.draw())
            @if !page.rejects.is_empty() {
                h3.apart { "Linhas, a tentada por último primeiro" }
                p.note { "Sem dados pessoais. Corrija a linha na origem: a próxima execução a lê de novo pela chave." }
                (lines.draw())
            }
            form.filters.plain method="get" action=(path) aria-label="Quantidade" {
                (form::theme_field(&question.query))
                (form::select("linhas", "Execuções e linhas mostradas", top))
                button type="submit" { "Aplicar" }
            }
        }
    }
}

fn source(detail: &Detail) -> Markup {
    html! {
        section.card {
            h2 { "Linhas da origem mudadas por último" }
            @match &detail.source {
                None => p.empty { "A origem não pode ser lida agora." },
                Some(rows) if rows.rows.is_empty() => p.empty { "A tabela da origem está vazia." },
                Some(rows) => {
                    p.note { "Sem as colunas com dados pessoais." }
                    div.scroll.tall tabindex="0" role="region" aria-label="Linhas da origem" {
                        table.lines {
                            thead { tr { @for column in &rows.columns { th scope="col" { (column) } } } }
                            tbody {
                                @for row in &rows.rows {
                                    tr { @for value in row { td { @match value { Some(value) => (value), None => span.before { "NULL" } } } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
