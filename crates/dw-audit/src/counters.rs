//! What a batch, an entity or a run did, in rows.

use std::ops::AddAssign;

use serde::Serialize;

/// Counters. `extracted = inserted + updated + unchanged + rejected`; what was marked because its source row is gone was not
/// extracted and counts in `soft_deleted` alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Rows read from the source.
    pub extracted: u64,
    /// Rows that are new in the warehouse.
    pub inserted: u64,
    /// Rows that differed and were rewritten.
    pub updated: u64,
    /// Rows that were equal and were not written.
    pub unchanged: u64,
    /// Rows that this batch marked as deleted; they are also inserted or updated.
    pub soft_deleted: u64,
    /// Rows that went to quarantine.
    pub rejected: u64,
    /// Inferred members that were inserted for keys whose row has not arrived.
    pub inferred: u64,
    /// Batches.
    pub batches: u64,
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.extracted += other.extracted;
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.soft_deleted += other.soft_deleted;
        self.rejected += other.rejected;
        self.inferred += other.inferred;
        self.batches += other.batches;
    }
}
