//! Reading from the warehouse for pages: a few sessions that are used again, a limit of time and of rows for each statement,
//! and a probe that says whether the database answers and which version of the data it has.
//! Not here: any statement of a dashboard.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dw_core::engine::{Access, Session, SharedEngine};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::time::{Seconds, now};
use dw_core::value::{RowBatch, Value};
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::server::metrics::Metrics;

/// The limits of a store.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Sessions at one time.
    pub sessions: usize,
    /// How long a statement may take.
    pub query: Duration,
    /// Rows that one statement may answer.
    pub rows: usize,
    /// How long a session is used: one that is opened anew sees a file or a server that was replaced.
    pub session_age: Duration,
    /// How often the version of the data is asked for.
    pub probe_every: Duration,
    /// How long a version is shown at least: a run that loads makes one with each batch, and each is read anew.
    pub version_age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions: 4,
            query: Duration::from_secs(10),
            rows: 10_000,
            session_age: Duration::from_secs(60),
            probe_every: Duration::from_secs(3),
            version_age: Duration::ZERO,
        }
    }
}

/// What the probe saw last.
#[derive(Debug, Clone)]
pub enum Health {
    /// The database answers.
    Up {
        /// Another number for other data.
        version: u64,
        /// The rows of the probe.
        rows: Arc<RowBatch>,
    },
    /// It does not.
    Down {
        /// Why, for a page: without names of files, logins or statements.
        why: Trouble,
        /// Since when.
        since: Seconds,
        /// The rows of the last probe that went well.
        last_rows: Option<Arc<RowBatch>>,
    },
}

/// Why the database does not answer, as a page says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There is no warehouse yet.
    Missing,
    /// It is of another version.
    Schema,
    /// It cannot be reached, or is busy or damaged.
    Unreachable,
}

impl Trouble {
    /// The reason behind an error.
    pub fn of(error: &DwError) -> Self {
        match error {
            DwError::Missing { .. } => Self::Missing,
            DwError::SchemaMismatch { .. } => Self::Schema,
            _ => Self::Unreachable,
        }
    }
}

/// A session that waits for its next use.
struct Idle {
    session: Box<dyn Session>,
    opened: Instant,
    generation: u64,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Idle>,
    generation: u64,
}

/// What is known of the health, and how old that is.
struct Probed {
    asked: Instant,
    /// Since when this version of the data is shown.
    adopted: Instant,
    health: Health,
}

/// See the head of this file.
pub struct Store {
    engine: SharedEngine,
    database: Database,
    purpose: &'static str,
    limits: Limits,
    probe: String,
    permits: Arc<Semaphore>,
    pool: Mutex<Pool>,
    health: tokio::sync::Mutex<Option<Probed>>,
    metrics: Arc<Metrics>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("engine", &self.engine).field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Store {
    /// A store. `probe` is a small query whose answer changes with the data.
    pub fn new(
        engine: SharedEngine,
        database: Database,
        purpose: &'static str,
        probe: String,
        limits: Limits,
        metrics: Arc<Metrics>,
    ) -> Self {
        let permits = Arc::new(Semaphore::new(limits.sessions));
        Self {
            engine,
            database,
            purpose,
            limits,
            probe,
            permits,
            pool: Mutex::default(),
            health: tokio::sync::Mutex::default(),
            metrics,
        }
    }

    /// The engine.
    pub fn engine(&self) -> &SharedEngine {
        &self.engine
    }

    /// Whether the database answers, and the version of its data; asked at most every few seconds, by one for all.
    pub async fn health(&self) -> Health {
        let mut last = self.health.lock().await;
        if let Some(probed) = &*last
            && probed.asked.elapsed() < self.limits.probe_every
        {
            return probed.health.clone();
        }
        let probe = self.probe_now().await;
        let before = last.take();
        let mut adopted = Instant::now();
        let health = match probe {
            Ok(rows) => {
                let version = version_of(&rows);
                match before {
                    // The rows that belong to the figures that are shown, until these are old enough.
                    Some(Probed { adopted: since, health: health @ Health::Up { version: shown, .. }, .. })
                        if shown == version || since.elapsed() < self.limits.version_age =>
                    {
                        adopted = since;
                        health
                    }
                    _ => Health::Up { version, rows: Arc::new(rows) },
                }
            }
            Err(error) => {
                tracing::warn!(%error, code = error.code(), "the database does not answer");
                self.forget_sessions();
                let (since, last_rows) = match before.map(|probed| probed.health) {
                    Some(Health::Down { since, last_rows, .. }) => (since, last_rows),
                    Some(Health::Up { rows, .. }) => (now(), Some(rows)),
                    None => (now(), None),
                };
                // What was there once is not what nobody has made yet.
                let why = match Trouble::of(&error) {
                    Trouble::Missing if last_rows.is_some() => Trouble::Unreachable,
                    why => why,
                };
                Health::Down { why, since, last_rows }
            }
        };
        self.metrics.database_up.store(u64::from(matches!(health, Health::Up { .. })), Ordering::Relaxed);
        *last = Some(Probed { asked: Instant::now(), adopted, health: health.clone() });
        health
    }

    /// The probe on a session of its own, which sees what is there now and not what was there once.
    async fn probe_now(&self) -> DwResult<RowBatch> {
        let answer = async {
            let mut session = self.engine.open(self.database, Access::ReadOnly, self.purpose).await?;
            let rows = session.query(&self.probe, &[]).await?;
            self.give_back(session, Instant::now());
            Ok(rows)
        };
        tokio::time::timeout(self.limits.query, answer).await.unwrap_or_else(|_| Err(self.timed_out(&self.probe)))
    }

    /// Asks again at the next call: somebody saw an error.
    pub async fn doubt(&self) {
        let mut last = self.health.lock().await;
        if let Some(Probed { asked, health: Health::Up { .. }, .. }) = &mut *last
            && let Some(earlier) = Instant::now().checked_sub(self.limits.probe_every)
        {
            *asked = earlier;
        }
    }

    /// Runs a query whose result is small.
    ///
    /// # Errors
    /// Of the engine; [`DwError::TimedOut`] beyond the time, [`DwError::Statement`] beyond the rows.
    pub async fn query(self: &Arc<Self>, sql: &str, params: &[Value]) -> DwResult<RowBatch> {
        let answer = self.query_within(sql, params).await;
        Metrics::add(&self.metrics.queries);
        if let Err(error) = &answer {
            Metrics::add(&self.metrics.query_failures);
            tracing::warn!(%error, code = error.code(), "a query failed");
            self.doubt().await;
        }
        answer
    }

    /// Reads by several statements on one session, which together may take as long as one statement.
    ///
    /// # Errors
    /// Of `read`; [`DwError::TimedOut`] beyond the time.
    pub async fn read<T, F>(self: &Arc<Self>, read: F) -> DwResult<T>
    where
        F: for<'a> FnOnce(&'a mut (dyn Session + 'static)) -> BoxFuture<'a, DwResult<T>>,
    {
        Metrics::add(&self.metrics.queries);
        let answer = async {
            let mut lease = self.lease().await?;
            let found = read(lease.session()?).await?;
            lease.keep();
            Ok(found)
        };
        let answer = tokio::time::timeout(self.limits.query, answer).await;
        let answer = answer.unwrap_or_else(|_| Err(self.timed_out("the statements of a page")));
        if let Err(error) = &answer {
            Metrics::add(&self.metrics.query_failures);
            tracing::warn!(%error, code = error.code(), "a reading failed");
            self.doubt().await;
        }
        answer
    }

    async fn query_within(self: &Arc<Self>, sql: &str, params: &[Value]) -> DwResult<RowBatch> {
        let mut lease = self.lease().await?;
        let began = Instant::now();
        let limit = self.limits.rows;
        let session = lease.session()?;
        let read = async {
            let mut stream = session.stream(sql, params, limit.saturating_add(1).min(4_096)).await?;
            let mut rows = RowBatch::default();
            while let Some(chunk) = stream.next().await? {
                if rows.len() + chunk.len() > limit {
                    return Err(self.too_many(sql));
                }
                if rows.width() == 0 { rows = chunk } else { rows.append(chunk) }
            }
            Ok(rows)
        };
        let rows = tokio::time::timeout(self.limits.query, read).await.unwrap_or_else(|_| Err(self.timed_out(sql)))?;
        tracing::debug!(sql, milliseconds = began.elapsed().as_secs_f64() * 1_000.0, rows = rows.len(), "query");
        lease.keep();
        Ok(rows)
    }

    /// A session for a long answer, such as an export; [`Lease::keep`] gives it back.
    ///
    /// # Errors
    /// When none becomes free in time, or none can be opened.
    pub async fn lease(self: &Arc<Self>) -> DwResult<Lease> {
        let waited = tokio::time::timeout(self.limits.query, self.permits.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = waited else {
            return Err(DwError::Busy {
                database: self.database,
                location: self.engine.location(self.database),
                waited_seconds: self.limits.query.as_secs(),
            });
        };
        let (session, opened) = match self.take_idle() {
            Some(idle) => (idle.session, idle.opened),
            None => (self.engine.open(self.database, Access::ReadOnly, self.purpose).await?, Instant::now()),
        };
        Ok(Lease { store: self.clone(), session: Some(session), opened, is_healthy: false, _permit: permit })
    }

    fn take_idle(&self) -> Option<Idle> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(idle) = pool.idle.pop() {
            if idle.opened.elapsed() < self.limits.session_age && idle.generation == pool.generation {
                return Some(idle);
            }
        }
        None
    }

    fn give_back(&self, session: Box<dyn Session>, opened: Instant) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if session.is_usable() && pool.idle.len() < self.limits.sessions {
            let generation = pool.generation;
            pool.idle.push(Idle { session, opened, generation });
        }
    }

    fn forget_sessions(&self) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.generation += 1;
        pool.idle.clear();
    }

    fn timed_out(&self, sql: &str) -> DwError {
        DwError::TimedOut {
            database: self.database,
            location: self.engine.location(self.database),
            seconds: self.limits.query.as_secs(),
            statement: beginning(sql),
        }
    }

    fn too_many(&self, sql: &str) -> DwError {
        DwError::Statement {
            database: self.database,
            message: format!("it answers more than {} rows", self.limits.rows),
            statement: beginning(sql),
            transient: false,
        }
    }
}

/// A session that is lent. One that nobody says is healthy is closed and not used again.
pub struct Lease {
    store: Arc<Store>,
    /// `None` only while it is dropped.
    session: Option<Box<dyn Session>>,
    opened: Instant,
    is_healthy: bool,
    _permit: OwnedSemaphorePermit,
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("opened", &self.opened).finish_non_exhaustive()
    }
}

impl Lease {
    /// The session.
    ///
    /// # Errors
    /// Never, while the lease lives.
    pub fn session(&mut self) -> DwResult<&mut (dyn Session + 'static)> {
        self.session.as_deref_mut().ok_or_else(|| DwError::Internal("a lease without session".to_owned()))
    }

    /// All went well: the session may be used again.
    pub fn keep(mut self) {
        self.is_healthy = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(session) = self.session.take().filter(|_| self.is_healthy) {
            self.store.give_back(session, self.opened);
        }
    }
}

fn beginning(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

fn version_of(rows: &RowBatch) -> u64 {
    let digest = Sha256::digest(format!("{rows:?}").as_bytes());
    digest.iter().take(8).fold(0, |version, byte| version << 8 | u64::from(*byte))
}
