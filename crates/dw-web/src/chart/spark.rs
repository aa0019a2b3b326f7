//! A line of a few pixels that shows a course, for tiles and tables. It has no axis; its label says first, last and bounds.

use maud::{Markup, html};

use super::{count, real, xy};
use crate::format::Unit;

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 28.0;

/// The drawing; nothing for fewer than two values.
pub fn spark(name: &str, unit: Unit, values: &[i64]) -> Markup {
    let (Some(first), Some(last), Some(least), Some(most)) =
        (values.first(), values.last(), values.iter().min(), values.iter().max())
    else {
        return html! {};
    };
    if values.len() < 2 {
        return html! {};
    }
    let span = (real(*most) - real(*least)).max(1.0);
    let x = |at: usize| 2.0 + count(at) / count(values.len() - 1) * (WIDTH - 4.0);
    let y = |value: i64| HEIGHT - 3.0 - (real(value) - real(*least)) / span * (HEIGHT - 6.0);
    let points = values
        .iter()
        .enumerate()
        .map(|(at, value)| format!("{},{}", xy(x(at)), xy(y(*value))))
        .collect::<Vec<_>>()
        .join(" ");
    let label = format!(
        "{name}, evolução: de {} a {}, entre {} e {}",
        unit.show(*first),
        unit.show(*last),
        unit.show(*least),
        unit.show(*most)
    );
    html! {
        svg.spark viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(label) preserveAspectRatio="none" {
            polygon.area.f1 points={ "2," (HEIGHT) " " (points) " " (WIDTH - 2.0) "," (HEIGHT) } {}
            polyline.line.s1 points=(points) vector-effect="non-scaling-stroke" {}
        }
    }
}
