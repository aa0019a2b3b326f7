//! Effective settings with secrets masked, version of the schema, what the engine can do, control rows.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dw_audit::control::ControlState;
use dw_core::error::Database;
use maud::{Markup, html};

use super::read::{About, about};
use super::{Monitor, Question, parts, words};
use crate::format;
use crate::grid::Grid;
use crate::mark::Mark;

const PATH: &str = "/configuracao";

pub(super) async fn page(State(monitor): State<Arc<Monitor>>, RawQuery(raw): RawQuery) -> Response {
    let question = Question::ask(monitor, raw.as_deref()).await;
    let body = async {
        let picture = question.picture().await?;
        let found = question.figures.get(&question.monitor.about, &(), about(&question.monitor)).await?;
        let controls = picture.snapshot.state.as_ref().map_or(&[][..], |state| &state.controls);
        Ok(draw(&question, &found, controls))
    };
    let body = body.await;
    question.answer(PATH, "Configuração", body)
}

fn draw(question: &Question, found: &About, controls: &[ControlState]) -> Markup {
    let known = dw_core::migrate::known_version(Database::Dw);
    let version = found.versions.last().map(|version| version.version);
    html! {
        div.stack {
            div.grid2 {
                @for (database, location, features) in &found.databases {
                    section.card {
                        h2 { @if *database == Database::Oltp { "Origem" } @else { "Data warehouse" } }
                        dl.facts {
                            dt { "Base" } dd { (database.name()) }
                            dt { "Onde" } dd.long { (location) }
                            @match features {
                                Ok(features) => @for (name, value) in features { dt { (feature(name)) } dd { (value_of(name, value)) } },
                                Err(why) => { dt { "Sem resposta" } dd { code { (why.code) } " " (why.message) } }
                            }
                        }
                    }
                }
                section.card {
                    h2 { "Versão do esquema " @if version == Some(known) { (words::sign((Mark::Good, "Atual"))) } @else { (words::sign((Mark::Warn, "Outra versão"))) } }
                    p.note { "Este programa conhece a versão " (known) "." }
                    (versions(question, found))
                }
            }
            section.card { h2 { "Controle das entidades" } (control(question, controls)) }
            section.card {
                h2 { "Configuração em uso" }
                p.note { "Valores depois de padrão, arquivo, ambiente e linha de comando. Segredos aparecem como ***." }
                (settings(question))
            }
        }
    }
}

fn feature(name: &str) -> String {
    match name {
        "server" => "Servidor",
        "bytes" => "Tamanho",
        "snapshot isolation" => "Isolamento snapshot",
        "read committed snapshot" => "Leitura por versões (RCSI)",
        "database options" => "Opções da base",
        "full T-SQL" => "T-SQL completo",
        "columnstore" => "Índice columnstore",
        "server audit to file" => "Auditoria em arquivo",
        "backup to disk" => "Backup em disco",
        "backup compression" => "Backup comprimido",
        "sees open transactions" => "Vê transações abertas",
        other => other,
    }
    .to_owned()
}

fn value_of(name: &str, value: &str) -> String {
    match (name, value) {
        ("bytes", size) => size.parse().map_or_else(|_| size.to_owned(), format::bytes),
        (_, "yes") => "sim".to_owned(),
        (_, "no") => "não".to_owned(),
        (_, other) => other.to_owned(),
    }
}

fn versions(question: &Question, found: &About) -> Markup {
    let mut grid = Grid::new("Versões do esquema", &[("Versão", false), ("Nome", false), ("Aplicada", false)]);
    for version in found.versions.iter().rev() {
        grid.row(vec![
            html! { (version.version) },
            html! { (version.name) },
            parts::moment(question, version.applied_at),
        ]);
    }
    grid.draw()
}

fn control(question: &Question, controls: &[ControlState]) -> Markup {
    let mut grid = Grid::new(
        "Controle das entidades",
        &[
            ("Entidade", false),
            ("Ativa", false),
            ("Origem", false),
            ("Destino", false),
            ("Carregado até", false),
            ("Chave", true),
            ("Margem", true),
            ("Última execução", true),
            ("Situação", false),
        ],
    )
    .or_say("ctl.etl_control está vazia: `init` a preenche.");
    for one in controls {
        let at = (one.watermark.0 > dw_core::time::WATERMARK_START).then_some(one.watermark.0);
        grid.row(vec![
            parts::entity(question, &one.entity),
            html! { @if one.is_active { "sim" } @else { (words::sign((Mark::Warn, "não"))) } },
            html! { (one.source_table) },
            html! { (one.target_table) },
            parts::moment(question, at),
            html! { (format::integer(one.watermark.1)) },
            html! { (format::duration(one.cutoff_minutes * 60)) },
            html! { @if let Some(id) = one.last_run { (parts::run(question, id)) } @else { "–" } },
            html! { @if let Some(status) = &one.last_status { (words::sign(words::run_status(status))) } @else { "–" } },
        ]);
    }
    grid.draw()
}

fn settings(question: &Question) -> Markup {
    let mut grid = Grid::new("Configuração", &[("Chave", false), ("Valor", false), ("De onde vem", false)]).tall();
    for setting in &question.monitor.options.settings {
        grid.row(vec![
            html! { code { (setting.key) } },
            html! { @match &setting.value { Some(value) => code { (value) }, None => span.before { "não definido" } } },
            html! { (setting.origin) },
        ]);
    }
    grid.draw()
}
