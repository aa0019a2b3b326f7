//! The report of `etl reconcile`.

use dw_core::exit;
use serde::Serialize;

use crate::output::{Align, Listing, whole};

/// One month of one entity, both sides read separately (ruling 32). Amounts are exact decimals as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ReconcileRow {
    /// `fact_vendas`.
    pub entity: String,
    /// `2026-01`; none for an entity without months.
    pub month: Option<String>,
    /// Rows of the source.
    pub source_rows: u64,
    /// Rows of the warehouse.
    pub warehouse_rows: u64,
    /// Rows that could not be loaded.
    pub rejected: u64,
    /// Rows that are marked as deleted.
    pub deleted: u64,
    /// Rows past the watermark.
    pub pending: u64,
    /// Amount of the source, where the entity has one.
    pub source_amount: Option<String>,
    /// Amount of the warehouse.
    pub warehouse_amount: Option<String>,
    /// Warehouse less source, after what is rejected, deleted and pending has been taken into account: `0.00`.
    pub difference: String,
    /// True when both sides agree, rows and amount.
    pub agrees: bool,
}

/// How source and warehouse compare.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ReconcileReport {
    /// `reconcile`.
    pub command: &'static str,
    /// True when nothing was marked.
    pub dry_run: bool,
    /// Rows whose source row is gone, found by this run.
    pub hard_deleted: u64,
    /// The comparison.
    pub rows: Vec<ReconcileRow>,
}

impl ReconcileReport {
    /// 0, or 20 when a difference was found.
    pub fn exit_code(&self) -> u8 {
        if self.rows.iter().all(|row| row.agrees) { exit::OK } else { exit::QUALITY }
    }

    /// One row a month and entity.
    pub fn listing(&self) -> Listing {
        use Align::{Left, Right};
        let mut listing = Listing::new(&[
            ("entity", Left),
            ("month", Left),
            ("source", Right),
            ("warehouse", Right),
            ("rejected", Right),
            ("deleted", Right),
            ("pending", Right),
            ("source amount", Right),
            ("warehouse amount", Right),
            ("difference", Right),
        ]);
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        for row in &self.rows {
            listing.row(vec![
                row.entity.clone(),
                or_dash(&row.month),
                whole(row.source_rows),
                whole(row.warehouse_rows),
                whole(row.rejected),
                whole(row.deleted),
                whole(row.pending),
                or_dash(&row.source_amount),
                or_dash(&row.warehouse_amount),
                row.difference.clone(),
            ]);
        }
        listing.drop_zero_columns(&["rejected", "deleted", "pending"]);
        listing
    }

    /// The last line for a person.
    pub fn summary(&self) -> String {
        let different = self.rows.iter().filter(|row| !row.agrees).count();
        let verdict = match different {
            0 => "source and warehouse agree".to_owned(),
            1 => "1 line differs".to_owned(),
            many => format!("{many} lines differ"),
        };
        let marked = if self.dry_run { "found" } else { "marked" };
        format!("{verdict}; hard deletes {marked}: {}", whole(self.hard_deleted))
    }
}
