//! The pure part of the migrator of SQL Server: scripts are split into batches ([`batches`]), known by their hash
//! ([`hash`]), compared with what a database has recorded in `ctl.schema_script` ([`plan`]). [`known`] lists the scripts and
//! [`generated`] makes the text of those that create tables.
//!
//! [`run`] alone speaks to a database: it holds the lock, runs the batches of a plan and writes the records.
//! The embedded engine has its own migrations, [`crate::migrate`].

pub mod batches;
pub mod generated;
pub mod hash;
pub mod known;
pub mod plan;
pub mod record;
pub mod run;

pub use batches::{Batch, SplitError, split};
pub use hash::script_hash;
pub use plan::Plan;
pub use record::{Kind, Recorded, Script, Status};
