//! `/descontos`: what discounts cost and bring, over time, by margin, by campaign.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dw_core::time::Days;
use maud::{Markup, html};

use super::figures::Better;
use super::filters::Compare;
use super::form::form;
use super::products::percent;
use super::read::{Campaign, DiscountFigures, Discounts, discounts};
use super::tiles::{self, Tile};
use super::{Question, Vendas};
use crate::chart::bars::{Stand, bars};
use crate::chart::line::line;
use crate::chart::ranking::{Ranking, Row};
use crate::chart::{Data, Series, Size};
use crate::format::{Unit, integer, money, quotient, share};
use crate::store::Trouble;

const PATH: &str = "/descontos";
/// Rows of a ranking.
const BEST: usize = 12;
/// Fewer applications say nothing about the return of a campaign.
const ENOUGH: i64 = 3;

/// The page.
pub async fn page(State(vendas): State<Arc<Vendas>>, RawQuery(raw): RawQuery) -> Response {
    let question = match Question::ask(vendas, raw.as_deref(), PATH).await {
        Ok(question) => question,
        Err(response) => return response,
    };
    let body = body(&question).await;
    question.answer(PATH, "Descontos", body)
}

async fn body(question: &Question) -> Result<Markup, Trouble> {
    let key = question.filters.key();
    let reading = discounts(&question.vendas.store, &question.filters);
    let figures = question.get(&question.vendas.discounts, &key, reading).await?;
    let is_empty = figures.days.is_empty();
    let grain = question.filters.drawn_grain();
    let points = tiles::rolled(&figures.days, grain, Discounts::add);
    let labels: Vec<String> = points.iter().map(|(start, _)| tiles::label(*start, grain)).collect();
    let data =
        |unit: Unit, series: Vec<Series>| Data { axis: "Período".to_owned(), labels: labels.clone(), series, unit };
    let of = |of: fn(&Discounts) -> Option<i64>| points.iter().map(|(_, sums)| of(sums)).collect::<Vec<_>>();
    let amounts = data(
        Unit::Money,
        vec![
            Series { name: "Receita com desconto".to_owned(), values: of(|sums| Some(sums.receita)) },
            Series { name: "Desconto concedido".to_owned(), values: of(|sums| Some(sums.desconto)) },
        ],
    );
    let returns = data(
        Unit::Factor,
        vec![
            Series { name: "ROI ponderado".to_owned(), values: of(Discounts::weighted_return) },
            Series { name: "ROI médio".to_owned(), values: of(Discounts::mean_return) },
        ],
    );
    let margins = Data {
        axis: "Margem depois do desconto".to_owned(),
        labels: figures.margins.iter().map(|(name, _)| margin_label(name).to_owned()).collect(),
        series: vec![Series::of("Aplicações", figures.margins.iter().map(|(_, sums)| sums.aplicacoes))],
        unit: Unit::Count,
    };
    Ok(html! {
        (form(question, PATH))
        (tiles::row(&discount_tiles(&figures, &points), question.filters.compare == Compare::Previous))
        @if !question.filters.status.is_empty() { p.note.compared { "O filtro de status não vale para descontos." } }
        div.stack {
            div.grid2 {
                (line(&format!("Desconto e receita {}", tiles::per(grain)), Some(question.filters.period_text()), &amounts, Size::Half).draw(is_empty))
                (line(&format!("Retorno {}", tiles::per(grain)), Some("(receita - desconto) / desconto".to_owned()), &returns, Size::Half).draw(is_empty))
            }
            div.grid2 {
                (campaigns("Campanhas com mais desconto", "Desconto", &figures.campaigns, |sums| Some(sums.desconto), Unit::Money, 2))
                (by_return(&figures.campaigns))
            }
            (bars("Aplicações por margem que sobra", None, &margins, Stand::Side, Size::Full).draw(is_empty))
            (performance(&figures.campaigns))
        }
    })
}

impl Discounts {
    /// (revenue - discount) / discount over all, in hundredths.
    fn weighted_return(&self) -> Option<i64> {
        quotient(self.receita - self.desconto, self.desconto, 100)
    }

    /// The mean of the returns, in hundredths.
    fn mean_return(&self) -> Option<i64> {
        quotient(self.soma_roi, self.aplicacoes.checked_mul(100)?, 1)
    }
}

fn discount_tiles(figures: &DiscountFigures, points: &[(Days, Discounts)]) -> Vec<Tile> {
    type Of = fn(&Discounts) -> Option<i64>;
    let tile = |name: &str, unit: Unit, better: Better, of: Of| Tile {
        name: name.to_owned(),
        unit,
        value: of(&figures.total),
        before: figures.before.as_ref().and_then(of),
        better,
        course: points.iter().filter_map(|(_, sums)| of(sums)).collect(),
        note: String::new(),
    };
    vec![
        tile("Aplicações", Unit::Count, Better::Neither, |sums| Some(sums.aplicacoes)),
        tile("Desconto concedido", Unit::Money, Better::Less, |sums| Some(sums.desconto)),
        tile("Receita com desconto", Unit::Money, Better::More, |sums| Some(sums.receita)),
        tile("ROI ponderado", Unit::Factor, Better::More, Discounts::weighted_return),
        tile("ROI médio", Unit::Factor, Better::More, Discounts::mean_return),
        tile("Impacto na margem", Unit::Money, Better::Less, |sums| Some(sums.impacto)),
        tile("Impacto / receita", Unit::Percent, Better::Less, |sums| share(sums.impacto, sums.receita)),
        tile("Taxa de aprovação", Unit::Percent, Better::More, |sums| share(sums.aprovados, sums.aplicacoes)),
    ]
}

fn campaigns(
    title: &str,
    measure: &str,
    campaigns: &[Campaign],
    of: fn(&Discounts) -> Option<i64>,
    unit: Unit,
    colour: usize,
) -> Markup {
    let row = |campaign: &Campaign| {
        let more = vec![integer(campaign.sums.aplicacoes)];
        of(&campaign.sums).map(|value| Row { name: name(campaign), value, more, link: None })
    };
    Ranking {
        title: title.to_owned(),
        note: None,
        head: "Campanha".to_owned(),
        measure: measure.to_owned(),
        more: vec!["Aplicações".to_owned()],
        unit,
        rows: campaigns.iter().filter_map(row).take(BEST).collect(),
        colour,
    }
    .draw()
}

fn by_return(all: &[Campaign]) -> Markup {
    let mut best: Vec<Campaign> = all.iter().filter(|campaign| campaign.sums.aplicacoes >= ENOUGH).cloned().collect();
    best.sort_by_key(|campaign| std::cmp::Reverse(campaign.sums.mean_return()));
    let title = format!("Campanhas com mais retorno, com {ENOUGH} aplicações ou mais");
    campaigns(&title, "ROI médio", &best, Discounts::mean_return, Unit::Factor, 3)
}

fn name(campaign: &Campaign) -> String {
    if campaign.name.is_empty() || campaign.name == "Nao informado" {
        return campaign.code.clone();
    }
    format!("{} · {}", campaign.code, campaign.name)
}

fn margin_label(status: &str) -> &str {
    match status {
        "Prejuizo" => "Prejuízo",
        "Margem critica" => "Margem crítica",
        "Margem saudavel" => "Margem saudável",
        "Nao informado" => "Não informado",
        other => other,
    }
}

fn performance(campaigns: &[Campaign]) -> Markup {
    html! {
        section.card {
            h3 { "Desempenho das campanhas" }
            @if campaigns.is_empty() {
                p.empty { "Nada a mostrar com estes filtros." }
            } @else {
                div.scroll.tall tabindex="0" role="region" aria-label="Desempenho das campanhas" {
                    table {
                        thead { tr {
                            @for head in ["Campanha", "Tipo", "Método"] { th scope="col" { (head) } }
                            @for head in ["Aplicações", "Desconto", "Receita", "ROI médio", "Impacto na margem", "Aprovação"] { th.num scope="col" { (head) } }
                        } }
                        tbody {
                            @for campaign in campaigns {
                                @let sums = &campaign.sums;
                                tr {
                                    th scope="row" { (name(campaign)) }
                                    td { (campaign.kind) }
                                    td { (campaign.method) }
                                    td.num { (integer(sums.aplicacoes)) }
                                    td.num { (money(sums.desconto)) }
                                    td.num { (money(sums.receita)) }
                                    td.num { (sums.mean_return().map_or_else(|| "–".to_owned(), |value| Unit::Factor.show(value))) }
                                    td.num { (money(sums.impacto)) }
                                    td.num { (percent(sums.aprovados, sums.aplicacoes)) }
                                }
                            }
                        }
                    }
                }
                p.note { (integer(i64::try_from(campaigns.len()).unwrap_or(0))) " campanhas." }
            }
        }
    }
}
