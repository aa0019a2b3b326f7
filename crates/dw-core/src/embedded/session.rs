//! An async session over a blocking SQLite connection: a thread of its own, commands in order, bounded streams.

use std::fmt;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use async_trait::async_trait;
use rusqlite::InterruptHandle;
use tokio::sync::{mpsc as stream, oneshot};

use super::connection::FileConnection;
use super::dialect::SqliteDialect;
use super::readable::Readable;
use crate::dialect::Dialect;
use crate::engine::{Computed, Executor, RowSource, RowStream, Session, Transaction};
use crate::error::{DwError, DwResult};
use crate::value::{RowBatch, Value};

/// Chunks that a stream reads ahead of its consumer.
const READ_AHEAD: usize = 2;

enum Command {
    Restrict { readable: Arc<Readable>, reply: oneshot::Sender<DwResult<()>> },
    Query { sql: String, params: Vec<Value>, reply: oneshot::Sender<DwResult<RowBatch>> },
    Stream { sql: String, params: Vec<Value>, chunk: usize, out: stream::Sender<DwResult<RowBatch>> },
    Execute { sql: String, params: Vec<Value>, reply: Option<oneshot::Sender<DwResult<u64>>> },
    Bulk { clear: Option<String>, sql: String, rows: Arc<RowBatch>, reply: oneshot::Sender<DwResult<u64>> },
}

/// A session on a file.
pub struct EmbeddedSession {
    /// `None` only while it is dropped.
    commands: Option<mpsc::Sender<Command>>,
    thread: Option<JoinHandle<()>>,
    interrupter: Arc<InterruptHandle>,
}

/// Ends the statement that runs when the answer is no longer waited for: a query that was given up, for its time or because
/// its reader left, must not go on behind the back of the next one. Nothing that writes is interrupted.
struct Patience {
    interrupter: Arc<InterruptHandle>,
    is_answered: bool,
}

impl Drop for Patience {
    fn drop(&mut self) {
        if !self.is_answered {
            // Without a running statement this does nothing; the next one is sent only after it.
            self.interrupter.interrupt();
        }
    }
}

impl fmt::Debug for EmbeddedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedSession").field("thread", &self.thread).finish_non_exhaustive()
    }
}

impl Drop for EmbeddedSession {
    fn drop(&mut self) {
        // The thread ends when nobody can send any more. It is waited for, because closing the last connection of a file
        // writes the log back into it, and a process that ends earlier would leave that to the next one.
        drop(self.commands.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has been told by whoever waited for its answer.
            let _ended = thread.join();
        }
    }
}

impl EmbeddedSession {
    /// Opens the connection on its thread and waits until it is open.
    pub(super) async fn start(
        name: &str,
        open: impl FnOnce() -> DwResult<FileConnection> + Send + 'static,
    ) -> DwResult<Self> {
        let (commands, inbox) = mpsc::channel();
        let (opened, is_open) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name(format!("dw-{name}"))
            .spawn(move || match open() {
                Ok(mut connection) => {
                    if opened.send(Ok(connection.interrupter())).is_ok() {
                        serve(&mut connection, &inbox);
                    }
                }
                Err(error) => {
                    // Nobody listens only when the caller gave up, and then nobody needs the error.
                    let _unheard = opened.send(Err(error));
                }
            })
            .map_err(|error| DwError::Internal(format!("cannot start a thread: {error}")))?;
        let interrupter = Arc::new(is_open.await.map_err(|_| gone())??);
        Ok(Self { commands: Some(commands), thread: Some(thread), interrupter })
    }

    /// From now on, only these views can be read.
    pub(super) async fn restrict(&self, readable: Arc<Readable>) -> DwResult<()> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Restrict { readable, reply })?;
        answer.await.map_err(|_| gone())?
    }

    fn patience(&self) -> Patience {
        Patience { interrupter: self.interrupter.clone(), is_answered: false }
    }

    fn send(&self, command: Command) -> DwResult<()> {
        self.commands.as_ref().ok_or_else(gone)?.send(command).map_err(|_| gone())
    }

    async fn run(&self, sql: &str, params: &[Value]) -> DwResult<u64> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Execute { sql: sql.to_owned(), params: params.to_vec(), reply: Some(reply) })?;
        answer.await.map_err(|_| gone())?
    }
}

impl EmbeddedSession {
    async fn copy(&self, clear: Option<String>, sql: String, rows: Arc<RowBatch>) -> DwResult<u64> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Bulk { clear, sql, rows, reply })?;
        answer.await.map_err(|_| gone())?
    }
}

fn gone() -> DwError {
    DwError::Internal("the thread of a database session has ended".to_owned())
}

/// The life of the thread. A reply that nobody waits for any more is dropped: its future was cancelled.
fn serve(connection: &mut FileConnection, inbox: &mpsc::Receiver<Command>) {
    while let Ok(command) = inbox.recv() {
        match command {
            Command::Restrict { readable, reply } => drop(reply.send(connection.restrict(readable))),
            Command::Query { sql, params, reply } => {
                tracing::trace!(sql, "query");
                if !reply.is_closed() {
                    drop(reply.send(connection.query(&sql, &params)));
                }
            }
            Command::Execute { sql, params, reply } => {
                tracing::trace!(sql, "execute");
                let result = connection.execute(&sql, &params);
                if let Some(reply) = reply {
                    drop(reply.send(result));
                }
            }
            Command::Bulk { clear, sql, rows, reply } => {
                tracing::trace!(sql, rows = rows.len(), "bulk");
                // One command for both, because each costs two changes of thread.
                let cleared = clear.map_or(Ok(0), |clear| connection.execute(&clear, &[]));
                drop(reply.send(cleared.and_then(|_| connection.bulk(&sql, &rows))));
            }
            Command::Stream { sql, params, chunk, out } => {
                tracing::trace!(sql, "stream");
                let result =
                    connection.for_each_chunk(&sql, &params, chunk, |rows| out.blocking_send(Ok(rows)).is_ok());
                if let Err(error) = result {
                    drop(out.blocking_send(Err(error)));
                }
            }
        }
    }
}

/// The INSERT of a bulk copy: one prepared statement, run once a row, which also evaluates the computed columns.
fn bulk_insert(table: &str, columns: &[&str], computed: &[Computed]) -> String {
    let mut names: Vec<&str> = columns.to_vec();
    let mut values: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    for column in computed {
        let parameter = |staged: &str| {
            let place = columns.iter().position(|name| *name == staged);
            place.map_or_else(|| staged.to_owned(), |index| format!("?{}", index + 1))
        };
        names.push(&column.column);
        values.push(column.expression(parameter));
    }
    format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
}

struct EmbeddedRows {
    chunks: stream::Receiver<DwResult<RowBatch>>,
    patience: Patience,
}

#[async_trait]
impl RowSource for EmbeddedRows {
    async fn next(&mut self) -> DwResult<Option<RowBatch>> {
        let next = self.chunks.recv().await;
        if next.is_none() {
            self.patience.is_answered = true;
        }
        next.transpose()
    }
}

#[async_trait]
impl Executor for EmbeddedSession {
    fn dialect(&self) -> &'static dyn Dialect {
        &SqliteDialect
    }

    async fn query(&mut self, sql: &str, params: &[Value]) -> DwResult<RowBatch> {
        let (reply, answer) = oneshot::channel();
        let mut patience = self.patience();
        self.send(Command::Query { sql: sql.to_owned(), params: params.to_vec(), reply })?;
        let answer = answer.await;
        patience.is_answered = true;
        answer.map_err(|_| gone())?
    }

    async fn stream<'a>(&'a mut self, sql: &str, params: &[Value], chunk: usize) -> DwResult<RowStream<'a>> {
        let (out, chunks) = stream::channel(READ_AHEAD);
        self.send(Command::Stream { sql: sql.to_owned(), params: params.to_vec(), chunk: chunk.max(1), out })?;
        Ok(Box::new(EmbeddedRows { chunks, patience: self.patience() }))
    }

    async fn execute(&mut self, sql: &str, params: &[Value]) -> DwResult<u64> {
        self.run(sql, params).await
    }

    async fn bulk(&mut self, table: &str, columns: &[&str], rows: Arc<RowBatch>) -> DwResult<u64> {
        self.copy(None, bulk_insert(table, columns, &[]), rows).await
    }

    async fn stage(
        &mut self,
        table: &str,
        columns: &[&str],
        computed: &[Computed],
        rows: Arc<RowBatch>,
    ) -> DwResult<u64> {
        let clear = format!("DELETE FROM {table}");
        self.copy(Some(clear), bulk_insert(table, columns, computed), rows).await
    }
}

#[async_trait]
impl Session for EmbeddedSession {
    async fn begin(&mut self) -> DwResult<Box<dyn Transaction + '_>> {
        // IMMEDIATE takes the write lock now, so that a busy file is told here and not in the middle of a batch.
        self.run("BEGIN IMMEDIATE", &[]).await?;
        Ok(Box::new(EmbeddedTransaction { session: self, open: true }))
    }

    async fn begin_snapshot(&mut self) -> DwResult<()> {
        self.run("BEGIN DEFERRED", &[]).await.map(|_| ())
    }

    async fn end_snapshot(&mut self) -> DwResult<()> {
        self.run("COMMIT", &[]).await.map(|_| ())
    }
}

#[derive(Debug)]
struct EmbeddedTransaction<'a> {
    session: &'a mut EmbeddedSession,
    open: bool,
}

impl Drop for EmbeddedTransaction<'_> {
    fn drop(&mut self) {
        if self.open {
            // Commands run in order, so whatever comes next on this session finds the transaction gone.
            drop(self.session.send(Command::Execute { sql: "ROLLBACK".to_owned(), params: Vec::new(), reply: None }));
        }
    }
}

#[async_trait]
impl Executor for EmbeddedTransaction<'_> {
    fn dialect(&self) -> &'static dyn Dialect {
        &SqliteDialect
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

    async fn stage(
        &mut self,
        table: &str,
        columns: &[&str],
        computed: &[Computed],
        rows: Arc<RowBatch>,
    ) -> DwResult<u64> {
        self.session.stage(table, columns, computed, rows).await
    }
}

#[async_trait]
impl Transaction for EmbeddedTransaction<'_> {
    async fn commit(mut self: Box<Self>) -> DwResult<()> {
        self.session.run("COMMIT", &[]).await?;
        self.open = false;
        Ok(())
    }

    async fn rollback(mut self: Box<Self>) -> DwResult<()> {
        self.open = false;
        self.session.run("ROLLBACK", &[]).await.map(|_| ())
    }
}
