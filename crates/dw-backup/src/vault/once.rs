//! One backup of each database.

use std::time::Instant;

use dw_audit::backups::{BackupRecord, BackupStatus};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::retry;
use dw_core::time;

use super::{Vault, millis};
use crate::checkpoint;
use crate::manifest::Manifest;
use crate::name::{BackupKind, BackupName};
use crate::port::{Job, Watcher, at_step, failed};

/// What is to be backed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnceOptions {
    /// Databases, in order.
    pub databases: Vec<Database>,
    /// Kind.
    pub kind: BackupKind,
    /// Beside every chain.
    pub copy_only: bool,
}

/// What became of a database.
#[derive(Debug)]
pub struct Taken {
    /// Its record. One that could not be stored has the id 0.
    pub record: BackupRecord,
    /// Why there is no verified backup, or why nobody knows of it.
    pub error: Option<DwError>,
}

impl Vault {
    /// Backs up each database: a failure of one does not end the others. The caller holds the lock.
    ///
    /// # Errors
    /// What cannot be asked of this engine. What happens to a database is in the result.
    pub async fn once(&self, options: &OnceOptions, watcher: &dyn Watcher) -> DwResult<Vec<Taken>> {
        for database in &options.databases {
            self.port.supports(*database, options.kind).await?;
        }
        let known = match self.tidy(watcher).await {
            Ok(known) => known,
            // A warehouse that is down is no reason to leave its source without a backup.
            Err(error) => {
                watcher.remark(&format!("the records of the backups cannot be read: {error}"));
                Vec::new()
            }
        };
        let mut all = Vec::new();
        for database in options.databases.iter().copied() {
            let mut taken = self.take(database, options, &known, watcher).await;
            if let Some(error) = &taken.error {
                tracing::error!(code = error.code(), %error, "a backup failed");
                taken.record.error = Some(error.to_string());
            }
            all.push(taken);
        }
        Ok(all)
    }

    async fn take(
        &self,
        database: Database,
        options: &OnceOptions,
        known: &[BackupRecord],
        watcher: &dyn Watcher,
    ) -> Taken {
        let extension = self.port.extension(options.kind).to_owned();
        let mut name =
            BackupName { database: database.name().to_owned(), at: time::now(), kind: options.kind, extension };
        // Two of one second, or a clock that was set back: every name is used once.
        while known.iter().any(|record| record.file == name.to_string()) {
            name.at += 1;
        }
        let job = Job {
            database,
            kind: options.kind,
            copy_only: options.copy_only,
            name,
            stripes: self.settings.stripes.max(1),
        };
        let job = if self.port.extension(job.kind) == "db" { Job { stripes: 1, ..job } } else { job };
        let mut record = started(&job, self.port.folder());
        let mut unrecorded = self.save(&mut record).await.err();
        checkpoint::pass("recorded");
        if let Some(error) = &unrecorded {
            watcher.remark(&format!("the backup of {database} goes on without a record: {error}"));
        }
        let outcome = self.make(&job, &mut record, watcher).await;
        if let Err(error) = &outcome {
            record.status = BackupStatus::Failed;
            record.finished_at = Some(time::now());
            record.failed_step = Some(step_of(error).to_owned());
            record.error = Some(error.to_string());
            if let Err(error) = self.port.discard(&record.file, job.stripes).await {
                watcher.remark(&format!("what is left of {} could not be removed: {error}", record.file));
            }
        }
        if record.id != 0 || outcome.is_ok() {
            match self.save(&mut record).await {
                Ok(()) => unrecorded = None,
                Err(error) => unrecorded = Some(error),
            }
        }
        checkpoint::pass("saved");
        let unrecorded = unrecorded.map(|error| at_step(database, "record", error));
        Taken { error: outcome.err().or(unrecorded), record }
    }

    /// The steps of one backup up to its name.
    async fn make(&self, job: &Job, record: &mut BackupRecord, watcher: &dyn Watcher) -> DwResult<()> {
        let database = job.database;
        let room = self.port.room(database).await.map_err(|error| at_step(database, "space", error))?;
        record.database_bytes = Some(room.database);
        let wanted = if job.kind == BackupKind::Full { room.database } else { 0 };
        let wanted = wanted.saturating_add(self.settings.min_free_mb.saturating_mul(1 << 20));
        if let Some(free) = room.free.filter(|free| *free < wanted) {
            return Err(failed(
                database,
                "space",
                format!("{free} bytes are free in `{}` and {wanted} are needed", self.port.folder()),
                "free space, or lower `backup.min_free_mb` or what retention keeps; nothing was deleted",
            ));
        }
        let mut pauses = retry::pauses(self.settings.attempts);
        let began = loop {
            let began = Instant::now();
            match self.port.write(job, watcher).await.map_err(|error| at_step(database, "copy", error)) {
                Ok(written) => {
                    record.totals = written.totals.map(|totals| totals.json());
                    break began;
                }
                Err(error) => {
                    let pause = error.is_transient().then(|| pauses.next()).flatten();
                    let Some(pause) = pause else { return Err(error) };
                    watcher.remark(&format!("{error}; it is tried again"));
                    // The next attempt writes over it, where it cannot be removed.
                    if let Err(left) = self.port.discard(&record.file, job.stripes).await {
                        watcher.remark(&format!("what is left of {} could not be removed: {left}", record.file));
                    }
                    tokio::time::sleep(pause).await;
                }
            }
        };
        record.finished_at = Some(time::now());
        record.backup_ms = Some(millis(began));
        let began = Instant::now();
        let proof = self.port.prove(job, watcher).await.map_err(|error| at_step(database, "verify", error))?;
        record.verify_ms = Some(millis(began));
        record.size_bytes = proof.size;
        record.sha256 = proof.sha256;
        record.verified_at = Some(time::now());
        checkpoint::pass("proven");
        record.status = BackupStatus::Verified;
        if let Some(folder) = self.port.local() {
            let written = Manifest::of(record).write(folder);
            written.map_err(|error| at_step(database, "publish", error))?;
        }
        checkpoint::pass("manifest");
        self.port.publish(job).await.map_err(|error| at_step(database, "publish", error))?;
        checkpoint::pass("published");
        Ok(())
    }
}

fn step_of(error: &DwError) -> &'static str {
    match error {
        DwError::Backup { step, .. } => step,
        DwError::Verify { .. } => "verify",
        _ => "copy",
    }
}

fn started(job: &Job, folder: String) -> BackupRecord {
    BackupRecord {
        id: 0,
        database: job.database.name().to_owned(),
        kind: job.kind.as_str().to_owned(),
        copy_only: job.copy_only,
        status: BackupStatus::Running,
        started_at: job.name.at,
        finished_at: None,
        verified_at: None,
        file: job.name.to_string(),
        folder,
        stripes: job.stripes,
        size_bytes: None,
        database_bytes: None,
        sha256: None,
        backup_ms: None,
        verify_ms: None,
        totals: None,
        failed_step: None,
        error: None,
        host: None,
        process: None,
        deleted_at: None,
    }
}
