//! A scripted session for tests: it answers from a script and records every statement. It proves that the ports of
//! [`crate::engine`] need no engine behind them (ruling 19), and shows which statements a use case runs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::dialect::Dialect;
use crate::embedded::SqliteDialect;
use crate::engine::{Executor, RowSource, RowStream, Session, Transaction};
use crate::error::DwResult;
use crate::value::{RowBatch, Value};

/// What was asked of a [`FakeSession`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// A query or a stream.
    Read(String, Vec<Value>),
    /// A statement.
    Execute(String, Vec<Value>),
    /// A bulk copy: table and number of rows.
    Bulk(String, usize),
    /// A transaction began.
    Begin,
    /// It was committed.
    Commit,
    /// It was rolled back or dropped.
    Rollback,
}

/// An answer of the script.
#[derive(Debug)]
pub enum Answer {
    /// Rows for a read.
    Rows(RowBatch),
    /// A number of changed rows.
    Changed(u64),
    /// An error.
    Error(crate::error::DwError),
}

#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<(String, Answer)>,
    calls: Vec<Call>,
}

/// A session that runs nothing. An answer is used by the first call whose statement contains its pattern; a call without an
/// answer reads no row and changes none.
#[derive(Debug, Clone)]
pub struct FakeSession {
    script: Arc<Mutex<Script>>,
    dialect: &'static dyn Dialect,
}

impl Default for FakeSession {
    fn default() -> Self {
        Self::speaking(&SqliteDialect)
    }
}

impl FakeSession {
    /// A session without answers, in the dialect of the embedded engine.
    pub fn new() -> Self {
        Self::default()
    }

    /// A session without answers in another dialect.
    pub fn speaking(dialect: &'static dyn Dialect) -> Self {
        Self { script: Arc::default(), dialect }
    }

    /// Adds an answer for the next call whose statement contains `pattern`.
    pub fn answer(&self, pattern: &str, answer: Answer) -> &Self {
        self.with(|script| script.answers.push_back((pattern.to_owned(), answer)));
        self
    }

    /// All calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.with(|script| script.calls.clone())
    }

    fn with<T>(&self, use_script: impl FnOnce(&mut Script) -> T) -> T {
        use_script(&mut self.script.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take(&self, statement: &str, call: Call) -> Option<Answer> {
        self.with(|script| {
            script.calls.push(call);
            let at = script.answers.iter().position(|(pattern, _)| statement.contains(pattern.as_str()))?;
            script.answers.remove(at).map(|(_, answer)| answer)
        })
    }
}

struct FakeRows(Option<RowBatch>);

#[async_trait]
impl RowSource for FakeRows {
    async fn next(&mut self) -> DwResult<Option<RowBatch>> {
        Ok(self.0.take().filter(|rows| !rows.is_empty()))
    }
}

#[async_trait]
impl Executor for FakeSession {
    fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    async fn query(&mut self, sql: &str, params: &[Value]) -> DwResult<RowBatch> {
        match self.take(sql, Call::Read(sql.to_owned(), params.to_vec())) {
            Some(Answer::Rows(rows)) => Ok(rows),
            Some(Answer::Error(error)) => Err(error),
            Some(Answer::Changed(_)) | None => Ok(RowBatch::default()),
        }
    }

    async fn stream<'a>(&'a mut self, sql: &str, params: &[Value], _chunk: usize) -> DwResult<RowStream<'a>> {
        let rows = self.query(sql, params).await?;
        Ok(Box::new(FakeRows(Some(rows))))
    }

    async fn execute(&mut self, sql: &str, params: &[Value]) -> DwResult<u64> {
        match self.take(sql, Call::Execute(sql.to_owned(), params.to_vec())) {
            Some(Answer::Changed(rows)) => Ok(rows),
            Some(Answer::Error(error)) => Err(error),
            Some(Answer::Rows(_)) | None => Ok(0),
        }
    }

    async fn bulk(&mut self, table: &str, _columns: &[&str], rows: Arc<RowBatch>) -> DwResult<u64> {
        let count = rows.len();
        match self.take(table, Call::Bulk(table.to_owned(), count)) {
            Some(Answer::Error(error)) => Err(error),
            _ => Ok(u64::try_from(count).unwrap_or(u64::MAX)),
        }
    }
}

#[async_trait]
impl Session for FakeSession {
    async fn begin(&mut self) -> DwResult<Box<dyn Transaction + '_>> {
        self.with(|script| script.calls.push(Call::Begin));
        Ok(Box::new(FakeTransaction { session: self, open: true }))
    }

    async fn begin_snapshot(&mut self) -> DwResult<()> {
        Ok(())
    }

    async fn end_snapshot(&mut self) -> DwResult<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct FakeTransaction<'a> {
    session: &'a mut FakeSession,
    open: bool,
}

impl Drop for FakeTransaction<'_> {
    fn drop(&mut self) {
        if self.open {
            self.session.with(|script| script.calls.push(Call::Rollback));
        }
    }
}

#[async_trait]
impl Executor for FakeTransaction<'_> {
    fn dialect(&self) -> &'static dyn Dialect {
        self.session.dialect
    }

    async fn query(&mut self, sql: &str, params: &[Value]) -> DwResult<RowBatch> {
        self.session.query(sql, params).await
    }

    async fn stream<'a>(&'a mut self, sql: &str, params: &[Value], chunk: usize) -> DwResult<RowStream<'a>> {
        self.session.stream(sql, params, chunk).await
    }

    async fn execute(&mut self, sql: &str, params: &[Value]) -> DwResult<u64> {
        self.session.execute(sql, params).await
    }

    async fn bulk(&mut self, table: &str, columns: &[&str], rows: Arc<RowBatch>) -> DwResult<u64> {
        self.session.bulk(table, columns, rows).await
    }
}

#[async_trait]
impl Transaction for FakeTransaction<'_> {
    async fn commit(mut self: Box<Self>) -> DwResult<()> {
        self.open = false;
        self.session.with(|script| script.calls.push(Call::Commit));
        Ok(())
    }

    async fn rollback(mut self: Box<Self>) -> DwResult<()> {
        self.open = false;
        self.session.with(|script| script.calls.push(Call::Rollback));
        Ok(())
    }
}
