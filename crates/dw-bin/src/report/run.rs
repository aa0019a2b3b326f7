//! The report of `etl run`.

use serde::Serialize;

use crate::output::{Align, Failure, Listing, rate, seconds, whole};

/// What a run did with one entity.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct EntityRow {
    /// `dim_cliente`.
    pub entity: String,
    /// `success`, `failed`, `skipped`.
    pub status: &'static str,
    /// Rows read from the source.
    pub extracted: u64,
    /// Rows that were new.
    pub inserted: u64,
    /// Rows that differed.
    pub updated: u64,
    /// Rows that were the same already.
    pub unchanged: u64,
    /// Rows that were marked as deleted.
    pub soft_deleted: u64,
    /// Rows that could not be loaded.
    pub rejected: u64,
    /// Members that were made for keys without a row.
    pub inferred: u64,
    /// Transactions.
    pub batches: u64,
    /// Duration.
    pub seconds: f64,
    /// Extracted rows a second.
    pub rows_per_second: u64,
    /// The watermark after the run.
    pub watermark_to: Option<String>,
    /// Why it failed.
    pub error: Option<Failure>,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RunDocument {
    /// `run`.
    pub command: &'static str,
    /// `success`, `partial`, `failed`.
    pub status: &'static str,
    /// Exit code of the command.
    pub exit_code: u8,
    /// Number of the run in `audit.etl_run`; none for a dry run.
    pub run_id: Option<i64>,
    /// The upper bound of the extraction.
    pub cutoff: Option<String>,
    /// True when everything was rolled back.
    pub dry_run: bool,
    /// True when `--max-batches` ended the run before the source was exhausted.
    pub more_pending: bool,
    /// Duration.
    pub seconds: f64,
    /// The entities, in the order of work.
    pub entities: Vec<EntityRow>,
    /// Remarks.
    pub notices: Vec<String>,
}

impl EntityRow {
    /// One line for a log: `dim_cliente success extracted=20000 ...`.
    pub fn line(&self) -> String {
        let mut line = format!(
            "{} {} extracted={} inserted={} updated={} unchanged={} soft_deleted={} rejected={} inferred={} batches={} seconds={:.3} rows_per_second={}",
            self.entity,
            self.status,
            self.extracted,
            self.inserted,
            self.updated,
            self.unchanged,
            self.soft_deleted,
            self.rejected,
            self.inferred,
            self.batches,
            self.seconds,
            self.rows_per_second,
        );
        if let Some(watermark) = &self.watermark_to {
            line += &format!(" watermark_to={watermark}");
        }
        line
    }
}

impl RunDocument {
    /// The table of a terminal.
    pub fn listing(&self) -> Listing {
        use Align::{Left, Right};
        let mut listing = Listing::new(&[
            ("entity", Left),
            ("status", Left),
            ("extracted", Right),
            ("inserted", Right),
            ("updated", Right),
            ("unchanged", Right),
            ("deleted", Right),
            ("rejected", Right),
            ("inferred", Right),
            ("seconds", Right),
            ("rows/s", Right),
        ]);
        for row in &self.entities {
            let counts =
                [row.extracted, row.inserted, row.updated, row.unchanged, row.soft_deleted, row.rejected, row.inferred];
            let mut cells = vec![row.entity.clone(), row.status.to_owned()];
            cells.extend(counts.map(whole));
            cells.extend([seconds(row.seconds), rate(row.rows_per_second)]);
            listing.row(cells);
        }
        listing.drop_zero_columns(&["updated", "unchanged", "deleted", "rejected", "inferred"]);
        listing
    }

    /// The last line for a person: every counter, also those whose column was left out.
    pub fn summary(&self) -> String {
        let sum = |count: fn(&EntityRow) -> u64| whole(self.entities.iter().map(count).sum());
        let number = self.entities.len();
        let mut text = format!(
            "{}: {} {} in {} s, {} rows extracted, {} inserted, {} updated, {} unchanged, {} deleted, {} rejected, {} inferred",
            self.status,
            number,
            if number == 1 { "entity" } else { "entities" },
            seconds(self.seconds),
            sum(|row| row.extracted),
            sum(|row| row.inserted),
            sum(|row| row.updated),
            sum(|row| row.unchanged),
            sum(|row| row.soft_deleted),
            sum(|row| row.rejected),
            sum(|row| row.inferred),
        );
        if self.dry_run {
            text += "; dry run, nothing was kept";
        }
        if self.more_pending {
            text += "; more rows are pending";
        }
        text
    }
}
