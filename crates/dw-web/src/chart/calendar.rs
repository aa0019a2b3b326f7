//! Days as squares, a column a week and a row a weekday: how a status went over months.

use chrono::Datelike;
use dw_core::time::{Days, to_date};
use maud::{Markup, html};

use super::{Figure, Table, count, real, tab, xy};
use crate::format;
use crate::mark::Mark;

const CELL: f64 = 17.0;
const STEP: f64 = 20.0;
const LEFT: f64 = 34.0;
const TOP: f64 = 20.0;
/// Weekdays as the rows say them, from Sunday.
const WEEKDAYS: [&str; 7] = ["dom", "seg", "ter", "qua", "qui", "sex", "sáb"];
const MONTHS: [&str; 12] = ["jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"];

/// A day.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Which.
    pub day: Days,
    /// Its colour.
    pub mark: Mark,
    /// Its status as a word, for title and table.
    pub status: String,
}

/// The figure of a calendar; the days come in order.
pub fn calendar(title: &str, note: Option<String>, cells: &[Cell]) -> Figure {
    let mut table = Table::new("Dia");
    table.column("Status", false);
    for cell in cells.iter().rev() {
        table.row(format::date(cell.day), vec![cell.status.clone()]);
    }
    Figure { title: title.to_owned(), note, legend: Vec::new(), drawing: draw(title, cells), table: Some(table) }
}

/// 1970-01-01 was a Thursday.
fn weekday(day: Days) -> Days {
    (day + 4).rem_euclid(7)
}

fn draw(title: &str, cells: &[Cell]) -> Markup {
    let first = cells.first().map_or(0, |cell| cell.day - weekday(cell.day));
    let weeks = cells.last().map_or(0, |cell| (cell.day - first) / 7 + 1);
    let width = (LEFT + real(weeks) * STEP + 4.0).max(200.0);
    let height = TOP + 7.0 * STEP;
    html! {
        div.plot.calendar {
            svg.chart viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="group" aria-roledescription="calendário" aria-label=(title) data-points {
                g.grid aria-hidden="true" {
                    @for row in [1_usize, 3, 5] {
                        text x="0" y=(xy(TOP + count(row) * STEP + 13.0)) { (WEEKDAYS.get(row).copied().unwrap_or_default()) }
                    }
                    @for cell in cells.iter().filter(|cell| to_date(cell.day).day() == 1) {
                        text x=(xy(LEFT + real((cell.day - first) / 7) * STEP)) y="12" { (MONTHS.get(usize::try_from(to_date(cell.day).month0()).unwrap_or(0)).copied().unwrap_or_default()) }
                    }
                }
                @for (at, cell) in cells.iter().enumerate() {
                    @let label = format!("{}: {}", format::date(cell.day), cell.status);
                    g.point role="img" tabindex=(tab(at == 0)) {
                        title { (label) }
                        rect class={ "m-" (cell.mark.class()) } x=(xy(LEFT + real((cell.day - first) / 7) * STEP)) y=(xy(TOP + real(weekday(cell.day)) * STEP)) width=(CELL) height=(CELL) rx="3" {}
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_start_on_sunday() {
        // 2026-02-01 is a Sunday.
        assert_eq!(weekday(dw_core::time::parse_date("2026-02-01").unwrap()), 0);
        assert_eq!(weekday(dw_core::time::parse_date("2026-02-07").unwrap()), 6);
    }
}
