//! Two databases of a test with the logins of the stack, and the sessions of each login.

use std::sync::Arc;

use dw_core::config::ConnectionTarget;
use dw_core::engine::SharedEngine;
use dw_core::error::{Database, DwError, DwResult};
use dw_core::migrate;
use dw_core::sql_server::{Capabilities, SqlServerEngine, SqlServerOptions, SqlServerSession};
use dw_testkit::logins::TestLogins;
use dw_testkit::server::TestDatabases;

/// Two databases and five logins, gone with the test in this order.
pub struct Stage {
    pub engine: Arc<SqlServerEngine>,
    pub databases: TestDatabases,
    pub logins: TestLogins,
}

impl Stage {
    /// Databases without logins.
    pub async fn without_logins() -> Self {
        let databases = TestDatabases::reserve();
        let logins = TestLogins::reserve(&databases);
        let engine = databases.engine();
        migrate::init(&*engine).await.unwrap();
        Self { engine, databases, logins }
    }

    pub async fn new() -> Self {
        let stage = Self::without_logins().await;
        stage.engine.ensure_logins(&stage.logins.options()).await.unwrap();
        stage
    }

    pub fn target(&self, login: &str, database: Database) -> ConnectionTarget {
        self.logins.target(login, self.databases.name(database))
    }

    pub async fn connect(&self, login: &str, database: Database) -> DwResult<SqlServerSession> {
        SqlServerSession::connect(&self.target(login, database), database, "dw tests").await
    }

    /// An engine as a login.
    pub fn as_login(&self, login: &str) -> SharedEngine {
        let options = SqlServerOptions {
            oltp: self.target(login, Database::Oltp),
            dw: self.target(login, Database::Dw),
            ..self.databases.options()
        };
        Arc::new(SqlServerEngine::new(options))
    }

    pub async fn capabilities(&self) -> Capabilities {
        self.engine.capabilities(Database::Dw).await.unwrap()
    }
}

/// True when a server refused for want of a permission. Babelfish tells so in words alone.
pub fn is_refusal(error: &DwError) -> bool {
    let text = error.to_string().to_lowercase();
    let words = ["permission", "must be owner", "must have", "must be a member", "only members of the"];
    matches!(error, DwError::Permission { .. }) || words.iter().any(|word| text.contains(word))
}
