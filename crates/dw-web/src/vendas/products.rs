//! `/produtos`: best products, categories, and Brazil by state.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use maud::{Markup, html};

use super::form::form;
use super::read::{By, Named};
use super::{Question, Vendas, tiles};
use crate::chart::map::{Tile, map, state_name};
use crate::chart::ranking::{Ranking, Row};
use crate::format::{Unit, integer, money, share};
use crate::store::Trouble;

const PATH: &str = "/produtos";
/// Rows of a ranking.
const BEST: usize = 12;

/// The page.
pub async fn page(State(vendas): State<Arc<Vendas>>, RawQuery(raw): RawQuery) -> Response {
    let question = match Question::ask(vendas, raw.as_deref(), PATH).await {
        Ok(question) => question,
        Err(response) => return response,
    };
    let body = body(&question).await;
    question.answer(PATH, "Produtos e regiões", body)
}

async fn body(question: &Question) -> Result<Markup, Trouble> {
    let (course, products, categories, states) = tokio::try_join!(
        question.course(),
        question.named(By::Product),
        question.named(By::Category),
        question.named(By::State)
    )?;
    let row = |named: &Named, name: String, link: Option<String>| Row {
        name,
        value: named.sums.liquido,
        more: vec![percent(named.sums.margem(), named.sums.liquido), percent(named.sums.liquido, course.total.liquido)],
        link,
    };
    let more = || vec!["Margem %".to_owned(), "Parte".to_owned()];
    let products = Ranking {
        title: "Produtos com mais receita".to_owned(),
        note: Some("Os doze primeiros.".to_owned()),
        head: "Produto".to_owned(),
        measure: "Receita líquida".to_owned(),
        more: more(),
        unit: Unit::Money,
        rows: products.iter().map(|named| row(named, named.name.clone(), None)).collect(),
        colour: 3,
    };
    let tiles: Vec<Tile> =
        states.iter().map(|state| Tile { state: state.name.clone(), value: state.sums.liquido }).collect();
    let ranking = Ranking {
        title: "Estados com mais receita".to_owned(),
        note: None,
        head: "Estado".to_owned(),
        measure: "Receita líquida".to_owned(),
        more: more(),
        unit: Unit::Money,
        rows: states
            .iter()
            .take(BEST)
            .map(|named| {
                row(
                    named,
                    state_name(&named.name).to_owned(),
                    Some(question.query.link(PATH, &[("estado", &named.name)])),
                )
            })
            .collect(),
        colour: 1,
    };
    Ok(html! {
        (form(question, PATH))
        (tiles::sales(question, &course))
        div.stack {
            div.grid2 {
                (map("Receita líquida por estado", "Receita líquida", Unit::Money, &tiles).draw(states.is_empty()))
                (ranking.draw())
            }
            (products.draw())
            (mix(question, &categories))
        }
    })
}

fn mix(question: &Question, categories: &[Named]) -> Markup {
    let total: i64 = categories.iter().map(|category| category.sums.liquido).sum();
    html! {
        section.card {
            h3 { "Composição por categoria" }
            @if categories.is_empty() {
                p.empty { "Nada a mostrar com estes filtros." }
            } @else {
                div.scroll tabindex="0" role="region" aria-label="Composição por categoria" {
                    table {
                        thead { tr {
                            th scope="col" { "Categoria" }
                            @for head in ["Receita líquida", "Parte", "Receita bruta", "Descontos", "Desconto %", "Margem bruta", "Margem %", "Itens", "Devolução %"] {
                                th.num scope="col" { (head) }
                            }
                        } }
                        tbody {
                            @for category in categories {
                                @let sums = &category.sums;
                                tr {
                                    th scope="row" { a href=(question.query.link(PATH, &[("categoria", &category.name)])) { (category.name) } }
                                    td.num { (money(sums.liquido)) }
                                    td.num { (percent(sums.liquido, total)) }
                                    td.num { (money(sums.bruto)) }
                                    td.num { (money(sums.descontos)) }
                                    td.num { (percent(sums.descontos, sums.bruto)) }
                                    td.num { (money(sums.margem())) }
                                    td.num { (percent(sums.margem(), sums.liquido)) }
                                    td.num { (integer(sums.itens)) }
                                    td.num { (percent(sums.devolvidas, sums.itens)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A share as a percentage, a dash where there is none.
pub(super) fn percent(part: i64, whole: i64) -> String {
    share(part, whole).map_or_else(|| "–".to_owned(), |share| Unit::Percent.show(share))
}
