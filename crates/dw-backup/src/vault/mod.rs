//! What `backup` does, in order: room, record, copy, proof, name, record, and only then retention. A failure at any step is
//! recorded and deletes nothing. Written once over [`crate::port`]. Not here: how an engine does a step.

mod drill;
mod once;
mod prune;
mod restore;
mod verify;

use std::path::Path;

use dw_audit::backups::schedule::Plan;
use dw_audit::backups::{BackupRecord, BackupStatus, DatabaseState, DrillRecord, assess, store};
use dw_audit::runs::Process;
use dw_audit::sla::rules::Rules;
use dw_core::config::BackupSettings;
use dw_core::engine::{Access, LockGuard, Session, SharedEngine};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::retry;
use dw_core::time::{self, DAY, Seconds};

pub use drill::DrillReport;
pub use once::{OnceOptions, Taken};
pub use prune::{Pruned, PrunedFile};
pub use restore::Restored;
pub use verify::Verified;

use crate::manifest::Manifest;
use crate::name::{BackupKind, BackupName};
use crate::port::{BackupEngine, Stored, Watcher};
use crate::retention::Policy;

/// The lock that whoever makes, verifies, deletes or restores backups holds.
pub const LOCK: &str = "backup";
/// How far back failed and deleted backups are read.
const HISTORY: Seconds = 31 * DAY;
/// Attempts to write a record: a batch of the ETL may hold the warehouse for a moment.
const RECORD_ATTEMPTS: u32 = 6;

/// Backups of the databases of an engine.
pub struct Vault {
    engine: SharedEngine,
    port: Box<dyn BackupEngine>,
    settings: BackupSettings,
    rules: Rules,
    plan: Plan,
    process: Process,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What is known: records and drills, the newest first.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Backups.
    pub backups: Vec<BackupRecord>,
    /// Drills.
    pub drills: Vec<DrillRecord>,
}

impl Vault {
    /// Backups by the settings; `rules` are those of the service levels.
    ///
    /// # Errors
    /// [`DwError::Config`] for a bad schedule, time zone or database.
    pub fn new(
        engine: SharedEngine,
        port: Box<dyn BackupEngine>,
        settings: BackupSettings,
        rules: Rules,
    ) -> DwResult<Self> {
        let plan = Plan::of(&settings)?;
        for name in settings.database_names() {
            if database_of(&name).is_none() {
                return Err(DwError::Config {
                    origin: "backup.databases".to_owned(),
                    message: format!("names no database of the stack: `{name}`"),
                });
            }
        }
        Ok(Self { engine, port, settings, rules, plan, process: Process::current() })
    }

    /// The schedule.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The configured databases, in order.
    pub fn databases(&self) -> Vec<Database> {
        self.settings.database_names().iter().filter_map(|name| database_of(name)).collect()
    }

    /// Waits for nobody: who else makes backups is told.
    ///
    /// # Errors
    /// [`DwError::LockHeld`].
    pub async fn lock(&self) -> DwResult<Box<dyn LockGuard>> {
        self.engine.lock(LOCK, &self.holder()).await
    }

    /// Whether a database keeps its log, so that it can be backed up.
    ///
    /// # Errors
    /// Of the engine.
    pub async fn keeps_log(&self, database: Database) -> DwResult<bool> {
        self.port.keeps_log(database).await
    }

    fn holder(&self) -> String {
        format!(
            "process {} on {} (user {}) since {}Z",
            self.process.id,
            self.process.host,
            self.process.user,
            time::format_timestamp(time::now())
        )
    }

    async fn warehouse(&self, access: Access) -> DwResult<Box<dyn Session>> {
        self.engine.open(Database::Dw, access, "backup").await
    }

    /// Reads what is recorded.
    ///
    /// # Errors
    /// When the warehouse cannot be read.
    pub async fn known(&self) -> DwResult<Known> {
        let mut session = self.warehouse(Access::ReadOnly).await?;
        let since = time::now().saturating_sub(HISTORY);
        Ok(Known {
            backups: store::backups(&mut *session, since).await?,
            drills: store::drills(&mut *session, since).await?,
        })
    }

    /// Writes the record of a backup, with patience.
    async fn save(&self, record: &mut BackupRecord) -> DwResult<()> {
        let mut pauses = retry::pauses(RECORD_ATTEMPTS);
        loop {
            let saved: DwResult<i64> = async {
                let mut session = self.warehouse(Access::ReadWrite).await?;
                if record.id == 0 {
                    record.id = store::start(&mut *session, record, &self.process).await?;
                }
                store::save(&mut *session, record).await?;
                Ok(record.id)
            }
            .await;
            match saved {
                Err(error) if error.is_transient() => {
                    let Some(pause) = pauses.next() else { return Err(error) };
                    tracing::warn!(%error, ?pause, "a record of a backup was not written and is tried again");
                    tokio::time::sleep(pause).await;
                }
                other => return other.map(|_| ()),
            }
        }
    }

    /// RPO and RTO of each database.
    ///
    /// # Errors
    /// When the warehouse cannot be read.
    pub async fn status(&self, now: Seconds) -> DwResult<Vec<DatabaseState>> {
        let known = self.known().await?;
        let names = self.settings.database_names();
        Ok(assess(&names, &known.backups, &known.drills, &self.rules, now))
    }

    /// How much is kept.
    pub fn policy(&self) -> Policy {
        let settings = &self.settings;
        Policy {
            days: settings.retention_days,
            last: settings.keep_last,
            hourly: settings.keep_hourly,
            daily: settings.keep_daily,
            weekly: settings.keep_weekly,
            monthly: settings.keep_monthly,
            yearly: settings.keep_yearly,
            min: settings.keep_min,
            zone: self.plan.zone,
        }
    }

    /// Closes what processes left that died, and takes up backups that the warehouse does not know: after it was restored, or
    /// when nobody could write down that they were made. The caller holds the lock.
    pub(crate) async fn tidy(&self, watcher: &dyn Watcher) -> DwResult<Vec<BackupRecord>> {
        self.port.close_restores(watcher).await?;
        let known = self.known().await?.backups;
        for record in known.iter().filter(|record| record.status == BackupStatus::Running) {
            let manifest = self.port.local().filter(|folder| folder.join(&record.file).is_file());
            let manifest = manifest.and_then(|folder| Manifest::read(folder, &record.file));
            let mut closed = match manifest {
                // It was whole, and its process died before it could say so.
                Some(manifest) => BackupRecord { id: record.id, ..manifest.record(record.folder.clone()) },
                None => {
                    if let Err(error) = self.port.discard(&record.file, record.stripes).await {
                        watcher.remark(&format!("what is left of {} could not be removed: {error}", record.file));
                    }
                    self.forget_manifest(&record.file)?;
                    BackupRecord {
                        status: BackupStatus::Failed,
                        finished_at: Some(time::now()),
                        failed_step: Some("interrupted".to_owned()),
                        error: Some(format!(
                            "process {} on {} ended before the backup was whole",
                            record.process.unwrap_or_default(),
                            record.host.as_deref().unwrap_or("an unknown host")
                        )),
                        ..record.clone()
                    }
                }
            };
            watcher.remark(&format!(
                "{} was interrupted and is now recorded as {}",
                record.file,
                closed.status.as_str()
            ));
            self.save(&mut closed).await?;
        }
        if let Some(folder) = self.port.local() {
            for manifest in Manifest::all(folder) {
                if !known.iter().any(|record| record.file == manifest.file) {
                    watcher.remark(&format!("{} was not in the records and is now", manifest.file));
                    self.save(&mut manifest.record(self.port.folder())).await?;
                }
            }
        }
        Ok(self.known().await?.backups)
    }

    fn forget_manifest(&self, file: &str) -> DwResult<()> {
        self.port.local().map_or(Ok(()), |folder| crate::files::remove(&crate::manifest::path_of(folder, file)))
    }

    /// The backup of a name or a path: of the records, or of the manifest beside it.
    async fn find(&self, file: &str) -> DwResult<(BackupRecord, Stored)> {
        let path = Path::new(file);
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or(file);
        let parsed = BackupName::parse(name).ok_or_else(|| {
            DwError::usage(
                format!("`{file}` is not the name of a backup"),
                "`backup list` shows the backups; their names end with _full, _diff or _log and an ending",
            )
        })?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        // A path means that file, wherever it is; a name means the one of the records.
        let recorded = match (folder, self.known().await) {
            (None, Ok(known)) => known.backups.into_iter().find(|record| record.file == name),
            (None, Err(error)) => {
                tracing::warn!(%error, "the records cannot be read; the manifest beside the backup is used");
                None
            }
            (Some(_), _) => None,
        };
        let record = recorded.or_else(|| {
            let folder = folder.or(self.port.local())?;
            let manifest = Manifest::read(folder, name)?;
            Some(manifest.record(folder.display().to_string()))
        });
        let record = record.ok_or_else(|| {
            DwError::usage(
                format!("`{file}` is in no record and has no manifest beside it"),
                "`backup list` shows the backups; a copied one needs its `.json` file beside it",
            )
        })?;
        let stored = self.stored(&record).ok_or_else(|| {
            DwError::usage(
                format!("`{file}` is a backup of {}, which is no database of the stack", parsed.database),
                "backups of the stack begin with ECOMMERCE_OLTP or DW_ECOMMERCE",
            )
        })?;
        Ok((record, stored))
    }

    /// The files of a record. Where this process sees the folder it is there that they are, wherever it was when they were made.
    fn stored(&self, record: &BackupRecord) -> Option<Stored> {
        Some(Stored {
            database: database_of(&record.database)?,
            kind: BackupKind::parse(&record.kind)?,
            file: record.file.clone(),
            folder: record.folder.clone(),
            stripes: record.stripes,
            size: record.size_bytes,
            sha256: record.sha256.clone(),
        })
    }
}

/// The database of a name of the contract.
pub fn database_of(name: &str) -> Option<Database> {
    [Database::Dw, Database::Oltp].into_iter().find(|database| database.name().eq_ignore_ascii_case(name.trim()))
}

fn millis(began: std::time::Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}
