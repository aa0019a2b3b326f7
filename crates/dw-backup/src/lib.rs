//! Backups that are proven: taken, verified, restored for a trial, and kept by a policy.
//!
//! What is decided is decided by pure functions ([`retention`], [`name`], and those of `dw_audit::backups`). What is done is done
//! by [`vault::Vault`], once for all engines, over the port of [`port`].

mod checkpoint;
pub mod embedded;
mod exchange;
mod files;
pub mod manifest;
pub mod name;
pub mod port;
pub mod retention;
pub mod sql_server;
pub mod totals;
pub mod vault;

pub use dw_audit::backups::schedule;
