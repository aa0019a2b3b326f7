//! Connections of a server: events by hour, who they were, refused logins, beside the failures of the ETL.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dw_audit::connections::Event;
use dw_audit::monitor::connections::{ConnectionFilter, ConnectionHour, ConnectionsPage, Names, page as read};
use dw_core::time::Seconds;
use maud::{Markup, html};

use super::parts::Light;
use super::{Monitor, Question, parts};
use crate::chart::line::line;
use crate::chart::ranking::{Ranking, Row};
use crate::chart::{Data, Series, Size};
use crate::form;
use crate::format::{self, Unit};
use crate::grid::Grid;
use crate::mark::Mark;
use crate::page::state;
use crate::query::Choice;

const PATH: &str = "/conexoes";
/// Names of a ranking, and characters of a filter.
const NAMES: usize = 12;
const LONGEST: usize = 128;

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Window {
    H6,
    H12,
    H24,
    H48,
    H72,
    H168,
    H720,
}

impl Choice for Window {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::H24, "24", "24 horas"),
        (Self::H6, "6", "6 horas"),
        (Self::H12, "12", "12 horas"),
        (Self::H48, "48", "48 horas"),
        (Self::H72, "72", "3 dias"),
        (Self::H168, "168", "7 dias"),
        (Self::H720, "720", "30 dias"),
    ];
}

/// How many events are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Top {
    Few,
    Some,
    Many,
}

impl Choice for Top {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Few, "50", "50"), (Self::Some, "200", "200"), (Self::Many, "1000", "1.000")];
}

struct Asked {
    window: Window,
    top: Top,
    login: Option<String>,
    program: Option<String>,
    host: Option<String>,
    database: Option<String>,
    status: Option<String>,
}

impl Asked {
    fn read(question: &mut Question) -> Self {
        let query = &mut question.query;
        let mut text = |key: &str, label: &str| {
            let given = query.last(key)?.to_owned();
            if given.chars().count() > LONGEST || given.chars().any(char::is_control) {
                query.refuse(key, label);
                return None;
            }
            Some(given)
        };
        let (login, program, host) = (text("login", "Login"), text("programa", "Programa"), text("host", "Host"));
        let (database, status) = (text("base", "Base"), text("estado", "Estado"));
        Self {
            window: query.choice("horas", "Janela").unwrap_or(Window::H24),
            top: query.choice("eventos", "Eventos").unwrap_or(Top::Few),
            login,
            program,
            host,
            database,
            status,
        }
    }

    fn is_narrowed(&self) -> bool {
        [&self.login, &self.program, &self.host, &self.database, &self.status].iter().any(|one| one.is_some())
    }

    fn filter(&self, now: Seconds) -> ConnectionFilter {
        let hours: i64 = self.window.word().parse().unwrap_or(24);
        ConnectionFilter {
            since: now.saturating_sub(hours.saturating_mul(3_600)),
            // What is recorded while the page is read belongs to it.
            until: now.saturating_add(60),
            login: self.login.clone(),
            program: self.program.clone(),
            host: self.host.clone(),
            database: self.database.clone(),
            status: self.status.clone(),
            top: self.top.word().parse().unwrap_or(50),
        }
    }

    fn key(&self) -> String {
        format!("{:?}", self.filter(0))
    }
}

pub(super) async fn page(State(monitor): State<Arc<Monitor>>, RawQuery(raw): RawQuery) -> Response {
    let mut question = Question::ask(monitor, raw.as_deref()).await;
    let asked = Asked::read(&mut question);
    let body = async {
        let filter = asked.filter(question.now());
        let store = question.monitor.store.clone();
        let reading =
            async move { store.read(move |session| Box::pin(async move { read(session, &filter).await })).await };
        let found = question.figures.get(&question.monitor.connections, &asked.key(), reading).await?;
        Ok(match &*found {
            Some(found) => draw(&question, &asked, found),
            None => state(
                "O mecanismo embutido não tem conexões",
                "Ele é um arquivo, sem servidor nem sessões. Num SQL Server esta página mostra quem se conectou.",
                None,
            ),
        })
    };
    let body = body.await;
    question.answer(PATH, "Conexões", body)
}

fn draw(question: &Question, asked: &Asked, found: &ConnectionsPage) -> Markup {
    let hints = |names: &Names| -> Vec<String> { names.top.iter().filter_map(|one| one.name.clone()).collect() };
    html! {
        form.filters method="get" action=(PATH) aria-label="Filtros" {
            (form::theme_field(&question.query))
            (form::select("horas", "Janela", asked.window))
            (form::text("login", "Login", asked.login.as_deref(), &hints(&found.logins)))
            (form::text("programa", "Programa", asked.program.as_deref(), &hints(&found.programs)))
            (form::text("host", "Host", asked.host.as_deref(), &hints(&found.hosts)))
            (form::text("base", "Base", asked.database.as_deref(), &hints(&found.databases)))
            (form::text("estado", "Estado", asked.status.as_deref(), &hints(&found.statuses)))
            (form::select("eventos", "Eventos", asked.top))
            button type="submit" { "Aplicar" }
            @if asked.is_narrowed() { a.button.plain href=(question.to(PATH)) { "Limpar" } }
        }
        (parts::lights(question, &lights(found)))
        div.stack {
            (by_hour(question, asked, found))
            div.grid2 {
                (ranking(question, "Logins", "Login", "login", &found.logins))
                (ranking(question, "Programas", "Programa", "programa", &found.programs))
                (ranking(question, "Hosts", "Host", "host", &found.hosts))
                (ranking(question, "Bases de dados", "Base", "base", &found.databases))
                (ranking(question, "Estados", "Estado", "estado", &found.statuses))
                (correlation(question, found))
            }
            section.card { h2 { "Falhas do ETL na janela" } (failures(question, found)) }
            section.card { h2 { "Eventos mais novos" } (events(question, &found.newest)) }
        }
    }
}

fn lights(found: &ConnectionsPage) -> Vec<Light> {
    let tile = |name, value: u64, limit: &str| Light {
        name,
        state: None,
        value: parts::count(value),
        limit: limit.to_owned(),
        link: None,
    };
    let signed = |light: Light, bad: u64, mark, word| Light {
        state: Some(if bad > 0 { (mark, word) } else { (Mark::Good, "Bom") }),
        ..light
    };
    vec![
        tile("Eventos", found.events, "na janela"),
        signed(tile("Logins recusados", found.failed, "limite: 0"), found.failed, Mark::Warn, "Aviso"),
        tile("Logins", found.logins.distinct, "diferentes"),
        tile("Programas", found.programs.distinct, "diferentes"),
        tile("Hosts", found.hosts.distinct, "diferentes"),
        signed(
            tile("Falhas do ETL", found.etl_failures, "entidades que falharam; limite: 0"),
            found.etl_failures,
            Mark::Bad,
            "Erro",
        ),
    ]
}

/// Every hour of the window; those without an event count 0.
fn by_hour(question: &Question, asked: &Asked, found: &ConnectionsPage) -> Markup {
    let filter = asked.filter(question.now());
    let (first, last) = (filter.since.div_euclid(3_600), question.now().div_euclid(3_600));
    let at = |hour: i64| found.hours.iter().find(|one| one.started_at.div_euclid(3_600) == hour);
    let column = |of: fn(&ConnectionHour) -> u64| {
        (first..=last).map(move |hour| i64::try_from(at(hour).map_or(0, of)).unwrap_or(i64::MAX))
    };
    let data = Data {
        axis: "Hora".to_owned(),
        labels: (first..=last).map(|hour| format::hour(hour * 3_600, question.zone())).collect(),
        series: vec![
            Series::of("Eventos", column(|hour| hour.events)),
            Series::of("Logins recusados", column(|hour| hour.failed)),
            Series::of("Falhas do ETL", column(|hour| hour.etl_failures)),
        ],
        unit: Unit::Count,
    };
    line("Eventos por hora", None, &data, Size::Full).draw(found.hours.is_empty())
}

fn ranking(question: &Question, title: &str, head: &str, key: &str, names: &Names) -> Markup {
    let row = |one: &dw_audit::connections::Named| Row {
        name: one.name.clone().unwrap_or_else(|| "(não informado)".to_owned()),
        value: i64::try_from(one.events).unwrap_or(i64::MAX),
        more: vec![parts::count(one.failed), format::moment(one.last_at.div_euclid(1_000), question.zone())],
        link: one.name.as_deref().map(|name| question.query.link(PATH, &[(key, name)])),
    };
    Ranking {
        title: title.to_owned(),
        note: Some(format!("{} na janela; os com mais eventos.", parts::count(names.distinct))),
        head: head.to_owned(),
        measure: "Eventos".to_owned(),
        more: vec!["Recusados".to_owned(), "Último".to_owned()],
        unit: Unit::Count,
        rows: names.top.iter().take(NAMES).map(row).collect(),
        colour: 1,
    }
    .draw()
}

/// Whether connections are different in hours in which the ETL fails.
fn correlation(question: &Question, found: &ConnectionsPage) -> Markup {
    let mean = |with: bool| {
        let hours: Vec<&ConnectionHour> = found.hours.iter().filter(|hour| (hour.etl_failures > 0) == with).collect();
        let sum = |of: fn(&ConnectionHour) -> u64| hours.iter().map(|hour| of(hour)).sum::<u64>();
        let count = u64::try_from(hours.len()).unwrap_or(1);
        (count > 0).then(|| (count, sum(|hour| hour.events) / count, sum(|hour| hour.failed)))
    };
    let both = found.hours.iter().filter(|hour| hour.etl_failures > 0 && hour.failed > 0);
    html! {
        section.card {
            h3 { "Conexões e falhas do ETL" }
            @match mean(true) {
                None => p.empty { "Nenhuma falha do ETL na janela." },
                Some((hours, events, refused)) => {
                    ul.insights {
                        li { "Em " (parts::count(hours)) " horas com falha do ETL: em média " strong { (parts::count(events)) } " eventos por hora, " (parts::count(refused)) " logins recusados." }
                        @if let Some((hours, events, refused)) = mean(false) {
                            li { "Nas outras " (parts::count(hours)) " horas: em média " strong { (parts::count(events)) } " eventos por hora, " (parts::count(refused)) " logins recusados." }
                        }
                        @for hour in both.take(6) {
                            li { (format::moment(hour.started_at, question.zone())) ": " (parts::count(hour.failed)) " logins recusados e " (parts::count(hour.etl_failures)) " falhas na mesma hora." }
                        }
                    }
                }
            }
        }
    }
}

fn failures(question: &Question, found: &ConnectionsPage) -> Markup {
    let mut grid = Grid::new(
        "Falhas do ETL",
        &[("Execução", false), ("Início", false), ("Entidade", false), ("Classe", false), ("O que fazer", false)],
    )
    .or_say("Nenhuma falha do ETL na janela.")
    .tall();
    for run in &found.failures {
        let failure = run.failure.as_ref();
        grid.row(vec![
            parts::run(question, run.run_id),
            parts::moment(question, Some(run.started_at)),
            parts::entity(question, &run.entity),
            html! { @if let Some(failure) = failure { span title=(failure.signature) { (failure.reason) } } },
            html! { div.long { (parts::coded(failure.map_or("", |failure| failure.action))) } },
        ]);
    }
    grid.draw()
}

fn events(question: &Question, found: &[Event]) -> Markup {
    let mut grid = Grid::new(
        "Eventos",
        &[
            ("Quando", false),
            ("Login", false),
            ("Host", false),
            ("Programa", false),
            ("Base", false),
            ("Estado", false),
            ("Endereço", false),
            ("Sessão", true),
            ("Fonte", false),
        ],
    )
    .or_say("Nenhum evento com estes filtros.")
    .tall();
    for event in found {
        let text = |value: &Option<String>| html! { (value.as_deref().unwrap_or("–")) };
        grid.row(vec![
            html! { (format::moment(event.at.div_euclid(1_000), question.zone())) },
            text(&event.login),
            text(&event.host),
            text(&event.program),
            text(&event.database),
            text(&event.status),
            text(&event.address),
            html! { (event.session.map_or_else(|| "–".to_owned(), format::integer)) },
            html! { code { (event.captured_by) } },
        ]);
    }
    grid.draw()
}
