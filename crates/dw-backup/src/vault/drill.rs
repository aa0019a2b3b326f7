//! A drill: the last verified backup is restored under another name, looked through, compared with what was written down when it
//! was made, and removed. How long that takes is the RTO.

use std::time::Instant;

use dw_audit::backups::{BackupRecord, DrillRecord, store};
use dw_core::engine::Access;
use dw_core::error::{Database, DwError, DwResult};
use dw_core::time;

use super::{Vault, database_of, millis};
use crate::checkpoint;
use crate::port::{Stored, Watcher, at_step, failed};
use crate::totals::Totals;

/// What a drill found.
#[derive(Debug)]
pub struct DrillReport {
    /// As it is recorded.
    pub drill: DrillRecord,
    /// Why it did not pass.
    pub error: Option<DwError>,
}

/// The name of the restored database, which is nobody else's.
pub fn drill_name(database: Database) -> String {
    format!("drill_{}", database.name())
}

impl Vault {
    /// Drills the newest verified full backup of each database. The caller holds the lock.
    ///
    /// # Errors
    /// When there is none, or the records cannot be read. What a drill found is in the result.
    pub async fn drill(&self, databases: &[Database], watcher: &dyn Watcher) -> DwResult<Vec<DrillReport>> {
        let known = self.known().await?.backups;
        let mut all = Vec::new();
        for database in databases.iter().copied() {
            let newest = |record: &&BackupRecord| {
                record.database == database.name() && record.kind == "full" && record.is_good()
            };
            let Some(record) = known.iter().find(newest) else {
                return Err(failed(
                    database,
                    "drill",
                    "there is no verified full backup to restore",
                    "make one with `backup once`",
                ));
            };
            all.push(self.drill_one(record, watcher).await);
        }
        Ok(all)
    }

    async fn drill_one(&self, record: &BackupRecord, watcher: &dyn Watcher) -> DrillReport {
        let mut drill = DrillRecord {
            id: 0,
            database: record.database.clone(),
            file: record.file.clone(),
            passed: false,
            started_at: time::now(),
            finished_at: None,
            restore_ms: None,
            check_ms: None,
            total_ms: None,
            compared_tables: None,
            failed_step: None,
            error: None,
        };
        let mut error = self.try_out(record, &mut drill, watcher).await.err();
        drill.finished_at = Some(time::now());
        drill.passed = error.is_none();
        if let Some(error) = &error {
            drill.failed_step = Some(
                match error {
                    DwError::Backup { step, .. } => step,
                    DwError::Verify { .. } => "compare",
                    _ => "restore",
                }
                .to_owned(),
            );
            drill.error = Some(error.to_string());
        }
        if let Err(unrecorded) = self.record_drill(&drill).await {
            watcher.remark(&format!("the drill was not recorded: {unrecorded}"));
            let database = database_of(&record.database).unwrap_or(Database::Dw);
            error = error.or(Some(at_step(database, "record", unrecorded)));
        }
        DrillReport { drill, error }
    }

    async fn record_drill(&self, drill: &DrillRecord) -> DwResult<()> {
        let mut pauses = dw_core::retry::pauses(super::RECORD_ATTEMPTS);
        loop {
            let stored: DwResult<()> = async {
                let mut session = self.warehouse(Access::ReadWrite).await?;
                store::add_drill(&mut *session, drill, &self.process).await
            }
            .await;
            match stored {
                Err(error) if error.is_transient() => {
                    let Some(pause) = pauses.next() else { return Err(error) };
                    tokio::time::sleep(pause).await;
                }
                other => return other,
            }
        }
    }

    async fn try_out(&self, record: &BackupRecord, drill: &mut DrillRecord, watcher: &dyn Watcher) -> DwResult<()> {
        let stored = self.stored(record).ok_or_else(|| DwError::Internal("a record of no database".to_owned()))?;
        let database = stored.database;
        let name = drill_name(database);
        // What an interrupted drill left.
        self.port.drop_database(&name).await.map_err(|error| at_step(database, "clean up", error))?;
        let began = Instant::now();
        let outcome = self.restored(&stored, record, &name, drill, watcher).await;
        drill.total_ms = Some(millis(began));
        checkpoint::pass("drilled");
        let dropped = self.port.drop_database(&name).await.map_err(|error| at_step(database, "clean up", error));
        outcome.and(dropped)
    }

    async fn restored(
        &self,
        stored: &Stored,
        record: &BackupRecord,
        name: &str,
        drill: &mut DrillRecord,
        watcher: &dyn Watcher,
    ) -> DwResult<()> {
        let database = stored.database;
        let began = Instant::now();
        let chain = std::slice::from_ref(stored);
        let restored = self.port.restore(chain, name, false, watcher).await;
        restored.map_err(|error| at_step(database, "restore", error))?;
        drill.restore_ms = Some(millis(began));
        let began = Instant::now();
        self.port.check(database, name).await.map_err(|error| at_step(database, "check", error))?;
        drill.check_ms = Some(millis(began));
        let Some(before) = record.totals.as_deref().and_then(Totals::parse) else {
            watcher.remark(&format!("{} was made without counting its tables, so that none is compared", record.file));
            return Ok(());
        };
        let now = self.port.totals(database, name).await.map_err(|error| at_step(database, "compare", error))?;
        drill.compared_tables = u64::try_from(before.0.len()).ok();
        now.difference(&before).map_or(Ok(()), |message| Err(DwError::Verify { file: record.file.clone(), message }))
    }
}
