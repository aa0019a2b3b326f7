//! The list of runs, by status, entity and time.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dw_audit::monitor::runs::{MAX_PAGE, RunFilter, RunsPage, runs as read};
use dw_audit::sla::local_moment;
use dw_core::entities;
use dw_core::time::{Days, format_date, to_date};
use maud::{Markup, html};

use super::{Monitor, Question, parts, summary};
use crate::form;
use crate::query::Choice;

const PATH: &str = "/runs";
/// A page that is further away is never asked for.
const LAST_PAGE: u64 = 1_000_000;

/// Runs of which status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Running,
    Success,
    Partial,
    Failed,
}

impl Choice for Which {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::All, "todas", "Todas"),
        (Self::Running, "running", "Em andamento"),
        (Self::Success, "success", "Sucesso"),
        (Self::Partial, "partial", "Parcial"),
        (Self::Failed, "failed", "Falha"),
    ];
}

/// Runs of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    Few,
    Some,
    Many,
}

impl Choice for Size {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Few, "25", "25"), (Self::Some, "50", "50"), (Self::Many, "200", "200")];
}

struct Asked {
    which: Which,
    size: Size,
    entity: Option<String>,
    from: Option<Days>,
    to: Option<Days>,
    page: u32,
}

pub(super) async fn page(State(monitor): State<Arc<Monitor>>, RawQuery(raw): RawQuery) -> Response {
    let mut question = Question::ask(monitor, raw.as_deref()).await;
    let asked = Asked::read(&mut question);
    let filter = asked.filter(&question);
    let body = async {
        let key = format!("{filter:?}");
        let store = question.monitor.store.clone();
        let reading =
            async move { store.read(move |session| Box::pin(async move { read(session, &filter).await })).await };
        let found = question.figures.get(&question.monitor.runs, &key, reading).await?;
        Ok(draw(&question, &asked, &found))
    };
    let body = body.await;
    question.answer(PATH, "Execuções", body)
}

impl Asked {
    fn read(question: &mut Question) -> Self {
        let names: Vec<String> = entities::ALL.iter().map(|entity| entity.name.to_owned()).collect();
        let query = &mut question.query;
        let (mut from, mut to) = (query.date("de", "De"), query.date("ate", "Até"));
        if let (Some(first), Some(last)) = (from, to)
            && first > last
        {
            (from, to) = (to, from);
            query.note("Período: as datas estavam trocadas.");
        }
        Self {
            which: query.choice("status", "Situação").unwrap_or(Which::All),
            size: query.choice("tamanho", "Linhas").unwrap_or(Size::Few),
            entity: query.known("entidade", "Entidade", &names).into_iter().next(),
            from,
            to,
            page: if query.last("pagina").is_some() {
                query.number("pagina", "Página", 1, LAST_PAGE).and_then(|page| u32::try_from(page).ok()).unwrap_or(1)
            } else {
                1
            },
        }
    }

    fn filter(&self, question: &Question) -> RunFilter {
        let midnight = |day: Days| local_moment(question.zone(), to_date(day).and_time(chrono::NaiveTime::MIN), false);
        RunFilter {
            status: (self.which != Which::All).then(|| self.which.word().to_owned()),
            entity: self.entity.clone(),
            since: self.from.map(midnight),
            until: self.to.map(|day| midnight(day.saturating_add(1))),
            page: self.page,
            size: self.size.word().parse().unwrap_or(25).min(MAX_PAGE),
        }
    }
}

fn draw(question: &Question, asked: &Asked, found: &RunsPage) -> Markup {
    let names: Vec<String> = entities::ALL.iter().map(|entity| entity.name.to_owned()).collect();
    let (from, to) = (asked.from.map(format_date), asked.to.map(format_date));
    let is_narrowed = asked.which != Which::All || asked.entity.is_some() || asked.from.is_some() || asked.to.is_some();
    html! {
        form.filters method="get" action=(PATH) aria-label="Filtros" {
            (form::theme_field(&question.query))
            (form::select("status", "Situação", asked.which))
            (form::one_of("entidade", "Entidade", "Todas", &names, asked.entity.as_deref()))
            (form::date("de", "Início de", from.as_deref()))
            (form::date("ate", "Até", to.as_deref()))
            (form::select("tamanho", "Linhas", asked.size))
            button type="submit" { "Aplicar" }
            @if is_narrowed { a.button.plain href=(question.to(PATH)) { "Limpar" } }
        }
        section.card id="lista" data-live=[question.every(5)] {
            h2 { (parts::count(found.total)) @if found.total == 1 { " execução" } @else { " execuções" } }
            (summary::runs(question, &found.runs))
            (parts::pager(question, PATH, found.page, found.size, found.total))
        }
    }
}
