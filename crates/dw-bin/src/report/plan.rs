//! The report of `etl plan`.

use serde::Serialize;

use crate::output::{Align, Listing, whole};

/// What a run would do with one entity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PlannedEntity {
    /// `dim_cliente`.
    pub entity: String,
    /// Entities with the same number may run side by side.
    pub stage: u32,
    /// False when an operator switched it off.
    pub is_active: bool,
    /// Where the extraction begins.
    pub watermark_from: String,
    /// Rows that would be read.
    pub rows: u64,
    /// Rows of a batch.
    pub batch_size: u32,
    /// How far before the watermark it begins.
    pub lookback_minutes: u32,
    /// The statements, in order.
    pub statements: Vec<String>,
    /// What makes it slower or less safe than it could be.
    pub warnings: Vec<String>,
}

/// What a run would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PlanReport {
    /// `plan`.
    pub command: &'static str,
    /// The upper bound of the extraction.
    pub cutoff: String,
    /// What guards it against transactions that commit late (ruling 4).
    pub guard: String,
    /// The entities, in the order of work.
    pub entities: Vec<PlannedEntity>,
}

impl PlanReport {
    /// One row an entity; the statements are in the document and, with `-v`, below the table.
    pub fn listing(&self) -> Listing {
        use Align::{Left, Right};
        let mut listing = Listing::new(&[
            ("stage", Right),
            ("entity", Left),
            ("active", Left),
            ("from watermark", Left),
            ("rows", Right),
            ("batch", Right),
            ("lookback", Right),
        ]);
        for row in &self.entities {
            listing.row(vec![
                row.stage.to_string(),
                row.entity.clone(),
                if row.is_active { "yes" } else { "no" }.to_owned(),
                row.watermark_from.clone(),
                whole(row.rows),
                whole(row.batch_size.into()),
                format!("{} min", row.lookback_minutes),
            ]);
        }
        listing
    }

    /// Each statement under the name of its entity.
    pub fn statements(&self) -> impl Iterator<Item = String> {
        self.entities.iter().flat_map(|row| {
            row.statements.iter().map(move |statement| format!("-- {}\n{}\n", row.entity, statement.trim_end()))
        })
    }
}
