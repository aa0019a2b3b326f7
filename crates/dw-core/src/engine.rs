//! The ports to a database: session, transaction, stream of rows, engine. Two adapters stand beside this file,
//! [`crate::embedded`] and [`crate::sql_server`]; [`crate::fake`] is the scripted one of the tests.
//! Not here: any statement, and any name of a driver.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::dialect::Dialect;
use crate::error::{Database, DwResult};
use crate::time::Seconds;
use crate::value::{RowBatch, Value};

/// Rows of a running query, in chunks. Dropping it ends the query.
#[async_trait]
pub trait RowSource: Send {
    /// The next chunk, never empty; `None` at the end.
    ///
    /// # Errors
    /// Whatever the engine reports while it reads.
    async fn next(&mut self) -> DwResult<Option<RowBatch>>;
}

/// A boxed [`RowSource`] that borrows its session.
pub type RowStream<'a> = Box<dyn RowSource + 'a>;

/// What a session can do inside and outside of a transaction. Parameters are `@P1`, `@P2`, ... in all texts.
#[async_trait]
pub trait Executor: Send {
    /// How this engine spells things.
    fn dialect(&self) -> &'static dyn Dialect;

    /// Runs a query whose result is small and returns all of it.
    ///
    /// # Errors
    /// [`crate::error::DwError`] of the engine.
    async fn query(&mut self, sql: &str, params: &[Value]) -> DwResult<RowBatch>;

    /// Runs a query whose result may be large; at most `chunk` rows are in a chunk and a few chunks in memory.
    ///
    /// # Errors
    /// [`crate::error::DwError`] of the engine.
    async fn stream<'a>(&'a mut self, sql: &str, params: &[Value], chunk: usize) -> DwResult<RowStream<'a>>;

    /// Runs a statement and returns how many rows it changed.
    ///
    /// # Errors
    /// [`crate::error::DwError`] of the engine.
    async fn execute(&mut self, sql: &str, params: &[Value]) -> DwResult<u64>;

    /// Copies rows into a table by the fastest way that the engine has. `columns` name the batch's columns in order.
    /// Returns how many rows were copied.
    ///
    /// # Errors
    /// [`crate::error::DwError`] of the engine; the caller's transaction is then no longer usable.
    async fn bulk(&mut self, table: &str, columns: &[&str], rows: Arc<RowBatch>) -> DwResult<u64>;

    /// Replaces the rows of a staging table by these, copied like [`Executor::bulk`], and sets further columns, each looked up by
    /// a copied value. An engine that can looks them up as it copies; the others by one UPDATE.
    ///
    /// # Errors
    /// [`crate::error::DwError`] of the engine; the caller's transaction is then no longer usable.
    async fn stage(
        &mut self,
        table: &str,
        columns: &[&str],
        computed: &[Computed],
        rows: Arc<RowBatch>,
    ) -> DwResult<u64> {
        self.execute(&format!("DELETE FROM {table}"), &[]).await?;
        let copied = self.bulk(table, columns, rows).await?;
        let sql = update_computed(self.dialect(), table, computed);
        self.execute(&sql, &[]).await?;
        Ok(copied)
    }

    /// Until this transaction ends, nobody else does what is done under the same name: two writers that find the same row
    /// missing would both insert it. An engine with one writer has nothing to do.
    ///
    /// # Errors
    /// [`crate::error::DwError`] of the engine; transient when another transaction holds it for long.
    async fn exclusive(&mut self, _what: &str) -> DwResult<()> {
        Ok(())
    }
}

/// A column of a staging table that is set from a copied one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Computed {
    /// The column.
    pub column: String,
    /// Where its value comes from; NULL without one.
    pub lookup: Option<Lookup>,
}

/// A value that is found in another table by a key that is unique there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The table, as statements name it.
    pub table: String,
    /// The column that is wanted.
    pub select: &'static str,
    /// The unique column.
    pub key: &'static str,
    /// The copied column that holds the key.
    pub staged: &'static str,
    /// What stands for a key that is NULL.
    pub without_key: Option<i64>,
}

impl Computed {
    /// The value as an expression; `staged` spells a copied value.
    pub fn expression(&self, staged: impl Fn(&str) -> String) -> String {
        let Some(lookup) = &self.lookup else { return "NULL".to_owned() };
        let key = staged(lookup.staged);
        let found = format!("(SELECT r.{} FROM {} r WHERE r.{} = {key})", lookup.select, lookup.table, lookup.key);
        match lookup.without_key {
            None => found,
            Some(unknown) => format!("CASE WHEN {key} IS NULL THEN {unknown} ELSE {found} END"),
        }
    }
}

/// The UPDATE that sets computed columns of a staging table.
pub fn update_computed(dialect: &dyn Dialect, table: &str, computed: &[Computed]) -> String {
    let sets: Vec<String> = computed
        .iter()
        .map(|one| format!("{} = {}", one.column, one.expression(|staged| format!("s.{staged}"))))
        .collect();
    dialect.update_as(table, "s", &sets, "1 = 1")
}

/// One connection to one database.
#[async_trait]
pub trait Session: Executor {
    /// Begins a transaction that may write. Dropping it without a commit discards it.
    ///
    /// # Errors
    /// [`crate::error::DwError::Busy`] when another writer does not end in time.
    async fn begin(&mut self) -> DwResult<Box<dyn Transaction + '_>>;

    /// Begins a read-only view of one moment: everything read until the session ends or [`Session::end_snapshot`] is
    /// of that moment, where the engine allows it.
    ///
    /// # Errors
    /// [`crate::error::DwError`] of the engine.
    async fn begin_snapshot(&mut self) -> DwResult<()>;

    /// Ends what [`Session::begin_snapshot`] began.
    ///
    /// # Errors
    /// [`crate::error::DwError`] of the engine.
    async fn end_snapshot(&mut self) -> DwResult<()>;

    /// False when the state of the connection is not known any more, after an error or a transaction that was dropped: a new
    /// session is then needed.
    fn is_usable(&self) -> bool {
        true
    }
}

/// An open transaction.
#[async_trait]
pub trait Transaction: Executor {
    /// Makes everything since [`Session::begin`] permanent.
    ///
    /// # Errors
    /// [`crate::error::DwError`] of the engine; nothing of the transaction is then kept.
    async fn commit(self: Box<Self>) -> DwResult<()>;

    /// Discards everything since [`Session::begin`].
    ///
    /// # Errors
    /// [`crate::error::DwError`] of the engine.
    async fn rollback(self: Box<Self>) -> DwResult<()>;
}

/// What a session is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Reads only; the engine refuses a write.
    ReadOnly,
    /// Reads and writes.
    ReadWrite,
}

/// A lock that is held until it is dropped or its process dies.
#[async_trait]
pub trait LockGuard: Send + Sync + fmt::Debug {
    /// The resource that is locked.
    fn resource(&self) -> &str;

    /// Makes sure that the lock is still held: one that a server keeps is lost with its connection, and whoever goes on then
    /// may no longer be alone. Asked before each commit.
    ///
    /// # Errors
    /// [`crate::error::DwError::LockLost`].
    async fn verify(&self) -> DwResult<()>;
}

/// How an engine guards the upper bound of an extraction against transactions that commit late (ruling 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenTransactionGuard {
    /// The engine tells the start of its oldest open transaction.
    OldestTransaction,
    /// It does not; the lookback is the guard.
    Lookback,
}

/// Opens sessions and takes locks.
#[async_trait]
pub trait Engine: Send + Sync + fmt::Debug {
    /// `embedded` or `sqlserver`.
    fn name(&self) -> &'static str;

    /// How this engine spells things.
    fn dialect(&self) -> &'static dyn Dialect;

    /// Where a database is, for messages; without secrets.
    fn location(&self, database: Database) -> String;

    /// Creates a database that does not exist yet and opens it; an existing one is opened, whatever its version.
    ///
    /// # Errors
    /// Unreachable, damaged, or no permission.
    async fn create(&self, database: Database) -> DwResult<Box<dyn Session>>;

    /// Opens a session. `purpose` appears in messages and, where the engine has it, as program name.
    ///
    /// # Errors
    /// Missing, unreachable, damaged, or of another version.
    async fn open(&self, database: Database, access: Access, purpose: &str) -> DwResult<Box<dyn Session>>;

    /// How many sessions may write to the warehouse at the same time.
    fn writers(&self) -> usize;

    /// The clock of the source server in UTC, truncated to the second, and the start of its oldest open transaction if it
    /// is earlier and can be told.
    ///
    /// # Errors
    /// [`crate::error::DwError`] of the engine.
    async fn source_clock(&self) -> DwResult<(Seconds, Option<Seconds>)>;

    /// How the upper bound is guarded.
    fn open_transaction_guard(&self) -> OpenTransactionGuard;

    /// Takes the lock of `resource`, at once or not at all. `holder` says who holds it from now on, for the messages of others.
    ///
    /// # Errors
    /// [`crate::error::DwError::LockHeld`] with the holder.
    async fn lock(&self, resource: &str, holder: &str) -> DwResult<Box<dyn LockGuard>>;

    /// Who holds the lock of `resource` now, if anybody.
    ///
    /// # Errors
    /// [`crate::error::DwError`] of the engine.
    async fn lock_holder(&self, resource: &str) -> DwResult<Option<String>>;

    /// How often a transaction is tried that fails for a reason that passes: once on an engine without a network.
    fn attempts(&self) -> u32 {
        1
    }

    /// What the engine can do for a database, as names and values for people.
    ///
    /// # Errors
    /// [`crate::error::DwError`] of the engine, when it has to ask.
    async fn features(&self, _database: Database) -> DwResult<Vec<(&'static str, String)>> {
        Ok(Vec::new())
    }

    /// Whether the warehouse can have columnstore indexes.
    ///
    /// # Errors
    /// [`crate::error::DwError`] of the engine.
    async fn has_columnstore(&self) -> DwResult<bool> {
        Ok(false)
    }
}

/// A shared engine.
pub type SharedEngine = Arc<dyn Engine>;
