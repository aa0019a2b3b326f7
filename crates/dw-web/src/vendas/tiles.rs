//! The row of figures at the head of a page: value, change against the period before, course.

use maud::{Markup, html};

use super::Question;
use super::figures::{Better, Kpi, Sums, change};
use super::filters::{Compare, Grain};
use super::read::Course;
use crate::chart::spark::spark;
use crate::format::{self, Unit};
use dw_core::time::{Days, from_date, to_date};

/// A tile.
#[derive(Debug)]
pub struct Tile {
    /// Name.
    pub name: String,
    /// Unit.
    pub unit: Unit,
    /// Value; `None` where its divisor is 0.
    pub value: Option<i64>,
    /// The value of the period before.
    pub before: Option<i64>,
    /// Which way is good.
    pub better: Better,
    /// The course.
    pub course: Vec<i64>,
    /// What stands below without a comparison.
    pub note: String,
}

/// The row.
pub fn row(tiles: &[Tile], is_compared: bool) -> Markup {
    html! {
        dl.tiles {
            @for tile in tiles {
                div.tile-card {
                    dt { (tile.name) }
                    dd.value { (tile.value.map_or_else(|| "–".to_owned(), |value| tile.unit.show(value))) }
                    dd.more {
                        @if is_compared && tile.note.is_empty() { (changed(tile)) } @else { (tile.note) }
                    }
                    @if tile.course.len() > 1 { dd { (spark(&tile.name, tile.unit, &tile.course)) } }
                }
            }
        }
    }
}

/// The eight figures of sales.
pub(super) fn sales(question: &Question, course: &Course) -> Markup {
    let points = rolled(&course.days, question.filters.drawn_grain(), Sums::add);
    let tiles: Vec<Tile> = Kpi::ALL
        .iter()
        .map(|kpi| Tile {
            name: kpi.name().to_owned(),
            unit: kpi.unit(),
            value: kpi.of(&course.total),
            before: course.before.as_ref().and_then(|before| kpi.of(before)),
            better: kpi.better(),
            course: points.iter().filter_map(|(_, sums)| kpi.of(sums)).collect(),
            note: String::new(),
        })
        .collect();
    let is_compared = question.filters.compare == Compare::Previous;
    html! {
        (row(&tiles, is_compared))
        @if is_compared {
            p.note.compared { "Comparação com " (format::date(question.filters.previous().0)) " a " (format::date(question.filters.previous().1)) ", de mesma duração." }
        }
    }
}

fn changed(tile: &Tile) -> Markup {
    let Some(change) = change(tile.unit, tile.value, tile.before) else {
        return html! { "sem base de comparação" };
    };
    // What is written has one digit, and its sign must be that of what is written.
    let change = if change.abs() < 5 { 0 } else { change };
    let is_good = match tile.better {
        Better::More => change > 0,
        Better::Less => change < 0,
        Better::Neither => false,
    };
    let class = if change == 0 || tile.better == Better::Neither {
        "change flat"
    } else if is_good {
        "change up"
    } else {
        "change down"
    };
    let sign = match change {
        1.. => "▲ +",
        0 => "",
        _ => "▼ ",
    };
    let text = if tile.unit == Unit::Percent {
        format!("{} p.p.", format::decimal(rust_decimal::Decimal::new(change, 2), 1))
    } else {
        Unit::Percent.show(change)
    };
    let before = tile.before.map_or_else(String::new, |before| tile.unit.show(before));
    html! { span class=(class) { (sign) (text) } " " span.before { "antes " (before) } }
}

/// Sums by day, week or month, in order; the label is the first day.
pub fn rolled<T: Copy>(days: &[(Days, T)], grain: Grain, add: impl Fn(&mut T, &T)) -> Vec<(Days, T)> {
    let mut out: Vec<(Days, T)> = Vec::new();
    for (day, sums) in days {
        let start = start(*day, grain);
        match out.last_mut() {
            Some((last, total)) if *last == start => add(total, sums),
            _ => out.push((start, *sums)),
        }
    }
    out
}

/// What the points of a chart are, behind its heading: `por semana`.
pub fn per(grain: Grain) -> &'static str {
    match grain {
        Grain::Month => "por mês",
        Grain::Week => "por semana",
        Grain::Auto | Grain::Day => "por dia",
    }
}

/// The first day of the point that a day is in.
pub fn start(day: Days, grain: Grain) -> Days {
    use chrono::Datelike;
    let date = to_date(day);
    match grain {
        Grain::Week => day - i64::from(date.weekday().num_days_from_monday()),
        Grain::Month => date.with_day(1).map_or(day, from_date),
        Grain::Auto | Grain::Day => day,
    }
}

/// How a point is named.
pub fn label(start: Days, grain: Grain) -> String {
    match grain {
        Grain::Month => to_date(start).format("%m/%Y").to_string(),
        Grain::Week => format!("sem. {}", to_date(start).format("%d/%m/%y")),
        Grain::Auto | Grain::Day => to_date(start).format("%d/%m/%y").to_string(),
    }
}
