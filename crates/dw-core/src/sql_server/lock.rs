//! Locks of a run: `sp_getapplock`, owned by one session of the warehouse that does nothing else. The server frees them when
//! that connection ends, whatever ended it, so that no stale lock can stay. Between the runs of a process it stays open.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::session::{SqlServerSession, batch};
use crate::engine::LockGuard;
use crate::error::{DwError, DwResult};
use crate::value::Value;

/// How long a lock is waited for: no longer than the server needs to notice that the last holder has gone.
const WAIT_MILLIS: i64 = 1_000;

/// How long a transaction waits for another one that does the same.
const TRANSACTION_WAIT_MILLIS: i64 = 60_000;

/// The session that holds all locks of a process.
#[derive(Debug)]
pub(super) struct LockSession {
    /// Nothing, once a lock could not be released: closing the connection then frees it.
    session: Mutex<Option<SqlServerSession>>,
    /// What this process holds, and who said so. The server would grant it to the same session once more.
    held: std::sync::Mutex<HashMap<String, String>>,
    /// A lock was dropped where it could not be released, or was refused: what comes next takes its locks on another connection.
    given_up: AtomicBool,
}

/// The outcome of [`LockSession::take`].
#[derive(Debug)]
pub(super) enum Taken {
    /// It is ours.
    Lock(ServerLock),
    /// This process has it, for whom it says.
    Here(String),
    /// Another process has it.
    Elsewhere,
}

/// A held lock.
#[derive(Debug)]
pub(super) struct ServerLock {
    resource: String,
    holder: Arc<LockSession>,
}

/// A statement with `@name`, under which the server knows the lock of the resource @P1. It says which database, because
/// Babelfish has one set of locks for all of them.
macro_rules! named {
    ($sql:literal) => {
        concat!("DECLARE @name NVARCHAR(255) = N'dw:' + DB_NAME() + N':' + @P1; ", $sql)
    };
}

impl LockSession {
    pub(super) fn new(session: SqlServerSession) -> Self {
        Self { session: Mutex::new(Some(session)), held: std::sync::Mutex::default(), given_up: AtomicBool::new(false) }
    }

    /// True when the connection is still of use: one that holds nothing and does not answer is to be replaced.
    pub(super) async fn is_usable(&self) -> bool {
        use crate::engine::Session;
        let idle = self.held.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        match self.session.lock().await.as_mut() {
            Some(session) => {
                !self.given_up.load(Ordering::Relaxed)
                    && session.is_usable()
                    && (!idle || session.ask("SELECT 1", &[]).await.is_ok())
            }
            None => false,
        }
    }

    /// Who holds a lock, if it is this process.
    pub(super) fn holder_here(&self, resource: &str) -> Option<String> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get(resource).cloned()
    }

    /// Takes a lock, on behalf of `holder`.
    pub(super) async fn take(self: &Arc<Self>, resource: &str, holder: &str) -> DwResult<Taken> {
        let mut session = self.session.lock().await;
        let session = open(&mut session, resource)?;
        if let Some(holder) = self.holder_here(resource) {
            return Ok(Taken::Here(holder));
        }
        let sql = named!(
            "DECLARE @result INT; EXEC @result = sp_getapplock @Resource = @name, @LockMode = 'Exclusive', \
                   @LockOwner = 'Session', @LockTimeout = @P2; SELECT @result"
        );
        let answer = batch(session.ask(sql, &[resource.into(), Value::Int(WAIT_MILLIS)]).await?)?;
        // 0 and 1 are granted; -1 timed out, -2 cancelled, -3 a deadlock, -999 a wrong call.
        match answer.get(0, 0).int()?.unwrap_or(-999) {
            0 | 1 => {
                let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
                held.insert(resource.to_owned(), holder.to_owned());
                Ok(Taken::Lock(ServerLock { resource: resource.to_owned(), holder: Arc::clone(self) }))
            }
            -3..=-1 => {
                // Babelfish 4.3 keeps an error for each refusal in the session, and the whole server goes down with the fifth: a
                // process that asks again at each of its runs does so on another connection.
                self.given_up.store(true, Ordering::Relaxed);
                Ok(Taken::Elsewhere)
            }
            code => Err(DwError::Internal(format!("sp_getapplock answered {code} for {resource}"))),
        }
    }

    async fn holds(&self, resource: &str) -> DwResult<bool> {
        let mut session = self.session.lock().await;
        let session = open(&mut session, resource)?;
        let sql = named!("SELECT APPLOCK_MODE('public', @name, 'Session')");
        let answer = batch(session.ask(sql, &[resource.into()]).await?)?;
        Ok(answer.get(0, 0).text()?.is_some_and(|mode| mode.eq_ignore_ascii_case("Exclusive")))
    }
}

/// The connection of the locks, if it was not given up.
fn open<'s>(session: &'s mut Option<SqlServerSession>, resource: &str) -> DwResult<&'s mut SqlServerSession> {
    session.as_mut().ok_or_else(|| DwError::LockLost { entity: resource.to_owned() })
}

/// Takes a lock that ends with the open transaction, and waits for it.
pub(super) async fn of_transaction(session: &mut SqlServerSession, what: &str) -> DwResult<()> {
    let sql = named!(
        "DECLARE @result INT; EXEC @result = sp_getapplock @Resource = @name, @LockMode = 'Exclusive', \
               @LockOwner = 'Transaction', @LockTimeout = @P2; SELECT @result"
    );
    let answer = batch(session.ask(sql, &[what.into(), Value::Int(TRANSACTION_WAIT_MILLIS)]).await?)?;
    match answer.get(0, 0).int()?.unwrap_or(-999) {
        0 | 1 => Ok(()),
        // Whoever holds it is at work: the whole transaction is tried again.
        code => Err(DwError::Statement {
            database: session.place.database,
            message: format!(
                "the lock `{what}` was not had within {} s (answer {code})",
                TRANSACTION_WAIT_MILLIS / 1_000
            ),
            statement: "sp_getapplock".to_owned(),
            transient: true,
        }),
    }
}

/// True when nobody holds the lock of a resource.
pub(super) async fn is_free(session: &mut SqlServerSession, resource: &str) -> DwResult<bool> {
    let sql = named!("SELECT APPLOCK_TEST('public', @name, 'Exclusive', 'Session')");
    let answer = batch(session.ask(sql, &[resource.into()]).await?)?;
    let free = answer.get(0, 0).int()?.unwrap_or(1) == 1;
    // As in `LockSession::take`: whoever asks again does so on another connection.
    session.link.unsure |= !free;
    Ok(free)
}

#[async_trait]
impl LockGuard for ServerLock {
    fn resource(&self) -> &str {
        &self.resource
    }

    async fn verify(&self) -> DwResult<()> {
        match self.holder.holds(&self.resource).await {
            Ok(true) => Ok(()),
            // A connection that cannot be asked holds nothing any more.
            Ok(false) | Err(_) => Err(DwError::LockLost { entity: self.resource.clone() }),
        }
    }
}

impl Drop for ServerLock {
    fn drop(&mut self) {
        self.holder.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.resource);
        // Where the session takes it again first, the server counts, and this takes one off.
        let (holder, resource) = (Arc::clone(&self.holder), self.resource.clone());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let mut held = holder.session.lock().await;
                let Some(session) = held.as_mut() else { return };
                let sql = named!(
                    "DECLARE @result INT; EXEC @result = sp_releaseapplock @Resource = @name, @LockOwner = 'Session'"
                );
                if let Err(error) = session.ask(sql, &[resource.into()]).await {
                    tracing::debug!(%error, "a lock could not be released; it ends with its connection");
                    *held = None;
                }
            });
        } else if let Ok(mut session) = self.holder.session.try_lock() {
            // Nothing can be said to the server from here; closing the connection frees the lock all the same.
            *session = None;
        } else {
            self.holder.given_up.store(true, Ordering::Relaxed);
        }
    }
}
