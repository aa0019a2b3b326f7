//! The report of `etl check`.

use serde::Serialize;

use crate::output::{Align, Listing, whole};

/// A check and what it found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CheckRow {
    /// Name of the check.
    pub check: String,
    /// Its kind.
    pub kind: String,
    /// Entity, or `source` or `warehouse`.
    pub entity: String,
    /// `warn` or `error`.
    pub severity: &'static str,
    /// `passed`, `failed`, `skipped`, `broken`; none where it was only listed.
    pub status: Option<&'static str>,
    /// The number that was judged, with its unit.
    pub observed: Option<String>,
    /// What must be true.
    pub threshold: String,
    /// Rows that were looked at.
    pub checked_rows: Option<u64>,
    /// Rows that fail.
    pub failing_rows: Option<u64>,
    /// More about it.
    pub message: Option<String>,
    /// Keys of the first failing rows.
    pub sample: Vec<String>,
}

/// What was checked.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CheckDocument {
    /// `check`.
    pub command: &'static str,
    /// 0, or 20.
    pub exit_code: u8,
    /// When, in UTC; none for a list.
    pub checked_at: Option<String>,
    /// How long it took.
    pub seconds: f64,
    /// Checks of severity `error` that failed.
    pub errors: usize,
    /// Checks of severity `warn` that failed.
    pub warnings: usize,
    /// False when the results could not be stored.
    pub stored: bool,
    /// All of them.
    pub checks: Vec<CheckRow>,
}

impl CheckRow {
    fn is_bad(&self) -> bool {
        matches!(self.status, Some("failed" | "broken"))
    }
}

impl CheckDocument {
    /// One row a check: those that failed, or all.
    pub fn listing(&self, all: bool) -> Listing {
        use Align::{Left, Right};
        let mut listing = Listing::new(&[
            ("check", Left),
            ("kind", Left),
            ("severity", Left),
            ("status", Left),
            ("observed", Right),
            ("must be", Left),
            ("failing", Right),
            ("keys", Left),
        ]);
        for row in self.checks.iter().filter(|row| all || row.is_bad()) {
            listing.row(vec![
                row.check.clone(),
                row.kind.clone(),
                row.severity.to_owned(),
                row.status.unwrap_or("-").to_owned(),
                row.observed.clone().unwrap_or_else(|| "-".to_owned()),
                row.threshold.clone(),
                row.failing_rows.map_or_else(|| "-".to_owned(), whole),
                row.sample.iter().take(5).cloned().collect::<Vec<_>>().join(", "),
            ]);
        }
        listing
    }

    /// A line a failed check that has more to say.
    pub fn remarks(&self) -> Vec<String> {
        let said = self.checks.iter().filter(|row| row.is_bad());
        said.filter_map(|row| row.message.as_ref().map(|message| format!("{}: {message}", row.check))).collect()
    }

    /// One line about all of them.
    pub fn summary(&self) -> String {
        let count = |status: &str| self.checks.iter().filter(|row| row.status == Some(status)).count();
        format!(
            "{}: {} checks in {:.2} s, {} passed, {} failed ({} errors, {} warnings), {} skipped{}",
            if self.errors > 0 { "failed" } else { "ok" },
            self.checks.len(),
            self.seconds,
            count("passed"),
            self.errors + self.warnings,
            self.errors,
            self.warnings,
            count("skipped"),
            if self.stored { "" } else { "; the results could not be stored" }
        )
    }
}
