//! A line chart with points; with one series the area below it is filled.

use maud::{Markup, html};

use super::axis::{Plot, Scale, is_written};
use super::{Data, Figure, Size, colour, count, tab, xy};

const HEIGHT: f64 = 260.0;
/// Beyond this many values the points are only seen when they are reached.
const DOTS: usize = 40;

/// The figure of a line chart.
pub fn line(title: &str, note: Option<String>, data: &Data, size: Size) -> Figure {
    Figure {
        title: title.to_owned(),
        note,
        legend: data.legend(),
        drawing: draw(title, data, size),
        table: Some(data.table()),
    }
}

fn draw(title: &str, data: &Data, size: Size) -> Markup {
    let plot = Plot::of(size, HEIGHT);
    let scale = Scale::over(data.series.iter().flat_map(|series| series.values.iter().flatten().copied()));
    let steps = count(data.labels.len().max(2) - 1);
    let x = |at: usize| {
        if data.labels.len() == 1 {
            (plot.left + plot.right) / 2.0
        } else {
            plot.left + count(at) / steps * (plot.right - plot.left)
        }
    };
    let y = |value: i64| scale.at(value, plot.bottom, plot.top);
    html! {
        div.plot {
            svg class=(size.class()) viewBox={ "0 0 " (size.width()) " " (HEIGHT) } role="group" aria-roledescription="gráfico de linhas" aria-label=(title) data-points {
                (scale.grid(data.unit, &plot))
                g.grid aria-hidden="true" {
                    @for (at, label) in data.labels.iter().enumerate() {
                        @if is_written(at, data.labels.len(), size.labels()) {
                            text x=(xy(x(at))) y=(xy(HEIGHT - 10.0)) text-anchor="middle" { (label) }
                        }
                    }
                }
                @for (number, series) in data.series.iter().enumerate() {
                    @for run in runs(&series.values) {
                        @let points = run.iter().map(|(at, value)| format!("{},{}", xy(x(*at)), xy(y(*value)))).collect::<Vec<_>>().join(" ");
                        @if data.series.len() == 1 {
                            @if let (Some((first, _)), Some((last, _))) = (run.first(), run.last()) {
                                polygon class={ "area f" (colour(number)) } points={ (xy(x(*first))) "," (xy(y(0))) " " (points) " " (xy(x(*last))) "," (xy(y(0))) } {}
                            }
                        }
                        polyline class={ "line s" (colour(number)) } points=(points) {}
                    }
                }
                @for (number, series) in data.series.iter().enumerate() {
                    @for (at, value) in series.values.iter().enumerate().filter_map(|(at, value)| value.map(|value| (at, value))) {
                        @let label = format!("{}, {}: {}", data.labels.get(at).map_or("", String::as_str), series.name, data.unit.show(value));
                        g.point role="img" tabindex=(tab(number == 0 && at == 0)) {
                            title { (label) }
                            circle.hit cx=(xy(x(at))) cy=(xy(y(value))) r="9" {}
                            circle class={ (if series.values.len() > DOTS { "dot quiet f" } else { "dot f" }) (colour(number)) } cx=(xy(x(at))) cy=(xy(y(value))) r="3.2" {}
                        }
                    }
                }
            }
        }
    }
}

/// The values between gaps.
fn runs(values: &[Option<i64>]) -> Vec<Vec<(usize, i64)>> {
    let mut runs: Vec<Vec<(usize, i64)>> = vec![Vec::new()];
    for (at, value) in values.iter().enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((at, *value)),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            _ => {}
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}
