//! `/comercial`: sellers, teams, and targets with their attainment.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use maud::{Markup, html};

use super::figures::{Better, Sums};
use super::filters::Grain;
use super::form::form;
use super::products::percent;
use super::read::{By, Named, Target, day, targets};
use super::tiles::{self, Tile};
use super::{Question, Vendas};
use crate::chart::bars::{Stand, bars};
use crate::chart::ranking::{Ranking, Row};
use crate::chart::{Data, Series, Size};
use crate::format::{self, Unit, integer, money, quotient};
use crate::mark::Mark;
use crate::page::badge;
use crate::store::Trouble;

const PATH: &str = "/comercial";
/// Rows of a ranking.
const BEST: usize = 12;

/// The page.
pub async fn page(State(vendas): State<Arc<Vendas>>, RawQuery(raw): RawQuery) -> Response {
    let question = match Question::ask(vendas, raw.as_deref(), PATH).await {
        Ok(question) => question,
        Err(response) => return response,
    };
    let body = body(&question).await;
    question.answer(PATH, "Comercial", body)
}

async fn body(question: &Question) -> Result<Markup, Trouble> {
    let months = question.filters.months();
    let key = question.filters.key();
    let reading = targets(&question.vendas.store, &question.filters);
    let (course, sellers, goals) = tokio::try_join!(
        question.course(),
        question.named(By::Seller),
        question.get(&question.vendas.targets, &key, reading)
    )?;
    let (by_month, by_seller) = &*goals;
    Ok(html! {
        (form(question, PATH))
        (tiles::sales(question, &course))
        div.stack {
            div.grid2 {
                (ranking("Vendedores com mais receita", "Vendedor", &sellers, "Sem vendedor", 1))
                (ranking("Equipes com mais receita", "Equipe", &teams(&sellers), "Sem equipe", 2))
            }
            h2 { "Metas" }
            p.note {
                "Metas são mensais: contam os meses inteiros de " (format::date(months.0)) " a " (format::date(months.1))
                ", com toda a receita líquida de cada vendedor. Só os filtros de equipe e vendedor valem aqui."
            }
            (tiles::row(&target_tiles(by_month, by_seller), false))
            (months_chart(by_month))
            div.grid2 {
                (attainment("Equipes por atingimento", "Equipe", &target_teams(by_seller)))
                (attainment("Vendedores por atingimento", "Vendedor", &with_target(by_seller)))
            }
        }
    })
}

/// What has no seller or team is told and not ranked.
fn ranking(title: &str, head: &str, all: &[Named], nobody: &str, colour: usize) -> Markup {
    let without = all.iter().find(|named| named.name == nobody).map(|named| named.sums.liquido);
    let rows: Vec<&Named> = all.iter().filter(|named| named.name != nobody).collect();
    let mut notes = Vec::new();
    if rows.len() > BEST {
        notes.push(format!("Os {BEST} primeiros de {}.", rows.len()));
    }
    if let Some(without) = without {
        notes.push(format!("{nobody}: {}.", money(without)));
    }
    let row = |named: &&Named| Row {
        name: named.name.clone(),
        value: named.sums.liquido,
        more: vec![
            percent(named.sums.margem(), named.sums.liquido),
            integer(named.sums.pedidos),
            integer(named.sums.itens),
        ],
        link: None,
    };
    Ranking {
        title: title.to_owned(),
        note: (!notes.is_empty()).then(|| notes.join(" ")),
        head: head.to_owned(),
        measure: "Receita líquida".to_owned(),
        more: ["Margem %", "Pedidos", "Itens"].map(str::to_owned).to_vec(),
        unit: Unit::Money,
        rows: rows.iter().take(BEST).map(row).collect(),
        colour,
    }
    .draw()
}

fn teams(sellers: &[Named]) -> Vec<Named> {
    let mut teams: BTreeMap<&str, Sums> = BTreeMap::new();
    for seller in sellers {
        teams.entry(&seller.belongs_to).or_default().add(&seller.sums);
    }
    let mut teams: Vec<Named> = teams
        .into_iter()
        .map(|(name, sums)| Named { name: name.to_owned(), belongs_to: String::new(), sums })
        .collect();
    teams.sort_by_key(|team| std::cmp::Reverse(team.sums.liquido));
    teams
}

fn target_tiles(months: &[Target], sellers: &[Target]) -> Vec<Tile> {
    let sum = |of: fn(&Target) -> i64| months.iter().map(of).sum::<i64>();
    let (meta, realizado, com_meta) = (sum(|t| t.meta), sum(|t| t.realizado), sum(|t| t.com_meta));
    let tile = |name: &str, unit: Unit, value: Option<i64>, note: &str| Tile {
        name: name.to_owned(),
        unit,
        value,
        before: None,
        better: Better::More,
        course: Vec::new(),
        note: note.to_owned(),
    };
    let number = i64::try_from(sellers.len()).ok();
    vec![
        tile("Meta total", Unit::Money, Some(meta), "soma das metas mensais"),
        tile("Realizado total", Unit::Money, Some(realizado), "receita líquida dos mesmos meses"),
        tile("Atingimento geral", Unit::Percent, attained(realizado, meta), "realizado / meta"),
        tile("Diferença para a meta", Unit::Money, Some(realizado - meta), "realizado - meta"),
        tile("Metas batidas", Unit::Percent, format::share(sum(|t| t.batidas), com_meta), "das metas mensais"),
        tile("Metas superadas", Unit::Percent, format::share(sum(|t| t.superadas), com_meta), "120 % da meta ou mais"),
        tile("Vendedores no recorte", Unit::Count, number, "com meta ou venda"),
    ]
}

/// Attainment in hundredths of a percent, cut and not rounded, so that 99,999.99 of 100,000 is not 100 %.
fn attained(realizado: i64, meta: i64) -> Option<i64> {
    if meta == 0 {
        return None;
    }
    i64::try_from(i128::from(realizado) * 10_000 / i128::from(meta)).ok()
}

fn months_chart(months: &[Target]) -> Markup {
    let label = |target: &Target| {
        target.name.parse().ok().and_then(day).map_or_else(String::new, |start| tiles::label(start, Grain::Month))
    };
    let data = Data {
        axis: "Mês".to_owned(),
        labels: months.iter().map(label).collect(),
        series: vec![
            Series::of("Meta", months.iter().map(|month| month.meta)),
            Series::of("Realizado", months.iter().map(|month| month.realizado)),
        ],
        unit: Unit::Money,
    };
    bars("Meta e realizado por mês", None, &data, Stand::Side, Size::Full).draw(months.is_empty())
}

fn target_teams(sellers: &[Target]) -> Vec<Target> {
    let mut teams: BTreeMap<&str, Target> = BTreeMap::new();
    for seller in sellers {
        let team = teams.entry(&seller.team).or_default();
        team.meta += seller.meta;
        team.realizado += seller.realizado;
        team.com_meta += seller.com_meta;
        team.batidas += seller.batidas;
        team.superadas += seller.superadas;
    }
    let named = teams.into_iter().map(|(name, target)| Target { name: name.to_owned(), ..target });
    let mut teams: Vec<Target> = named.filter(|team| team.meta > 0).collect();
    teams.sort_by_key(|team| std::cmp::Reverse(quotient(team.realizado, team.meta, 1_000_000)));
    teams
}

fn with_target(sellers: &[Target]) -> Vec<Target> {
    let mut sellers: Vec<Target> = sellers.iter().filter(|seller| seller.meta > 0).cloned().collect();
    sellers.sort_by_key(|seller| std::cmp::Reverse(quotient(seller.realizado, seller.meta, 1_000_000)));
    sellers
}

fn attainment(title: &str, head: &str, rows: &[Target]) -> Markup {
    html! {
        section.card {
            h3 { (title) }
            @if rows.len() > BEST { p.note { "Os " (BEST) " primeiros de " (rows.len()) "." } }
            @if rows.is_empty() {
                p.empty { "Não há metas nestes meses." }
            } @else {
                div.scroll tabindex="0" role="region" aria-label=(title) {
                    table {
                        thead { tr {
                            th scope="col" { (head) }
                            @for head in ["Meta", "Realizado", "Diferença"] { th.num scope="col" { (head) } }
                            th scope="col" { "Atingimento" }
                            th.num scope="col" { "Metas batidas" }
                        } }
                        tbody {
                            @for row in rows.iter().take(BEST) {
                                tr {
                                    th scope="row" { (row.name) }
                                    td.num { (money(row.meta)) }
                                    td.num { (money(row.realizado)) }
                                    td.num { (money(row.realizado - row.meta)) }
                                    td { (badge(grade(row.realizado, row.meta), &attained(row.realizado, row.meta).map_or_else(|| "–".to_owned(), |value| Unit::Percent.show(cut(value))))) }
                                    td.num { (integer(row.batidas)) " de " (integer(row.com_meta)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Hundredths cut to tenths, so that 99.99 % is not shown as 100 %.
fn cut(hundredths: i64) -> i64 {
    hundredths / 10 * 10
}

/// By amounts: met, within a fifth of it, below.
fn grade(realizado: i64, meta: i64) -> Mark {
    if realizado >= meta {
        Mark::Good
    } else if i128::from(realizado) * 5 >= i128::from(meta) * 4 {
        Mark::Warn
    } else {
        Mark::Bad
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attainment_is_cut_and_graded_by_amounts() {
        assert_eq!(attained(9_999_999, 10_000_000), Some(9_999));
        assert_eq!(Unit::Percent.show(cut(9_999)), "99,9 %");
        assert_eq!((grade(100, 100), grade(80, 100), grade(79, 100)), (Mark::Good, Mark::Warn, Mark::Bad));
        assert_eq!(attained(5, 0), None);
    }
}
