//! The report of `etl reconcile`.

use serde::Serialize;

use crate::output::{Align, Listing, seconds, whole};

/// An amount of one month on both sides (ruling 32), as exact decimals in text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AmountRow {
    /// `net`.
    pub name: &'static str,
    /// Live rows of the source.
    pub source: String,
    /// Live rows of the warehouse.
    pub warehouse: String,
    /// Source less warehouse, of rows in quarantine.
    pub rejected: String,
    /// Warehouse, of rows whose source row is gone.
    pub deleted: String,
    /// Source less warehouse, of rows past the watermark.
    pub pending: String,
    /// Rejected and pending, less deleted: what the source may have more.
    pub explained: String,
    /// Warehouse less source, after all that: `0.00`.
    pub difference: String,
}

/// One month of one entity, or its total.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ReconcileRow {
    /// `fact_vendas`.
    pub entity: String,
    /// `2026-01`, or `total`.
    pub month: String,
    /// Live rows of the source.
    pub source_rows: u64,
    /// Live rows of the warehouse.
    pub warehouse_rows: u64,
    /// Rows in quarantine that are missing or old in the warehouse.
    pub rejected: u64,
    /// Rows whose source row is gone, found by this run.
    pub deleted: u64,
    /// Rows past the watermark that are missing or old in the warehouse.
    pub pending: u64,
    /// Rows that are deleted on both sides; in no other number.
    pub soft_deleted: u64,
    /// Rows that differ without a reason.
    pub different: u64,
    /// Warehouse less source in rows, after what explains it.
    pub difference_rows: i64,
    /// The amounts, the main one first.
    pub amounts: Vec<AmountRow>,
    /// True when no row of it differs.
    pub agrees: bool,
}

/// A row that differs without a reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DifferenceRow {
    /// `fact_vendas`.
    pub entity: String,
    /// Key of the source.
    pub key: i64,
    /// `2026-01`.
    pub month: Option<String>,
    /// What differs: `row`, `deleted`, `month` or an amount.
    pub what: &'static str,
    /// In the source.
    pub source: String,
    /// In the warehouse.
    pub warehouse: String,
}

/// How source and warehouse compare.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ReconcileReport {
    /// `reconcile`.
    pub command: &'static str,
    /// True when no row differs.
    pub agrees: bool,
    /// Exit code of the command.
    pub exit_code: u8,
    /// True when nothing was marked.
    pub dry_run: bool,
    /// Rows whose source row is gone, found by this run.
    pub hard_deleted: u64,
    /// Rows of them that were marked.
    pub marked: u64,
    /// The run in `audit.etl_run` that marked them.
    pub run_id: Option<i64>,
    /// Duration.
    pub seconds: f64,
    /// The months and totals.
    pub rows: Vec<ReconcileRow>,
    /// The first rows that differ, of each entity.
    pub differences: Vec<DifferenceRow>,
}

impl ReconcileReport {
    /// A line a month and amount: the main amount, those that do not add up, and with `all` every other one. What is explained
    /// is what the source has more because of rows that are rejected or pending, less what is deleted.
    pub fn listing(&self, all: bool) -> Listing {
        use Align::{Left, Right};
        let mut listing = Listing::new(&[
            ("entity", Left),
            ("month", Left),
            ("source", Right),
            ("warehouse", Right),
            ("rejected", Right),
            ("deleted", Right),
            ("pending", Right),
            ("different", Right),
            ("amount", Left),
            ("in source", Right),
            ("explained", Right),
            ("in warehouse", Right),
            ("difference", Right),
        ]);
        for row in &self.rows {
            let counts = [row.source_rows, row.warehouse_rows, row.rejected, row.deleted, row.pending, row.different];
            let mut cells = vec![row.entity.clone(), row.month.clone()];
            cells.extend(counts.map(whole));
            if row.amounts.is_empty() {
                let (none, zero) = (String::new, || "0".to_owned());
                cells.extend(["rows".to_owned(), none(), zero(), none(), row.difference_rows.to_string()]);
                listing.row(cells);
                continue;
            }
            for (at, amount) in row.amounts.iter().enumerate() {
                if at == 0 || all || amount.difference != "0.00" {
                    // A plain zero, so that the column goes when nothing has to be explained.
                    let explained = if amount.explained == "0.00" { "0" } else { &amount.explained };
                    let sums = [amount.name, &amount.source, explained, &amount.warehouse, &amount.difference];
                    let mut line = cells.clone();
                    line.extend(sums.map(str::to_owned));
                    listing.row(line);
                }
            }
        }
        listing.drop_zero_columns(&["rejected", "deleted", "pending", "different", "explained"]);
        listing
    }

    /// The rows that differ, a line each.
    pub fn differing(&self) -> Vec<String> {
        let line = |row: &DifferenceRow| {
            let month = row.month.as_ref().map(|month| format!(" ({month})")).unwrap_or_default();
            format!(
                "difference: {} {}{month}: {} is {} in the source and {} in the warehouse",
                row.entity, row.key, row.what, row.source, row.warehouse
            )
        };
        self.differences.iter().map(line).collect()
    }

    /// The last line for a person.
    pub fn summary(&self) -> String {
        let total = |count: fn(&ReconcileRow) -> u64| -> u64 {
            self.rows.iter().filter(|row| row.month == "total").map(count).sum()
        };
        let verdict = match self.agrees {
            true => "source and warehouse agree: difference 0.00".to_owned(),
            false => format!("source and warehouse differ in {}", counted(total(|row| row.different), "row")),
        };
        let marked = match (self.hard_deleted, self.dry_run) {
            (0, _) => "no hard deletes".to_owned(),
            (found, true) => format!("{} found and not marked", counted(found, "hard delete")),
            (_, false) => format!("{} marked", counted(self.marked, "hard delete")),
        };
        format!(
            "{verdict}; {} rejected, {} pending, {marked}; {} of the source in {} s",
            whole(total(|row| row.rejected)),
            whole(total(|row| row.pending)),
            counted(total(|row| row.source_rows), "row"),
            seconds(self.seconds),
        )
    }
}

/// `1 row`, `2 rows`.
fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", whole(number), if number == 1 { "" } else { "s" })
}
