//! The report of `etl status`.

use serde::Serialize;

use crate::output::{Align, Listing, whole};

/// A run that works on an entity now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RunningRow {
    /// Process, host, user and since when.
    pub holder: String,
    /// The run, as soon as it has opened its row.
    pub run_id: Option<i64>,
    /// Its last sign of life.
    pub heartbeat_at: Option<String>,
}

/// Where one entity stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StatusRow {
    /// `dim_cliente`.
    pub entity: String,
    /// False when an operator switched it off.
    pub is_active: bool,
    /// Its last run.
    pub last_run_id: Option<i64>,
    /// How its last run ended; none when it never ran.
    pub last_status: Option<String>,
    /// When its last run ended.
    pub last_run_at: Option<String>,
    /// When it last ended well.
    pub last_success_at: Option<String>,
    /// Its watermark.
    pub watermark: String,
    /// How old the newest change is that was loaded; none before the first load.
    pub lag_seconds: Option<u64>,
    /// Rows of the source past the watermark that a run would load now.
    pub pending: u64,
    /// Open rejects.
    pub rejects: u64,
    /// Who is running it now.
    pub running: Option<RunningRow>,
}

/// Where the warehouse stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StatusReport {
    /// `status`.
    pub command: &'static str,
    /// The clock of the source.
    pub as_of: String,
    /// The upper bound that a run would have now.
    pub cutoff: String,
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
                    (Some(_), _) => "running".to_owned(),
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

    /// Who is running what, a line a holder.
    pub fn running(&self) -> Vec<String> {
        let mut holders: Vec<(&RunningRow, Vec<&str>)> = Vec::new();
        for row in &self.entities {
            let Some(running) = &row.running else { continue };
            match holders.iter_mut().find(|(known, _)| *known == running) {
                Some((_, entities)) => entities.push(&row.entity),
                None => holders.push((running, vec![&row.entity])),
            }
        }
        holders
            .into_iter()
            .map(|(running, entities)| {
                let run = running.run_id.map(|run| format!(", run {run}")).unwrap_or_default();
                let alive =
                    running.heartbeat_at.as_ref().map(|at| format!(", last sign of life {at}Z")).unwrap_or_default();
                format!("running: {} by {}{run}{alive}", entities.join(", "), running.holder)
            })
            .collect()
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
