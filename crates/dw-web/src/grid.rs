//! A table whose cells are drawn: links, signs, small courses. [`crate::chart::Table`] is the one of plain texts.

use maud::{Markup, html};

/// A table with a heading a row.
#[derive(Debug)]
pub struct Grid {
    label: String,
    empty: &'static str,
    columns: Vec<(&'static str, bool)>,
    rows: Vec<Vec<Markup>>,
    tall: bool,
}

impl Grid {
    /// A table. `label` names it; the first column has the headings of the rows; `true` is for numbers, which stand to the right.
    pub fn new(label: impl Into<String>, columns: &[(&'static str, bool)]) -> Self {
        Self {
            label: label.into(),
            empty: "Nada a mostrar com estes filtros.",
            columns: columns.to_vec(),
            rows: Vec::new(),
            tall: false,
        }
    }

    /// What is said without rows.
    #[must_use]
    pub fn or_say(mut self, empty: &'static str) -> Self {
        self.empty = empty;
        self
    }

    /// Scrolls by itself when it is long.
    #[must_use]
    pub fn tall(mut self) -> Self {
        self.tall = true;
        self
    }

    /// Adds a row, a cell a column.
    pub fn row(&mut self, cells: Vec<Markup>) {
        self.rows.push(cells);
    }

    /// The table, in a box that scrolls by itself when it is too wide.
    pub fn draw(&self) -> Markup {
        html! {
            @if self.rows.is_empty() {
                p.empty { (self.empty) }
            } @else {
                div class=(if self.tall { "scroll tall" } else { "scroll" }) tabindex="0" role="region" aria-label=(self.label) {
                    table.data {
                        thead {
                            tr { @for (name, numeric) in &self.columns { th scope="col" class=[numeric.then_some("num")] { (name) } } }
                        }
                        tbody {
                            @for cells in &self.rows {
                                tr {
                                    @for (at, (cell, (_, numeric))) in cells.iter().zip(&self.columns).enumerate() {
                                        @if at == 0 {
                                            th scope="row" class=[numeric.then_some("num")] { (cell) }
                                        } @else {
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
    }
}
