//! Connection events, `audit.connection_login_events`: recorded by procedures of the warehouse, deleted when they are too old,
//! and counted for people. Not here: the file of the server audit (see [`crate::audit_file`]).
//!
//! An engine without sessions, which is a file, has nothing to record; every function then says so by `None`.

use dw_core::dialect::Dialect;
use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::Seconds;
use dw_core::value::{RowBatch, Value};
use serde::Serialize;

const RECORD: SqlText = sql_text!("audit/record_connections");
const CLEAN: SqlText = sql_text!("audit/clean_connections");
const CLOCK: SqlText = sql_text!("etl/source_clock");
const HOURS: SqlText = sql_text!("audit/connection_hours");
const NAMES: SqlText = sql_text!("audit/connection_names");
const NEWEST: SqlText = sql_text!("audit/newest_connections");

/// What one call of the procedures did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Sessions that were not recorded before.
    pub added: u64,
    /// Events that were too old.
    pub removed: u64,
}

/// Events of an hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hour {
    /// When it began, in UTC.
    pub started_at: Seconds,
    /// How many events.
    pub events: u64,
    /// How many of them are refused logins.
    pub failed: u64,
}

/// Events of a login, a program or a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Its name; none where the server tells none.
    pub name: Option<String>,
    /// How many events.
    pub events: u64,
    /// How many of them are refused logins.
    pub failed: u64,
    /// The newest one, in milliseconds since 1970, UTC.
    pub last_at: i64,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When it was recorded, or when the login happened; in milliseconds since 1970, UTC.
    pub at: i64,
    /// `SNAPSHOT_DMV` or `SERVER_AUDIT`.
    pub captured_by: String,
    /// Number of the session.
    pub session: Option<i64>,
    /// Login.
    pub login: Option<String>,
    /// Host.
    pub host: Option<String>,
    /// Program.
    pub program: Option<String>,
    /// Database.
    pub database: Option<String>,
    /// State of a session, or `LOGIN`, `FAILED`, `LOGOUT` of the server audit.
    pub status: Option<String>,
    /// Address of the client.
    pub address: Option<String>,
}

/// The connection events since a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// By hour, the newest first; an hour without events is left out.
    pub hours: Vec<Hour>,
    /// The logins with the most events.
    pub logins: Vec<Named>,
    /// The programs with the most events.
    pub programs: Vec<Named>,
    /// The hosts with the most events.
    pub hosts: Vec<Named>,
    /// The newest events.
    pub newest: Vec<Event>,
}

/// True for an engine whose users connect to a server.
pub fn has_sessions(dialect: &dyn Dialect) -> bool {
    dialect.name() != "embedded"
}

/// Records the sessions of this moment and returns how many of them were not recorded before. The login needs EXECUTE on the
/// procedure; without VIEW SERVER STATE it sees its own sessions alone.
///
/// # Errors
/// Of the engine.
pub async fn capture<E: Executor + ?Sized>(executor: &mut E) -> DwResult<Option<u64>> {
    Ok(capture_and_clean(executor, None).await?.map(|recorded| recorded.added))
}

/// Deletes the events that are older than so many days and returns how many there were. Not inside of a transaction, which
/// would keep all their locks until its end.
///
/// # Errors
/// Of the engine.
pub async fn cleanup<E: Executor + ?Sized>(executor: &mut E, retention_days: u32) -> DwResult<Option<u64>> {
    if !has_sessions(executor.dialect()) {
        return Ok(None);
    }
    let sql = CLEAN.for_dialect(executor.dialect())?;
    let removed = executor.query(&sql, &[i64::from(retention_days).into()]).await?;
    count(removed.get(0, 0)).map(Some)
}

/// Records the sessions of this moment and deletes what is too old, in one round trip.
///
/// # Errors
/// Of the engine.
pub async fn capture_and_clean<E: Executor + ?Sized>(
    executor: &mut E,
    retention_days: Option<u32>,
) -> DwResult<Option<Recorded>> {
    if !has_sessions(executor.dialect()) {
        return Ok(None);
    }
    let sql = RECORD.for_dialect(executor.dialect())?;
    let answer = executor.query(&sql, &[i64::from(retention_days.unwrap_or(0)).into()]).await?;
    Ok(Some(Recorded { added: count(answer.get(0, 0))?, removed: count(answer.get(0, 1))? }))
}

/// What a run does at its start, and with `retention_days` at its end: [`capture_and_clean`], where a failure is a warning in
/// the log, because no run fails for it. Outside of a transaction; a session that failed is no longer usable and says so.
pub async fn record<E: Executor + ?Sized>(executor: &mut E, retention_days: Option<u32>) {
    match capture_and_clean(executor, retention_days).await {
        Ok(None) => {}
        Ok(Some(recorded)) => {
            tracing::debug!(added = recorded.added, removed = recorded.removed, "connections recorded");
        }
        Err(error) => tracing::warn!(code = error.code(), %error, "connections could not be recorded"),
    }
}

/// The clock of the server in UTC, which is the one of the events.
///
/// # Errors
/// Of the engine.
pub async fn clock<E: Executor + ?Sized>(executor: &mut E) -> DwResult<Option<Seconds>> {
    if !has_sessions(executor.dialect()) {
        return Ok(None);
    }
    executor.query(&CLOCK.for_dialect(executor.dialect())?, &[]).await?.get(0, 0).int()
}

/// Counts the events since a moment and returns the newest, with at most `top` of each kind of name and of the events.
///
/// # Errors
/// Of the engine.
pub async fn latest<E: Executor + ?Sized>(executor: &mut E, since: Seconds, top: u32) -> DwResult<Option<Overview>> {
    if !has_sessions(executor.dialect()) {
        return Ok(None);
    }
    let dialect = executor.dialect();
    let (since, top) = (Value::Seconds(since), Value::Int(i64::from(top)));
    let hours = executor.query(&HOURS.for_dialect(dialect)?, std::slice::from_ref(&since)).await?;
    let names = executor.query(&NAMES.for_dialect(dialect)?, &[since.clone(), top.clone()]).await?;
    let newest = executor.query(&NEWEST.for_dialect(dialect)?, &[since, top]).await?;
    Ok(Some(Overview {
        hours: hours.rows().map(hour).collect::<DwResult<_>>()?,
        logins: of_kind(&names, "login")?,
        programs: of_kind(&names, "program")?,
        hosts: of_kind(&names, "host")?,
        newest: newest.rows().map(event).collect::<DwResult<_>>()?,
    }))
}

fn hour(row: &[Value]) -> DwResult<Hour> {
    Ok(Hour { started_at: int(row, 0)?.unwrap_or_default(), events: count(at(row, 1))?, failed: count(at(row, 2))? })
}

fn of_kind(rows: &RowBatch, kind: &str) -> DwResult<Vec<Named>> {
    let mut found = Vec::new();
    for row in rows.rows() {
        if at(row, 0).text()? == Some(kind) {
            found.push(Named {
                name: text(row, 1)?,
                events: count(at(row, 2))?,
                failed: count(at(row, 3))?,
                last_at: int(row, 4)?.unwrap_or_default(),
            });
        }
    }
    Ok(found)
}

fn event(row: &[Value]) -> DwResult<Event> {
    Ok(Event {
        at: int(row, 0)?.unwrap_or_default(),
        captured_by: text(row, 1)?.unwrap_or_default(),
        session: int(row, 2)?,
        login: text(row, 3)?,
        host: text(row, 4)?,
        program: text(row, 5)?,
        database: text(row, 6)?,
        status: text(row, 7)?,
        address: text(row, 8)?,
    })
}

fn at(row: &[Value], column: usize) -> &Value {
    row.get(column).unwrap_or(&Value::Null)
}

fn int(row: &[Value], column: usize) -> DwResult<Option<i64>> {
    at(row, column).int()
}

/// A text; what the server leaves blank is none.
fn text(row: &[Value], column: usize) -> DwResult<Option<String>> {
    Ok(at(row, column).text()?.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned))
}

fn count(value: &Value) -> DwResult<u64> {
    Ok(u64::try_from(value.int()?.unwrap_or(0)).unwrap_or(0))
}
