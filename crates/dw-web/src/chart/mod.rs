//! Charts drawn on the server as SVG: no script is needed to see them, and no style attribute, so that the strict
//! Content-Security-Policy of [`crate::server`] holds. Colours are classes of `assets/app.css`, which knows dark and light.
//!
//! Every chart has a label, a legend where it has several series, a title at each point, points that the keyboard reaches
//! (the first by Tab, the others by the arrow keys), and the same values as a table.
//! Not here: where values come from, and how they are written ([`crate::format`]).

pub mod axis;
pub mod bars;
pub mod calendar;
pub mod gantt;
pub mod line;
pub mod map;
pub mod ranking;
pub mod spark;

use maud::{Markup, html};

use crate::format::Unit;

/// Width of a drawing in its own units; the page scales it, so that its letters are near those of the page.
pub(crate) const WIDTH: f64 = 620.0;
/// The same for a drawing as wide as the page.
pub(crate) const FULL_WIDTH: f64 = 1_200.0;
/// Colours of series; a further series begins again.
pub(crate) const COLOURS: usize = 6;

/// How much of the page a chart takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Beside another one.
    Half,
    /// All of it.
    Full,
}

impl Size {
    pub(crate) fn width(self) -> f64 {
        match self {
            Self::Half => WIDTH,
            Self::Full => FULL_WIDTH,
        }
    }

    /// Class of the drawing, which sets its least width on a small screen.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Half => "chart",
            Self::Full => "chart full",
        }
    }

    /// Labels that have room below the axis.
    pub(crate) fn labels(self) -> usize {
        match self {
            Self::Half => 7,
            Self::Full => 13,
        }
    }
}

/// One row of values over the common labels.
#[derive(Debug, Clone)]
pub struct Series {
    /// What the legend says.
    pub name: String,
    /// A value a label, `None` where there is none.
    pub values: Vec<Option<i64>>,
}

impl Series {
    /// A series without gaps.
    pub fn of(name: impl Into<String>, values: impl IntoIterator<Item = i64>) -> Self {
        Self { name: name.into(), values: values.into_iter().map(Some).collect() }
    }
}

/// What a chart shows: labels along the axis, and series in one unit.
#[derive(Debug, Clone)]
pub struct Data {
    /// Heading of the labels in the table: `Dia`.
    pub axis: String,
    /// The labels.
    pub labels: Vec<String>,
    /// The series.
    pub series: Vec<Series>,
    /// The unit of all values.
    pub unit: Unit,
}

impl Data {
    /// True when there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(|series| series.values.iter().all(Option::is_none))
    }

    /// The same values as a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(&self.axis);
        for series in &self.series {
            table.column(&series.name, true);
        }
        for (at, label) in self.labels.iter().enumerate() {
            let value = |series: &Series| {
                series.values.get(at).copied().flatten().map_or_else(|| "–".to_owned(), |value| self.unit.show(value))
            };
            table.row(label.clone(), self.series.iter().map(value).collect());
        }
        table
    }

    pub(crate) fn legend(&self) -> Vec<(usize, String)> {
        let named = |(at, series): (usize, &Series)| (colour(at), series.name.clone());
        if self.series.len() < 2 { Vec::new() } else { self.series.iter().enumerate().map(named).collect() }
    }
}

/// A table of texts with a heading a row.
#[derive(Debug, Clone)]
pub struct Table {
    head: String,
    columns: Vec<(String, bool)>,
    rows: Vec<(String, Vec<String>)>,
}

impl Table {
    /// A table whose row headings stand under `head`.
    pub fn new(head: impl Into<String>) -> Self {
        Self { head: head.into(), columns: Vec::new(), rows: Vec::new() }
    }

    /// Adds a column; numbers stand to the right.
    pub fn column(&mut self, name: impl Into<String>, numeric: bool) -> &mut Self {
        self.columns.push((name.into(), numeric));
        self
    }

    /// Adds a row, with a cell a column.
    pub fn row(&mut self, head: impl Into<String>, cells: Vec<String>) -> &mut Self {
        self.rows.push((head.into(), cells));
        self
    }

    /// The table in a box that scrolls by itself when it is too wide. `label` names it.
    pub fn draw(&self, label: &str) -> Markup {
        html! {
            div.scroll tabindex="0" role="region" aria-label=(label) {
                table.data {
                    thead {
                        tr {
                            th scope="col" { (self.head) }
                            @for (name, numeric) in &self.columns {
                                th scope="col" class=[numeric.then_some("num")] { (name) }
                            }
                        }
                    }
                    tbody {
                        @for (head, cells) in &self.rows {
                            tr {
                                th scope="row" { (head) }
                                @for (cell, (_, numeric)) in cells.iter().zip(&self.columns) {
                                    td class=[numeric.then_some("num")] { (cell) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A drawing with heading, legend and table.
#[derive(Debug)]
pub struct Figure {
    /// Heading.
    pub title: String,
    /// A sentence below the heading.
    pub note: Option<String>,
    /// Colour number and name of each series.
    pub legend: Vec<(usize, String)>,
    /// The drawing.
    pub drawing: Markup,
    /// The same as a table; `None` for a drawing that is one.
    pub table: Option<Table>,
}

impl Figure {
    /// The figure of a page. Without values it says so.
    pub fn draw(&self, is_empty: bool) -> Markup {
        html! {
            figure.card {
                figcaption {
                    h3 { (self.title) }
                    @if let Some(note) = &self.note { p.note { (note) } }
                    @if !is_empty && !self.legend.is_empty() {
                        ul.legend {
                            @for (colour, name) in &self.legend {
                                li {
                                    svg.key viewBox="0 0 12 12" aria-hidden="true" {
                                        rect class={ "f" (colour) } x="1" y="1" width="10" height="10" rx="2" {}
                                    }
                                    (name)
                                }
                            }
                        }
                    }
                }
                @if is_empty {
                    p.empty { "Nada a mostrar com estes filtros." }
                } @else {
                    (self.drawing)
                    @if let Some(table) = &self.table {
                        details.as-table {
                            summary { "Ver como tabela" span.visually-hidden { ": " (self.title) } }
                            (table.draw(&self.title))
                        }
                    }
                }
            }
        }
    }
}

/// The number of the colour of a series, from 1.
pub(crate) fn colour(at: usize) -> usize {
    at % COLOURS + 1
}

/// A coordinate as SVG writes it.
pub(crate) fn xy(value: f64) -> String {
    let rounded = format!("{value:.1}");
    rounded.strip_suffix(".0").map_or_else(|| rounded.clone(), str::to_owned)
}

/// Amounts become coordinates here, where half a cent is far less than a pixel.
#[expect(clippy::cast_precision_loss, reason = "geometry, never an amount that is shown")]
pub(crate) fn real(value: i64) -> f64 {
    value as f64
}

/// The same for a number of things.
pub(crate) fn count(value: usize) -> f64 {
    i64::try_from(value).map_or(f64::MAX, real)
}

/// `tabindex` of a point: Tab reaches the first one, the arrow keys the others.
pub(crate) fn tab(first: bool) -> &'static str {
    if first { "0" } else { "-1" }
}
