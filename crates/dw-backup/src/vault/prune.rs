//! Retention: what [`crate::retention`] decides is done, file by file.

use dw_audit::backups::{BackupRecord, BackupStatus};
use dw_core::error::{DwError, DwResult};
use dw_core::time::{self, Seconds};

use super::Vault;
use crate::checkpoint;
use crate::name::{BackupKind, BackupName};
use crate::port::{Watcher, stripes};
use crate::retention::{Reason, StoredBackup, decide};

/// A file that was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrunedFile {
    /// Database.
    pub database: String,
    /// File.
    pub file: String,
    /// Kind.
    pub kind: BackupKind,
    /// When it began.
    pub at: Seconds,
    /// Bytes.
    pub size: Option<u64>,
    /// Why it is kept; empty when it is deleted.
    pub reasons: Vec<Reason>,
}

/// What was kept and deleted.
#[derive(Debug, Default)]
pub struct Pruned {
    /// All files, the newest first.
    pub files: Vec<PrunedFile>,
    /// Deleted files.
    pub deleted: usize,
    /// What could not be deleted.
    pub error: Option<DwError>,
}

impl Vault {
    /// Deletes what the policy does not keep; with `dry_run` nothing. The caller holds the lock.
    ///
    /// # Errors
    /// When the records cannot be read. What could not be deleted is in the result.
    pub async fn prune(&self, dry_run: bool, watcher: &dyn Watcher) -> DwResult<Pruned> {
        let records = if dry_run { self.known().await?.backups } else { self.tidy(watcher).await? };
        let mut files: Vec<(StoredBackup, Option<BackupRecord>)> = records
            .into_iter()
            .filter(|record| record.deleted_at.is_none())
            .filter(|record| matches!(record.status, BackupStatus::Verified | BackupStatus::Damaged))
            .filter_map(|record| Some((self.judged(&record)?, Some(record))))
            .collect();
        files.extend(self.foreign(&files).into_iter().map(|file| (file, None)));
        let judged: Vec<StoredBackup> = files.iter().map(|(file, _)| file.clone()).collect();
        let mut pruned = Pruned::default();
        for decision in decide(&judged, &self.policy(), time::now()) {
            let (file, record) = &mut files[decision.index];
            pruned.files.push(PrunedFile {
                database: file.database.clone(),
                file: file.file.clone(),
                kind: file.kind,
                at: file.at,
                size: record.as_ref().and_then(|record| record.size_bytes),
                reasons: decision.reasons.clone(),
            });
            let Some(record) = record.as_mut().filter(|_| !decision.keeps() && !dry_run) else { continue };
            match self.delete(record).await {
                Ok(()) => pruned.deleted += 1,
                Err(error) => {
                    watcher.remark(&format!("{} could not be deleted: {error}", record.file));
                    pruned.error = Some(error);
                }
            }
        }
        pruned.files.sort_by(|left, right| (right.at, &right.file).cmp(&(left.at, &left.file)));
        Ok(pruned)
    }

    async fn delete(&self, record: &mut BackupRecord) -> DwResult<()> {
        self.port.delete(&record.file, record.stripes).await?;
        checkpoint::pass("deleted");
        self.forget_manifest(&record.file)?;
        record.deleted_at = Some(time::now());
        self.save(record).await
    }

    fn judged(&self, record: &BackupRecord) -> Option<StoredBackup> {
        // A file that somebody took away stands for nothing, and must not make a good one look old.
        let is_there = self
            .port
            .local()
            .is_none_or(|folder| stripes(&record.file, record.stripes).iter().all(|file| folder.join(file).is_file()));
        Some(StoredBackup {
            file: record.file.clone(),
            database: record.database.clone(),
            kind: BackupKind::parse(&record.kind)?,
            copy_only: record.copy_only,
            at: record.started_at,
            is_verified: record.status == BackupStatus::Verified && is_there,
            is_ours: true,
        })
    }

    /// Files that are named like backups and that no record knows.
    fn foreign(&self, known: &[(StoredBackup, Option<BackupRecord>)]) -> Vec<StoredBackup> {
        let Some(entries) = self.port.local().and_then(|folder| std::fs::read_dir(folder).ok()) else {
            return Vec::new();
        };
        let mut found: Vec<StoredBackup> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| !known.iter().any(|(file, _)| file.file == *name))
            .filter_map(|file| {
                let name = BackupName::parse(&file)?;
                let (at, kind, database) = (name.at, name.kind, name.database);
                Some(StoredBackup { file, database, kind, copy_only: true, at, is_verified: false, is_ours: false })
            })
            .collect();
        found.sort_by(|left, right| left.file.cmp(&right.file));
        found
    }
}
