//! Rows for people: a table on a terminal, tab-separated lines in a pipe.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// A line under the header and one at the end: nine rows stay nine lines.
const STYLE: TableStyle = TableStyle::new().header_separator(RULE).bottom_border(RULE);
const RULE: LineStyle = LineStyle::none().fill('─').junction('─');

/// How a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Columns and rows of text.
#[derive(Debug, Clone)]
pub struct Listing {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Listing {
    /// A listing without rows.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        Self { columns: columns.iter().map(|(name, align)| ((*name).to_owned(), *align)).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// True without a row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Removes each of these columns that holds nothing but zeros, so that what happened fits a terminal.
    pub fn drop_zero_columns(&mut self, names: &[&str]) {
        let is_zero = |at: usize| self.rows.iter().all(|row| row.get(at).is_some_and(|cell| cell == "0"));
        let keep: Vec<bool> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, (name, _))| !(names.contains(&name.as_str()) && is_zero(at)))
            .collect();
        let mut at = 0..;
        self.columns.retain(|_| at.next().and_then(|at| keep.get(at).copied()).unwrap_or(true));
        for row in &mut self.rows {
            let mut at = 0..;
            row.retain(|_| at.next().and_then(|at| keep.get(at).copied()).unwrap_or(true));
        }
    }

    /// The table of a terminal that is `width` columns wide.
    pub fn table(&self, width: Option<u16>) -> String {
        let mut table = Table::new();
        table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
        if let Some(width) = width {
            table.set_width(width);
        }
        table.set_header(self.columns.iter().map(|(name, _)| name.as_str()));
        table.add_rows(self.rows.iter().map(|row| row.iter().map(String::as_str)));
        for (at, (_, align)) in self.columns.iter().enumerate() {
            if let Some(column) = table.column_mut(at) {
                column.set_cell_alignment(match align {
                    Align::Left => CellAlignment::Left,
                    Align::Right => CellAlignment::Right,
                });
            }
        }
        table.trim_fmt()
    }

    /// A header and a line a row, cells separated by tabs.
    pub fn lines(&self) -> Vec<String> {
        let header = self.columns.iter().map(|(name, _)| plain(name)).collect::<Vec<_>>().join("\t");
        let rows = self.rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect::<Vec<_>>().join("\t"));
        std::iter::once(header).chain(rows).collect()
    }
}

/// A cell that cannot break its line.
fn plain(cell: &str) -> String {
    cell.replace(['\t', '\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_zeros_go_when_they_are_named() {
        let mut listing =
            Listing::new(&[("entity", Align::Left), ("inserted", Align::Right), ("rejected", Align::Right)]);
        listing.row(vec!["a\tb".to_owned(), "0".to_owned(), "0".to_owned()]);
        listing.drop_zero_columns(&["rejected"]);
        assert_eq!(listing.lines(), ["entity\tinserted", "a b\t0"]);
    }
}
