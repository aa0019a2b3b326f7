//! A timeline: bars on lanes, from when to when, coloured by status.

use chrono_tz::Tz;
use dw_core::time::Seconds;
use maud::{Markup, html};

use super::{FULL_WIDTH, Figure, Table, count, real, tab, xy};
use crate::format;
use crate::mark::Mark;

const LANE: f64 = 26.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = FULL_WIDTH - 16.0;
/// Marks of the time axis, beyond the first.
const STEPS: i64 = 8;
const AXIS: f64 = 28.0;

/// A bar.
#[derive(Debug, Clone)]
pub struct Span {
    /// Its lane; lanes stand in the order of their first bar.
    pub lane: String,
    /// When it began.
    pub from: Seconds,
    /// When it ended, or now.
    pub to: Seconds,
    /// Its colour.
    pub mark: Mark,
    /// The word of its status.
    pub status: String,
    /// What the title says behind lane and time.
    pub detail: String,
}

/// The figure of a timeline in a time zone.
pub fn gantt(title: &str, spans: &[Span], zone: Tz) -> Figure {
    let mut table = Table::new("Linha");
    table
        .column("Início", false)
        .column("Fim", false)
        .column("Duração", true)
        .column("Status", false)
        .column("Detalhe", false);
    for span in spans {
        let cells = vec![
            format::moment(span.from, zone),
            format::moment(span.to, zone),
            format::duration(span.to - span.from),
            span.status.clone(),
            span.detail.clone(),
        ];
        table.row(span.lane.clone(), cells);
    }
    Figure {
        title: title.to_owned(),
        note: None,
        legend: Vec::new(),
        drawing: draw(title, spans, zone),
        table: Some(table),
    }
}

fn draw(title: &str, spans: &[Span], zone: Tz) -> Markup {
    let mut lanes: Vec<&str> = Vec::new();
    for span in spans {
        if !lanes.contains(&span.lane.as_str()) {
            lanes.push(&span.lane);
        }
    }
    let begin = spans.iter().map(|span| span.from).min().unwrap_or(0);
    let end = spans.iter().map(|span| span.to).max().unwrap_or(0).max(begin + 1);
    let x = |at: Seconds| LEFT + real(at - begin) / real(end - begin) * (RIGHT - LEFT);
    // No moment is written twice.
    let steps = STEPS.min(end - begin);
    let height = count(lanes.len()) * LANE + AXIS;
    html! {
        div.plot {
            svg class="chart full" viewBox={ "0 0 " (FULL_WIDTH) " " (height) } role="group" aria-roledescription="linha do tempo" aria-label=(title) data-points {
                g.grid aria-hidden="true" {
                    @for step in 0..=steps {
                        @let at = begin + (end - begin) * step / steps;
                        line x1=(xy(x(at))) x2=(xy(x(at))) y1="0" y2=(xy(height - AXIS + 4.0)) {}
                        text x=(xy(x(at))) y=(xy(height - 8.0)) text-anchor=(if step == 0 { "start" } else if step == steps { "end" } else { "middle" }) { (tick(at, end - begin, zone)) }
                    }
                    @for (at, lane) in lanes.iter().enumerate() {
                        text x=(xy(LEFT - 10.0)) y=(xy(count(at) * LANE + 17.0)) text-anchor="end" { (lane) }
                    }
                }
                @for (at, span) in spans.iter().enumerate() {
                    @let lane = lanes.iter().position(|lane| *lane == span.lane).unwrap_or(0);
                    @let label = format!("{}: {}, {}, {}. {}", span.lane, span.status, format::moment(span.from, zone), format::duration(span.to - span.from), span.detail);
                    g.point role="img" tabindex=(tab(at == 0)) {
                        title { (label) }
                        rect class={ "bar m-" (span.mark.class()) } x=(xy(x(span.from))) y=(xy(count(lane) * LANE + 4.0)) width=(xy((x(span.to) - x(span.from)).max(3.0))) height=(xy(LANE - 8.0)) rx="3" {}
                    }
                }
            }
        }
    }
}

fn tick(at: Seconds, span: Seconds, zone: Tz) -> String {
    let pattern = if span > 2 * 86_400 {
        "%d/%m"
    } else if span > 600 {
        "%H:%M"
    } else {
        "%H:%M:%S"
    };
    chrono::DateTime::from_timestamp(at, 0)
        .map_or_else(String::new, |stamp| stamp.with_timezone(&zone).format(pattern).to_string())
}
