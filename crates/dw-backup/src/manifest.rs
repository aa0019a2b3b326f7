//! What is known of a backup, as a file beside it: a restored warehouse does not know its newer backups, and a machine that has
//! lost its warehouse has no records at all. `x_full.db` has `x_full.db.json`.

use std::path::{Path, PathBuf};

use dw_audit::backups::{BackupRecord, BackupStatus};
use dw_core::error::{DwError, DwResult};
use dw_core::time::Seconds;
use serde::{Deserialize, Serialize};

use crate::files::{io, rename};
use crate::name::BackupName;
use crate::totals::Totals;

/// The form of this file.
const FORM: u32 = 1;

/// The content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    form: u32,
    /// Database.
    pub database: String,
    /// `full`, `diff`, `log`.
    pub kind: String,
    /// A full backup that no differential one builds on.
    pub copy_only: bool,
    /// Its file, the first of several.
    pub file: String,
    /// Number of files.
    pub stripes: u32,
    /// When it began, in UTC.
    pub started_at: Seconds,
    /// When its file was written.
    pub finished_at: Option<Seconds>,
    /// When it was verified.
    pub verified_at: Option<Seconds>,
    /// Bytes.
    pub size_bytes: Option<u64>,
    /// Bytes of the database.
    pub database_bytes: Option<u64>,
    /// SHA-256 of the file.
    pub sha256: Option<String>,
    /// Milliseconds of the backup.
    pub backup_ms: Option<u64>,
    /// Milliseconds of its verification.
    pub verify_ms: Option<u64>,
    /// Rows and money of the key tables.
    pub totals: Option<Totals>,
}

/// The file beside a backup.
pub fn path_of(folder: &Path, file: &str) -> PathBuf {
    folder.join(format!("{file}.json"))
}

impl Manifest {
    /// What a record says.
    pub fn of(record: &BackupRecord) -> Self {
        Self {
            form: FORM,
            database: record.database.clone(),
            kind: record.kind.clone(),
            copy_only: record.copy_only,
            file: record.file.clone(),
            stripes: record.stripes,
            started_at: record.started_at,
            finished_at: record.finished_at,
            verified_at: record.verified_at,
            size_bytes: record.size_bytes,
            database_bytes: record.database_bytes,
            sha256: record.sha256.clone(),
            backup_ms: record.backup_ms,
            verify_ms: record.verify_ms,
            totals: record.totals.as_deref().and_then(Totals::parse),
        }
    }

    /// The record that it says.
    pub fn record(&self, folder: String) -> BackupRecord {
        BackupRecord {
            id: 0,
            database: self.database.clone(),
            kind: self.kind.clone(),
            copy_only: self.copy_only,
            status: BackupStatus::Verified,
            started_at: self.started_at,
            finished_at: self.finished_at,
            verified_at: self.verified_at,
            file: self.file.clone(),
            folder,
            stripes: self.stripes,
            size_bytes: self.size_bytes,
            database_bytes: self.database_bytes,
            sha256: self.sha256.clone(),
            backup_ms: self.backup_ms,
            verify_ms: self.verify_ms,
            totals: self.totals.as_ref().map(Totals::json),
            failed_step: None,
            error: None,
            host: None,
            process: None,
            deleted_at: None,
        }
    }

    /// Writes it, as a whole or not at all.
    ///
    /// # Errors
    /// Of the disk.
    pub fn write(&self, folder: &Path) -> DwResult<()> {
        let path = path_of(folder, &self.file);
        let fresh = path.with_extension("json.partial");
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| DwError::Internal(format!("a manifest has no JSON form: {error}")))?;
        let written = std::fs::File::create(&fresh).and_then(|mut file| {
            std::io::Write::write_all(&mut file, &text)?;
            file.sync_all()
        });
        written.map_err(|error| io("cannot write", &fresh, error))?;
        rename(&fresh, &path)
    }

    /// Reads the one of a backup; none when there is none, or one that is not readable or of another file.
    pub fn read(folder: &Path, file: &str) -> Option<Self> {
        let text = std::fs::read(path_of(folder, file)).ok()?;
        let found: Self = serde_json::from_slice(&text).ok()?;
        let name = BackupName::parse(&found.file)?;
        let is_sound = found.form == FORM && found.file == file && name.database == found.database;
        is_sound.then_some(found)
    }

    /// All of a folder whose backups are there, by file name.
    pub fn all(folder: &Path) -> Vec<Self> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
            .collect();
        names.sort();
        names.iter().filter(|name| folder.join(name).is_file()).filter_map(|name| Self::read(folder, name)).collect()
    }
}
