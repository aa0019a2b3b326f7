//! A restore that somebody asked for.

use std::time::Instant;

use dw_core::engine::LockGuard;
use dw_core::entities;
use dw_core::error::{DwError, DwResult};

use super::{Vault, database_of, millis};
use crate::checkpoint;
use crate::name::BackupKind;
use crate::port::{Stored, Watcher, at_step};

/// A database that was made of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The database whose backup it is.
    pub database: String,
    /// File.
    pub file: String,
    /// How many backups were needed: the full one and what follows it.
    pub chain: usize,
    /// Name of the new database.
    pub name: String,
    /// Milliseconds.
    pub millis: u64,
    /// Where the old one is.
    pub set_aside: Option<String>,
}

impl Vault {
    /// Restores a backup under a name; over an existing database only when `replace` says the same name. The backup is verified
    /// before anything is touched. The caller holds the lock of backups where there is a warehouse to hold it.
    ///
    /// # Errors
    /// A name that is none or taken, a damaged backup, a run of the ETL that goes on, or of the engine.
    pub async fn restore(
        &self,
        file: &str,
        name: &str,
        replace: Option<&str>,
        watcher: &dyn Watcher,
    ) -> DwResult<Restored> {
        check_name(name)?;
        self.port.close_restores(watcher).await?;
        if replace.is_some_and(|replace| replace != name) {
            return Err(DwError::usage(
                format!("`--replace {}` names another database than `--to {name}`", replace.unwrap_or_default()),
                "type the name of the database that is to be replaced twice",
            ));
        }
        let (record, stored) = self.find(file).await?;
        let database = stored.database;
        if self.port.exists(name).await? && replace.is_none() {
            return Err(DwError::usage(
                format!("a database {name} exists and is left alone"),
                format!("choose another name, or type `--replace {name}` too to put the backup in its place"),
            ));
        }
        let chain = self.chain(&stored).await?;
        for one in &chain {
            self.port.verify(one, watcher).await?;
        }
        // Nobody loads into a database, or out of it, while it is exchanged.
        let _locks = match database_of(name) {
            Some(_) => self.lock_entities().await?,
            None => Vec::new(),
        };
        let began = Instant::now();
        let set_aside = self
            .port
            .restore(&chain, name, replace.is_some(), watcher)
            .await
            .map_err(|error| at_step(database, "restore", error))?;
        let checked = self.port.check(database, name).await;
        checkpoint::pass("checked");
        self.port.end_restore(name).await?;
        checked?;
        Ok(Restored {
            database: record.database,
            file: record.file,
            chain: chain.len(),
            name: name.to_owned(),
            millis: millis(began),
            set_aside,
        })
    }

    async fn lock_entities(&self) -> DwResult<Vec<Box<dyn LockGuard>>> {
        let mut names: Vec<&str> = entities::ALL.iter().map(|entity| entity.name).collect();
        names.sort_unstable();
        let mut locks = Vec::new();
        for name in names {
            match self.engine.lock(name, &self.holder()).await {
                Ok(lock) => locks.push(lock),
                Err(error @ DwError::LockHeld { .. }) => return Err(error),
                // A server keeps locks in the warehouse, which may be what is restored.
                Err(error) => {
                    tracing::warn!(%error, "the locks of the entities cannot be had; nothing can be running then");
                    break;
                }
            }
        }
        Ok(locks)
    }

    /// What is restored for a backup, in order: of a log the full backup before it, the last differential one and every log
    /// between.
    async fn chain(&self, last: &Stored) -> DwResult<Vec<Stored>> {
        if last.kind == BackupKind::Full {
            return Ok(vec![last.clone()]);
        }
        let known = self.known().await?.backups;
        let older = known.iter().skip_while(|record| record.file != last.file).skip(1);
        let older = older.filter(|record| record.database == last.database.name() && record.is_good());
        let mut chain = vec![last.clone()];
        let mut has_diff = last.kind == BackupKind::Diff;
        for record in older {
            let Some(stored) = self.stored(record) else { continue };
            match stored.kind {
                BackupKind::Full if !(has_diff && record.copy_only) => {
                    chain.push(stored);
                    chain.reverse();
                    return Ok(chain);
                }
                BackupKind::Diff if !has_diff => {
                    has_diff = true;
                    chain.push(stored);
                }
                BackupKind::Log if !has_diff => chain.push(stored),
                _ => {}
            }
        }
        Err(DwError::usage(
            format!("the full backup that {} builds on is not there", last.file),
            "`backup list` shows what there is; restore a full backup, or one whose chain is whole",
        ))
    }
}

/// A name that is one of a database, and of nothing else on a disk or a server.
fn check_name(name: &str) -> DwResult<()> {
    let is_sound = !name.is_empty()
        && name.len() <= 100
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if is_sound && !name.to_ascii_lowercase().starts_with("drill_") {
        return Ok(());
    }
    Err(DwError::usage(
        format!("`{name}` is no name for a restored database"),
        "use letters, digits, `_` and `-`; names that begin with `drill_` belong to drills",
    ))
}
