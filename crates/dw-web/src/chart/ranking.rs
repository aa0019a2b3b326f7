//! A ranking: a table whose rows have a bar, so that names are text of any length and it is readable on a phone. It needs no
//! second table.

use maud::{Markup, html};

use super::{real, xy};
use crate::format::Unit;

/// A row.
#[derive(Debug, Clone)]
pub struct Row {
    /// Who.
    pub name: String,
    /// How much.
    pub value: i64,
    /// Further cells, already written.
    pub more: Vec<String>,
    /// Where the name leads.
    pub link: Option<String>,
}

/// What a ranking shows.
#[derive(Debug, Clone)]
pub struct Ranking {
    /// Heading.
    pub title: String,
    /// A sentence below it.
    pub note: Option<String>,
    /// Heading of the names.
    pub head: String,
    /// Heading of the values.
    pub measure: String,
    /// Headings of the further cells.
    pub more: Vec<String>,
    /// Unit of the values.
    pub unit: Unit,
    /// The rows, best first.
    pub rows: Vec<Row>,
    /// Colour of the bars, from 1.
    pub colour: usize,
}

impl Ranking {
    /// The card of a page.
    pub fn draw(&self) -> Markup {
        let most = self.rows.iter().map(|row| row.value.unsigned_abs()).max().unwrap_or(0).max(1);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        html! {
            section.card {
                h3 { (self.title) }
                @if let Some(note) = &self.note { p.note { (note) } }
                @if self.rows.is_empty() {
                    p.empty { "Nada a mostrar com estes filtros." }
                } @else {
                    div.scroll tabindex="0" role="region" aria-label=(self.title) {
                        table.ranking {
                            thead {
                                tr {
                                    th.place scope="col" { span.visually-hidden { "Posição" } }
                                    th scope="col" { (self.head) }
                                    th.barcell scope="col" aria-hidden="true" {}
                                    th.num scope="col" { (self.measure) }
                                    @for name in &self.more { th.num scope="col" { (name) } }
                                }
                            }
                            tbody {
                                @for (at, row) in self.rows.iter().enumerate() {
                                    tr {
                                        td.place { (at + 1) }
                                        th scope="row" {
                                            @if let Some(link) = &row.link { a href=(link) { (row.name) } } @else { (row.name) }
                                        }
                                        td.barcell aria-hidden="true" {
                                            svg viewBox="0 0 100 10" preserveAspectRatio="none" {
                                                rect.track width="100" height="10" rx="1" {}
                                                rect class={ "f" (self.colour) } width=(xy(real(row.value).abs() / real(most) * 100.0)) height="10" rx="1" {}
                                            }
                                        }
                                        td.num { (self.unit.show(row.value)) }
                                        @for cell in &row.more { td.num { (cell) } }
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
