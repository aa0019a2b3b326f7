//! The SQL Server engine: SQL Server 2017 to 2025, Azure SQL and, as far as it goes, Babelfish, over tiberius and a pool of bb8.
//! Not here: statements of the domain, which are written once for every engine, and the texts in `sql/`.

mod bulk;
mod capabilities;
mod checksum;
mod create;
mod dialect;
mod failure;
mod greeting;
mod link;
mod lock;
mod logins;
mod secret;
mod server_audit;
mod session;
mod survey;
mod text;
mod values;
mod wire_size;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

pub use capabilities::{Capabilities, Flavor};
pub use dialect::TsqlDialect;
pub use logins::{LoginAction, LoginOptions, LoginPlan, LoginStep};
pub use server_audit::ServerAudit;
pub use session::SqlServerSession;
pub use survey::Survey;

use crate::config::{ConnectionTarget, RecoveryModel};
use crate::dialect::Dialect;
use crate::engine::{Access, Engine, Executor, LockGuard, OpenTransactionGuard, Session};
use crate::error::{Database, DwError, DwResult};
use crate::sql_text;
use crate::sql_text::SqlText;
use crate::time::Seconds;
use failure::Place;
use link::LinkManager;
use lock::{LockSession, Taken};

const LOCK_HOLDER: SqlText = sql_text!("audit/lock_holder");
const SOURCE_CLOCK: SqlText = sql_text!("etl/source_clock");
const OLDEST_TRANSACTION: SqlText = sql_text!("etl/oldest_transaction");

/// How a server is reached and used.
#[derive(Debug, Clone)]
pub struct SqlServerOptions {
    /// The source.
    pub oltp: ConnectionTarget,
    /// The warehouse.
    pub dw: ConnectionTarget,
    /// The most connections to each database for each kind of access.
    pub max_connections: u32,
    /// How often a transaction is tried that fails for a reason that passes.
    pub attempts: u32,
    /// How long `init` waits for a server that starts and for databases that recover.
    pub wait: Duration,
}

/// Which pool: of a database, for readers or for writers.
type PoolKey = (Database, Access);
type Pool = (bb8::Pool<LinkManager>, Arc<link::Failures>);

/// A server, or two: source and warehouse need not be neighbors.
pub struct SqlServerEngine {
    options: SqlServerOptions,
    pools: std::sync::Mutex<HashMap<PoolKey, Pool>>,
    capabilities: tokio::sync::Mutex<HashMap<Database, Capabilities>>,
    /// Kept from run to run: a process that stays would otherwise connect anew for each.
    locks: tokio::sync::Mutex<Option<Arc<LockSession>>>,
    /// The databases whose version was found to be right; asked once a process.
    checked: tokio::sync::Mutex<HashSet<Database>>,
    /// How source and warehouse keep their logs; `init` sets it.
    recovery: (RecoveryModel, RecoveryModel),
}

impl std::fmt::Debug for SqlServerEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlServerEngine").field("options", &self.options).finish_non_exhaustive()
    }
}

impl SqlServerEngine {
    /// The engine of these servers. Nothing is connected yet.
    pub fn new(options: SqlServerOptions) -> Self {
        Self {
            options,
            pools: std::sync::Mutex::default(),
            capabilities: tokio::sync::Mutex::default(),
            locks: tokio::sync::Mutex::default(),
            checked: tokio::sync::Mutex::default(),
            // The source cannot be loaded again from anywhere; the warehouse can.
            recovery: (RecoveryModel::Full, RecoveryModel::Simple),
        }
    }

    /// The same with other recovery models of source and warehouse.
    #[must_use]
    pub fn with_recovery_models(mut self, oltp: RecoveryModel, dw: RecoveryModel) -> Self {
        self.recovery = (oltp, dw);
        self
    }

    fn recovery(&self, database: Database) -> RecoveryModel {
        match database {
            Database::Oltp => self.recovery.0,
            Database::Dw => self.recovery.1,
        }
    }

    fn target(&self, database: Database) -> &ConnectionTarget {
        match database {
            Database::Oltp => &self.options.oltp,
            Database::Dw => &self.options.dw,
        }
    }

    fn place(&self, database: Database) -> Place {
        let target = self.target(database);
        Place { database, location: target.describe(), login: target.user.clone() }
    }

    fn pool(&self, database: Database, access: Access) -> Pool {
        // Only the source is read from a secondary: the warehouse is read for its watermarks, which must be the newest.
        let access = if database == Database::Dw { Access::ReadWrite } else { access };
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = pools.entry((database, access)).or_insert_with(|| {
            let target = self.target(database);
            let read_only = access == Access::ReadOnly;
            let manager = LinkManager::new(target, self.place(database), "dw", read_only);
            let failures = manager.failures();
            let pool = bb8::Pool::builder()
                .max_size(self.options.max_connections)
                .connection_timeout(target.connect_timeout.saturating_mul(2))
                .retry_connection(false)
                .test_on_check_out(true)
                // The connection that was used last has its statements ready.
                .queue_strategy(bb8::QueueStrategy::Lifo)
                .build_unchecked(manager);
            (pool, failures)
        });
        pool.clone()
    }

    /// A session of a pool, whatever the version of the database.
    async fn session(&self, database: Database, access: Access) -> DwResult<SqlServerSession> {
        let (pool, failures) = self.pool(database, access);
        let failed = failures.next();
        tokio::pin!(failed);
        failed.as_mut().enable();
        let link = tokio::select! {
            link = pool.get_owned() => match link {
                Ok(link) => link,
                Err(bb8::RunError::User(error)) => return Err(failures.last().unwrap_or(error)),
                Err(bb8::RunError::TimedOut) => return Err(failures.last().unwrap_or_else(|| self.exhausted(database))),
            },
            () = failed => return Err(failures.last().unwrap_or_else(|| self.exhausted(database))),
        };
        let snapshots = self.capabilities.lock().await.get(&database).is_some_and(|known| known.snapshot_isolation);
        let timeout = self.target(database).command_timeout;
        Ok(SqlServerSession::new(link, Arc::new(self.place(database)), timeout, snapshots))
    }

    fn exhausted(&self, database: Database) -> DwError {
        DwError::Connection {
            database,
            location: self.target(database).describe(),
            message: format!("no connection became free; all {} are in use", self.options.max_connections),
            hint: "raise `sqlserver.max_connections`".to_owned(),
            transient: true,
        }
    }

    /// What the server of a database can do; asked once.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn capabilities(&self, database: Database) -> DwResult<Capabilities> {
        if let Some(known) = self.capabilities.lock().await.get(&database) {
            return Ok(known.clone());
        }
        let mut session = self.session(database, Access::ReadOnly).await?;
        let found = Capabilities::of(&mut session).await?;
        self.capabilities.lock().await.insert(database, found.clone());
        Ok(found)
    }

    /// The connection that holds the locks of this process, opened when it is first needed.
    async fn lock_session(&self) -> DwResult<Arc<LockSession>> {
        let mut locks = self.locks.lock().await;
        if let Some(holder) = locks.as_ref()
            && holder.is_usable().await
        {
            return Ok(Arc::clone(holder));
        }
        // Not of the pool: a lock must end with its connection, never wait in a pool for the next user.
        let manager = LinkManager::new(&self.options.dw, self.place(Database::Dw), "dw lock", false);
        let place = Arc::new(self.place(Database::Dw));
        let session = SqlServerSession::dedicated(&manager, place, self.options.dw.command_timeout).await?;
        let holder = Arc::new(LockSession::new(session));
        *locks = Some(Arc::clone(&holder));
        Ok(holder)
    }

    /// Who holds the lock of an entity, as the audit trail says.
    async fn describe_holder(&self, resource: &str) -> DwResult<String> {
        let mut session = self.session(Database::Dw, Access::ReadOnly).await?;
        let sql = LOCK_HOLDER.for_dialect(&TsqlDialect)?;
        let found = session.query(&sql, &[format!("%,{resource},%").into()]).await?;
        let text = |column: usize| -> DwResult<String> {
            Ok(found.get(0, column).text()?.unwrap_or("an unknown one").to_owned())
        };
        if found.is_empty() {
            return Ok("another session".to_owned());
        }
        let since = found.get(0, 4).int()?.map(crate::time::format_timestamp).unwrap_or_default();
        Ok(format!(
            "process {} on {} (user {}) since {since}Z, run {}",
            found.get(0, 1).int()?.unwrap_or_default(),
            text(2)?,
            text(3)?,
            found.get(0, 0).int()?.unwrap_or_default()
        ))
    }
}

#[async_trait]
impl Engine for SqlServerEngine {
    fn name(&self) -> &'static str {
        "sqlserver"
    }

    fn dialect(&self) -> &'static dyn Dialect {
        &TsqlDialect
    }

    fn location(&self, database: Database) -> String {
        self.target(database).describe()
    }

    async fn create(&self, database: Database) -> DwResult<Box<dyn Session>> {
        create::database(self, database).await?;
        Ok(Box::new(self.session(database, Access::ReadWrite).await?))
    }

    async fn open(&self, database: Database, access: Access, purpose: &str) -> DwResult<Box<dyn Session>> {
        if database == Database::Oltp {
            // Whether it has snapshots decides how it is read.
            self.capabilities(database).await?;
        }
        let mut session = self.session(database, access).await?;
        tracing::debug!(%database, purpose, "session opened");
        let mut checked = self.checked.lock().await;
        if !checked.contains(&database) {
            crate::migrate::check_version(&mut session, database).await?;
            checked.insert(database);
        }
        Ok(Box::new(session))
    }

    fn writers(&self) -> usize {
        // One is left for the read of keys, one for who asks about locks.
        usize::try_from(self.options.max_connections).unwrap_or(4).saturating_sub(2).clamp(1, 4)
    }

    async fn source_clock(&self) -> DwResult<(Seconds, Option<Seconds>)> {
        let known = self.capabilities(Database::Oltp).await?;
        let mut session = self.session(Database::Oltp, Access::ReadOnly).await?;
        let clock = session.query(&SOURCE_CLOCK.for_dialect(&TsqlDialect)?, &[]).await?;
        let clock = clock.get(0, 0).int()?.ok_or_else(|| DwError::schema("the server has no clock"))?;
        if !known.sees_server_state {
            return Ok((clock, None));
        }
        let age = session.query(&OLDEST_TRANSACTION.for_dialect(&TsqlDialect)?, &[]).await?;
        Ok((clock, age.get(0, 0).int()?.map(|age| clock.saturating_sub(age))))
    }

    fn open_transaction_guard(&self) -> OpenTransactionGuard {
        let known = self.capabilities.try_lock().ok();
        let sees = known.is_some_and(|known| known.get(&Database::Oltp).is_some_and(|known| known.sees_server_state));
        if sees { OpenTransactionGuard::OldestTransaction } else { OpenTransactionGuard::Lookback }
    }

    async fn lock(&self, resource: &str, holder: &str) -> DwResult<Box<dyn LockGuard>> {
        let holder = match self.lock_session().await?.take(resource, holder).await? {
            Taken::Lock(lock) => return Ok(Box::new(lock)),
            Taken::Here(holder) => holder,
            Taken::Elsewhere => self.describe_holder(resource).await?,
        };
        Err(DwError::LockHeld { entity: resource.to_owned(), holder })
    }

    async fn lock_holder(&self, resource: &str) -> DwResult<Option<String>> {
        let mut session = self.session(Database::Dw, Access::ReadOnly).await?;
        if lock::is_free(&mut session, resource).await? {
            return Ok(None);
        }
        drop(session);
        let here = self.locks.lock().await.as_ref().and_then(|holder| holder.holder_here(resource));
        Ok(Some(match here {
            Some(holder) => holder,
            None => self.describe_holder(resource).await?,
        }))
    }

    fn attempts(&self) -> u32 {
        self.options.attempts
    }

    async fn features(&self, database: Database) -> DwResult<Vec<(&'static str, String)>> {
        Ok(self.capabilities(database).await?.listed())
    }

    async fn has_columnstore(&self) -> DwResult<bool> {
        Ok(self.capabilities(Database::Dw).await?.columnstore)
    }
}
