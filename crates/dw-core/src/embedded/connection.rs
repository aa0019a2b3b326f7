//! One SQLite connection: how it is opened, how statements run on it, what its errors mean.
//! It blocks; [`super::session`] runs it on a thread of its own.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::AuthContext;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags, Statement};

use super::collation;
use super::dialect::TEXT_KEY_COLLATION;
use super::raw::{Counted, RawFile};
use super::readable::Readable;
use crate::engine::Access;
use crate::error::{Database, DwError, DwResult};
use crate::value::{RowBatch, Value};

/// Statements kept prepared a connection: more than a run uses.
const STATEMENT_CACHE: usize = 200;

/// Bytes of a file that are copied at once.
const CHUNK: u64 = 16 << 20;

/// Pages that a backup copies at once: 16 MiB.
const PAGES_A_STEP: i32 = 4_096;

/// An open file and what is needed to explain its errors.
#[derive(Debug)]
pub(super) struct FileConnection {
    connection: Connection,
    database: Database,
    path: PathBuf,
    busy_timeout: Duration,
    /// Who is restricted, as messages name him.
    login: &'static str,
    // After the connection, so that the file counts as open until it is closed.
    _counted: Counted,
}

impl FileConnection {
    /// Opens the file; with `create` a missing one is made.
    pub(super) fn open(
        database: Database,
        path: &Path,
        access: Access,
        create: bool,
        busy_timeout: Duration,
    ) -> DwResult<Self> {
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags |= match access {
            Access::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Access::ReadWrite => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        if create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let location = path.display().to_string();
        let connection = Connection::open_with_flags(path, flags)
            .map_err(|error| explain(&error, database, &location, busy_timeout, "open"))?;
        let _counted = Counted::new(path);
        let file = Self { connection, database, path: path.to_owned(), busy_timeout, login: "", _counted };
        file.set_up(access).map_err(|error| file.explain(&error, "open"))?;
        Ok(file)
    }

    /// Opens a file that nobody writes to, such as a backup, without a lock and without a file beside it.
    pub(super) fn open_frozen(database: Database, path: &Path) -> DwResult<Self> {
        let mut uri = String::from("file:");
        for byte in path.as_os_str().as_encoded_bytes() {
            match byte {
                b'%' | b'?' | b'#' => uri.push_str(&format!("%{byte:02X}")),
                byte if byte.is_ascii() => uri.push(char::from(*byte)),
                byte => uri.push_str(&format!("%{byte:02X}")),
            }
        }
        uri.push_str("?immutable=1");
        let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let busy_timeout = Duration::from_secs(1);
        let location = path.display().to_string();
        let connection = Connection::open_with_flags(&uri, flags)
            .map_err(|error| explain(&error, database, &location, busy_timeout, "open"))?;
        let file =
            Self { connection, database, path: path.to_owned(), busy_timeout, login: "", _counted: Counted::new(path) };
        file.set_up(Access::ReadOnly).map_err(|error| file.explain(&error, "open"))?;
        Ok(file)
    }

    /// Copies all pages of the moment of the open transaction into another file, which is made anew. Answers false from
    /// `progress` end it.
    pub(super) fn copy_to(&self, target: &Path, progress: &mut dyn FnMut(u64, u64) -> bool) -> DwResult<bool> {
        let location = target.display().to_string();
        let mut run = || -> rusqlite::Result<bool> {
            let flags =
                OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
            let mut copy = Connection::open_with_flags(target, flags)?;
            // It is not there until it is renamed, so it needs no journal, and one sync at its end.
            copy.pragma_update(None, "journal_mode", "OFF")?;
            copy.pragma_update(None, "synchronous", "OFF")?;
            copy.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
            copy.pragma_update(None, "cache_size", -4_096)?;
            let backup = Backup::new(&self.connection, &mut copy)?;
            loop {
                let step = backup.step(PAGES_A_STEP)?;
                let pages = backup.progress();
                let count = |pages: i32| u64::try_from(pages).unwrap_or(0);
                if !progress(count(pages.pagecount.saturating_sub(pages.remaining)), count(pages.pagecount)) {
                    return Ok(false);
                }
                match step {
                    StepResult::Done => return Ok(true),
                    StepResult::More => {}
                    _ => std::thread::sleep(Duration::from_millis(20)),
                }
            }
        };
        run().map_err(|error| explain(&error, self.database, &location, self.busy_timeout, "backup"))
    }

    /// Makes the file alone hold everything, so that it can be copied as a file: its log is written back and emptied. False when
    /// others read or write right now; they are waited for only a moment.
    pub(super) fn empty_log(&self) -> DwResult<bool> {
        let run = || -> rusqlite::Result<bool> {
            self.connection.pragma_update(None, "cache_size", -4_096)?;
            self.connection.busy_timeout(Duration::from_millis(300))?;
            let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            self.connection.busy_timeout(self.busy_timeout)?;
            Ok(busy == 0)
        };
        run().map_err(|error| self.explain(&error, "checkpoint"))
    }

    /// Copies the file itself, which is faster than page by page. Only within a read transaction, and only when the log is still
    /// empty then: the transaction is of a moment before any frame of a log, and as long as it lasts no checkpoint of anybody
    /// writes to the file. `None` when that is not so, or the file is not as long as its pages; nothing was written then.
    pub(super) fn copy_file_to(
        &self,
        target: &Path,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> DwResult<Option<bool>> {
        let log = super::backup::beside(&self.path, "-wal");
        if !std::fs::metadata(&log).is_ok_and(|log| log.len() == 0) {
            return Ok(None);
        }
        let pragma = |name: &str| -> DwResult<u64> {
            let answer = self.query(&format!("PRAGMA {name}"), &[])?;
            Ok(u64::try_from(answer.get(0, 0).int()?.unwrap_or(0)).unwrap_or(0))
        };
        let all = pragma("page_count")?.saturating_mul(pragma("page_size")?);
        let mut run = || -> std::io::Result<Option<bool>> {
            let source = RawFile::open(&self.path)?;
            if source.file()?.metadata()?.len() != all {
                return Ok(None);
            }
            let mut copy = std::fs::File::create(target)?;
            let mut done = 0;
            while done < all {
                let copied = std::io::copy(&mut source.file()?.take(CHUNK), &mut copy)?;
                if copied == 0 {
                    return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof));
                }
                done += copied;
                if !progress(done, all) {
                    return Ok(Some(false));
                }
            }
            Ok(Some(true))
        };
        run().map_err(|source| match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded | std::io::ErrorKind::FileTooLarge => {
                DwError::DiskFull { database: self.database, location: target.display().to_string() }
            }
            _ => DwError::Io { action: "cannot copy to", path: target.to_owned(), source },
        })
    }

    fn set_up(&self, access: Access) -> rusqlite::Result<()> {
        let connection = &self.connection;
        connection.busy_timeout(self.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
        // Statements of both engines say LEN; the schema does not, so that other programs can open the file.
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection.create_scalar_function("LEN", 1, flags, |call| {
            let text: Option<String> = call.get(0)?;
            Ok(text.map(|text| i64::try_from(text.trim_end_matches(' ').chars().count()).unwrap_or(i64::MAX)))
        })?;
        connection.create_collation(TEXT_KEY_COLLATION, collation::compare)?;
        // The cache is the memory that a connection may use; temporary tables spill to a file beyond it.
        connection.pragma_update(None, "cache_size", if access == Access::ReadWrite { -49_152 } else { -4_096 })?;
        connection.pragma_update(None, "temp_store", "FILE")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        if access == Access::ReadWrite {
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // In WAL mode a commit is then safe against a killed process; a power cut may lose the last commits, never more.
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.pragma_update(None, "wal_autocheckpoint", 32_000)?;
        } else {
            // A first read tells a damaged or foreign file before any statement of a run.
            connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
        }
        Ok(())
    }

    /// Ends the statement that runs, from another thread.
    pub(super) fn interrupter(&self) -> InterruptHandle {
        self.connection.get_interrupt_handle()
    }

    /// From now on, only this can be read.
    pub(super) fn restrict(&mut self, readable: Arc<Readable>) -> DwResult<()> {
        self.login = readable.login();
        self.connection
            .authorizer(Some(move |context: AuthContext<'_>| readable.judge(&context)))
            .map_err(|error| self.explain(&error, "restrict"))
    }

    pub(super) fn query(&self, sql: &str, params: &[Value]) -> DwResult<RowBatch> {
        let mut rows = RowBatch::default();
        self.for_each_chunk(sql, params, usize::MAX, |chunk| {
            if rows.width() == 0 {
                rows = chunk;
            } else {
                rows.append(chunk);
            }
            true
        })?;
        Ok(rows)
    }

    /// Runs a query and hands over its rows in chunks until `take` answers false.
    pub(super) fn for_each_chunk(
        &self,
        sql: &str,
        params: &[Value],
        chunk: usize,
        mut take: impl FnMut(RowBatch) -> bool,
    ) -> DwResult<()> {
        let mut run = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare_cached(sql)?;
            bind(&mut statement, params)?;
            let width = statement.column_count();
            let mut rows = statement.raw_query();
            let capacity = chunk.min(4_096);
            let mut batch = RowBatch::with_capacity(width, capacity);
            while let Some(row) = rows.next()? {
                for column in 0..width {
                    batch.push_value(to_value(row.get_ref(column)?));
                }
                if batch.len() >= chunk {
                    let full = std::mem::replace(&mut batch, RowBatch::with_capacity(width, capacity));
                    if !take(full) {
                        return Ok(());
                    }
                }
            }
            if !batch.is_empty() {
                take(batch);
            }
            Ok(())
        };
        run().map_err(|error| self.explain(&error, sql))
    }

    pub(super) fn execute(&self, sql: &str, params: &[Value]) -> DwResult<u64> {
        let run = || -> rusqlite::Result<usize> {
            let mut statement = self.connection.prepare_cached(sql)?;
            bind(&mut statement, params)?;
            if statement.column_count() > 0 {
                // A pragma or a RETURNING answers rows; they are read to the end and not needed.
                let mut rows = statement.raw_query();
                while rows.next()?.is_some() {}
                return Ok(0);
            }
            statement.raw_execute()
        };
        run().map(|changed| u64::try_from(changed).unwrap_or(0)).map_err(|error| self.explain(&error, sql))
    }

    /// Runs an INSERT with the parameters ?1, ?2, ... once a row.
    pub(super) fn bulk(&self, sql: &str, rows: &RowBatch) -> DwResult<u64> {
        let run = || -> rusqlite::Result<u64> {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut copied = 0;
            for row in rows.rows() {
                for (index, value) in row.iter().enumerate() {
                    bind_value(&mut statement, index + 1, value)?;
                }
                statement.raw_execute()?;
                copied += 1;
            }
            Ok(copied)
        };
        run().map_err(|error| self.explain(&error, sql))
    }

    fn explain(&self, error: &rusqlite::Error, sql: &str) -> DwError {
        match explain(error, self.database, &self.path.display().to_string(), self.busy_timeout, sql) {
            DwError::Permission { database, location, message, .. } => {
                DwError::Permission { database, location, login: self.login.to_owned(), message }
            }
            other => other,
        }
    }
}

fn bind(statement: &mut Statement<'_>, params: &[Value]) -> rusqlite::Result<()> {
    for (position, value) in params.iter().enumerate() {
        let name = format!("@P{}", position + 1);
        // A text of several dialects may leave a parameter unused.
        if let Some(index) = statement.parameter_index(&name)? {
            bind_value(statement, index, value)?;
        }
    }
    Ok(())
}

fn bind_value(statement: &mut Statement<'_>, index: usize, value: &Value) -> rusqlite::Result<()> {
    match value {
        Value::Null => statement.raw_bind_parameter(index, rusqlite::types::Null),
        Value::Int(number) | Value::Seconds(number) | Value::Millis(number) => {
            statement.raw_bind_parameter(index, number)
        }
        Value::Text(text) => statement.raw_bind_parameter(index, text.as_str()),
    }
}

fn to_value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        // The schema has no REAL; a float in a file that somebody else wrote is shown as text and refused by its reader.
        ValueRef::Real(number) => Value::Text(number.to_string()),
        ValueRef::Text(text) | ValueRef::Blob(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
    }
}

fn explain(error: &rusqlite::Error, database: Database, location: &str, busy_timeout: Duration, sql: &str) -> DwError {
    let location = location.to_owned();
    let message = match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            DwError::Busy { database, location, waited_seconds: busy_timeout.as_secs() }
        }
        Some(ErrorCode::DiskFull) => DwError::DiskFull { database, location },
        Some(ErrorCode::SystemIoFailure) if extended_code(error) == Some(IO_ERROR_WRITE) => DwError::Unreachable {
            database,
            location,
            message: format!(
                "{message} in a write: the disk is full, a quota or a size limit is reached, or the disk fails"
            ),
        },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => DwError::Corrupt { database, location, message },
        Some(
            ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::SystemIoFailure,
        ) => DwError::Unreachable { database, location, message },
        Some(ErrorCode::AuthorizationForStatementDenied) => {
            DwError::Permission { database, location, login: String::new(), message }
        }
        Some(ErrorCode::ConstraintViolation) => DwError::Constraint { database, message },
        _ if message.contains("no such table") || message.contains("no such column") => DwError::SchemaMismatch {
            message: format!("{database} at `{location}` lacks something that this version needs: {message}"),
            hint: "run `init`, which creates what is missing and keeps the data".to_owned(),
        },
        _ => DwError::Statement {
            database,
            message,
            statement: sql.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect(),
            transient: false,
        },
    }
}

/// SQLITE_IOERR_WRITE of sqlite.org/rescode.html.
const IO_ERROR_WRITE: i32 = 778;

fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => Some(failure.extended_code),
        _ => None,
    }
}
