//! An engine around another one: it records every statement, can set the clock of the source, let a statement of the warehouse
//! fail and fill its disk.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use dw_core::dialect::Dialect;
use dw_core::engine::{
    Access, Computed, Engine, Executor, LockGuard, OpenTransactionGuard, RowSource, RowStream, Session, SharedEngine,
    Transaction,
};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::time::Seconds;
use dw_core::value::{RowBatch, Value};

/// What was asked of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// A query and how many rows it gave.
    Query(String, usize),
    /// A stream and how many rows came out of it.
    Stream(String, usize),
    Execute(String),
    /// A bulk copy: table and rows.
    Bulk(String, usize),
    Begin,
    Commit,
    Rollback,
}

/// A call, and on which session of which database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub session: usize,
    pub database: Database,
    pub call: Call,
}

/// What an engine and its sessions share.
#[derive(Debug, Default)]
struct Shared {
    log: Mutex<Vec<Entry>>,
    /// A statement of the warehouse with this text fails.
    fails: Mutex<Option<String>>,
    /// A statement of the warehouse with this text breaks a constraint, so often.
    refused: Mutex<Option<(String, u32)>>,
}

/// An engine that tells what it was asked.
#[derive(Debug)]
pub struct Wrapped {
    inner: SharedEngine,
    shared: Arc<Shared>,
    sessions: AtomicI64,
    /// The largest number of pages of an embedded warehouse; 0 for any.
    pages: AtomicI64,
    /// The clock of the source; 0 for the real one.
    clock: AtomicI64,
    columnstore: AtomicBool,
    /// How often a transaction is tried; 0 for as often as the engine itself says.
    attempts: AtomicU32,
}

impl Wrapped {
    pub fn new(inner: SharedEngine) -> Arc<Self> {
        Arc::new(Self {
            inner,
            shared: Arc::default(),
            sessions: AtomicI64::new(0),
            pages: AtomicI64::new(0),
            clock: AtomicI64::new(0),
            columnstore: AtomicBool::new(false),
            attempts: AtomicU32::new(0),
        })
    }

    /// Sets the clock of the source.
    pub fn set_clock(&self, clock: Seconds) {
        self.clock.store(clock, Ordering::Relaxed);
    }

    /// Says from now on that there are columnstore indexes here.
    pub fn claim_columnstore(&self) {
        self.columnstore.store(true, Ordering::Relaxed);
    }

    /// From now on every statement of the warehouse with this text fails as one that can be repeated.
    pub fn fail(&self, text: &str) {
        *self.shared.fails.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.to_owned());
    }

    /// So many statements of the warehouse with this text break a constraint, and a transaction is tried as often as on a server.
    pub fn refuse(&self, text: &str, times: u32) {
        *self.shared.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some((text.to_owned(), times));
        self.attempts.store(5, Ordering::Relaxed);
    }

    /// From now on the disk of an embedded warehouse is full after so many pages.
    pub fn fill_disk(&self, pages: Option<i64>) {
        self.pages.store(pages.unwrap_or(0), Ordering::Relaxed);
    }

    /// All calls since the last time.
    pub fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut *self.shared.log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Engine for Wrapped {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn dialect(&self) -> &'static dyn Dialect {
        self.inner.dialect()
    }

    fn location(&self, database: Database) -> String {
        self.inner.location(database)
    }

    async fn create(&self, database: Database) -> DwResult<Box<dyn Session>> {
        self.inner.create(database).await
    }

    async fn open(&self, database: Database, access: Access, purpose: &str) -> DwResult<Box<dyn Session>> {
        let mut inner = self.inner.open(database, access, purpose).await?;
        let pages = self.pages.load(Ordering::Relaxed);
        if (database, access) == (Database::Dw, Access::ReadWrite) && pages > 0 {
            inner.query(&format!("PRAGMA max_page_count = {pages}"), &[]).await?;
        }
        let session = usize::try_from(self.sessions.fetch_add(1, Ordering::Relaxed)).unwrap_or(0);
        Ok(Box::new(WrappedSession { inner, note: Note { shared: self.shared.clone(), session, database } }))
    }

    fn writers(&self) -> usize {
        self.inner.writers()
    }

    async fn source_clock(&self) -> DwResult<(Seconds, Option<Seconds>)> {
        match self.clock.load(Ordering::Relaxed) {
            0 => self.inner.source_clock().await,
            clock => Ok((clock, None)),
        }
    }

    fn open_transaction_guard(&self) -> OpenTransactionGuard {
        self.inner.open_transaction_guard()
    }

    async fn lock(&self, resource: &str, holder: &str) -> DwResult<Box<dyn LockGuard>> {
        self.inner.lock(resource, holder).await
    }

    async fn lock_holder(&self, resource: &str) -> DwResult<Option<String>> {
        self.inner.lock_holder(resource).await
    }

    async fn has_columnstore(&self) -> DwResult<bool> {
        Ok(self.columnstore.load(Ordering::Relaxed) || self.inner.has_columnstore().await?)
    }

    fn attempts(&self) -> u32 {
        match self.attempts.load(Ordering::Relaxed) {
            0 => self.inner.attempts(),
            attempts => attempts,
        }
    }
}

#[derive(Debug, Clone)]
struct Note {
    shared: Arc<Shared>,
    session: usize,
    database: Database,
}

impl Note {
    fn add(&self, call: Call) -> usize {
        let mut log = self.shared.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(Entry { session: self.session, database: self.database, call });
        log.len() - 1
    }

    /// The error that is to be had instead of a statement.
    fn refusal(&self, sql: &str) -> DwResult<()> {
        let mut refused = self.shared.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((text, times)) = refused.as_mut().filter(|(_, times)| self.database == Database::Dw && *times > 0)
            && sql.contains(text.as_str())
        {
            *times -= 1;
            return Err(DwError::Constraint { database: Database::Dw, message: "a key is there already".to_owned() });
        }
        let fails = self.shared.fails.lock().unwrap_or_else(PoisonError::into_inner);
        if self.database == Database::Dw && fails.as_ref().is_some_and(|text| sql.contains(text)) {
            return Err(DwError::Statement {
                database: Database::Dw,
                message: "the connection is gone".to_owned(),
                statement: sql.chars().take(60).collect(),
                transient: true,
            });
        }
        Ok(())
    }
}

struct WrappedSession {
    inner: Box<dyn Session>,
    note: Note,
}

struct WrappedTransaction<'a> {
    inner: Box<dyn Transaction + 'a>,
    note: Note,
}

struct CountedRows<'a> {
    inner: RowStream<'a>,
    note: Note,
    sql: String,
    rows: usize,
}

impl Drop for CountedRows<'_> {
    fn drop(&mut self) {
        self.note.add(Call::Stream(std::mem::take(&mut self.sql), self.rows));
    }
}

#[async_trait]
impl RowSource for CountedRows<'_> {
    async fn next(&mut self) -> DwResult<Option<RowBatch>> {
        let chunk = self.inner.next().await?;
        self.rows += chunk.as_ref().map_or(0, RowBatch::len);
        Ok(chunk)
    }
}

/// Both kinds of executor record a call and pass it on.
macro_rules! executor {
    ($name:ty) => {
        #[async_trait]
        impl Executor for $name {
            fn dialect(&self) -> &'static dyn Dialect {
                self.inner.dialect()
            }

            async fn query(&mut self, sql: &str, params: &[Value]) -> DwResult<RowBatch> {
                self.note.refusal(sql)?;
                let rows = self.inner.query(sql, params).await;
                self.note.add(Call::Query(sql.to_owned(), rows.as_ref().map_or(0, RowBatch::len)));
                rows
            }

            async fn stream<'s>(&'s mut self, sql: &str, params: &[Value], chunk: usize) -> DwResult<RowStream<'s>> {
                let note = self.note.clone();
                note.refusal(sql)?;
                let inner = self.inner.stream(sql, params, chunk).await?;
                Ok(Box::new(CountedRows { inner, note, sql: sql.to_owned(), rows: 0 }))
            }

            async fn execute(&mut self, sql: &str, params: &[Value]) -> DwResult<u64> {
                self.note.refusal(sql)?;
                self.note.add(Call::Execute(sql.to_owned()));
                self.inner.execute(sql, params).await
            }

            async fn bulk(&mut self, table: &str, columns: &[&str], rows: std::sync::Arc<RowBatch>) -> DwResult<u64> {
                self.note.add(Call::Bulk(table.to_owned(), rows.len()));
                self.inner.bulk(table, columns, rows).await
            }

            async fn stage(
                &mut self,
                table: &str,
                columns: &[&str],
                computed: &[Computed],
                rows: std::sync::Arc<RowBatch>,
            ) -> DwResult<u64> {
                self.note.add(Call::Bulk(table.to_owned(), rows.len()));
                self.inner.stage(table, columns, computed, rows).await
            }

            async fn exclusive(&mut self, what: &str) -> DwResult<()> {
                self.inner.exclusive(what).await
            }
        }
    };
}

executor!(WrappedSession);
executor!(WrappedTransaction<'_>);

#[async_trait]
impl Session for WrappedSession {
    async fn begin(&mut self) -> DwResult<Box<dyn Transaction + '_>> {
        self.note.add(Call::Begin);
        let inner = self.inner.begin().await?;
        Ok(Box::new(WrappedTransaction { inner, note: self.note.clone() }))
    }

    async fn begin_snapshot(&mut self) -> DwResult<()> {
        self.inner.begin_snapshot().await
    }

    async fn end_snapshot(&mut self) -> DwResult<()> {
        self.inner.end_snapshot().await
    }

    fn is_usable(&self) -> bool {
        self.inner.is_usable()
    }
}

#[async_trait]
impl Transaction for WrappedTransaction<'_> {
    async fn commit(self: Box<Self>) -> DwResult<()> {
        self.note.add(Call::Commit);
        self.inner.commit().await
    }

    async fn rollback(self: Box<Self>) -> DwResult<()> {
        self.note.add(Call::Rollback);
        self.inner.rollback().await
    }
}
