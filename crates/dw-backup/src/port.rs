//! The port to an engine's backups. Two adapters stand beside it, [`crate::embedded`] and [`crate::sql_server`]. What is done in
//! which order, recorded and deleted is written once, in [`crate::vault`].

use std::path::Path;

use async_trait::async_trait;
use dw_core::error::{Database, DwError, DwResult};

use crate::name::{BackupKind, BackupName};
use crate::totals::Totals;

/// A backup that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Of which database.
    pub database: Database,
    /// Which kind.
    pub kind: BackupKind,
    /// A full backup that no differential one builds on.
    pub copy_only: bool,
    /// Its name.
    pub name: BackupName,
    /// How many files it has.
    pub stripes: u32,
}

impl Job {
    /// The names of its files: the first is the name of the backup.
    pub fn files(&self) -> Vec<String> {
        stripes(&self.name.to_string(), self.stripes)
    }
}

/// The files of a backup of so many stripes: `x_full.bak`, `x_full.2.bak`, ..
pub fn stripes(first: &str, count: u32) -> Vec<String> {
    let (stem, extension) = first.rsplit_once('.').unwrap_or((first, "bak"));
    let rest = (2..=count).map(|number| format!("{stem}.{number}.{extension}"));
    std::iter::once(first.to_owned()).chain(rest).collect()
}

/// A backup whose files are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Of which database.
    pub database: Database,
    /// Which kind.
    pub kind: BackupKind,
    /// Its first file.
    pub file: String,
    /// The folder, as its writer names it.
    pub folder: String,
    /// Number of files.
    pub stripes: u32,
    /// Bytes, when they were written down.
    pub size: Option<u64>,
    /// SHA-256, when it was written down.
    pub sha256: Option<String>,
}

/// The room that a backup needs and finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes of the database.
    pub database: u64,
    /// Bytes that are free; none where that cannot be told.
    pub free: Option<u64>,
}

/// A backup that was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// What the key tables held at its moment.
    pub totals: Option<Totals>,
}

/// A backup that was read back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// Bytes of its files, where they can be seen.
    pub size: Option<u64>,
    /// SHA-256 of its first file, where it can be read.
    pub sha256: Option<String>,
}

/// Told while something long goes on: what, how much is done, and of how much.
pub trait Watcher: Send + Sync {
    /// So much is done. `done` and `all` are of the same unit; `all` is 0 when nobody knows.
    fn progress(&self, step: &'static str, done: u64, all: u64);

    /// A remark.
    fn remark(&self, text: &str);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watcher for Unwatched {
    fn progress(&self, _step: &'static str, _done: u64, _all: u64) {}

    fn remark(&self, text: &str) {
        tracing::warn!("{text}");
    }
}

/// What an engine can do about backups.
#[async_trait]
pub trait BackupEngine: Send + Sync {
    /// Refuses what this engine or database cannot do, in one sentence.
    ///
    /// # Errors
    /// [`DwError::Usage`].
    async fn supports(&self, database: Database, kind: BackupKind) -> DwResult<()>;

    /// Whether a database keeps its log, so that it can be backed up.
    ///
    /// # Errors
    /// Of the engine.
    async fn keeps_log(&self, database: Database) -> DwResult<bool>;

    /// The ending of the files of a kind.
    fn extension(&self, kind: BackupKind) -> &'static str;

    /// The folder, as its writer names it.
    fn folder(&self) -> String;

    /// The folder as this process sees it; none where it does not.
    fn local(&self) -> Option<&Path>;

    /// The room that there is.
    ///
    /// # Errors
    /// Of the engine.
    async fn room(&self, database: Database) -> DwResult<Room>;

    /// Writes the files. Until [`BackupEngine::publish`] they are no backup.
    ///
    /// # Errors
    /// Of the engine. What was written is removed by [`BackupEngine::discard`].
    async fn write(&self, job: &Job, watcher: &dyn Watcher) -> DwResult<Written>;

    /// Reads the files of a job back before they are published.
    ///
    /// # Errors
    /// [`DwError::Verify`] when they are wrong.
    async fn prove(&self, job: &Job, watcher: &dyn Watcher) -> DwResult<Proof>;

    /// Gives the files their names, at once and for good.
    ///
    /// # Errors
    /// Of the disk.
    async fn publish(&self, job: &Job) -> DwResult<()>;

    /// Removes what an attempt left that was not published.
    ///
    /// # Errors
    /// Of the disk.
    async fn discard(&self, file: &str, stripes: u32) -> DwResult<()>;

    /// Reads a stored backup back.
    ///
    /// # Errors
    /// [`DwError::Verify`] when it is wrong or gone.
    async fn verify(&self, stored: &Stored, watcher: &dyn Watcher) -> DwResult<Proof>;

    /// True when a database of that name exists.
    ///
    /// # Errors
    /// Of the engine.
    async fn exists(&self, name: &str) -> DwResult<bool>;

    /// Makes a database of backups: a full one and what follows it. An existing one is replaced only with `replace`, in one
    /// step at the end. Returns where the old one is, when it was set aside.
    ///
    /// # Errors
    /// Of the engine; the old database is as it was.
    async fn restore(
        &self,
        chain: &[Stored],
        name: &str,
        replace: bool,
        watcher: &dyn Watcher,
    ) -> DwResult<Option<String>>;

    /// A restored database was looked through, or has failed that.
    ///
    /// # Errors
    /// Of the disk.
    async fn end_restore(&self, _name: &str) -> DwResult<()> {
        Ok(())
    }

    /// Says of each restore that was killed which database is in place, and cleans up. The caller holds the lock of backups. A
    /// server knows by itself: a database that was not restored to its end is in the state RESTORING.
    ///
    /// # Errors
    /// Of the disk.
    async fn close_restores(&self, _watcher: &dyn Watcher) -> DwResult<()> {
        Ok(())
    }

    /// Looks through a restored database: every page, every index.
    ///
    /// # Errors
    /// [`DwError::Backup`] with what is wrong.
    async fn check(&self, database: Database, name: &str) -> DwResult<()>;

    /// What the key tables of a restored database hold.
    ///
    /// # Errors
    /// Of the engine.
    async fn totals(&self, database: Database, name: &str) -> DwResult<Totals>;

    /// Removes a restored database.
    ///
    /// # Errors
    /// Of the engine.
    async fn drop_database(&self, name: &str) -> DwResult<()>;

    /// Deletes the files of a backup. One that is gone already is deleted.
    ///
    /// # Errors
    /// Where they cannot be reached.
    async fn delete(&self, file: &str, stripes: u32) -> DwResult<()>;
}

/// An error of a step, with what to do.
pub fn failed(database: Database, step: &'static str, message: impl Into<String>, hint: impl Into<String>) -> DwError {
    DwError::Backup {
        database: database.name().to_owned(),
        step,
        message: message.into(),
        hint: hint.into(),
        transient: false,
    }
}

/// The same error, as one of a step. One that is already is left as it is, and so is one that says that a backup is damaged.
pub fn at_step(database: Database, step: &'static str, error: DwError) -> DwError {
    match error {
        DwError::Backup { .. } | DwError::Verify { .. } | DwError::Usage { .. } | DwError::LockHeld { .. } => error,
        other => DwError::Backup {
            database: database.name().to_owned(),
            step,
            hint: match &other {
                DwError::DiskFull { .. } => {
                    "free space on the disk of the backups, or lower what retention keeps; nothing was deleted"
                        .to_owned()
                }
                error => error.hint(),
            },
            transient: other.is_transient(),
            message: other.to_string(),
        },
    }
}
