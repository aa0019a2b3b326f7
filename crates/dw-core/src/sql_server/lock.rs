//! Locks of a run: `sp_getapplock`, owned by one session of the warehouse that does nothing else. The server frees them when
//! that connection ends, whatever ended it, so that no stale lock can stay.

use std::sync::Arc;

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

/// The session that holds all locks of a process, as long as one of them is held.
#[derive(Debug)]
pub(super) struct LockSession {
    session: Mutex<SqlServerSession>,
}

/// A held lock.
#[derive(Debug)]
pub(super) struct ServerLock {
    resource: String,
    holder: Arc<LockSession>,
}

/// The name under which the server knows the lock of a resource.
fn name(resource: &str) -> String {
    format!("dw:{resource}")
}

impl LockSession {
    pub(super) fn new(session: SqlServerSession) -> Self {
        Self { session: Mutex::new(session) }
    }

    /// True when the connection is still of use.
    pub(super) async fn is_usable(&self) -> bool {
        use crate::engine::Session;
        self.session.lock().await.is_usable()
    }

    /// Takes a lock. `held_by` is asked for who holds it when somebody else does.
    pub(super) async fn take(self: &Arc<Self>, resource: &str) -> DwResult<Option<ServerLock>> {
        let mut session = self.session.lock().await;
        let sql = "DECLARE @result INT; EXEC @result = sp_getapplock @Resource = @P1, @LockMode = 'Exclusive', \
                   @LockOwner = 'Session', @LockTimeout = @P2; SELECT @result";
        let answer = batch(session.ask(sql, &[name(resource).into(), Value::Int(WAIT_MILLIS)]).await?)?;
        // 0 and 1 are granted; -1 timed out, -2 cancelled, -3 a deadlock, -999 a wrong call.
        match answer.get(0, 0).int()?.unwrap_or(-999) {
            0 | 1 => Ok(Some(ServerLock { resource: resource.to_owned(), holder: Arc::clone(self) })),
            -3..=-1 => Ok(None),
            code => Err(DwError::Internal(format!("sp_getapplock answered {code} for {resource}"))),
        }
    }

    async fn holds(&self, resource: &str) -> DwResult<bool> {
        let mut session = self.session.lock().await;
        let sql = "SELECT APPLOCK_MODE('public', @P1, 'Session')";
        let answer = batch(session.ask(sql, &[name(resource).into()]).await?)?;
        Ok(answer.get(0, 0).text()?.is_some_and(|mode| mode.eq_ignore_ascii_case("Exclusive")))
    }
}

/// Takes a lock that ends with the open transaction, and waits for it.
pub(super) async fn of_transaction(session: &mut SqlServerSession, what: &str) -> DwResult<()> {
    let sql = "DECLARE @result INT; EXEC @result = sp_getapplock @Resource = @P1, @LockMode = 'Exclusive', \
               @LockOwner = 'Transaction', @LockTimeout = @P2; SELECT @result";
    let answer = batch(session.ask(sql, &[name(what).into(), Value::Int(TRANSACTION_WAIT_MILLIS)]).await?)?;
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
    let sql = "SELECT APPLOCK_TEST('public', @P1, 'Exclusive', 'Session')";
    let answer = batch(session.ask(sql, &[name(resource).into()]).await?)?;
    Ok(answer.get(0, 0).int()?.unwrap_or(1) == 1)
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
        // The last lock closes the connection, which frees all. Of several, one is freed by itself.
        if Arc::strong_count(&self.holder) <= 1 {
            return;
        }
        let (holder, resource) = (Arc::clone(&self.holder), name(&self.resource));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let mut session = holder.session.lock().await;
                let sql =
                    "DECLARE @result INT; EXEC @result = sp_releaseapplock @Resource = @P1, @LockOwner = 'Session'";
                if let Err(error) = session.ask(sql, &[resource.into()]).await {
                    tracing::debug!(%error, "a lock could not be released; it ends with its connection");
                }
            });
        }
    }
}
