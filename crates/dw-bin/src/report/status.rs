//! The report of `etl status`.

use serde::Serialize;

use crate::output::{Align, Listing, whole};

/// Where one entity stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StatusRow {
    /// `dim_cliente`.
    pub entity: String,
    /// False when an operator switched it off.
    pub is_active: bool,
    /// How its last run ended; none when it never ran.
    pub last_status: Option<String>,
    /// When its last run ended.
    pub last_run_at: Option<String>,
    /// Its watermark.
    pub watermark: String,
    /// How far the watermark is behind the newest change of the source.
    pub lag_seconds: Option<u64>,
    /// Rows of the source past the watermark.
    pub pending: u64,
    /// Open rejects.
    pub rejects: u64,
    /// Who is running it now.
    pub running: Option<String>,
}

/// Where the warehouse stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StatusReport {
    /// `status`.
    pub command: &'static str,
    /// The clock of the source.
    pub as_of: String,
    /// The entities, in the order of work.
    pub entities: Vec<StatusRow>,
}

impl StatusReport {
    /// One row an entity.
    pub fn listing(&self) -> Listing {
        use Align::{Left, Right};
        let mut listing = Listing::new(&[
            ("entity", Left),
            ("last run", Left),
            ("ended", Left),
            ("watermark", Left),
            ("lag", Right),
            ("pending", Right),
            ("rejects", Right),
        ]);
        for row in &self.entities {
            let last = row.last_status.clone().unwrap_or_else(|| "never".to_owned());
            listing.row(vec![
                row.entity.clone(),
                match (&row.running, row.is_active) {
                    (Some(holder), _) => format!("running ({holder})"),
                    (None, true) => last,
                    (None, false) => format!("{last}, inactive"),
                },
                row.last_run_at.clone().unwrap_or_else(|| "-".to_owned()),
                row.watermark.clone(),
                row.lag_seconds.map_or_else(|| "-".to_owned(), span),
                whole(row.pending),
                whole(row.rejects),
            ]);
        }
        listing
    }
}

/// A length of time with its two greatest units: `42 s`, `5 min 10 s`, `3 h 20 min`, `2 d 4 h`.
fn span(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        (_, _, _) => format!("{days} d {} h", hours % 24),
    }
}
