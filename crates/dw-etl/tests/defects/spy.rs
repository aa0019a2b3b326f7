//! An engine in front of the embedded one that counts what passes, can make a statement fail and can fill the disk.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a helper of tests has nobody to hand an error to")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dw_core::dialect::Dialect;
use dw_core::engine::{
    Access, Computed, Engine, Executor, LockGuard, OpenTransactionGuard, RowSource, RowStream, Session, SharedEngine,
    Transaction,
};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::time::Seconds;
use dw_core::value::{RowBatch, Value};

/// What passed and what is to go wrong.
#[derive(Debug, Default)]
pub struct Spy {
    /// Statements on the warehouse, each once, in order.
    statements: Mutex<Vec<String>>,
    /// Rows that the warehouse handed out.
    rows_read: AtomicU64,
    /// A statement of the warehouse with this text fails.
    fails: Mutex<Option<String>>,
    /// The largest number of pages of the warehouse.
    pages: Mutex<Option<i64>>,
}

impl Spy {
    /// Statements on the warehouse so far.
    pub fn statements(&self) -> Vec<String> {
        self.statements.lock().unwrap().clone()
    }

    /// Rows that the warehouse handed out so far.
    pub fn rows_read(&self) -> u64 {
        self.rows_read.load(Ordering::Relaxed)
    }

    /// From now on every statement of the warehouse with this text fails as one that can be repeated.
    pub fn fail(&self, text: Option<&str>) {
        *self.fails.lock().unwrap() = text.map(str::to_owned);
    }

    /// From now on the disk of the warehouse is full after so many pages.
    pub fn fill_disk(&self, pages: Option<i64>) {
        *self.pages.lock().unwrap() = pages;
    }

    fn passes(&self, sql: &str) -> DwResult<()> {
        self.statements.lock().unwrap().push(sql.to_owned());
        match &*self.fails.lock().unwrap() {
            Some(text) if sql.contains(text.as_str()) => Err(DwError::Statement {
                database: Database::Dw,
                message: "the connection is gone".to_owned(),
                statement: sql.chars().take(60).collect(),
                transient: true,
            }),
            _ => Ok(()),
        }
    }
}

/// The engine.
#[derive(Debug)]
pub struct SpyEngine {
    inner: SharedEngine,
    spy: Arc<Spy>,
}

impl SpyEngine {
    /// In front of `inner`.
    pub fn around(inner: &SharedEngine) -> (SharedEngine, Arc<Spy>) {
        let spy = Arc::new(Spy::default());
        (Arc::new(Self { inner: inner.clone(), spy: spy.clone() }), spy)
    }
}

#[async_trait]
impl Engine for SpyEngine {
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
        let mut session = self.inner.open(database, access, purpose).await?;
        if database == Database::Oltp {
            return Ok(session);
        }
        let pages = *self.spy.pages.lock().unwrap();
        if let (Some(pages), Access::ReadWrite) = (pages, access) {
            session.query(&format!("PRAGMA max_page_count = {pages}"), &[]).await?;
        }
        Ok(Box::new(SpySession { inner: session, spy: self.spy.clone() }))
    }
    fn writers(&self) -> usize {
        self.inner.writers()
    }
    async fn source_clock(&self) -> DwResult<(Seconds, Option<Seconds>)> {
        self.inner.source_clock().await
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
    fn attempts(&self) -> u32 {
        self.inner.attempts()
    }
}

struct SpySession {
    inner: Box<dyn Session>,
    spy: Arc<Spy>,
}

struct SpyTransaction<'a> {
    inner: Box<dyn Transaction + 'a>,
    spy: Arc<Spy>,
}

struct SpyRows<'a> {
    inner: RowStream<'a>,
    spy: Arc<Spy>,
}

#[async_trait]
impl RowSource for SpyRows<'_> {
    async fn next(&mut self) -> DwResult<Option<RowBatch>> {
        let rows = self.inner.next().await?;
        self.spy.rows_read.fetch_add(rows.as_ref().map_or(0, |rows| rows.len() as u64), Ordering::Relaxed);
        Ok(rows)
    }
}

macro_rules! executor {
    ($name:ty) => {
        #[async_trait]
        impl Executor for $name {
            fn dialect(&self) -> &'static dyn Dialect {
                self.inner.dialect()
            }
            async fn query(&mut self, sql: &str, params: &[Value]) -> DwResult<RowBatch> {
                self.spy.passes(sql)?;
                let rows = self.inner.query(sql, params).await?;
                self.spy.rows_read.fetch_add(rows.len() as u64, Ordering::Relaxed);
                Ok(rows)
            }
            async fn stream<'a>(&'a mut self, sql: &str, params: &[Value], chunk: usize) -> DwResult<RowStream<'a>> {
                self.spy.passes(sql)?;
                let spy = self.spy.clone();
                Ok(Box::new(SpyRows { inner: self.inner.stream(sql, params, chunk).await?, spy }))
            }
            async fn execute(&mut self, sql: &str, params: &[Value]) -> DwResult<u64> {
                self.spy.passes(sql)?;
                self.inner.execute(sql, params).await
            }
            async fn bulk(&mut self, table: &str, columns: &[&str], rows: std::sync::Arc<RowBatch>) -> DwResult<u64> {
                self.spy.passes(table)?;
                self.inner.bulk(table, columns, rows).await
            }
            async fn stage(
                &mut self,
                table: &str,
                columns: &[&str],
                computed: &[Computed],
                rows: std::sync::Arc<RowBatch>,
            ) -> DwResult<u64> {
                self.spy.passes(table)?;
                self.inner.stage(table, columns, computed, rows).await
            }
            async fn exclusive(&mut self, what: &str) -> DwResult<()> {
                self.inner.exclusive(what).await
            }
        }
    };
}

executor!(SpySession);
executor!(SpyTransaction<'_>);

#[async_trait]
impl Session for SpySession {
    async fn begin(&mut self) -> DwResult<Box<dyn Transaction + '_>> {
        let inner = self.inner.begin().await?;
        Ok(Box::new(SpyTransaction { inner, spy: self.spy.clone() }))
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
impl Transaction for SpyTransaction<'_> {
    async fn commit(self: Box<Self>) -> DwResult<()> {
        self.inner.commit().await
    }
    async fn rollback(self: Box<Self>) -> DwResult<()> {
        self.inner.rollback().await
    }
}
