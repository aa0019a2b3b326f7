//! Quality: the newest result of each check with its course, and the comparison of source and warehouse by month.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dw_audit::monitor::quality::{QualityLine, QualityPage, ReconciliationLine, TrendPoint, page as read};
use dw_audit::quality::{Severity, Status};
use dw_core::time::now;
use maud::{Markup, html};

use super::parts::Light;
use super::{Monitor, Question, parts, words};
use crate::form;
use crate::format::{self, Unit};
use crate::grid::Grid;
use crate::mark::Mark;
use crate::query::Choice;

const PATH: &str = "/qualidade";

/// Which results are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Bad,
    Errors,
    Passed,
    Skipped,
}

impl Choice for Which {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::All, "todas", "Todas"),
        (Self::Bad, "falhas", "Com falha"),
        (Self::Errors, "erros", "Só erros"),
        (Self::Passed, "boas", "Passaram"),
        (Self::Skipped, "sem-base", "Sem base"),
    ];
}

impl Which {
    fn has(self, line: &QualityLine) -> bool {
        match self {
            Self::All => true,
            Self::Bad => line.status.is_bad(),
            Self::Errors => line.is_error(),
            Self::Passed => line.status == Status::Passed,
            Self::Skipped => line.status == Status::Skipped,
        }
    }
}

/// Days of the courses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Fortnight,
    Month,
    Quarter,
}

impl Choice for Span {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Month, "30", "30 dias"), (Self::Fortnight, "14", "14 dias"), (Self::Quarter, "90", "90 dias")];
}

pub(super) async fn page(State(monitor): State<Arc<Monitor>>, RawQuery(raw): RawQuery) -> Response {
    let mut question = Question::ask(monitor, raw.as_deref()).await;
    let which = question.query.choice::<Which>("situacao", "Situação").unwrap_or(Which::All);
    let span = question.query.choice::<Span>("dias", "Tendência").unwrap_or(Span::Month);
    let body = async {
        let days: u16 = span.word().parse().unwrap_or(30);
        let store = question.monitor.store.clone();
        let reading =
            async move { store.read(move |session| Box::pin(async move { read(session, days, now()).await })).await };
        let found = question.figures.get(&question.monitor.quality, &days, reading).await?;
        Ok(found)
    };
    let found = body.await;
    let body = found.map(|found| {
        let mut names: Vec<String> = found.checks.iter().map(|line| line.entity.clone()).collect();
        names.dedup();
        let entity = question.query.known("entidade", "Entidade", &names).into_iter().next();
        draw(&question, &found, which, span, &names, entity.as_deref())
    });
    question.answer(PATH, "Qualidade", body)
}

fn draw(
    question: &Question,
    found: &QualityPage,
    which: Which,
    span: Span,
    names: &[String],
    entity: Option<&str>,
) -> Markup {
    let shown = found.checks.iter().filter(|line| which.has(line) && entity.is_none_or(|name| name == line.entity));
    html! {
        (parts::lights(question, &lights(question, found)))
        form.filters method="get" action=(PATH) aria-label="Filtros" {
            (form::theme_field(&question.query))
            (form::select("situacao", "Situação", which))
            (form::one_of("entidade", "Entidade", "Todas", names, entity))
            (form::select("dias", "Tendência", span))
            button type="submit" { "Aplicar" }
            @if which != Which::All || entity.is_some() { a.button.plain href=(question.to(PATH)) { "Limpar" } }
        }
        div.stack {
            section.card {
                h2 { "Verificações" }
                @if found.checks.is_empty() {
                    p.empty { "Nada foi verificado ainda. Uma execução verifica o que mudou; " code { "etl check" } " verifica tudo." }
                } @else {
                    (table(question, shown, &found.trends))
                }
            }
            (reconciliation(question, &found.reconciliation, entity))
        }
    }
}

fn lights(question: &Question, found: &QualityPage) -> Vec<Light> {
    let bad = |severity: Severity| {
        found.checks.iter().filter(|line| line.status.is_bad() && line.severity == severity).count()
    };
    let (errors, warnings) = (bad(Severity::Error), bad(Severity::Warn));
    let passed = found.checks.iter().filter(|line| line.status == Status::Passed).count();
    let newest = found.checks.iter().map(|line| line.checked_at).max();
    let differing = found.reconciliation.iter().filter(|line| line.difference != 0).count();
    let tile = |name, state, value: String, limit: String| Light { name, state, value, limit, link: None };
    let signed = |bad: usize, mark, word| Some(if bad > 0 { (mark, word) } else { (Mark::Good, "Bom") });
    let known = |state| if found.checks.is_empty() { Some((Mark::Quiet, "Não verificada")) } else { state };
    vec![
        tile(
            "Erros",
            known(signed(errors, Mark::Bad, "Erro")),
            errors.to_string(),
            "limite: 0; cada um é um alerta".to_owned(),
        ),
        tile("Avisos", known(signed(warnings, Mark::Warn, "Aviso")), warnings.to_string(), "vale olhar".to_owned()),
        tile(
            "Passaram",
            None,
            format!("{passed} de {}", found.checks.len()),
            "verificações, o resultado mais novo".to_owned(),
        ),
        tile(
            "Última verificação",
            None,
            newest
                .map_or_else(|| "–".to_owned(), |at| format!("há {}", format::duration((question.now() - at).max(0)))),
            newest.map_or_else(String::new, |at| format::moment(at, question.zone())),
        ),
        tile(
            "Conciliação",
            Some(match (found.reconciliation.is_empty(), differing) {
                (true, _) => (Mark::Quiet, "Não feita"),
                (false, 0) => (Mark::Good, "Ao centavo"),
                _ => (Mark::Bad, "Difere"),
            }),
            if found.reconciliation.is_empty() { "–".to_owned() } else { format!("{differing} diferenças") },
            "limite: 0,00 por mês e medida".to_owned(),
        ),
    ]
}

/// The newest results, with their course.
pub(super) fn table<'a>(
    question: &Question,
    lines: impl Iterator<Item = &'a QualityLine>,
    trends: &BTreeMap<String, Vec<TrendPoint>>,
) -> Markup {
    let mut grid = Grid::new(
        "Verificações",
        &[
            ("Verificação", false),
            ("Gravidade", false),
            ("Situação", false),
            ("Valor", true),
            ("Linhas com falha", true),
            ("Tendência", false),
            ("Regra", false),
            ("Verificada", false),
            ("Detalhe", false),
        ],
    )
    .tall();
    let mut lines: Vec<&QualityLine> = lines.collect();
    // What is wrong comes first.
    lines.sort_by_key(|line| (!line.is_error(), !line.status.is_bad()));
    for line in lines {
        let sample = line.sample.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let rows = match (line.failing_rows, line.checked_rows) {
            (Some(failing), Some(checked)) => format!("{} de {}", parts::count(failing), parts::count(checked)),
            (Some(failing), None) => parts::count(failing),
            _ => "–".to_owned(),
        };
        grid.row(vec![
            html! { (line.check) },
            html! { (words::severity(line.severity).1) },
            words::sign(words::check(line.status, line.severity)),
            html! { (line.observed.map_or_else(|| "–".to_owned(), |value| words::observed(value, &line.unit))) },
            html! { (rows) },
            html! { div.course { (parts::trend(&line.check, trends.get(&line.check).map_or(&[][..], Vec::as_slice))) } },
            html! { div.long { (words::rule(&line.kind, &line.threshold)) } },
            parts::ago(question, Some(line.checked_at)),
            html! {
                div.long {
                    @if let Some(message) = line.message.as_ref().filter(|_| line.status != Status::Passed) { (words::said(message)) }
                    @if !sample.is_empty() { " chaves " code { (sample) } }
                    @if let Some(id) = line.run_id { " " span.before { "execução " (parts::run(question, id)) } }
                }
            },
        ]);
    }
    grid.draw()
}

fn reconciliation(question: &Question, all: &[ReconciliationLine], entity: Option<&str>) -> Markup {
    let lines: Vec<&ReconciliationLine> =
        all.iter().filter(|line| entity.is_none_or(|name| name == line.entity)).collect();
    let mut months: BTreeMap<i64, BTreeMap<&str, (i64, u64)>> = BTreeMap::new();
    let mut whole: BTreeMap<&str, (i64, u64)> = BTreeMap::new();
    let mut names: Vec<&str> = Vec::new();
    for line in &lines {
        let cell = match line.month {
            None => whole.entry(&line.entity).or_default(),
            Some(month) => {
                if !names.contains(&line.entity.as_str()) {
                    names.push(&line.entity);
                }
                months.entry(month).or_default().entry(&line.entity).or_default()
            }
        };
        cell.0 += i64::from(line.difference != 0);
        cell.1 = cell.1.max(line.differing_rows);
    }
    let newest = lines.iter().map(|line| line.checked_at).max();
    html! {
        section.card {
            h2 { "Conciliação da origem com o data warehouse, por mês" }
            @if lines.is_empty() {
                p.empty { "Ainda não foi feita. " code { "etl check --check reconciliation" } " compara linha a linha e ao centavo." }
            } @else {
                p.note { "Comparada em " (newest.map_or_else(String::new, |at| format::moment(at, question.zone()))) ". Linhas em quarentena, excluídas ou pendentes são descontadas." }
                ul.whole { @for (name, cell) in &whole { li { (name) " " (agrees(*cell)) } } }
                @if !months.is_empty() { (by_month(&months, &names)) }
                (differences(&lines))
            }
        }
    }
}

fn agrees((measures, rows): (i64, u64)) -> Markup {
    if (measures, rows) == (0, 0) {
        return words::sign((Mark::Good, "Igual"));
    }
    words::sign((Mark::Bad, &format!("{measures} medidas, {rows} linhas")))
}

fn month_name(month: i64) -> String {
    if month == 0 { "Sem mês (dimensões)".to_owned() } else { format!("{:02}/{}", month % 100, month / 100) }
}

fn by_month(months: &BTreeMap<i64, BTreeMap<&str, (i64, u64)>>, names: &[&str]) -> Markup {
    html! {
        div.scroll.tall tabindex="0" role="region" aria-label="Conciliação por mês e entidade" {
            table.data {
                thead { tr { th scope="col" { "Mês" } @for name in names { th scope="col" { (name) } } } }
                tbody {
                    @for (month, cells) in months.iter().rev() {
                        tr {
                            th scope="row" { (month_name(*month)) }
                            @for name in names {
                                td {
                                    @if let Some(cell) = cells.get(name) { (agrees(*cell)) } @else { (parts::none()) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn differences(lines: &[&ReconciliationLine]) -> Markup {
    let mut grid = Grid::new(
        "Diferenças",
        &[
            ("Entidade", false),
            ("Mês", false),
            ("Medida", false),
            ("Origem", true),
            ("DW", true),
            ("Quarentena", true),
            ("Excluídas", true),
            ("Pendentes", true),
            ("Diferença", true),
        ],
    )
    .or_say("Nenhuma diferença: cada mês é igual ao centavo.");
    for line in lines.iter().filter(|line| line.difference != 0) {
        let unit = if line.measure == "rows" { Unit::Count } else { Unit::Money };
        let mut cells = vec![
            html! { (line.entity) },
            html! { (month_name(line.month.unwrap_or(0))) },
            html! { @if line.measure == "rows" { "linhas" } @else { (line.measure) } },
        ];
        for value in [line.source, line.warehouse, line.rejected, line.deleted, line.pending, line.difference] {
            cells.push(html! { (unit.show(value)) });
        }
        grid.row(cells);
    }
    html! { h3.apart { "Diferenças" } (grid.draw()) }
}
