//! `/`: the figures, their course, weekdays, and what stands out.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dw_core::time::Days;
use maud::{Markup, html};

use super::figures::Sums;
use super::form::form;
use super::read::{By, Course, Named};
use super::{Question, Vendas, tiles};
use crate::chart::bars::{Stand, bars};
use crate::chart::line::line;
use crate::chart::map::state_name;
use crate::chart::{Data, Series, Size};
use crate::format::{self, Unit, share};
use crate::store::Trouble;

const PATH: &str = "/";
/// From Monday; 1970-01-01 was a Thursday.
pub(super) const WEEKDAYS: [&str; 7] = ["segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo"];

/// The page.
pub async fn page(State(vendas): State<Arc<Vendas>>, RawQuery(raw): RawQuery) -> Response {
    let question = match Question::ask(vendas, raw.as_deref(), PATH).await {
        Ok(question) => question,
        Err(response) => return response,
    };
    let body = body(&question).await;
    question.answer(PATH, "Visão geral", body)
}

async fn body(question: &Question) -> Result<Markup, Trouble> {
    let (course, categories, states) =
        tokio::try_join!(question.course(), question.named(By::Category), question.named(By::State))?;
    let is_empty = course.days.is_empty();
    let grain = question.filters.drawn_grain();
    let points = tiles::rolled(&course.days, grain, Sums::add);
    let data = Data {
        axis: "Período".to_owned(),
        labels: points.iter().map(|(start, _)| tiles::label(*start, grain)).collect(),
        series: vec![
            Series::of("Receita líquida", points.iter().map(|(_, sums)| sums.liquido)),
            Series::of("Margem bruta", points.iter().map(|(_, sums)| sums.margem())),
        ],
        unit: Unit::Money,
    };
    let week = by_weekday(&course);
    let weekdays = Data {
        axis: "Dia da semana".to_owned(),
        labels: WEEKDAYS.map(str::to_owned).to_vec(),
        series: vec![Series {
            name: "Receita líquida".to_owned(),
            values: week.iter().map(|sums| (sums.itens > 0).then_some(sums.liquido)).collect(),
        }],
        unit: Unit::Money,
    };
    let split = Data {
        axis: "Categoria".to_owned(),
        labels: categories.iter().map(|category| category.name.clone()).collect(),
        series: vec![
            Series::of("Custo", categories.iter().map(|category| category.sums.custo)),
            Series::of("Margem bruta", categories.iter().map(|category| category.sums.margem())),
        ],
        unit: Unit::Money,
    };
    Ok(html! {
        (form(question, PATH))
        (tiles::sales(question, &course))
        div.stack {
            (line(&format!("Receita e margem {}", tiles::per(grain)), Some(question.filters.period_text()), &data, Size::Full).draw(is_empty))
            div.grid2 {
                (bars("Receita por dia da semana", None, &weekdays, Stand::Side, Size::Half).draw(is_empty))
                (insights(&course, &week, &categories, &states))
            }
            (bars("Receita por categoria, em custo e margem", None, &split, Stand::Stacked, Size::Full).draw(is_empty))
        }
    })
}

fn by_weekday(course: &Course) -> [Sums; 7] {
    let mut week = [Sums::default(); 7];
    for (day, sums) in &course.days {
        if let Some(slot) = usize::try_from((day + 3).rem_euclid(7)).ok().and_then(|at| week.get_mut(at)) {
            slot.add(sums);
        }
    }
    week
}

fn insights(course: &Course, week: &[Sums; 7], categories: &[Named], states: &[Named]) -> Markup {
    let part =
        |amount: i64| share(amount, course.total.liquido).map_or_else(String::new, |part| Unit::Percent.show(part));
    let best_day: Option<&(Days, Sums)> = course.days.iter().max_by_key(|(_, sums)| sums.liquido);
    let best_weekday = WEEKDAYS.iter().zip(week).max_by_key(|(_, sums)| sums.liquido);
    html! {
        section.card {
            h3 { "Destaques do período" }
            @if course.days.is_empty() {
                p.empty { "Nada a mostrar com estes filtros." }
            } @else {
                ul.insights {
                    @if let Some(best) = categories.first() {
                        li { strong { (best.name) } " é a categoria que mais vende: " (Unit::Money.show(best.sums.liquido)) ", " (part(best.sums.liquido)) " da receita." }
                    }
                    @if let Some(best) = states.first() {
                        li { strong { (state_name(&best.name)) } " é o estado que mais compra: " (Unit::Money.show(best.sums.liquido)) ", " (part(best.sums.liquido)) " da receita." }
                    }
                    @if let Some((day, sums)) = best_day {
                        li { "O melhor dia foi " strong { (format::date(*day)) } ", com " (Unit::Money.show(sums.liquido)) " em " (format::integer(sums.pedidos)) " pedidos." }
                    }
                    @if let Some((name, sums)) = best_weekday {
                        li { "Dia da semana com mais receita: " strong { (name) } ", " (part(sums.liquido)) " do total." }
                    }
                    li { strong { (format::integer(course.total.pedidos)) } " pedidos com " (format::integer(course.total.itens)) " itens; devolvidos " (format::integer(course.total.devolvidas)) " itens, no valor de " (Unit::Money.show(course.total.devolvido)) "." }
                }
            }
        }
    }
}
