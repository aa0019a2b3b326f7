//! Backups of the embedded engine: a file, copied by SQLite's online backup to a name that ends with `.partial`, read back, and
//! then given its name. Not here: order and records (see [`crate::vault`]).

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use dw_core::dialect::Dialect;
use dw_core::embedded::backup::{beside, check_file, open_file, write_back_log};
use dw_core::embedded::{EmbeddedEngine, SqliteDialect};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::time;
use tokio::task::block_in_place;

use crate::checkpoint;
use crate::exchange::{self, REPLACED, RESTORING};
use crate::files::{free, io, remove, rename, sum, sync};
use crate::name::BackupKind;
use crate::port::{BackupEngine, Job, Proof, Room, Stored, Watcher, Written, at_step, failed};
use crate::totals::{Totals, questions};

/// Ends the name of a file that is not whole yet.
pub const PARTIAL: &str = ".partial";
const CHUNK: usize = 1 << 20;

/// Backups in a folder.
#[derive(Debug, Clone)]
pub struct EmbeddedBackups {
    engine: EmbeddedEngine,
    folder: PathBuf,
}

impl EmbeddedBackups {
    /// Backups of the databases of an engine in a folder, which is made when it is first needed.
    pub fn new(engine: EmbeddedEngine, folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        // Records are read by processes that start elsewhere.
        Self { engine, folder: std::path::absolute(&folder).unwrap_or(folder) }
    }

    /// Where the file of a backup is: where it was written, or in the folder that took its place.
    fn path(&self, stored: &Stored) -> PathBuf {
        let path = Path::new(&stored.folder).join(&stored.file);
        if path.is_file() { path } else { self.folder.join(&stored.file) }
    }

    fn partial(&self, file: &str) -> PathBuf {
        self.folder.join(format!("{file}{PARTIAL}"))
    }

    fn make_folder(&self) -> DwResult<()> {
        std::fs::create_dir_all(&self.folder).map_err(|error| io("cannot create", &self.folder, error))
    }

    /// Sum and structure of a file.
    fn proof(&self, database: Database, path: &Path, watcher: &dyn Watcher) -> DwResult<Proof> {
        let (size, sha256) = sum(path, &mut |done, all| watcher.progress("verify", done, all))?;
        let wrong = |message: String| DwError::Verify { file: shown(path), message };
        match check_file(database, path) {
            Ok(found) if found.is_empty() => Ok(Proof { size: Some(size), sha256: Some(sha256) }),
            Ok(found) => Err(wrong(found.join("; "))),
            Err(DwError::Corrupt { message, .. } | DwError::Statement { message, .. }) => Err(wrong(message)),
            Err(error) => Err(error),
        }
    }
}

fn shown(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.trim_end_matches(PARTIAL).to_owned()
}

#[async_trait]
impl BackupEngine for EmbeddedBackups {
    async fn supports(&self, _database: Database, kind: BackupKind) -> DwResult<()> {
        if kind == BackupKind::Full {
            return Ok(());
        }
        Err(DwError::usage(
            format!("the embedded engine has no {kind} backups"),
            "make full ones more often: `backup once` takes seconds and disturbs nobody",
        ))
    }

    async fn keeps_log(&self, _database: Database) -> DwResult<bool> {
        Ok(false)
    }

    fn extension(&self, _kind: BackupKind) -> &'static str {
        "db"
    }

    fn folder(&self) -> String {
        self.folder.display().to_string()
    }

    fn local(&self) -> Option<&Path> {
        Some(&self.folder)
    }

    async fn room(&self, database: Database) -> DwResult<Room> {
        self.make_folder()?;
        Ok(Room { database: self.engine.size(database)?, free: Some(free(&self.folder)?) })
    }

    async fn write(&self, job: &Job, watcher: &dyn Watcher) -> DwResult<Written> {
        block_in_place(|| {
            self.make_folder()?;
            let path = self.partial(&job.name.to_string());
            remove(&path)?;
            let asked = questions(&SqliteDialect, job.database);
            let copied = synced_meanwhile(&path, || {
                self.engine.copy_database(job.database, &path, &asked, &mut |done, all| {
                    checkpoint::pass("copying");
                    watcher.progress("copy", done, all);
                    true
                })
            })?;
            sync(&path)?;
            checkpoint::pass("copied");
            let totals = copied.answers.map(|answers| Totals::of(job.database, &answers)).transpose()?;
            if totals.is_none() {
                watcher.remark(&format!("the tables of {} are of another version and were not counted", job.database));
            }
            Ok(Written { totals })
        })
    }

    async fn prove(&self, job: &Job, watcher: &dyn Watcher) -> DwResult<Proof> {
        block_in_place(|| self.proof(job.database, &self.partial(&job.name.to_string()), watcher))
    }

    async fn publish(&self, job: &Job) -> DwResult<()> {
        let file = job.name.to_string();
        rename(&self.partial(&file), &self.folder.join(&file))
    }

    async fn discard(&self, file: &str, _stripes: u32) -> DwResult<()> {
        remove(&self.partial(file))?;
        remove(&beside(&self.partial(file), "-journal"))
    }

    async fn verify(&self, stored: &Stored, watcher: &dyn Watcher) -> DwResult<Proof> {
        block_in_place(|| {
            let path = self.path(stored);
            let wrong = |message: &str| DwError::Verify { file: stored.file.clone(), message: message.to_owned() };
            if !path.is_file() {
                return Err(wrong("the file is gone"));
            }
            let (size, sha256) = sum(&path, &mut |done, all| watcher.progress("verify", done, all))?;
            if stored.size.is_some_and(|before| before != size) {
                return Err(wrong(&format!("it has {size} bytes and had {}", stored.size.unwrap_or_default())));
            }
            if stored.sha256.as_ref().is_some_and(|before| *before != sha256) {
                return Err(wrong("its SHA-256 is not the one that was written down when it was made"));
            }
            self.proof(stored.database, &path, watcher)
        })
    }

    async fn exists(&self, name: &str) -> DwResult<bool> {
        Ok(self.engine.path_of(name).exists())
    }

    async fn restore(
        &self,
        chain: &[Stored],
        name: &str,
        replace: bool,
        watcher: &dyn Watcher,
    ) -> DwResult<Option<String>> {
        let [stored] = chain else {
            return Err(DwError::Internal("a chain of backups on the embedded engine".to_owned()));
        };
        block_in_place(|| {
            let target = self.engine.path_of(name);
            let from = self.path(stored);
            std::fs::create_dir_all(self.engine.folder())
                .map_err(|error| io("cannot create", self.engine.folder(), error))?;
            let needed = std::fs::metadata(&from).map_err(|error| io("cannot read", &from, error))?.len();
            let room = free(self.engine.folder())?;
            if room < needed {
                return Err(failed(
                    stored.database,
                    "space",
                    format!("{needed} bytes are needed beside `{}` and {room} are free", target.display()),
                    "free space and try again",
                ));
            }
            exchange::begin(&target, &stored.file)?;
            let done = self.exchange(stored, &from, name, replace, watcher);
            if done.is_err() {
                exchange::give_up(&target)?;
            }
            done
        })
    }

    async fn end_restore(&self, name: &str) -> DwResult<()> {
        exchange::end(&self.engine.path_of(name))
    }

    async fn close_restores(&self, watcher: &dyn Watcher) -> DwResult<()> {
        block_in_place(|| exchange::close(self.engine.folder(), watcher))
    }

    async fn check(&self, database: Database, name: &str) -> DwResult<()> {
        block_in_place(|| {
            let found = check_file(database, &self.engine.path_of(name))?;
            if found.is_empty() {
                return Ok(());
            }
            Err(failed(database, "check", found.join("; "), "the backup is damaged; make another one now"))
        })
    }

    async fn totals(&self, database: Database, name: &str) -> DwResult<Totals> {
        let mut session = open_file(database, &self.engine.path_of(name)).await?;
        let mut answers = Vec::new();
        for question in questions(&SqliteDialect as &dyn Dialect, database) {
            answers.push(session.query(&question, &[]).await?);
        }
        Totals::of(database, &answers)
    }

    async fn drop_database(&self, name: &str) -> DwResult<()> {
        let path = self.engine.path_of(name);
        exchange::give_up(&path)?;
        remove(&path)?;
        remove(&beside(&path, "-wal"))?;
        remove(&beside(&path, "-shm"))
    }

    async fn delete(&self, file: &str, _stripes: u32) -> DwResult<()> {
        remove(&self.folder.join(file))
    }
}

impl EmbeddedBackups {
    /// Copies a backup beside its place, and puts it there in one step.
    fn exchange(
        &self,
        stored: &Stored,
        from: &Path,
        name: &str,
        replace: bool,
        watcher: &dyn Watcher,
    ) -> DwResult<Option<String>> {
        let target = self.engine.path_of(name);
        let fresh = beside(&target, RESTORING);
        copy(from, &fresh, watcher).map_err(|error| at_step(stored.database, "restore", error))?;
        checkpoint::pass("restored");
        if target.exists() && !replace {
            return Err(DwError::usage(
                format!("a database {name} exists"),
                format!("type `--replace {name}` to put the backup in its place"),
            ));
        }
        let aside = self.set_aside(stored.database, &target)?;
        rename(&fresh, &target)?;
        checkpoint::pass("exchanged");
        Ok(aside.map(|path| path.display().to_string()))
    }

    /// Makes room for a file under the name of a database: the old one stays beside it, whole. A log that is left behind would
    /// be taken for one of the new file, so that it goes first.
    fn set_aside(&self, database: Database, target: &Path) -> DwResult<Option<PathBuf>> {
        let (log, index) = (beside(target, "-wal"), beside(target, "-shm"));
        let mut second = time::now();
        while beside(target, &format!("{REPLACED}{second}")).exists() {
            second += 1;
        }
        let aside = beside(target, &format!("{REPLACED}{second}"));
        if target.exists() {
            match write_back_log(database, target) {
                Ok(true) => {}
                Ok(false) => {
                    return Err(failed(
                        database,
                        "replace",
                        format!("somebody is using `{}`", target.display()),
                        "stop the programs that have it open, and try again",
                    ));
                }
                // It may be what is to be replaced for: then its log is kept with it.
                Err(error) => tracing::warn!(%error, "the database that is replaced is not healthy"),
            }
        }
        for (from, suffix) in [(&log, "-wal"), (&index, "-shm")] {
            match std::fs::metadata(from) {
                Ok(found) if found.len() == 0 => remove(from)?,
                Ok(_) => rename(from, &beside(&aside, suffix))?,
                Err(_) => {}
            }
        }
        if !target.exists() {
            return Ok(None);
        }
        // A second name for the old file; the new one then takes the first in one step.
        std::fs::hard_link(target, &aside).map_err(|error| io("cannot rename", target, error))?;
        checkpoint::pass("set_aside");
        Ok(Some(aside))
    }
}

/// Does some work that writes a file, while a thread brings what is written to the disk: else the disk would begin when the work
/// has ended, and both would wait for each other.
fn synced_meanwhile<T>(path: &Path, work: impl FnOnce() -> T) -> T {
    struct Ended<'f>(&'f AtomicBool);
    impl Drop for Ended<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Acquire) {
                std::thread::sleep(Duration::from_millis(20));
                // Whether it is on the disk is asked for at the end; an error is told there.
                let _ahead = File::open(path).and_then(|file| file.sync_data());
            }
        });
        let _ended = Ended(&is_done);
        work()
    })
}

fn copy(from: &Path, to: &Path, watcher: &dyn Watcher) -> DwResult<()> {
    let mut source = File::open(from).map_err(|error| io("cannot read", from, error))?;
    let all = source.metadata().map_err(|error| io("cannot read", from, error))?.len();
    let mut target = File::create(to).map_err(|error| io("cannot write", to, error))?;
    let mut chunk = vec![0; CHUNK];
    let mut done = 0;
    loop {
        let read = source.read(&mut chunk).map_err(|error| io("cannot read", from, error))?;
        if read == 0 {
            break;
        }
        target.write_all(&chunk[..read]).map_err(|error| io("cannot write", to, error))?;
        done += u64::try_from(read).unwrap_or(0);
        watcher.progress("restore", done, all);
    }
    target.sync_all().map_err(|error| io("cannot write", to, error))
}
