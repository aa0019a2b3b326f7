//! The embedded engine: SQLite, two files in a data folder. The whole stack runs on it without a server.
//! Not here: statements of the domain, which are written once for every engine.

pub mod backup;
mod collation;
mod connection;
mod dialect;
mod lock;
mod raw;
mod readable;
mod session;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use dialect::{SqliteDialect, TEXT_KEY_COLLATION};
pub use readable::Readable;
pub use session::EmbeddedSession;

use crate::dialect::Dialect;
use crate::engine::{Access, Engine, LockGuard, OpenTransactionGuard, Session};
use crate::error::{Database, DwError, DwResult};
use crate::time::Seconds;

/// SQLite files in a folder.
#[derive(Debug, Clone)]
pub struct EmbeddedEngine {
    folder: PathBuf,
    busy_timeout: Duration,
    readable: Option<Arc<Readable>>,
}

impl EmbeddedEngine {
    /// The engine of a data folder. Nothing is opened or created yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), busy_timeout: Duration::from_secs(10), readable: None }
    }

    /// The same with another time to wait for a busy file.
    #[must_use]
    pub fn with_busy_timeout(mut self, busy_timeout: Duration) -> Self {
        self.busy_timeout = busy_timeout;
        self
    }

    /// The same for somebody who may read this and nothing else, as `bi_reader` or `etl_monitor` on a server: a session that writes
    /// is refused, one on the source too unless everything may be read.
    #[must_use]
    pub fn restricted_to(mut self, readable: Readable) -> Self {
        self.readable = Some(Arc::new(readable));
        self
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of a database.
    pub fn path(&self, database: Database) -> PathBuf {
        self.folder.join(format!("{}.db", database.name()))
    }

    /// True when the file of a database exists.
    pub fn exists(&self, database: Database) -> bool {
        self.path(database).is_file()
    }

    fn missing(&self, database: Database) -> DwError {
        DwError::Missing {
            database,
            location: self.path(database).display().to_string(),
            hint: format!("create it with `init --data-dir {} --scale 1`", self.folder.display()),
        }
    }

    /// Opens a database of any version for reading.
    ///
    /// # Errors
    /// Missing or damaged.
    pub async fn open_any_version(&self, database: Database) -> DwResult<Box<dyn Session>> {
        Ok(Box::new(self.start(database, Access::ReadOnly, false, "look").await?))
    }

    async fn start(
        &self,
        database: Database,
        access: Access,
        create: bool,
        purpose: &str,
    ) -> DwResult<EmbeddedSession> {
        let path = self.path(database);
        let busy_timeout = self.busy_timeout;
        EmbeddedSession::start(purpose, move || {
            connection::FileConnection::open(database, &path, access, create, busy_timeout)
        })
        .await
    }

    fn locks(&self) -> PathBuf {
        self.folder.join("locks")
    }
}

#[async_trait]
impl Engine for EmbeddedEngine {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn dialect(&self) -> &'static dyn Dialect {
        &SqliteDialect
    }

    fn location(&self, database: Database) -> String {
        self.path(database).display().to_string()
    }

    async fn create(&self, database: Database) -> DwResult<Box<dyn Session>> {
        std::fs::create_dir_all(&self.folder).map_err(|source| DwError::Io {
            action: "cannot create the data folder",
            path: self.folder.clone(),
            source,
        })?;
        Ok(Box::new(self.start(database, Access::ReadWrite, true, "create").await?))
    }

    async fn open(&self, database: Database, access: Access, purpose: &str) -> DwResult<Box<dyn Session>> {
        if !self.exists(database) {
            return Err(self.missing(database));
        }
        if let Some(readable) = &self.readable
            && let Some(message) = readable.refuses(database, access)
        {
            return Err(DwError::Permission {
                database,
                location: self.location(database),
                login: readable.login().to_owned(),
                message: message.to_owned(),
            });
        }
        let mut session = self.start(database, access, false, purpose).await?;
        crate::migrate::check_version(&mut session, database).await?;
        if let Some(readable) = &self.readable {
            session.restrict(readable.clone()).await?;
        }
        Ok(Box::new(session))
    }

    fn writers(&self) -> usize {
        // SQLite has one writer a file; a second one would only wait.
        1
    }

    async fn source_clock(&self) -> DwResult<(Seconds, Option<Seconds>)> {
        Ok((crate::time::now(), None))
    }

    fn open_transaction_guard(&self) -> OpenTransactionGuard {
        OpenTransactionGuard::Lookback
    }

    async fn features(&self, database: Database) -> DwResult<Vec<(&'static str, String)>> {
        let size = std::fs::metadata(self.path(database)).map(|file| file.len()).unwrap_or(0);
        Ok(vec![("server", format!("SQLite {}", rusqlite::version())), ("bytes", size.to_string())])
    }

    async fn lock(&self, resource: &str, holder: &str) -> DwResult<Box<dyn LockGuard>> {
        Ok(Box::new(lock::take(&self.locks(), resource, holder)?))
    }

    async fn lock_holder(&self, resource: &str) -> DwResult<Option<String>> {
        lock::holder(&self.locks(), resource)
    }
}
