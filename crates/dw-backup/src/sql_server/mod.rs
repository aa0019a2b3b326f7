//! Backups of a SQL Server: statements over sessions, as a login that backs up and one that restores. Not here: the statements
//! (see [`statements`]), order and records (see [`crate::vault`]).
//!
//! The server writes the files; this process deletes, hashes and measures them only where it sees their folder.

mod sessions;
pub mod statements;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use dw_core::engine::Session;
use dw_core::error::{Database, DwError, DwResult};
use dw_core::sql_server::TsqlDialect;
use dw_core::value::RowBatch;
use tokio::task::block_in_place;

use crate::checkpoint;
use crate::files::{free, remove, sum};
use crate::name::BackupKind;
use crate::port::{BackupEngine, Job, Proof, Room, Stored, Watcher, Written, at_step, failed, stripes};
use crate::totals::{Totals, questions};
pub use sessions::TargetSessions;
use statements::{BackupOptions, LogicalFile};

/// Where sessions come from.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The name of a database on its server.
    fn name(&self, database: Database) -> String;

    /// A session on a database, as the login that backs up.
    ///
    /// # Errors
    /// When it cannot be had.
    async fn backup(&self, database: Database) -> DwResult<Box<dyn Session>>;

    /// A session on the server of a database, as the login that restores; `on` is the database it enters, `master` without.
    ///
    /// # Errors
    /// When it cannot be had.
    async fn restore(&self, database: Database, on: Option<&str>) -> DwResult<Box<dyn Session>>;
}

/// How backups are written.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The folder, as the server names it.
    pub folder: String,
    /// The same folder, as this process sees it.
    pub local: Option<PathBuf>,
    /// `auto`, `on` or `off`.
    pub compression: String,
    /// MAXTRANSFERSIZE in kilobytes.
    pub max_transfer_kb: u32,
    /// The certificate that encrypts.
    pub certificate: Option<String>,
}

/// Backups of a server.
pub struct ServerBackups {
    sessions: Box<dyn Sessions>,
    options: ServerOptions,
}

impl std::fmt::Debug for ServerBackups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerBackups").field("options", &self.options).finish_non_exhaustive()
    }
}

impl ServerBackups {
    /// Backups over these sessions.
    pub fn new(sessions: Box<dyn Sessions>, options: ServerOptions) -> Self {
        Self { sessions, options }
    }

    fn paths(&self, folder: &str, file: &str, count: u32) -> Vec<String> {
        let divider = if folder.contains('\\') { "\\" } else { "/" };
        let folder = folder.trim_end_matches(['/', '\\']);
        stripes(file, count).iter().map(|file| format!("{folder}{divider}{file}")).collect()
    }

    fn stored_paths(&self, stored: &Stored) -> Vec<String> {
        self.paths(&stored.folder, &stored.file, stored.stripes)
    }

    async fn asked(session: &mut dyn Session, sql: &str, name: &str) -> DwResult<RowBatch> {
        session.query(sql, &[name.into()]).await
    }

    /// What a backup needs to know of the server: whether it compresses, and whether the certificate may be used.
    async fn backup_options(&self, job: &Job, session: &mut dyn Session) -> DwResult<BackupOptions> {
        let server = session.query(statements::SERVER, &[]).await?;
        let edition = server.get(0, 2).text()?.unwrap_or_default().to_owned();
        let compresses = !edition.contains("Express") && !edition.contains("Web");
        let compression = match self.options.compression.as_str() {
            "on" => true,
            "off" => false,
            _ => compresses,
        };
        if let Some(certificate) = &self.options.certificate {
            let found = Self::asked(session, statements::CERTIFICATE, certificate).await?;
            let refuse = |message: String, hint: &str| Err(failed(job.database, "encryption", message, hint));
            if found.is_empty() {
                return refuse(
                    format!("the server has no certificate `{certificate}`, or this login does not see it"),
                    "create it in master and GRANT VIEW DEFINITION ON CERTIFICATE to the login that backs up",
                );
            }
            if found.get(0, 1).is_null() {
                return refuse(
                    format!("the certificate `{certificate}` was never exported with its private key"),
                    "BACKUP CERTIFICATE .. WITH PRIVATE KEY first, and keep the file elsewhere: without it no other server can restore",
                );
            }
        }
        Ok(BackupOptions {
            compression,
            copy_only: job.copy_only && job.kind != BackupKind::Diff,
            max_transfer: self.options.max_transfer_kb.saturating_mul(1_024),
            certificate: self.options.certificate.clone(),
        })
    }

    async fn folders(session: &mut dyn Session) -> DwResult<(String, String)> {
        let found = session.query(statements::FOLDERS, &[]).await?;
        let text = |column: usize| -> DwResult<String> {
            Ok(found.get(0, column).text()?.unwrap_or("/var/opt/mssql/data").to_owned())
        };
        Ok((text(0)?, text(1)?))
    }

    /// VERIFYONLY, and what this process sees of the files.
    async fn proof(&self, database: Database, paths: &[String], file: &str, count: u32) -> DwResult<Proof> {
        let wrong = |message: String| DwError::Verify { file: file.to_owned(), message };
        let mut session = self.sessions.restore(database, None).await?;
        match session.query(&statements::verify_only(paths), &[]).await {
            Ok(_) => {}
            // 3189, 3203, 3241, 3242: damaged, short, no backup. What the server cannot open it says too.
            Err(DwError::Statement { message, transient: false, .. } | DwError::Corrupt { message, .. }) => {
                return Err(wrong(message));
            }
            Err(error) => return Err(error),
        }
        let Some(folder) = &self.options.local else {
            let first = paths.first().map_or("", String::as_str);
            let known = Self::asked(&mut *session, statements::HISTORY, first).await.unwrap_or_default();
            if known.get(0, 2).int()? == Some(1) {
                return Err(wrong("the server wrote down that it is damaged".to_owned()));
            }
            return Ok(Proof { size: known.get(0, 0).int()?.and_then(|size| u64::try_from(size).ok()), sha256: None });
        };
        block_in_place(|| {
            let mut proof = Proof { size: Some(0), sha256: None };
            for name in stripes(file, count) {
                let (size, sha256) = sum(&folder.join(&name), &mut |_, _| {})?;
                if size == 0 {
                    return Err(wrong(format!("{name} is empty")));
                }
                proof.size = proof.size.map(|all| all.saturating_add(size));
                proof.sha256 = proof.sha256.or(Some(sha256));
            }
            Ok(proof)
        })
    }
}

/// The hint for what a server says about its files: it is the server's own user that needs the permission.
fn server_error(database: Database, step: &'static str, error: DwError) -> DwError {
    let message = error.to_string();
    let is_full = ["error 112", "error 3202", "error 1105"].iter().any(|number| message.contains(number));
    let hint = if is_full || matches!(error, DwError::DiskFull { .. }) {
        "the disk of the server is full: free space, or lower what retention keeps; nothing was deleted"
    } else if message.contains("error 3201") || message.contains("error 18210") {
        "the server itself writes the file: its user (mssql, 10001 in a container) must be able to write `backup.server_directory`"
    } else if message.contains("error 3041") || message.contains("error 3013") {
        "the server's error log says more"
    } else if message.contains("error 4214") || message.contains("error 4208") {
        "make a full backup first, that is no copy; a log needs recovery model FULL or BULK_LOGGED"
    } else if matches!(error, DwError::DiskFull { .. })
        || message.contains("error 112")
        || message.contains("error 3202")
    {
        "the disk of the server is full: free space, or lower what retention keeps; nothing was deleted"
    } else {
        return at_step(database, step, error);
    };
    failed(database, step, message, hint)
}

#[async_trait]
impl BackupEngine for ServerBackups {
    async fn supports(&self, database: Database, kind: BackupKind) -> DwResult<()> {
        let mut session = self.sessions.backup(database).await?;
        let server = session.query(statements::SERVER, &[]).await?;
        let cloud = matches!(server.get(0, 1).int()?, Some(5 | 6 | 8 | 11 | 12));
        if !server.get(0, 0).is_null() || cloud {
            let flavor = if cloud { "Azure SQL" } else { "Babelfish" };
            return Err(DwError::usage(
                format!("{flavor} has no BACKUP to disk"),
                if cloud {
                    "Azure backs databases up itself; switch this service off"
                } else {
                    "back up the PostgreSQL cluster below it; switch this service off"
                },
            ));
        }
        if kind == BackupKind::Log && !self.keeps_log(database).await? {
            return Err(DwError::usage(
                format!("{database} is in recovery model SIMPLE, which keeps no log to back up"),
                format!(
                    "leave {database} out, or set `backup.{}_recovery_model = \"full\"`, run `init` and make a full backup",
                    if database == Database::Dw { "dw" } else { "oltp" }
                ),
            ));
        }
        Ok(())
    }

    async fn keeps_log(&self, database: Database) -> DwResult<bool> {
        let mut session = self.sessions.backup(database).await?;
        let model = Self::asked(&mut *session, statements::RECOVERY_MODEL, &self.sessions.name(database)).await?;
        Ok(model.get(0, 0).text()?.is_some_and(|model| model != "SIMPLE"))
    }

    fn extension(&self, kind: BackupKind) -> &'static str {
        if kind == BackupKind::Log { "trn" } else { "bak" }
    }

    fn folder(&self) -> String {
        self.options.folder.clone()
    }

    fn local(&self) -> Option<&Path> {
        self.options.local.as_deref()
    }

    async fn room(&self, database: Database) -> DwResult<Room> {
        let mut session = self.sessions.backup(database).await?;
        let size = session.query(statements::SIZE, &[]).await?.get(0, 0).int()?.unwrap_or(0);
        let free = self.options.local.as_deref().map(free).transpose()?;
        Ok(Room { database: u64::try_from(size).unwrap_or(0), free })
    }

    async fn write(&self, job: &Job, watcher: &dyn Watcher) -> DwResult<Written> {
        let mut session = self.sessions.backup(job.database).await?;
        let options = self.backup_options(job, &mut *session).await?;
        // At the beginning: a backup of a server holds what was committed until its end, and a drill tells the difference of a
        // table that was written meanwhile. Nobody who loads is disturbed for it.
        let totals = match self.measure(&mut *session, job.database).await {
            Ok(totals) => Some(totals),
            Err(error) => {
                watcher.remark(&format!("the tables of {} were not counted: {error}", job.database));
                None
            }
        };
        watcher.progress("copy", 0, 0);
        let paths = self.paths(&self.options.folder, &job.name.to_string(), job.stripes);
        let sql = statements::backup(&self.sessions.name(job.database), job.kind, &paths, &options);
        session.query(&sql, &[]).await.map_err(|error| server_error(job.database, "copy", error))?;
        checkpoint::pass("copied");
        // What was written meanwhile makes them those of no moment.
        let after = match &totals {
            Some(_) => self.measure(&mut *session, job.database).await.ok(),
            None => None,
        };
        let quiet = totals.is_some() && totals == after;
        if totals.is_some() && !quiet {
            watcher
                .remark(&format!("{} was written to meanwhile: drills check it and compare no totals", job.database));
        }
        Ok(Written { totals: totals.filter(|_| quiet) })
    }

    async fn prove(&self, job: &Job, _watcher: &dyn Watcher) -> DwResult<Proof> {
        let paths = self.paths(&self.options.folder, &job.name.to_string(), job.stripes);
        let proof = self.proof(job.database, &paths, &job.name.to_string(), job.stripes).await;
        proof.map_err(|error| server_error(job.database, "verify", error))
    }

    async fn publish(&self, _job: &Job) -> DwResult<()> {
        // The server has given the file its name already; that it is one of a backup the record says.
        Ok(())
    }

    async fn discard(&self, file: &str, count: u32) -> DwResult<()> {
        self.delete(file, count).await
    }

    async fn verify(&self, stored: &Stored, _watcher: &dyn Watcher) -> DwResult<Proof> {
        let paths = self.stored_paths(stored);
        let proof = self.proof(stored.database, &paths, &stored.file, stored.stripes).await?;
        let wrong = |message: &str| Err(DwError::Verify { file: stored.file.clone(), message: message.to_owned() });
        match (&stored.sha256, &proof.sha256) {
            (Some(before), Some(now)) if before != now => {
                wrong("its SHA-256 is not the one that was written down when it was made")
            }
            _ => Ok(proof),
        }
    }

    async fn exists(&self, name: &str) -> DwResult<bool> {
        let mut session = self.sessions.restore(Database::Dw, None).await?;
        Ok(Self::asked(&mut *session, statements::EXISTS, name).await?.get(0, 0).int()? == Some(1))
    }

    async fn restore(
        &self,
        chain: &[Stored],
        name: &str,
        replace: bool,
        watcher: &dyn Watcher,
    ) -> DwResult<Option<String>> {
        let Some(first) = chain.first() else {
            return Err(DwError::Internal("an empty chain of backups".to_owned()));
        };
        let database = first.database;
        let mut session = self.sessions.restore(database, None).await?;
        let exists = Self::asked(&mut *session, statements::EXISTS, name).await?.get(0, 0).int()? == Some(1);
        if exists && !replace {
            return Err(DwError::usage(
                format!("a database {name} exists"),
                format!("type `--replace {name}` to put the backup in its place"),
            ));
        }
        for one in chain {
            // A file can be given another name; what it holds cannot.
            let held = session.query(&statements::header_only(&self.stored_paths(one)), &[]).await;
            let held = held.map_err(|error| server_error(database, "restore", error))?;
            let held = held.get(0, 9).text()?.unwrap_or_default();
            if !held.is_empty() && !held.eq_ignore_ascii_case(&self.sessions.name(database)) {
                return Err(DwError::Verify {
                    file: one.file.clone(),
                    message: format!("it is a backup of the database {held}"),
                });
            }
        }
        let listed = session.query(&statements::file_list(&self.stored_paths(first)), &[]).await;
        let listed = listed.map_err(|error| server_error(database, "restore", error))?;
        let mut files = Vec::new();
        for row in listed.rows() {
            let text = |column: usize| row.get(column).map_or(Ok(None), |value| value.text());
            files.push(LogicalFile {
                name: text(0)?.unwrap_or_default().to_owned(),
                kind: text(2)?.unwrap_or("D").trim().to_owned(),
            });
        }
        let (data, log) = Self::folders(&mut *session).await?;
        let moves = statements::moves(&files, name, &data, &log);
        if exists {
            session
                .query(&statements::single_user(name), &[])
                .await
                .map_err(|error| server_error(database, "replace", error))?;
        }
        for (at, one) in chain.iter().enumerate() {
            watcher.progress("restore", u64::try_from(at).unwrap_or(0), u64::try_from(chain.len()).unwrap_or(0));
            let is_last = at + 1 == chain.len();
            let sql = statements::restore(name, one.kind, &self.stored_paths(one), &moves, replace, is_last);
            if let Err(error) = session.query(&sql, &[]).await {
                if exists {
                    // An existing database that RESTORE did not touch is let in again; one that it did says so itself.
                    let _best_effort = session.query(&statements::multi_user(name), &[]).await;
                }
                return Err(server_error(database, "restore", error));
            }
        }
        if exists {
            session.query(&statements::multi_user(name), &[]).await?;
        }
        Ok(None)
    }

    async fn check(&self, database: Database, name: &str) -> DwResult<()> {
        let mut session = self.sessions.restore(database, None).await?;
        let answer = session.query(&statements::check_db(name), &[]).await;
        let answer = answer.map_err(|error| server_error(database, "check", error))?;
        if answer.is_empty() {
            return Ok(());
        }
        let said = answer.get(0, 0).text().ok().flatten().unwrap_or("CHECKDB found errors").to_owned();
        Err(failed(database, "check", said, "the backup is damaged; make another one now"))
    }

    async fn totals(&self, database: Database, name: &str) -> DwResult<Totals> {
        let mut session = self.sessions.restore(database, Some(name)).await?;
        self.measure(&mut *session, database).await
    }

    async fn drop_database(&self, name: &str) -> DwResult<()> {
        let database = if name.ends_with(Database::Oltp.name()) { Database::Oltp } else { Database::Dw };
        let mut session = self.sessions.restore(database, None).await?;
        session.query(&statements::drop_database(name), &[]).await.map(|_| ())
    }

    async fn delete(&self, file: &str, count: u32) -> DwResult<()> {
        let Some(folder) = &self.options.local else {
            return Err(DwError::Backup {
                database: "a server".to_owned(),
                step: "delete",
                message: format!("{file} lies on the server, in a folder that this process does not see"),
                hint: "mount the folder here and name it in `backup.directory`, or delete the file there".to_owned(),
                transient: false,
            });
        };
        stripes(file, count).iter().try_for_each(|file| remove(&folder.join(file)))
    }
}

impl ServerBackups {
    async fn measure(&self, session: &mut dyn Session, database: Database) -> DwResult<Totals> {
        let mut answers = Vec::new();
        for question in questions(&TsqlDialect, database) {
            answers.push(session.query(&question, &[]).await?);
        }
        Totals::of(database, &answers)
    }
}
