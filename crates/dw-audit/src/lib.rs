//! The audit trail of the warehouse: runs, entities of a run, quarantined rows, connection events.
//!
//! Every function works on the executor that it is given, so that the caller decides which transaction it belongs to.

pub mod audit_file;
pub mod connections;
pub mod counters;
pub mod freshness;
pub mod rejects;
pub mod runs;
