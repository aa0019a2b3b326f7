//! One connection to a server and the pool that keeps it: session set-up, and the rule that a connection whose state is not
//! known is thrown away. Not here: what is asked over it (see [`super::session`]).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bb8_tiberius::rt::Client;
use tiberius::{AuthMethod, Config, EncryptionLevel};
use tokio::net::TcpStream;
use tokio_util::compat::TokioAsyncWriteCompatExt;

use super::failure::{self, Place};
use super::greeting::{self, Greeting};
use crate::config::ConnectionTarget;
use crate::error::{DwError, DwResult};

/// What every session is told first. XACT_ABORT: an error in a batch rolls back all of it, never a part. The ETL gives way
/// to the shop in a deadlock.
///
/// Babelfish 4.3 mistakes the names in a foreign key once a session has made its first temporary table after it had checked
/// that key, so that there every session makes one first.
const SET_UP: &str = "SET XACT_ABORT ON; SET NOCOUNT ON; SET LOCK_TIMEOUT 30000; SET DEADLOCK_PRIORITY LOW; \
    IF SERVERPROPERTY('BabelfishVersion') IS NOT NULL CREATE TABLE #dw_session (id INT NULL);";

/// A connection and whether its state is known.
pub(super) struct Link {
    pub client: Client,
    /// Set before every request and cleared after its answer: a future that is dropped, a timeout or an error in between
    /// leaves it set, and an unfinished transaction does too.
    pub unsure: bool,
    /// Set when a stream was dropped before its end: the rest of its rows is still on the way.
    pub abandoned: bool,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("unsure", &self.unsure).finish_non_exhaustive()
    }
}

/// Makes connections to one database.
pub(super) struct LinkManager {
    inner: bb8_tiberius::ConnectionManager,
    /// Set where the name in the certificate is not the host, which the inner manager cannot tell apart.
    apart: Option<Apart>,
    place: Place,
    /// Where it is, for the question what listens there.
    address: (String, u16),
    encrypt: bool,
    connect_timeout: Duration,
    failures: Arc<Failures>,
}

/// Why the last attempt to connect failed. bb8 itself would wait, and then only say that time ran out.
#[derive(Debug, Default)]
pub(super) struct Failures {
    last: Mutex<Option<DwError>>,
    told: tokio::sync::Notify,
}

impl Failures {
    /// Waits for the next failure.
    pub(super) fn next(&self) -> tokio::sync::futures::Notified<'_> {
        self.told.notified()
    }

    /// The last failure, unless a connection was made after it. Several may wait for one connection: each is told.
    pub(super) fn last(&self) -> Option<DwError> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(again)
    }

    fn tell(&self, error: DwError) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        self.told.notify_waiters();
    }

    fn forget(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The same error once more: the errors of connecting, as themselves.
fn again(error: &DwError) -> DwError {
    match error {
        DwError::Connection { database, location, message, hint, transient } => DwError::Connection {
            database: *database,
            location: location.clone(),
            message: message.clone(),
            hint: hint.clone(),
            transient: *transient,
        },
        DwError::Missing { database, location, hint } => {
            DwError::Missing { database: *database, location: location.clone(), hint: hint.clone() }
        }
        DwError::Permission { database, location, login, message } => DwError::Permission {
            database: *database,
            location: location.clone(),
            login: login.clone(),
            message: message.clone(),
        },
        DwError::Statement { database, message, statement, transient } => DwError::Statement {
            database: *database,
            message: message.clone(),
            statement: statement.clone(),
            transient: *transient,
        },
        other => DwError::Internal(other.to_string()),
    }
}

impl std::fmt::Debug for LinkManager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkManager").field("place", &self.place).finish_non_exhaustive()
    }
}

/// The driver's settings for a target. `purpose` appears as program name in the server's list of sessions.
fn config(target: &ConnectionTarget, purpose: &str, read_only: bool) -> Config {
    let mut config = Config::new();
    config.host(&target.host);
    config.port(target.port);
    config.database(&target.database);
    config.application_name(purpose);
    config.authentication(AuthMethod::sql_server(&target.user, target.password.expose()));
    config.readonly(read_only && target.application_intent_readonly);
    config.encryption(if target.encrypt { EncryptionLevel::Required } else { EncryptionLevel::NotSupported });
    // The driver takes one or the other, never both.
    if target.trust_server_certificate {
        config.trust_cert();
    } else if let Some(file) = &target.ca_file {
        config.trust_cert_ca(file.display());
    }
    config
}

/// A server whose address is not the name that its certificate is checked against: one behind another name, or an IPv6
/// address.
struct Apart {
    host: String,
    port: u16,
    config: Config,
}

impl Apart {
    fn of(target: &ConnectionTarget, purpose: &str, read_only: bool) -> Option<Self> {
        let name = match &target.hostname_in_certificate {
            Some(name) => name,
            None if target.host.contains(':') => &target.host,
            None => return None,
        };
        let mut config = config(target, purpose, read_only);
        config.host(name);
        Some(Self { host: target.host.clone(), port: target.port, config })
    }

    async fn connect(&self) -> Result<Client, bb8_tiberius::Error> {
        match connect(&self.host, self.port, self.config.clone()).await {
            Err(bb8_tiberius::Error::Tiberius(tiberius::error::Error::Routing { host, port })) => {
                // Azure sends its clients on, once.
                let mut config = self.config.clone();
                config.host(&host);
                config.port(port);
                connect(&host, port, config).await
            }
            other => other,
        }
    }
}

async fn connect(host: &str, port: u16, config: Config) -> Result<Client, bb8_tiberius::Error> {
    let tcp = TcpStream::connect((host, port)).await?;
    tcp.set_nodelay(true)?;
    Ok(Client::connect(config, tcp.compat_write()).await?)
}

impl LinkManager {
    pub(super) fn new(target: &ConnectionTarget, place: Place, purpose: &str, read_only: bool) -> Self {
        Self {
            inner: bb8_tiberius::ConnectionManager::new(config(target, purpose, read_only)),
            apart: Apart::of(target, purpose, read_only),
            place,
            address: (target.host.clone(), target.port),
            encrypt: target.encrypt,
            connect_timeout: target.connect_timeout,
            failures: Arc::default(),
        }
    }

    pub(super) fn failures(&self) -> Arc<Failures> {
        Arc::clone(&self.failures)
    }

    async fn attempt(&self) -> DwResult<Link> {
        use bb8::ManageConnection;
        let connecting = async {
            match &self.apart {
                None => self.inner.connect().await,
                Some(apart) => apart.connect().await,
            }
        };
        let connecting = tokio::time::timeout(self.connect_timeout, unwinding(connecting)).await;
        let connected = match connecting {
            Err(_) => return Err(self.unanswered()),
            Ok(None) => return Err(self.misunderstood("it does not answer as the protocol says").await),
            Ok(Some(connected)) => connected,
        };
        let mut client = match connected {
            Err(bb8_tiberius::Error::Io(error)) => return Err(self.unreachable(&error)),
            Err(bb8_tiberius::Error::Tiberius(error)) => return Err(self.refused(&error).await),
            Ok(client) => client,
        };
        let set_up = async {
            client.simple_query(SET_UP).await?.into_results().await?;
            Ok::<_, tiberius::error::Error>(())
        };
        match tokio::time::timeout(self.connect_timeout, set_up).await {
            Err(_) => Err(self.unanswered()),
            Ok(Err(error)) => Err(failure::explain(&error, &self.place, SET_UP)),
            Ok(Ok(())) => Ok(Link { client, unsure: false, abandoned: false }),
        }
    }

    fn unanswered(&self) -> DwError {
        DwError::Connection {
            database: self.place.database,
            location: self.place.location.clone(),
            message: format!("no answer within {} s", self.connect_timeout.as_secs()),
            hint: "check host and port, and that the server is up; `sqlserver.connect_timeout_seconds` is how long is waited"
                .to_owned(),
            transient: true,
        }
    }

    fn unreachable(&self, error: &std::io::Error) -> DwError {
        let refused = error.kind() == std::io::ErrorKind::ConnectionRefused;
        DwError::Connection {
            database: self.place.database,
            location: self.place.location.clone(),
            message: error.to_string(),
            hint: if refused {
                "nothing listens there: check the port, and that the server is up".to_owned()
            } else {
                "check the host name in `sqlserver.server` and the network".to_owned()
            },
            transient: true,
        }
    }

    async fn refused(&self, error: &tiberius::error::Error) -> DwError {
        match error {
            tiberius::error::Error::Io { message, .. } if message.contains("CA certificate") => {
                failure::untrusted(&self.place, message)
            }
            tiberius::error::Error::Tls(message) => self.misunderstood(message).await,
            tiberius::error::Error::Protocol(message) => self.misunderstood(message).await,
            other => failure::explain(other, &self.place, "connect"),
        }
    }

    /// Neither side understands the other: because of the certificate, because one cannot encrypt, or because there is no SQL
    /// Server at all.
    async fn misunderstood(&self, message: &str) -> DwError {
        let (message, hint) = match greeting::of(&self.address.0, self.address.1).await {
            Some(Greeting::Foreign) => (
                format!("what listens there is no SQL Server, or one that demands strict encryption: {message}"),
                "check host and port; TDS 8.0 (strict encryption) is not supported",
            ),
            Some(Greeting::Plain) if self.encrypt => (
                "`sqlserver.encrypt` is on, and the server cannot encrypt (TLS)".to_owned(),
                "give the server a certificate; with `sqlserver.encrypt = false` password and data are readable on the network",
            ),
            Some(Greeting::Plain) | None => {
                (format!("the server was not understood: {message}"), "check host and port")
            }
            Some(Greeting::Encrypting) => return failure::untrusted(&self.place, message),
        };
        DwError::Connection {
            database: self.place.database,
            location: self.place.location.clone(),
            message,
            hint: hint.to_owned(),
            transient: false,
        }
    }
}

/// `None` when the driver panics, as it does at some answers that no SQL Server gives: whoever waits for a connection is told.
async fn unwinding<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        polled.map_or(Poll::Ready(None), |poll| poll.map(Some))
    })
    .await
}

impl bb8::ManageConnection for LinkManager {
    type Connection = Link;
    type Error = DwError;

    async fn connect(&self) -> Result<Link, DwError> {
        match self.attempt().await {
            Ok(link) => {
                self.failures.forget();
                Ok(link)
            }
            Err(error) => {
                // The error itself goes to whoever waits for a connection; bb8 gets a short one for its log.
                let short = DwError::Internal(format!("no connection to {}", self.place.location));
                self.failures.tell(error);
                Err(short)
            }
        }
    }

    async fn is_valid(&self, link: &mut Link) -> Result<(), DwError> {
        link.unsure = true;
        let asked = tokio::time::timeout(self.connect_timeout, async {
            link.client.simple_query("SELECT 1").await?.into_results().await?;
            Ok::<_, tiberius::error::Error>(())
        });
        match asked.await {
            Ok(Ok(())) => {
                link.unsure = false;
                Ok(())
            }
            Ok(Err(error)) => Err(failure::explain(&error, &self.place, "SELECT 1")),
            Err(_) => Err(self.unanswered()),
        }
    }

    fn has_broken(&self, link: &mut Link) -> bool {
        link.unsure
    }
}
