//! A session on a server: statements, streams and transactions over one pooled connection.
//! Not here: bulk copy (see [`super::bulk`]).

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::TryStreamExt;
use tiberius::error::Error;
use tiberius::{ColumnType, QueryItem, QueryStream, Row, ToSql};

use super::dialect::TsqlDialect;
use super::failure::{self, Place};
use super::link::{Link, LinkManager};
use super::values::{Parameter, from_wire};
use super::{bulk, lock, text};
use crate::config::ConnectionTarget;
use crate::dialect::Dialect;
use crate::engine::{Executor, RowSource, RowStream, Session, Transaction};
use crate::error::{Database, DwError, DwResult};
use crate::value::{RowBatch, Value};

/// Whose connection a session uses.
#[derive(Debug)]
pub(super) enum Held {
    /// Lent by a pool, which takes it back if its state is known.
    Pooled(Box<bb8::PooledConnection<'static, LinkManager>>),
    /// Its own, closed with the session.
    Own(Box<Link>),
}

impl Deref for Held {
    type Target = Link;

    fn deref(&self) -> &Link {
        match self {
            Self::Pooled(link) => link,
            Self::Own(link) => link,
        }
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut Link {
        match self {
            Self::Pooled(link) => link,
            Self::Own(link) => link,
        }
    }
}

/// A session on one database of a server.
#[derive(Debug)]
pub struct SqlServerSession {
    pub(super) link: Held,
    pub(super) place: Arc<Place>,
    pub(super) timeout: Duration,
    /// Whether a snapshot may be had here; else reads are of the moment of each statement.
    snapshots: bool,
    in_snapshot: bool,
    in_transaction: bool,
    /// The definitions of the temporary tables that were made here.
    temps: HashMap<String, String>,
}

impl SqlServerSession {
    pub(super) fn new(
        link: bb8::PooledConnection<'static, LinkManager>,
        place: Arc<Place>,
        timeout: Duration,
        snapshots: bool,
    ) -> Self {
        Self {
            link: Held::Pooled(Box::new(link)),
            place,
            timeout,
            snapshots,
            in_snapshot: false,
            in_transaction: false,
            temps: HashMap::new(),
        }
    }

    /// Connects without a pool: for tests and tools. `purpose` is the program name that the server shows.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses the login.
    pub async fn connect(target: &ConnectionTarget, database: Database, purpose: &str) -> DwResult<Self> {
        let place = Place { database, location: target.describe(), login: target.user.clone() };
        let manager = LinkManager::new(target, place.clone(), purpose, false);
        Self::dedicated(&manager, Arc::new(place), target.command_timeout).await
    }

    /// A session with a connection of its own: for locks, which must end with it, and before there is a database.
    pub(super) async fn dedicated(manager: &LinkManager, place: Arc<Place>, timeout: Duration) -> DwResult<Self> {
        let failures = manager.failures();
        let link = match bb8::ManageConnection::connect(manager).await {
            Ok(link) => Held::Own(Box::new(link)),
            Err(error) => return Err(failures.last().unwrap_or(error)),
        };
        Ok(Self {
            link,
            place,
            timeout,
            snapshots: false,
            in_snapshot: false,
            in_transaction: false,
            temps: HashMap::new(),
        })
    }

    fn timed_out(&self, sql: &str) -> DwError {
        timed_out(&self.place, self.timeout, sql)
    }

    /// Sends a statement and returns all rows of its first result. The connection counts as unsure until the last token of
    /// the answer was read.
    pub(super) async fn ask(&mut self, sql: &str, params: &[Value]) -> DwResult<Vec<Row>> {
        let began = Instant::now();
        let text = text::without_nulls(sql, params);
        let sql = text.as_deref().unwrap_or(sql);
        self.link.unsure = true;
        let client = &mut self.link.client;
        let asked = async {
            let results = match params {
                // Without parameters as a batch of its own: what sp_executesql creates would end with it.
                [] => client.simple_query(sql).await?.into_results().await?,
                params => {
                    let params: Vec<Parameter<'_>> = params.iter().map(Parameter).collect();
                    let params: Vec<&dyn ToSql> = params.iter().map(|param| param as &dyn ToSql).collect();
                    client.query(sql, &params).await?.into_results().await?
                }
            };
            Ok::<_, Error>(results.into_iter().next().unwrap_or_default())
        };
        match tokio::time::timeout(self.timeout, asked).await {
            Ok(Ok(rows)) => {
                self.link.unsure = self.in_open_work();
                tracing::trace!(sql, micros = began.elapsed().as_micros(), "asked");
                Ok(rows)
            }
            Ok(Err(error)) => Err(failure::explain(&error, &self.place, sql)),
            Err(_) => Err(self.timed_out(sql)),
        }
    }

    /// Remembers the definition of a temporary table, which not every server tells.
    pub(super) fn remember_temp(&mut self, sql: &str) {
        if let Some(definition) = sql.strip_prefix("CREATE TABLE #") {
            let name = definition.split([' ', '(']).next().unwrap_or_default();
            self.temps.insert(format!("#{name}"), definition.to_owned());
        }
    }

    /// True when a column of a temporary table is text without a limit.
    pub(super) fn is_unlimited(&self, table: &str, column: &str) -> bool {
        self.temps.get(table).is_some_and(|definition| {
            ["(", " "].iter().any(|before| definition.contains(&format!("{before}{column} NVARCHAR(MAX)")))
        })
    }

    /// Runs a batch whose only result is a count.
    pub(super) async fn counted(&mut self, sql: &str) -> DwResult<u64> {
        Ok(u64::try_from(self.number(sql, &[]).await?).unwrap_or(0))
    }

    /// True inside of a transaction or a snapshot, whose connection is not given back.
    pub(super) fn in_open_work(&self) -> bool {
        self.in_transaction || self.in_snapshot
    }

    /// Names and types of the columns of a query without rows.
    pub(super) async fn columns(&mut self, sql: &str) -> DwResult<Vec<(String, ColumnType)>> {
        self.link.unsure = true;
        let client = &mut self.link.client;
        let asked = async {
            let mut stream = client.simple_query(sql).await?;
            let columns = stream.columns().await?.unwrap_or_default();
            let columns = columns.iter().map(|column| (column.name().to_owned(), column.column_type())).collect();
            while stream.try_next().await?.is_some() {}
            Ok::<_, Error>(columns)
        };
        match tokio::time::timeout(self.timeout, asked).await {
            Ok(Ok(columns)) => {
                self.link.unsure = self.in_open_work();
                Ok(columns)
            }
            Ok(Err(error)) => Err(failure::explain(&error, &self.place, sql)),
            Err(_) => Err(self.timed_out(sql)),
        }
    }

    async fn number(&mut self, sql: &str, params: &[Value]) -> DwResult<i64> {
        let rows = batch(self.ask(sql, params).await?)?;
        rows.get(0, 0).int().map(Option::unwrap_or_default)
    }
}

pub(super) fn timed_out(place: &Place, timeout: Duration, sql: &str) -> DwError {
    DwError::TimedOut {
        database: place.database,
        location: place.location.clone(),
        seconds: timeout.as_secs(),
        statement: failure::beginning(sql),
    }
}

/// Rows in their portable form.
pub(super) fn batch(rows: Vec<Row>) -> DwResult<RowBatch> {
    let width = rows.first().map_or(0, Row::len);
    let mut out = RowBatch::with_capacity(width, rows.len());
    for row in rows {
        push(&mut out, row)?;
    }
    Ok(out)
}

fn push(out: &mut RowBatch, row: Row) -> DwResult<()> {
    for value in row {
        out.push_value(from_wire(value)?);
    }
    Ok(())
}

/// Rows as they come. Dropped before its end it leaves the connection unsure, which is then thrown away: to drain what
/// nobody wants could take as long as to read it.
struct ServerRows<'a> {
    stream: QueryStream<'a>,
    unsure: &'a mut bool,
    abandoned: &'a mut bool,
    stays_unsure: bool,
    place: Arc<Place>,
    timeout: Duration,
    chunk: usize,
    ended: bool,
    sql: String,
}

impl Drop for ServerRows<'_> {
    fn drop(&mut self) {
        if !self.ended {
            *self.abandoned = true;
        }
    }
}

#[async_trait]
impl RowSource for ServerRows<'_> {
    async fn next(&mut self) -> DwResult<Option<RowBatch>> {
        let mut rows: Option<RowBatch> = None;
        while !self.ended {
            let item = match tokio::time::timeout(self.timeout, self.stream.try_next()).await {
                Err(_) => return Err(timed_out(&self.place, self.timeout, &self.sql)),
                Ok(Err(error)) => return Err(failure::explain(&error, &self.place, &self.sql)),
                Ok(Ok(item)) => item,
            };
            match item {
                None => {
                    self.ended = true;
                    *self.unsure = self.stays_unsure;
                }
                Some(QueryItem::Metadata(_)) => {}
                Some(QueryItem::Row(row)) => {
                    let rows = rows.get_or_insert_with(|| RowBatch::with_capacity(row.len(), self.chunk));
                    push(rows, row)?;
                    if rows.len() >= self.chunk {
                        break;
                    }
                }
            }
        }
        Ok(rows)
    }
}

#[async_trait]
impl Executor for SqlServerSession {
    fn dialect(&self) -> &'static dyn Dialect {
        &TsqlDialect
    }

    async fn query(&mut self, sql: &str, params: &[Value]) -> DwResult<RowBatch> {
        batch(self.ask(sql, params).await?)
    }

    async fn stream<'a>(&'a mut self, sql: &str, params: &[Value], chunk: usize) -> DwResult<RowStream<'a>> {
        tracing::trace!(sql, "stream");
        let text = text::without_nulls(sql, params);
        let sql = text.as_deref().unwrap_or(sql);
        let stays_unsure = self.in_open_work();
        let timeout = self.timeout;
        let place = Arc::clone(&self.place);
        let Link { client, unsure, abandoned } = &mut *self.link;
        *unsure = true;
        let asked = async {
            match params {
                [] => client.simple_query(sql).await,
                params => {
                    let params: Vec<Parameter<'_>> = params.iter().map(Parameter).collect();
                    let params: Vec<&dyn ToSql> = params.iter().map(|param| param as &dyn ToSql).collect();
                    client.query(sql, &params).await
                }
            }
        };
        let stream = match tokio::time::timeout(timeout, asked).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(failure::explain(&error, &place, sql)),
            Err(_) => return Err(timed_out(&place, timeout, sql)),
        };
        Ok(Box::new(ServerRows {
            stream,
            unsure,
            abandoned,
            stays_unsure,
            place,
            timeout,
            chunk: chunk.max(1),
            ended: false,
            sql: failure::beginning(sql),
        }))
    }

    async fn execute(&mut self, sql: &str, params: &[Value]) -> DwResult<u64> {
        self.remember_temp(sql);
        if !text::changes_rows(sql) {
            self.ask(sql, params).await?;
            return Ok(0);
        }
        // The count is asked for: the one in the driver's own token is not right for every statement (ruling 24).
        let counted = format!("{};\nSELECT CAST(@@ROWCOUNT AS BIGINT)", sql.trim_end().trim_end_matches(';'));
        Ok(u64::try_from(self.number(&counted, params).await?).unwrap_or(0))
    }

    async fn bulk(&mut self, table: &str, columns: &[&str], rows: Arc<RowBatch>) -> DwResult<u64> {
        bulk::copy(self, table, columns, &rows).await
    }

    async fn exclusive(&mut self, what: &str) -> DwResult<()> {
        lock::of_transaction(self, what).await
    }
}

#[async_trait]
impl Session for SqlServerSession {
    async fn begin(&mut self) -> DwResult<Box<dyn Transaction + '_>> {
        if self.in_transaction {
            // Inside of it a commit would keep nothing.
            return Err(DwError::Internal("a transaction begins on a session whose last one was dropped".to_owned()));
        }
        self.ask("BEGIN TRANSACTION", &[]).await?;
        self.in_transaction = true;
        self.link.unsure = true;
        Ok(Box::new(ServerTransaction { session: self }))
    }

    async fn begin_snapshot(&mut self) -> DwResult<()> {
        if self.snapshots {
            self.ask("SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION", &[]).await?;
            self.in_snapshot = true;
            self.link.unsure = true;
        }
        Ok(())
    }

    async fn end_snapshot(&mut self) -> DwResult<()> {
        // With rows still on the way the connection is thrown away, and its snapshot with it.
        if self.in_snapshot && !self.link.abandoned {
            self.in_snapshot = false;
            self.ask("COMMIT TRANSACTION; SET TRANSACTION ISOLATION LEVEL READ COMMITTED", &[]).await?;
        }
        Ok(())
    }

    fn is_usable(&self) -> bool {
        !self.link.unsure
    }
}

/// An open transaction. Dropped without a commit it leaves its session unusable, and the server rolls back when the
/// connection closes.
#[derive(Debug)]
struct ServerTransaction<'a> {
    session: &'a mut SqlServerSession,
}

#[async_trait]
impl Executor for ServerTransaction<'_> {
    fn dialect(&self) -> &'static dyn Dialect {
        &TsqlDialect
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

    async fn exclusive(&mut self, what: &str) -> DwResult<()> {
        self.session.exclusive(what).await
    }
}

#[async_trait]
impl Transaction for ServerTransaction<'_> {
    async fn commit(self: Box<Self>) -> DwResult<()> {
        let session = self.session;
        // Until the answer is there nobody knows whether it was carried out.
        let outcome = session.ask("COMMIT TRANSACTION", &[]).await;
        match outcome {
            Ok(_) => {
                session.in_transaction = false;
                session.link.unsure = false;
                Ok(())
            }
            Err(DwError::Connection { database, location, message, .. }) => {
                Err(DwError::CommitUnknown { database, location, message })
            }
            Err(DwError::TimedOut { database, location, seconds, .. }) => {
                Err(DwError::CommitUnknown { database, location, message: format!("no answer within {seconds} s") })
            }
            Err(error) => Err(error),
        }
    }

    async fn rollback(self: Box<Self>) -> DwResult<()> {
        let session = self.session;
        session.ask("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION", &[]).await?;
        session.in_transaction = false;
        session.link.unsure = false;
        Ok(())
    }
}
