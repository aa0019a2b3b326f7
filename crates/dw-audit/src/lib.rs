//! The audit trail of the warehouse: runs, entities of a run, quarantined rows, connection events; and what is told from it:
//! quality checks, service levels, alerts, and the figures of the monitor page.
//!
//! Every function works on the session that it is given, so that the caller decides which transaction it belongs to.

pub mod alerts;
pub mod audit_file;
pub mod backups;
pub mod connections;
pub mod control;
pub mod counters;
pub mod failures;
pub mod freshness;
pub mod monitor;
pub mod quality;
pub mod rejects;
pub mod retention;
mod row;
pub mod rules_file;
pub mod runs;
pub mod sla;
