//! Backups in the audit trail: what was backed up, verified and restored for a trial; how much could be lost now (RPO) and how
//! long a restore takes (RTO). The rules live here once, for the command, the page and the alert (ruling 23). Not here: backing
//! up (see the crate `dw-backup`).

pub mod page;
pub mod schedule;
pub mod state;
pub mod store;

pub use page::{BackupPage, page};
pub use state::{DatabaseState, Reason, Standing, assess};

use dw_core::time::Seconds;
use serde::{Deserialize, Serialize};

/// Where a backup stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackupStatus {
    /// It is being made; or its process died.
    Running,
    /// Its file was read back and is right.
    Verified,
    /// It was not made.
    Failed,
    /// It was made, and its file is wrong or gone.
    Damaged,
}

impl BackupStatus {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Verified => "verified",
            Self::Failed => "failed",
            Self::Damaged => "damaged",
        }
    }

    fn parse(word: &str) -> Self {
        match word {
            "running" => Self::Running,
            "verified" => Self::Verified,
            "damaged" => Self::Damaged,
            _ => Self::Failed,
        }
    }
}

/// A row of `audit.backup_run`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupRecord {
    /// Id.
    pub id: i64,
    /// Database.
    pub database: String,
    /// `full`, `diff`, `log`.
    pub kind: String,
    /// A full backup that no differential one builds on.
    pub copy_only: bool,
    /// Where it stands.
    pub status: BackupStatus,
    /// When it began, in UTC. It holds everything that was committed before.
    pub started_at: Seconds,
    /// When its file was written.
    pub finished_at: Option<Seconds>,
    /// When it was last found to be right.
    pub verified_at: Option<Seconds>,
    /// Name of its file; of the first of several stripes.
    pub file: String,
    /// The folder, as whoever wrote it names it.
    pub folder: String,
    /// Number of files.
    pub stripes: u32,
    /// Bytes of all files.
    pub size_bytes: Option<u64>,
    /// Bytes of the database.
    pub database_bytes: Option<u64>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: Option<String>,
    /// Milliseconds of the backup.
    pub backup_ms: Option<u64>,
    /// Milliseconds of the verification.
    pub verify_ms: Option<u64>,
    /// Rows and money of the key tables at its moment, as JSON.
    pub totals: Option<String>,
    /// The step that failed.
    pub failed_step: Option<String>,
    /// Why.
    pub error: Option<String>,
    /// Who made it.
    pub host: Option<String>,
    /// Process that made it.
    pub process: Option<i64>,
    /// When its file was deleted.
    pub deleted_at: Option<Seconds>,
}

impl BackupRecord {
    /// True when it can be restored, as far as is known.
    pub fn is_good(&self) -> bool {
        self.status == BackupStatus::Verified && self.deleted_at.is_none()
    }
}

/// A row of `audit.backup_drill`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DrillRecord {
    /// Id.
    pub id: i64,
    /// Database whose backup was tried.
    pub database: String,
    /// File.
    pub file: String,
    /// True when the restored database was healthy and its tables were those of the backup.
    pub passed: bool,
    /// When it began, in UTC.
    pub started_at: Seconds,
    /// When it ended.
    pub finished_at: Option<Seconds>,
    /// Milliseconds of the restore.
    pub restore_ms: Option<u64>,
    /// Milliseconds of the check.
    pub check_ms: Option<u64>,
    /// Milliseconds of all: the measured RTO.
    pub total_ms: Option<u64>,
    /// Tables that were compared.
    pub compared_tables: Option<u64>,
    /// The step that failed.
    pub failed_step: Option<String>,
    /// Why.
    pub error: Option<String>,
}
