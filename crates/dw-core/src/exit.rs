//! Exit codes of every binary. Scripts and health checks rely on them: a number, once given, keeps its meaning.

/// All went well.
pub const OK: u8 = 0;
/// The command line or the configuration is wrong.
pub const USAGE: u8 = 2;
/// Some entities succeeded and some failed, or more rows were rejected than `--max-rejects` allows.
pub const PARTIAL: u8 = 10;
/// The run failed.
pub const FAILED: u8 = 11;
/// A quality check or a reconciliation found a difference.
pub const QUALITY: u8 = 20;
/// A service level was missed.
pub const SLA: u8 = 30;
/// Another process holds the lock of an entity.
pub const LOCK_HELD: u8 = 40;
/// The source database cannot be reached.
pub const SOURCE_UNREACHABLE: u8 = 50;
/// The warehouse cannot be reached or written.
pub const TARGET_UNREACHABLE: u8 = 60;
/// A backup failed.
pub const BACKUP: u8 = 70;
/// A backup did not verify.
pub const VERIFY: u8 = 71;
/// The schema is not the one this binary knows.
pub const SCHEMA_MISMATCH: u8 = 80;
