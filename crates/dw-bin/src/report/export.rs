//! The report of `etl export`.

use serde::Serialize;

use crate::output::{Align, Listing, whole};

/// A file that was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExportedRow {
    /// `dim.DIM_CLIENTE`.
    pub name: String,
    /// The file.
    pub file: String,
    /// Rows, without the header.
    pub rows: u64,
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExportReport {
    /// `export`.
    pub command: &'static str,
    /// `csv` or `json`.
    pub format: &'static str,
    /// The files, in the order in which they were named.
    pub files: Vec<ExportedRow>,
}

impl ExportReport {
    /// One row a file.
    pub fn listing(&self) -> Listing {
        let mut listing = Listing::new(&[("name", Align::Left), ("rows", Align::Right), ("file", Align::Left)]);
        for file in &self.files {
            listing.row(vec![file.name.clone(), whole(file.rows), file.file.clone()]);
        }
        listing
    }
}
