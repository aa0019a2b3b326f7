//! Verification of a stored backup.

use std::time::Instant;

use dw_audit::backups::{BackupRecord, BackupStatus};
use dw_core::error::{DwError, DwResult};
use dw_core::time;

use super::{Vault, millis};
use crate::port::Watcher;

/// A backup that was read back.
#[derive(Debug)]
pub struct Verified {
    /// Its record, as it is now.
    pub record: BackupRecord,
    /// What is wrong with it.
    pub error: Option<DwError>,
}

impl Vault {
    /// Reads backups back: one by name or path, or the newest of each configured database. What is found is recorded.
    ///
    /// # Errors
    /// A name that is none. What is wrong with a backup is in the result.
    pub async fn verify(&self, file: Option<&str>, watcher: &dyn Watcher) -> DwResult<Vec<Verified>> {
        let mut records = Vec::new();
        match file {
            Some(file) => records.push(self.find(file).await?.0),
            None => {
                let known = self.known().await?.backups;
                for database in self.databases() {
                    let is_newest = |record: &&BackupRecord| {
                        let is_there = matches!(record.status, BackupStatus::Verified | BackupStatus::Damaged);
                        record.database == database.name() && is_there && record.deleted_at.is_none()
                    };
                    match known.iter().find(is_newest) {
                        Some(record) => records.push(record.clone()),
                        None => watcher.remark(&format!("there is no backup of {database}")),
                    }
                }
            }
        }
        if records.is_empty() {
            return Err(DwError::usage("there is no backup to verify", "make one with `backup once`"));
        }
        let mut all = Vec::new();
        for record in records {
            all.push(self.verify_one(record, watcher).await?);
        }
        Ok(all)
    }

    pub(super) async fn verify_one(&self, mut record: BackupRecord, watcher: &dyn Watcher) -> DwResult<Verified> {
        let stored = self.stored(&record).ok_or_else(|| DwError::Internal("a record of no database".to_owned()))?;
        let began = Instant::now();
        let mut error = self.port.verify(&stored, watcher).await.err();
        match &error {
            None => {
                record.status = BackupStatus::Verified;
                record.verified_at = Some(time::now());
                record.verify_ms = Some(millis(began));
                record.failed_step = None;
                record.error = None;
            }
            Some(wrong @ DwError::Verify { .. }) => {
                record.status = BackupStatus::Damaged;
                record.failed_step = Some("verify".to_owned());
                record.error = Some(wrong.to_string());
            }
            // Nobody knows: a server that is down says nothing about its backups.
            Some(_) => return Ok(Verified { record, error }),
        }
        if record.id != 0
            && let Err(unrecorded) = self.save(&mut record).await
        {
            watcher.remark(&format!("the result was not recorded: {unrecorded}"));
            error = error.or(Some(unrecorded));
        }
        Ok(Verified { record, error })
    }
}
