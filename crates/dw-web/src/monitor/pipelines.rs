//! One row an entity: how it stands, how far it is behind, how fast it was.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dw_audit::monitor::overview::{EntityLine, Overview, Standing};
use maud::{Markup, html};

use super::{Monitor, Question, parts, words};
use crate::form;
use crate::format::Unit;
use crate::grid::Grid;
use crate::query::Choice;

const PATH: &str = "/pipelines";

/// Which entities are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Failed,
    Running,
    Good,
    Waiting,
    Never,
    Off,
}

impl Choice for Which {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::All, "todas", "Todas"),
        (Self::Failed, "falha", "Com falha"),
        (Self::Running, "rodando", "Rodando"),
        (Self::Good, "ok", "OK"),
        (Self::Waiting, "pendente", "Com linhas pendentes"),
        (Self::Never, "sem-execucao", "Sem execução"),
        (Self::Off, "desligada", "Desligadas"),
    ];
}

impl Which {
    fn has(self, line: &EntityLine) -> bool {
        match self {
            Self::All => true,
            Self::Failed => line.standing == Standing::Falha,
            Self::Running => line.standing == Standing::Rodando,
            Self::Good => line.standing == Standing::Ok,
            Self::Waiting => line.pending.is_some_and(|rows| rows > 0),
            Self::Never => line.standing == Standing::SemExecucao,
            Self::Off => line.standing == Standing::Desligada,
        }
    }
}

pub(super) async fn page(State(monitor): State<Arc<Monitor>>, RawQuery(raw): RawQuery) -> Response {
    let mut question = Question::ask(monitor, raw.as_deref()).await;
    let which = question.query.choice::<Which>("situacao", "Situação").unwrap_or(Which::All);
    let body = question.picture().await.map(|picture| draw(&question, &picture.overview, which));
    question.answer(PATH, "Pipelines", body)
}

fn draw(question: &Question, overview: &Overview, which: Which) -> Markup {
    html! {
        form.filters method="get" action=(PATH) aria-label="Filtros" {
            (form::theme_field(&question.query))
            (form::select("situacao", "Situação", which))
            button type="submit" { "Aplicar" }
        }
        section.card id="entidades" data-live=[question.every(5)] {
            h2 { "Entidades, na ordem de trabalho" }
            (table(question, overview.entities.iter().filter(|line| which.has(line))))
        }
    }
}

fn table<'a>(question: &Question, lines: impl Iterator<Item = &'a EntityLine>) -> Markup {
    let mut grid = Grid::new(
        "Entidades",
        &[
            ("Entidade", false),
            ("Situação", false),
            ("Pendentes", true),
            ("Atraso", true),
            ("Última carga boa", false),
            ("Duração", true),
            ("Linhas lidas", true),
            ("Linhas/s", true),
            ("Cobertura", true),
            ("Quarentena", true),
            ("Qualidade", false),
            ("14 dias", false),
        ],
    );
    for line in lines {
        let last = line.last.as_ref();
        // While it runs, its figures are those of the run.
        let (rows, speed) = match &line.running {
            Some(running) => (Some(running.extracted), Some(running.rows_per_second)),
            None => (last.map(|last| last.extracted), last.and_then(|last| last.rows_per_second)),
        };
        let number = |value: Option<u64>| html! { (value.map_or_else(|| "–".to_owned(), parts::count)) };
        grid.row(vec![
            parts::entity(question, &line.entity),
            words::sign(words::standing(line.standing)),
            number(line.pending),
            html! { (line.lag_seconds.map_or_else(|| "–".to_owned(), parts::span)) },
            parts::ago(question, line.last_success_at),
            html! { (last.and_then(|last| last.seconds).map_or_else(|| "–".to_owned(), parts::span)) },
            number(rows),
            number(speed),
            html! { (line.coverage.map_or_else(|| "–".to_owned(), |one| Unit::Percent.show(one.hundredths))) },
            html! { (parts::count(line.rejects)) },
            quality(line.quality),
            html! { div.course { (parts::days(&line.entity, &line.history)) } },
        ]);
    }
    grid.draw()
}

/// Failed checks of an entity.
pub(super) fn quality((errors, warnings): (u64, u64)) -> Markup {
    use crate::mark::Mark;
    let text = |number: u64, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
    html! {
        @if errors > 0 { (words::sign((Mark::Bad, &text(errors, "erro", "erros")))) " " }
        @if warnings > 0 { (words::sign((Mark::Warn, &text(warnings, "aviso", "avisos")))) }
        @if (errors, warnings) == (0, 0) { span.before { "sem falhas" } }
    }
}
