//! Brazil as tiles, one a state, each near its place: shades say how much. A state without a value is empty.
//! Tiles of one size keep small states readable, which a map with borders does not.

use maud::{Markup, html};

use super::{Figure, Table, count, tab, xy};
use crate::format::Unit;

const TILE: f64 = 64.0;
const GAP: f64 = 5.0;
/// Shades of `assets/app.css`, from 1.
const SHADES: i64 = 5;

/// State, name, column, row.
const STATES: [(&str, &str, usize, usize); 27] = [
    ("RR", "Roraima", 1, 0),
    ("AP", "Amapá", 3, 0),
    ("AM", "Amazonas", 1, 1),
    ("PA", "Pará", 2, 1),
    ("MA", "Maranhão", 3, 1),
    ("CE", "Ceará", 4, 1),
    ("RN", "Rio Grande do Norte", 5, 1),
    ("AC", "Acre", 0, 2),
    ("RO", "Rondônia", 1, 2),
    ("TO", "Tocantins", 2, 2),
    ("PI", "Piauí", 3, 2),
    ("PE", "Pernambuco", 4, 2),
    ("PB", "Paraíba", 5, 2),
    ("MT", "Mato Grosso", 1, 3),
    ("GO", "Goiás", 2, 3),
    ("BA", "Bahia", 3, 3),
    ("SE", "Sergipe", 4, 3),
    ("AL", "Alagoas", 5, 3),
    ("MS", "Mato Grosso do Sul", 1, 4),
    ("DF", "Distrito Federal", 2, 4),
    ("MG", "Minas Gerais", 3, 4),
    ("ES", "Espírito Santo", 4, 4),
    ("PR", "Paraná", 1, 5),
    ("SP", "São Paulo", 2, 5),
    ("RJ", "Rio de Janeiro", 3, 5),
    ("SC", "Santa Catarina", 1, 6),
    ("RS", "Rio Grande do Sul", 1, 7),
];

/// A value of a state.
#[derive(Debug, Clone)]
pub struct Tile {
    /// `SP`.
    pub state: String,
    /// Its value.
    pub value: i64,
}

/// The name of a state; the letters themselves when there is no such state.
pub fn state_name(state: &str) -> &str {
    STATES.iter().find(|(letters, ..)| *letters == state).map_or(state, |(_, name, ..)| name)
}

/// The figure of a map. What is in no state is told in the note.
pub fn map(title: &str, measure: &str, unit: Unit, tiles: &[Tile]) -> Figure {
    let mut table = Table::new("Estado");
    table.column(measure, true);
    for tile in tiles {
        table.row(state_name(&tile.state), vec![unit.show(tile.value)]);
    }
    let elsewhere: i64 =
        tiles.iter().filter(|tile| !STATES.iter().any(|state| state.0 == tile.state)).map(|tile| tile.value).sum();
    let note = (elsewhere != 0).then(|| format!("Fora dos estados, ou sem estado: {}.", unit.show(elsewhere)));
    Figure { title: title.to_owned(), note, legend: Vec::new(), drawing: draw(title, unit, tiles), table: Some(table) }
}

fn draw(title: &str, unit: Unit, tiles: &[Tile]) -> Markup {
    let value = |state: &str| tiles.iter().find(|tile| tile.state == state).map(|tile| tile.value);
    let most = tiles.iter().map(|tile| tile.value).max().unwrap_or(0).max(1);
    let (width, height) = (6.0 * (TILE + GAP), 8.0 * (TILE + GAP));
    let first = STATES.iter().position(|(state, ..)| value(state).is_some());
    html! {
        div.plot.map {
            svg.chart viewBox={ "0 0 " (width) " " (height) } role="group" aria-roledescription="mapa de blocos" aria-label=(title) data-points {
                @for (at, (state, name, column, row)) in STATES.iter().enumerate() {
                    @let (x, y) = (count(*column) * (TILE + GAP), count(*row) * (TILE + GAP));
                    @let shade = value(state).map_or(0, |value| shade(value, most));
                    @let label = value(state).map_or_else(|| format!("{name}: sem vendas"), |value| format!("{name}: {}", unit.show(value)));
                    g class={ "point tile q" (shade) } role="img" tabindex=(tab(first == Some(at))) {
                        title { (label) }
                        rect x=(xy(x)) y=(xy(y)) width=(TILE) height=(TILE) rx="6" {}
                        text.state x=(xy(x + TILE / 2.0)) y=(xy(y + 28.0)) text-anchor="middle" { (state) }
                        @if let Some(value) = value(state) {
                            text.small x=(xy(x + TILE / 2.0)) y=(xy(y + 46.0)) text-anchor="middle" { (unit.show_short(value).trim_start_matches("R$ ")) }
                        }
                    }
                }
            }
        }
    }
}

/// 1 to [`SHADES`] by the part of the greatest value; 0 without one.
fn shade(value: i64, most: i64) -> i64 {
    if value <= 0 {
        return 0;
    }
    let part = i128::from(value) * i128::from(SHADES) / i128::from(most);
    i64::try_from(part).unwrap_or(SHADES).clamp(0, SHADES - 1) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_tile_of_its_own() {
        let mut places: Vec<_> = STATES.iter().map(|(_, _, column, row)| (column, row)).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), 27);
        assert_eq!((shade(0, 100), shade(1, 100), shade(99, 100), shade(100, 100)), (0, 1, 5, 5));
        assert_eq!(state_name("SP"), "São Paulo");
        assert_eq!(state_name("NA"), "NA");
    }
}
