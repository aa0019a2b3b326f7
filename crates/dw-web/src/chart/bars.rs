//! Vertical bars: side by side, or stacked.

use maud::{Markup, html};

use super::axis::{Plot, Scale, is_written};
use super::{Data, Figure, Size, colour, count, tab, xy};

const HEIGHT: f64 = 260.0;
/// The widest bar.
const WIDEST: f64 = 46.0;

/// How the series of one label stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// Beside each other.
    Side,
    /// On top of each other; values below 0 count as 0.
    Stacked,
}

/// The figure of a bar chart.
pub fn bars(title: &str, note: Option<String>, data: &Data, stand: Stand, size: Size) -> Figure {
    let drawing = draw(title, data, stand, size);
    Figure { title: title.to_owned(), note, legend: data.legend(), drawing, table: Some(data.table()) }
}

struct Bar {
    x: f64,
    width: f64,
    y: f64,
    height: f64,
    colour: usize,
    label: String,
}

fn draw(title: &str, data: &Data, stand: Stand, size: Size) -> Markup {
    let plot = Plot::of(size, HEIGHT);
    let (scale, bars) = layout(data, stand, plot);
    let slot = (plot.right - plot.left) / count(data.labels.len().max(1));
    html! {
        div.plot {
            svg class=(size.class()) viewBox={ "0 0 " (size.width()) " " (HEIGHT) } role="group" aria-roledescription="gráfico de barras" aria-label=(title) data-points {
                (scale.grid(data.unit, &plot))
                g.grid aria-hidden="true" {
                    @for (at, label) in data.labels.iter().enumerate() {
                        @if is_written(at, data.labels.len(), size.labels()) {
                            text x=(xy(plot.left + slot * (count(at) + 0.5))) y=(xy(HEIGHT - 10.0)) text-anchor="middle" { (label) }
                        }
                    }
                }
                @for (at, bar) in bars.iter().enumerate() {
                    g.point role="img" tabindex=(tab(at == 0)) {
                        title { (bar.label) }
                        rect class={ "bar f" (bar.colour) } x=(xy(bar.x)) y=(xy(bar.y)) width=(xy(bar.width)) height=(xy(bar.height)) rx="2" {}
                    }
                }
            }
        }
    }
}

fn layout(data: &Data, stand: Stand, plot: Plot) -> (Scale, Vec<Bar>) {
    let value = |series: usize, at: usize| data.series.get(series).and_then(|s| s.values.get(at).copied().flatten());
    let columns = 0..data.labels.len();
    let scale = match stand {
        Stand::Side => Scale::over(data.series.iter().flat_map(|series| series.values.iter().flatten().copied())),
        Stand::Stacked => Scale::over(columns.clone().map(|at| {
            (0..data.series.len()).map(|series| value(series, at).unwrap_or(0).max(0)).fold(0, i64::saturating_add)
        })),
    };
    let slot = (plot.right - plot.left) / count(data.labels.len().max(1));
    let side = if stand == Stand::Side { count(data.series.len().max(1)) } else { 1.0 };
    let width = (slot * 0.72 / side).min(WIDEST);
    let mut bars = Vec::new();
    for at in columns {
        let mut below = 0_i64;
        let centre = plot.left + slot * (count(at) + 0.5);
        for number in 0..data.series.len() {
            let Some(value) = value(number, at) else { continue };
            let (from, to, x) = match stand {
                Stand::Side => (0, value, centre - width * side / 2.0 + width * count(number)),
                Stand::Stacked => (below, below.saturating_add(value.max(0)), centre - width / 2.0),
            };
            below = to;
            let (a, b) = (scale.at(from, plot.bottom, plot.top), scale.at(to, plot.bottom, plot.top));
            let name = data.series.get(number).map_or("", |series| series.name.as_str());
            let column = data.labels.get(at).map_or("", String::as_str);
            bars.push(Bar {
                x: x + 0.5,
                width: (width - 1.0).max(0.5),
                y: a.min(b),
                height: (a - b).abs().max(0.5),
                colour: colour(number),
                label: format!("{column}, {name}: {}", data.unit.show(value)),
            });
        }
    }
    (scale, bars)
}
