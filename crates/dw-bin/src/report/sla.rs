//! The report of `etl sla`.

use serde::Serialize;

use crate::output::{Align, Listing, whole};

/// A due day of a deadline and an entity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeadlineRow {
    /// The rule.
    pub rule: String,
    /// The entity.
    pub entity: String,
    /// The day of the deadline.
    pub day: String,
    /// The day whose data was asked for.
    pub business_day: String,
    /// When it was due, in UTC.
    pub due_at: String,
    /// `MET`, `MISSED`, `NOT_RUN`, `FAILED`, `PENDING`.
    pub verdict: &'static str,
    /// When the data was there, in UTC.
    pub loaded_at: Option<String>,
    /// How late that was, or is by now.
    pub late_seconds: u64,
    /// Runs.
    pub attempts: u64,
    /// Those that failed.
    pub failed: u64,
    /// True for the newest decided day, by which the exit code is.
    pub is_last: bool,
}

/// What is wrong with an entity's freshness.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AilmentRow {
    /// The entity.
    pub entity: String,
    /// `freshness` or `recurrent`.
    pub kind: String,
    /// `warn` or `error`.
    pub severity: &'static str,
    /// What is known, with the limit.
    pub detail: String,
}

/// Where the service levels stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SlaDocument {
    /// `sla`.
    pub command: &'static str,
    /// 0, or 30.
    pub exit_code: u8,
    /// The clock that it is judged by, in UTC.
    pub as_of: String,
    /// Due days, the oldest first.
    pub deadlines: Vec<DeadlineRow>,
    /// What is wrong with freshness.
    pub freshness: Vec<AilmentRow>,
}

impl SlaDocument {
    /// One row a due day: the last ones, or all.
    pub fn listing(&self, all: bool) -> Listing {
        use Align::{Left, Right};
        let mut listing = Listing::new(&[
            ("rule", Left),
            ("entity", Left),
            ("data of", Left),
            ("due (UTC)", Left),
            ("verdict", Left),
            ("loaded (UTC)", Left),
            ("late s", Right),
            ("runs", Right),
            ("failed", Right),
        ]);
        for row in self.deadlines.iter().filter(|row| all || row.is_last) {
            listing.row(vec![
                row.rule.clone(),
                row.entity.clone(),
                row.business_day.clone(),
                row.due_at.clone(),
                row.verdict.to_owned(),
                row.loaded_at.clone().unwrap_or_else(|| "-".to_owned()),
                whole(row.late_seconds),
                whole(row.attempts),
                whole(row.failed),
            ]);
        }
        listing
    }

    /// A line an ailment.
    pub fn ailments(&self) -> Vec<String> {
        self.freshness.iter().map(|row| format!("{} {}: {}", row.severity, row.entity, row.detail)).collect()
    }

    /// One line about all of it.
    pub fn summary(&self) -> String {
        let last: Vec<&DeadlineRow> = self.deadlines.iter().filter(|row| row.is_last).collect();
        let met = last.iter().filter(|row| row.verdict == "MET").count();
        if last.is_empty() {
            return "no deadline has come since the first run".to_owned();
        }
        format!("{}: {met} of {} deadlines met", if self.exit_code == 0 { "ok" } else { "missed" }, last.len())
    }
}
