//! The sessions that write to the warehouse: as many as the engine allows at a time, or the one transaction of a dry run.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use dw_core::dialect::Dialect;
use dw_core::engine::{Access, Engine, Session, Transaction};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::value::RowBatch;
use tokio::sync::{Semaphore, SemaphorePermit};

enum Slot<'a> {
    Session {
        session: Box<dyn Session>,
        staged: HashSet<&'static str>,
    },
    /// A dry run applies everything in one transaction, which is never committed (ruling 27).
    DryRun {
        transaction: Box<dyn Transaction + 'a>,
        staged: HashSet<&'static str>,
    },
}

/// A small pool of writers.
pub struct Writers<'a> {
    dialect: &'static dyn Dialect,
    /// Opens a session in place of one that broke; `None` in a dry run, which ends with its session.
    engine: Option<&'a dyn Engine>,
    free: Mutex<Vec<Slot<'a>>>,
    permits: Semaphore,
}

impl std::fmt::Debug for Writers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writers").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

impl<'a> Writers<'a> {
    /// Opens the writers of an engine.
    ///
    /// # Errors
    /// Of the engine.
    pub async fn open(engine: &'a dyn Engine) -> DwResult<Self> {
        // One now, so that a warehouse that cannot be reached is told at once; the others when they are needed.
        let free = vec![Self::session(engine).await?];
        let permits = Semaphore::new(engine.writers());
        Ok(Self { dialect: engine.dialect(), engine: Some(engine), permits, free: Mutex::new(free) })
    }

    /// One writer, whose only transaction is never committed.
    ///
    /// # Errors
    /// Of the engine.
    pub async fn dry(session: &'a mut Box<dyn Session>) -> DwResult<Self> {
        let dialect = session.dialect();
        let transaction = session.begin().await?;
        let slot = Slot::DryRun { transaction, staged: HashSet::new() };
        Ok(Self { dialect, engine: None, permits: Semaphore::new(1), free: Mutex::new(vec![slot]) })
    }

    async fn session(engine: &dyn Engine) -> DwResult<Slot<'a>> {
        let session = engine.open(Database::Dw, Access::ReadWrite, "etl").await?;
        Ok(Slot::Session { session, staged: HashSet::new() })
    }

    /// How often a transaction is tried that fails for a reason that passes.
    pub fn attempts(&self) -> u32 {
        self.engine.map_or(1, Engine::attempts)
    }

    /// How the engine spells things.
    pub fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    /// Waits for a writer. One whose session broke gets a new one.
    ///
    /// # Errors
    /// Of the engine, when a session has to be opened.
    pub async fn take(&self) -> DwResult<Writer<'_, 'a>> {
        let gone = || DwError::Internal("the pool of writers is closed".to_owned());
        let permit = self.permits.acquire().await.map_err(|_| gone())?;
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let slot = match (free, self.engine) {
            (Some(slot), _) => slot,
            (None, Some(engine)) => Self::session(engine).await?,
            (None, None) => return Err(gone()),
        };
        Ok(Writer { pool: self, slot: Some(slot), _permit: permit })
    }
}

/// Does something in one transaction, and the whole of it again when it fails for a reason that passes. `$tx` is the
/// transaction; `$work` is awaited and gives a [`DwResult`]. A macro and not a method: a future that holds the closure would
/// not be `Send` for every lifetime, and a run must be.
macro_rules! transact {
    ($writers:expr, $tx:ident => $work:expr) => {{
        let writers = $writers;
        let mut pauses = dw_core::retry::pauses(writers.attempts());
        loop {
            let outcome = async {
                let mut writer = writers.take().await?;
                let mut open = writer.begin().await?;
                let $tx = open.transaction();
                let value = $work.await?;
                open.commit().await?;
                Ok::<_, dw_core::error::DwError>(value)
            }
            .await;
            match outcome {
                Err(error) if error.is_transient() => {
                    let Some(pause) = pauses.next() else { break Err(error) };
                    tracing::warn!(code = error.code(), %error, ?pause, "a transaction failed and is tried again");
                    tokio::time::sleep(pause).await;
                }
                other => break other,
            }
        }
    }};
}
pub(crate) use transact;

/// A writer on loan; dropping it gives it back.
pub struct Writer<'p, 'a> {
    pool: &'p Writers<'a>,
    slot: Option<Slot<'a>>,
    _permit: SemaphorePermit<'p>,
}

impl std::fmt::Debug for Writer<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Drop for Writer<'_, '_> {
    fn drop(&mut self) {
        // Fields are dropped after this, the permit among them, so that whoever waits for it finds the slot.
        let Some(slot) = self.slot.take() else { return };
        // A session that broke may hold the locks of a transaction that was dropped: they end with its connection, at once.
        let is_usable = match &slot {
            Slot::Session { session, .. } => session.is_usable(),
            Slot::DryRun { .. } => true,
        };
        if is_usable {
            self.pool.free.lock().unwrap_or_else(PoisonError::into_inner).push(slot);
        }
    }
}

/// An open transaction on a writer, or the part of a dry run.
pub enum Work<'w> {
    /// Of its own.
    Own(Box<dyn Transaction + 'w>),
    /// Inside of the one that is never committed.
    Part(&'w mut (dyn Transaction + 'w)),
}

impl std::fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Own(_)) { "Work::Own" } else { "Work::Part" })
    }
}

impl<'w> Work<'w> {
    /// The transaction.
    pub fn transaction(&mut self) -> &mut (dyn Transaction + 'w) {
        match self {
            Self::Own(transaction) => &mut **transaction,
            Self::Part(transaction) => &mut **transaction,
        }
    }

    /// Makes it permanent, unless it is a dry run.
    ///
    /// # Errors
    /// Of the engine.
    pub async fn commit(self) -> DwResult<()> {
        match self {
            Self::Own(transaction) => transaction.commit().await,
            Self::Part(_) => Ok(()),
        }
    }
}

impl Writer<'_, '_> {
    /// The session, for a statement outside of any transaction; none in a dry run.
    pub fn session(&mut self) -> Option<&mut dyn Session> {
        match self.slot.as_mut() {
            Some(Slot::Session { session, .. }) => Some(&mut **session),
            Some(Slot::DryRun { .. }) | None => None,
        }
    }

    /// Creates the staging table of an entity on this session, once.
    ///
    /// # Errors
    /// Of the engine.
    pub async fn prepare(&mut self, entity: &'static str, statements: impl FnOnce() -> Vec<String>) -> DwResult<()> {
        let (executor, staged): (&mut dyn ExecuteOnly, _) = match self.slot.as_mut() {
            Some(Slot::Session { session, staged }) => (session, staged),
            Some(Slot::DryRun { transaction, staged }) => (transaction, staged),
            None => return Ok(()),
        };
        if staged.insert(entity) {
            for sql in statements() {
                executor.run(&sql).await?;
            }
        }
        Ok(())
    }

    /// Empties a table of this session and copies rows into it, outside of a transaction.
    ///
    /// # Errors
    /// Of the engine.
    pub async fn copy(&mut self, clear: &str, table: &str, columns: &[&str], rows: Arc<RowBatch>) -> DwResult<u64> {
        match self.slot.as_mut() {
            Some(Slot::Session { session, .. }) => {
                session.execute(clear, &[]).await?;
                session.bulk(table, columns, rows).await
            }
            Some(Slot::DryRun { transaction, .. }) => {
                transaction.execute(clear, &[]).await?;
                transaction.bulk(table, columns, rows).await
            }
            None => Err(DwError::Internal("a writer without a session".to_owned())),
        }
    }

    /// Begins the transaction of a batch.
    ///
    /// # Errors
    /// Of the engine.
    pub async fn begin(&mut self) -> DwResult<Work<'_>> {
        match self.slot.as_mut() {
            Some(Slot::Session { session, .. }) => Ok(Work::Own(session.begin().await?)),
            Some(Slot::DryRun { transaction, .. }) => Ok(Work::Part(&mut **transaction)),
            None => Err(DwError::Internal("a writer without a session".to_owned())),
        }
    }
}

/// What [`Writer::prepare`] needs of either kind of slot.
#[async_trait::async_trait]
trait ExecuteOnly: Send {
    async fn run(&mut self, sql: &str) -> DwResult<()>;
}

#[async_trait::async_trait]
impl ExecuteOnly for Box<dyn Session> {
    async fn run(&mut self, sql: &str) -> DwResult<()> {
        self.execute(sql, &[]).await.map(|_| ())
    }
}

#[async_trait::async_trait]
impl ExecuteOnly for Box<dyn Transaction + '_> {
    async fn run(&mut self, sql: &str) -> DwResult<()> {
        self.execute(sql, &[]).await.map(|_| ())
    }
}
