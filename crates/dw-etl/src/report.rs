//! What a run tells while it runs and when it ends. Not here: how a terminal or a pipe shows it (`dw-bin`).

use std::time::Duration;

use dw_audit::counters::Counters;
use dw_core::time;
use serde::{Serialize, Serializer};

/// How an entity ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntityStatus {
    /// All its batches were applied.
    Success,
    /// An error ended it; batches before the error stay.
    Failed,
    /// Its control row is switched off.
    Skipped,
}

/// One entity of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntityReport {
    /// Name.
    pub entity: &'static str,
    /// How it ended.
    pub status: EntityStatus,
    /// Rows read from the source.
    pub extracted: u64,
    /// New rows.
    pub inserted: u64,
    /// Rewritten rows.
    pub updated: u64,
    /// Equal rows, not written.
    pub unchanged: u64,
    /// Rows newly marked as deleted.
    pub soft_deleted: u64,
    /// Rows in quarantine.
    pub rejected: u64,
    /// Inferred members.
    pub inferred: u64,
    /// Batches.
    pub batches: u64,
    /// Seconds from the begin of its phase to its last commit.
    pub seconds: f64,
    /// Rows read a second.
    pub rows_per_second: u64,
    /// The watermark after the run, `2026-01-31T10:00:00/123`.
    pub watermark_to: Option<String>,
    /// True when a limit or a stop ended it early.
    pub more_pending: bool,
    /// The error.
    pub error: Option<String>,
    /// Its stable code.
    pub error_code: Option<&'static str>,
    /// What can be done about it.
    pub error_hint: Option<String>,
    /// The exit code that it alone would give.
    #[serde(skip)]
    pub exit_code: u8,
}

impl EntityReport {
    /// A report without counts.
    pub fn new(entity: &'static str, status: EntityStatus) -> Self {
        Self {
            entity,
            status,
            extracted: 0,
            inserted: 0,
            updated: 0,
            unchanged: 0,
            soft_deleted: 0,
            rejected: 0,
            inferred: 0,
            batches: 0,
            seconds: 0.0,
            rows_per_second: 0,
            watermark_to: None,
            more_pending: false,
            error: None,
            error_code: None,
            error_hint: None,
            exit_code: dw_core::exit::OK,
        }
    }

    pub(crate) fn count(&mut self, counters: &Counters, elapsed: Duration) {
        self.extracted = counters.extracted;
        self.inserted = counters.inserted;
        self.updated = counters.updated;
        self.unchanged = counters.unchanged;
        self.soft_deleted = counters.soft_deleted;
        self.rejected = counters.rejected;
        self.inferred = counters.inferred;
        self.batches = counters.batches;
        self.seconds = elapsed.as_secs_f64();
        self.rows_per_second = rows_per_second(counters.extracted, elapsed);
    }
}

/// Whole rows a second; 0 when no time has passed.
pub fn rows_per_second(rows: u64, elapsed: Duration) -> u64 {
    let micros = elapsed.as_micros();
    if micros == 0 {
        return 0;
    }
    u64::try_from(u128::from(rows) * 1_000_000 / micros).unwrap_or(u64::MAX)
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunReport {
    /// Its row in `audit.etl_run`; none in a dry run.
    pub run_id: Option<i64>,
    /// `success`, `partial`, `failed`.
    pub status: &'static str,
    /// True when nothing was kept.
    pub dry_run: bool,
    /// Upper bound of all entities.
    #[serde(serialize_with = "stamp")]
    pub cutoff: i64,
    /// Seconds.
    pub seconds: f64,
    /// True when a limit or a stop ended it early.
    pub more_pending: bool,
    /// Entities in the order of work.
    pub entities: Vec<EntityReport>,
    /// The exit code of the command.
    #[serde(skip)]
    pub exit_code: u8,
}

fn stamp<S: Serializer>(seconds: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time::format_timestamp(*seconds))
}

/// Is told what happens.
pub trait Reporter: Send + Sync {
    /// An entity begins.
    fn entity_started(&self, _entity: &str) {}
    /// A batch was applied: rows of the entity so far, and since when.
    fn batch(&self, _entity: &str, _rows: u64, _elapsed: Duration) {}
    /// An entity ended.
    fn entity_finished(&self, _report: &EntityReport) {}
    /// Something that the operator should know.
    fn notice(&self, _message: &str) {}
}

/// Tells nobody.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Reporter for Silent {}
