//! The report of `etl alerts`.

use serde::Serialize;

use crate::output::{Align, Listing};

/// Something that is wrong now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ConditionRow {
    /// Its key.
    pub key: String,
    /// Its kind.
    pub kind: &'static str,
    /// `warn` or `error`.
    pub severity: &'static str,
    /// Its entity.
    pub entity: Option<String>,
    /// One line.
    pub title: String,
    /// What is known.
    pub detail: String,
    /// What to do.
    pub action: String,
}

/// Something that was due to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NoticeRow {
    /// `ALERTA`, `ATENCAO`, `RESOLVIDO`.
    pub label: &'static str,
    /// `firing`, `repeated`, `worse`, `recovered`.
    pub kind: &'static str,
    /// Its key.
    pub key: String,
    /// One line.
    pub title: String,
}

/// One look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AlertsDocument {
    /// `alerts`.
    pub command: &'static str,
    /// 0, or 11 when something could not be delivered.
    pub exit_code: u8,
    /// True when nothing was sent and nothing remembered.
    pub dry_run: bool,
    /// What is wrong now.
    pub conditions: Vec<ConditionRow>,
    /// What was due to be told.
    pub notices: Vec<NoticeRow>,
    /// How many of them were delivered.
    pub delivered: usize,
    /// Why the others were not.
    pub failure: Option<String>,
    /// The messages that would be sent; only of a dry run.
    pub messages: Vec<serde_json::Value>,
}

impl AlertsDocument {
    /// One row a condition.
    pub fn listing(&self) -> Listing {
        use Align::Left;
        let columns = ["severity", "key", "what", "known", "to do"];
        let mut listing = Listing::new(&columns.map(|name| (name, Left)));
        for row in &self.conditions {
            listing.row(vec![
                row.severity.to_owned(),
                row.key.clone(),
                row.title.clone(),
                row.detail.clone(),
                row.action.clone(),
            ]);
        }
        listing
    }

    /// One line about all of it.
    pub fn summary(&self) -> String {
        let due = self.notices.len();
        let told = if self.dry_run {
            format!("{due} would be told")
        } else {
            format!("{} of {due} due notices delivered", self.delivered)
        };
        let failure = self.failure.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        format!("{} conditions, {told}{failure}", self.conditions.len())
    }
}
