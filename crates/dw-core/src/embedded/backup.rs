//! What a backup needs of the embedded engine: a copy of one moment, a look at a file that nobody writes to, a file that takes the
//! place of a database. Not here: when, where to, and what is written down about it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::EmbeddedEngine;
use super::connection::FileConnection;
use super::session::EmbeddedSession;
use crate::engine::{Access, Session};
use crate::error::{Database, DwError, DwResult};
use crate::value::RowBatch;

/// A copy that was made.
#[derive(Debug, Clone)]
pub struct Copied {
    /// What was asked at the moment of the copy, an answer a statement; none where it could not be asked.
    pub answers: Option<Vec<RowBatch>>,
    /// False when it was given up.
    pub is_whole: bool,
}

impl EmbeddedEngine {
    /// The bytes of a database with its log.
    ///
    /// # Errors
    /// When it is not there, or its folder cannot be read.
    pub fn size(&self, database: Database) -> DwResult<u64> {
        let path = self.path(database);
        let main = std::fs::metadata(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => self.missing(database),
            _ => DwError::Unreachable { database, location: path.display().to_string(), message: error.to_string() },
        })?;
        let log = std::fs::metadata(beside(&path, "-wal")).map_or(0, |log| log.len());
        Ok(main.len().saturating_add(log))
    }

    /// Copies a database into a file, while others read and write, within one read transaction: copy and answers are of one
    /// moment. Where nothing waits in the log, the file itself is copied; else SQLite's online backup does it page by page, and no
    /// writer makes it begin again. `progress` gets pages done and all, and ends the
    /// copy by answering false. Blocks: for a thread of its own.
    ///
    /// # Errors
    /// Missing, damaged, or a full disk.
    pub fn copy_database(
        &self,
        database: Database,
        target: &Path,
        questions: &[String],
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> DwResult<Copied> {
        let path = self.path(database);
        let open = |access| FileConnection::open(database, &path, access, false, self.busy_timeout);
        let (source, is_alone) = match open(Access::ReadWrite) {
            Ok(source) => {
                let is_alone = source.empty_log().unwrap_or(false);
                (source, is_alone)
            }
            // A file that may only be read is backed up too.
            Err(_) => (open(Access::ReadOnly)?, false),
        };
        source.execute("BEGIN", &[])?;
        // The transaction is of the moment of its first read.
        source.query("SELECT COUNT(*) FROM sqlite_schema", &[])?;
        let ask = |sql: &String| source.query(sql, &[]);
        let answers = match questions.iter().map(ask).collect::<DwResult<Vec<RowBatch>>>() {
            Ok(answers) => Some(answers),
            // A database of another version is backed up too.
            Err(DwError::SchemaMismatch { .. }) => None,
            Err(error) => return Err(error),
        };
        let copied = if is_alone { source.copy_file_to(target, progress)? } else { None };
        let is_whole = match copied {
            Some(is_whole) => is_whole,
            None => source.copy_to(target, progress)?,
        };
        Ok(Copied { answers, is_whole })
    }

    /// The file of a database of any name in the data folder.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.folder().join(format!("{name}.db"))
    }
}

/// Looks through a file that nobody writes to: every page, every index, every constraint. Returns what is wrong with it. Blocks.
///
/// # Errors
/// When it cannot be opened or read, or is no database.
pub fn check_file(database: Database, path: &Path) -> DwResult<Vec<String>> {
    let file = FileConnection::open_frozen(database, path)?;
    let mut found = Vec::new();
    for question in ["PRAGMA integrity_check(20)", "PRAGMA foreign_key_check"] {
        for row in file.query(question, &[])?.rows() {
            let text: Vec<String> = row
                .iter()
                .map(|value| match value.text() {
                    Ok(text) => text.unwrap_or_default().to_owned(),
                    Err(_) => value.int().ok().flatten().unwrap_or_default().to_string(),
                })
                .collect();
            let text = text.join(" ");
            if text != "ok" && found.len() < 20 {
                found.push(text);
            }
        }
    }
    Ok(found)
}

/// A session on a file that nobody writes to.
///
/// # Errors
/// When it cannot be opened or is no database.
pub async fn open_file(database: Database, path: &Path) -> DwResult<Box<dyn Session>> {
    let path = path.to_owned();
    Ok(Box::new(EmbeddedSession::start("file", move || FileConnection::open_frozen(database, &path)).await?))
}

/// Writes what stands in the log of a database into its file, so that the file alone is all of it. Nobody may be using it: false
/// when somebody does. Blocks.
///
/// # Errors
/// Damaged or not writable.
pub fn write_back_log(database: Database, path: &Path) -> DwResult<bool> {
    let file = FileConnection::open(database, path, Access::ReadWrite, false, Duration::from_secs(2))?;
    let answer = file.query("PRAGMA wal_checkpoint(TRUNCATE)", &[])?;
    Ok(answer.get(0, 0).int()? == Some(0))
}

/// `x.db-wal` for `x.db`.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
