//! Backups: how much could be lost and how long a restore takes, promised and actual; history, drills, the next ones, the policy.
//! Not here: the rules, which are those of `backup status` ([`dw_audit::backups`]).

mod course;
mod policy;
mod standing;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dw_audit::backups::page::{MOST, page as read};
use dw_audit::backups::{BackupPage, BackupRecord, BackupStatus, DrillRecord};
use dw_core::time::now;
use maud::{Markup, html};

use super::{Monitor, Question, parts, words};
use crate::form;
use crate::format::{self, Unit};
use crate::grid::Grid;
use crate::mark::Mark;
use crate::query::Choice;
use standing::Shown;

const PATH: &str = "/backups";
/// Backups of a page of the list.
const SIZE: u32 = 50;
/// Drills that are listed.
const DRILLS: usize = 30;

/// Days of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Week,
    Month,
    Quarter,
}

impl Choice for Span {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Month, "30", "30 dias"), (Self::Week, "7", "7 dias"), (Self::Quarter, "90", "90 dias")];
}

/// Backups in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Kept,
    Bad,
    Deleted,
}

impl Choice for Which {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::All, "todas", "Todas"),
        (Self::Kept, "guardados", "Guardados"),
        (Self::Bad, "falhas", "Com falha"),
        (Self::Deleted, "apagados", "Apagados"),
    ];
}

/// Backups of which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    All,
    Full,
    Diff,
    Log,
}

impl Choice for Kind {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::All, "todos", "Todos"),
        (Self::Full, "full", "Completo"),
        (Self::Diff, "diff", "Diferencial"),
        (Self::Log, "log", "Log"),
    ];
}

/// What a view is narrowed to.
struct Asked {
    database: Option<String>,
    which: Which,
    kind: Kind,
    span: Span,
    page: u32,
}

impl Asked {
    /// Needs the names that are known: those of the settings and those of the records.
    fn read(question: &mut Question, span: Span, names: &[String]) -> Self {
        let query = &mut question.query;
        Self {
            database: query.known("base", "Base", names).into_iter().next(),
            which: query.choice("situacao", "Situação").unwrap_or(Which::All),
            kind: query.choice("tipo", "Tipo").unwrap_or(Kind::All),
            span,
            page: query
                .last("pagina")
                .is_some()
                .then(|| query.number("pagina", "Página", 1, u64::from(MOST)))
                .flatten()
                .and_then(|page| u32::try_from(page).ok())
                .unwrap_or(1),
        }
    }

    fn is_narrowed(&self) -> bool {
        self.database.is_some() || self.which != Which::All || self.kind != Kind::All
    }

    fn of(&self, database: &str) -> bool {
        self.database.as_deref().is_none_or(|name| name == database)
    }

    fn has(&self, record: &BackupRecord) -> bool {
        let is_bad = matches!(record.status, BackupStatus::Failed | BackupStatus::Damaged);
        let which = match self.which {
            Which::All => true,
            Which::Kept => record.is_good(),
            Which::Bad => is_bad,
            Which::Deleted => record.deleted_at.is_some(),
        };
        which && self.of(&record.database) && (self.kind == Kind::All || self.kind.word() == record.kind)
    }
}

pub(super) async fn page(State(monitor): State<Arc<Monitor>>, RawQuery(raw): RawQuery) -> Response {
    let mut question = Question::ask(monitor, raw.as_deref()).await;
    let span = question.query.choice::<Span>("dias", "Histórico").unwrap_or(Span::Month);
    let days: u32 = span.word().parse().unwrap_or(30);
    let body = async {
        let (store, rules) = (question.monitor.store.clone(), question.rules().clone());
        let settings = question.monitor.options.backup.clone();
        let reading = async move {
            store
                .read(move |session| Box::pin(async move { read(session, &settings, &rules, days, now()).await }))
                .await
        };
        question.figures.get(&question.monitor.backups, &days, reading).await
    };
    let found = body.await;
    let body = found.map(|found| {
        let mut names: Vec<String> = found.databases.iter().map(|state| state.database.clone()).collect();
        for record in &found.history {
            if !names.contains(&record.database) {
                names.push(record.database.clone());
            }
        }
        let asked = Asked::read(&mut question, span, &names);
        draw(&question, &asked, &names, &found)
    });
    question.answer(PATH, "Backups", body)
}

fn draw(question: &Question, asked: &Asked, names: &[String], found: &BackupPage) -> Markup {
    let states = found.databases.iter().zip(found.next_runs.iter().copied());
    let shown = Shown {
        states: states.filter(|(state, _)| asked.of(&state.database)).collect(),
        history: found.history.iter().filter(|record| asked.of(&record.database)).collect(),
    };
    html! {
        section id="luzes" aria-label="Situação" data-live=[question.every(5)] {
            (parts::lights(question, &standing::lights(question, &shown)))
        }
        form.filters method="get" action=(PATH) aria-label="Filtros" {
            (form::theme_field(&question.query))
            (form::one_of("base", "Base", "Todas", names, asked.database.as_deref()))
            (form::select("tipo", "Tipo", asked.kind))
            (form::select("situacao", "Situação", asked.which))
            (form::select("dias", "Histórico", asked.span))
            button type="submit" { "Aplicar" }
            @if asked.is_narrowed() { a.button.plain href=(question.to(PATH)) { "Limpar" } }
        }
        div.stack {
            div.grid2 id="bases" data-live=[question.every(5)] {
                @for state in &shown.states { (standing::card(question, *state, &found.history, asked.span.word())) }
            }
            @if !shown.history.is_empty() { (course::charts(question, &shown.history)) }
            (history(question, asked, found))
            (drills(question, asked, found))
            (policy::cards(question, found.history.first().map(|record| record.folder.as_str())))
        }
    }
}

/// How a backup stands.
fn status(record: &BackupRecord) -> (Mark, &'static str) {
    match (record.status, record.deleted_at) {
        (BackupStatus::Running, _) => (Mark::Running, "Em andamento"),
        (BackupStatus::Failed, _) => (Mark::Bad, "Falhou"),
        (BackupStatus::Verified, None) => (Mark::Good, "Verificado"),
        (BackupStatus::Verified, Some(_)) => (Mark::Quiet, "Apagado"),
        (BackupStatus::Damaged, None) => (Mark::Bad, "Danificado"),
        (BackupStatus::Damaged, Some(_)) => (Mark::Quiet, "Danificado, apagado"),
    }
}

/// What a backup holds.
fn kind(record: &BackupRecord) -> &str {
    match (record.kind.as_str(), record.copy_only) {
        ("full", false) => "Completo",
        ("full", true) => "Completo, só cópia",
        ("diff", _) => "Diferencial",
        ("log", _) => "Log",
        (other, _) => other,
    }
}

/// A size, or a dash.
fn size(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "–".to_owned(), |bytes| format::bytes(i64::try_from(bytes).unwrap_or(i64::MAX)))
}

/// A time that was measured, or a dash.
fn took(millis: Option<u64>) -> String {
    millis.map_or_else(|| "–".to_owned(), |millis| Unit::Millis.show(i64::try_from(millis).unwrap_or(i64::MAX)))
}

/// Where and why something failed, behind what it is.
fn reason(step: Option<&str>, error: Option<&str>) -> Markup {
    html! {
        @if let Some(step) = step { " na etapa " code { (step) } }
        ": " (error.unwrap_or("sem mensagem"))
    }
}

fn history(question: &Question, asked: &Asked, found: &BackupPage) -> Markup {
    let lines: Vec<&BackupRecord> = found.history.iter().filter(|record| asked.has(record)).collect();
    let total = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    let mut grid = Grid::new(
        "Histórico de backups",
        &[
            ("Início", false),
            ("Base", false),
            ("Tipo", false),
            ("Situação", false),
            ("Tamanho", true),
            ("% da base", true),
            ("Cópia", true),
            ("Verificação", true),
            ("Arquivo e detalhe", false),
        ],
    )
    .tall();
    let skipped = usize::try_from((asked.page - 1).saturating_mul(SIZE)).unwrap_or(usize::MAX);
    for record in lines.iter().skip(skipped).take(usize::try_from(SIZE).unwrap_or(50)) {
        let share = match (record.size_bytes, record.database_bytes) {
            (Some(part), Some(whole)) => i64::try_from(part).ok().zip(i64::try_from(whole).ok()),
            _ => None,
        };
        let share = share.and_then(|(part, whole)| format::share(part, whole));
        let is_bad = matches!(record.status, BackupStatus::Failed | BackupStatus::Damaged);
        grid.row(vec![
            parts::moment(question, Some(record.started_at)),
            html! { (record.database) },
            html! { (kind(record)) },
            words::sign(status(record)),
            html! { (size(record.size_bytes)) },
            html! { @if let Some(share) = share { (Unit::Percent.show(share)) } @else { "–" } },
            html! { (took(record.backup_ms)) },
            html! { (took(record.verify_ms)) },
            html! {
                div.long {
                    code { (record.file) }
                    @if record.stripes > 1 { " e mais " (record.stripes - 1) }
                    @if is_bad { (reason(record.failed_step.as_deref(), record.error.as_deref())) }
                    @if let Some(at) = record.deleted_at { " " span.before { "apagado em " (format::moment(at, question.zone())) } }
                }
            },
        ]);
    }
    html! {
        section.card id="historico" data-live=[question.every(5)] {
            h2 { "Histórico: " (parts::count(total)) @if total == 1 { " backup" } @else { " backups" } }
            @if found.history.is_empty() {
                p.empty { "Nenhum backup registrado. " code { "backup once" } " faz um e o verifica; " code { "backup loop" } " segue a agenda." }
            } @else {
                p.note {
                    "Os últimos " (asked.span.word()) " dias, e o que é mais antigo e ainda está guardado."
                    @if found.history.len() >= usize::try_from(MOST).unwrap_or(usize::MAX) { " Só os " (parts::count(u64::from(MOST))) " mais novos são lidos." }
                }
                (grid.draw())
                (parts::pager(question, PATH, asked.page, SIZE, total))
            }
        }
    }
}

fn drills(question: &Question, asked: &Asked, found: &BackupPage) -> Markup {
    let mut grid = Grid::new(
        "Ensaios de restauração",
        &[
            ("Início", false),
            ("Base", false),
            ("Situação", false),
            ("RTO", true),
            ("Restauração", true),
            ("Checagem", true),
            ("Tabelas comparadas", true),
            ("Arquivo e detalhe", false),
        ],
    )
    .tall();
    let shown: Vec<&DrillRecord> = found.drills.iter().filter(|drill| asked.of(&drill.database)).take(DRILLS).collect();
    for drill in &shown {
        grid.row(vec![
            parts::moment(question, Some(drill.started_at)),
            html! { (drill.database) },
            words::sign(standing::outcome(drill)),
            html! { (took(drill.total_ms)) },
            html! { (took(drill.restore_ms)) },
            html! { (took(drill.check_ms)) },
            html! { (drill.compared_tables.map_or_else(|| "–".to_owned(), parts::count)) },
            html! {
                div.long {
                    code { (drill.file) }
                    @if !drill.passed { (reason(drill.failed_step.as_deref(), drill.error.as_deref())) }
                }
            },
        ]);
    }
    html! {
        section.card {
            h2 { "Ensaios de restauração" }
            p.note {
                "Cada ensaio restaura o backup mais novo com outro nome, checa as páginas, compara linhas e valores com os do momento do backup e apaga a cópia. "
                "O tempo de tudo é o RTO medido. Uma restauração de verdade (" code { "backup restore" } ") não passa pelo data warehouse e não aparece aqui."
            }
            @if shown.is_empty() {
                p.empty { "Nenhum ensaio registrado: " code { "backup drill" } " faz um." }
            } @else {
                (grid.draw())
            }
        }
    }
}
