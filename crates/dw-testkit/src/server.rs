//! Two databases with random names on the test server, which are dropped with their owner.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dw_core::config::{ConnectionString, ConnectionTarget, Secret};
use dw_core::engine::Executor;
use dw_core::error::{Database, DwResult};
use dw_core::sql_server::{SqlServerEngine, SqlServerOptions, SqlServerSession};

/// The variable with the ADO.NET connection string of a server on which the tests may create databases and logins.
pub const VARIABLE: &str = "DW_TEST_SQLSERVER";

/// How to reach the test server: the target of its database `master`.
///
/// # Panics
/// Without the variable: a test that needs a server is ignored by name, and never gets here.
pub fn target() -> ConnectionTarget {
    let text = std::env::var(VARIABLE).expect("DW_TEST_SQLSERVER names a test server");
    let string = ConnectionString::parse(&text).unwrap();
    ConnectionTarget {
        host: string.host,
        port: string.port.unwrap_or(1433),
        database: "master".to_owned(),
        user: string.user.expect("a user in DW_TEST_SQLSERVER"),
        password: string.password.unwrap_or_else(|| Secret::new("")),
        encrypt: string.encrypt.unwrap_or(true),
        trust_server_certificate: string.trust_server_certificate.unwrap_or(false),
        ca_file: string.server_certificate,
        hostname_in_certificate: string.hostname_in_certificate,
        connect_timeout: Duration::from_secs(15),
        command_timeout: Duration::from_secs(120),
        application_intent_readonly: true,
        ignored: Vec::new(),
    }
}

/// Options for an engine on databases of these names.
pub fn options(server: &ConnectionTarget, oltp: &str, dw: &str) -> SqlServerOptions {
    let of = |database: &str| ConnectionTarget { database: database.to_owned(), ..server.clone() };
    SqlServerOptions { oltp: of(oltp), dw: of(dw), max_connections: 10, attempts: 5, wait: Duration::from_secs(30) }
}

/// Two databases of a test. The names are random, so that tests run side by side; they are dropped in the end.
#[derive(Debug)]
pub struct TestDatabases {
    oltp: String,
    dw: String,
}

impl TestDatabases {
    /// Names for two databases that do not exist yet; the engine creates them.
    pub fn reserve() -> Self {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() % 1_000_000_000_000);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let stem = format!("dwtest_{}_{nanos:x}_{number}", std::process::id());
        Self { oltp: format!("{stem}_oltp"), dw: format!("{stem}_dw") }
    }

    /// Makes both, without tables. The engine would do it too, but one at a time: not every server can make two databases at
    /// the same moment.
    pub async fn create(&self) {
        let mut session = one_at_a_time().await.unwrap();
        for name in [&self.oltp, &self.dw] {
            session.execute(&format!("CREATE DATABASE {name}"), &[]).await.unwrap();
        }
    }

    /// The name of a database.
    pub fn name(&self, database: Database) -> &str {
        match database {
            Database::Oltp => &self.oltp,
            Database::Dw => &self.dw,
        }
    }

    /// An engine on them, with the login of the test server.
    pub fn engine(&self) -> Arc<SqlServerEngine> {
        Arc::new(SqlServerEngine::new(self.options()))
    }

    /// The options of that engine, for a test that changes some of them.
    pub fn options(&self) -> SqlServerOptions {
        options(&target(), &self.oltp, &self.dw)
    }
}

impl Drop for TestDatabases {
    fn drop(&mut self) {
        let names = [std::mem::take(&mut self.oltp), std::mem::take(&mut self.dw)];
        // On a thread and a runtime of its own: this may run inside of a runtime, which cannot wait here.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { drop_databases(&names).await })
        })
        .join();
        if let Ok(Err(error)) = dropped
            && !std::thread::panicking()
        {
            panic!("a test database could not be dropped: {error}");
        }
    }
}

/// Runs a statement on `master`.
///
/// # Errors
/// Of the server.
pub async fn on_master(sql: &str) -> DwResult<u64> {
    let mut session = SqlServerSession::connect(&target(), Database::Dw, "dw tests").await?;
    session.execute(sql, &[]).await
}

/// A session that holds the lock under which tests create and drop databases.
async fn one_at_a_time() -> DwResult<SqlServerSession> {
    let mut session = SqlServerSession::connect(&target(), Database::Dw, "dw tests").await?;
    let sql = "EXEC sp_getapplock @Resource = 'dw tests', @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 120000";
    session.execute(sql, &[]).await?;
    Ok(session)
}

async fn drop_databases(names: &[String]) -> DwResult<()> {
    let mut session = one_at_a_time().await?;
    for name in names {
        let exists = format!("SELECT COUNT(*) FROM sys.databases WHERE name = '{name}'");
        let mut attempt = 0;
        while session.query(&exists, &[]).await?.get(0, 0).int()? == Some(1) {
            // A connection of the test may need a moment to end.
            match session.execute(&format!("DROP DATABASE {name}"), &[]).await {
                Ok(_) => break,
                Err(error) if attempt >= 50 => return Err(error),
                Err(_) => {
                    // Not while others wait.
                    drop(session);
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
            attempt += 1;
            session = one_at_a_time().await?;
        }
    }
    Ok(())
}
