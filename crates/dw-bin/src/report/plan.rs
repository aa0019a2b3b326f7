//! The report of `etl plan`.

use serde::Serialize;

use crate::output::{Align, Listing, whole};

/// One statement of an entity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PlannedStatement {
    /// What it is for: `read`, `insert`.
    pub purpose: String,
    /// Its text.
    pub sql: String,
}

/// What a run would do with one entity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PlannedEntity {
    /// `dim_cliente`.
    pub entity: String,
    /// Entities with the same number may run side by side.
    pub stage: u32,
    /// False when an operator switched it off.
    pub is_active: bool,
    /// The last change that was loaded.
    pub watermark_from: String,
    /// Where reading begins.
    pub read_from: String,
    /// How far that is before the watermark.
    pub lookback_minutes: i64,
    /// Rows that would be read: the sum of the next three.
    pub rows: u64,
    /// Rows past the watermark.
    pub rows_new: u64,
    /// Rows that are read again because they lie in the lookback.
    pub rows_lookback: u64,
    /// Rows that are read again because they were rejected or parked.
    pub rows_again: u64,
    /// Rows of a batch.
    pub batch_size: usize,
    /// Batches.
    pub batches: u64,
    /// What makes it slower or less safe than it could be.
    pub warnings: Vec<String>,
    /// The statements, in order.
    pub statements: Vec<PlannedStatement>,
}

/// What a run would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PlanReport {
    /// `plan`.
    pub command: &'static str,
    /// The upper bound of the extraction.
    pub cutoff: String,
    /// What guards it against transactions that commit late (ruling 4): `oldest_transaction` or `lookback`.
    pub guard: &'static str,
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
            ("new", Right),
            ("lookback", Right),
            ("again", Right),
            ("batch", Right),
            ("batches", Right),
        ]);
        for row in &self.entities {
            let mut cells = vec![
                row.stage.to_string(),
                row.entity.clone(),
                if row.is_active { "yes" } else { "no" }.to_owned(),
                row.watermark_from.clone(),
            ];
            let batch = u64::try_from(row.batch_size).unwrap_or(u64::MAX);
            cells.extend([row.rows_new, row.rows_lookback, row.rows_again, batch, row.batches].map(whole));
            listing.row(cells);
        }
        listing.drop_zero_columns(&["again"]);
        listing
    }

    /// The last line for a person.
    pub fn summary(&self) -> String {
        let active = || self.entities.iter().filter(|row| row.is_active);
        let guard = match self.guard {
            "lookback" => "guarded by the lookback, because this engine cannot tell its oldest open transaction",
            _ => "guarded by the oldest open transaction of the source",
        };
        format!(
            "{} rows in {} batches, up to {}Z, {guard}",
            whole(active().map(|row| row.rows).sum()),
            whole(active().map(|row| row.batches).sum()),
            self.cutoff,
        )
    }

    /// Each statement under the name of its entity and what it is for.
    pub fn statements(&self) -> impl Iterator<Item = String> {
        self.entities.iter().flat_map(|row| {
            row.statements.iter().map(move |statement| {
                format!("-- {}: {}\n{};\n", row.entity, statement.purpose, statement.sql.trim_end())
            })
        })
    }
}
