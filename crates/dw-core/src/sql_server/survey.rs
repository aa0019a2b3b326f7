//! Looks at a server without changing it: whether a database is there, what it can do, and which options `init` would set. For
//! `init --plan`, and for the look that `init` takes before it writes anything.

use std::time::Instant;

use super::session::SqlServerSession;
use super::{Capabilities, SqlServerEngine, create};
use crate::config::ConnectionTarget;
use crate::engine::{Access, Session};
use crate::error::{Database, DwResult};

/// What is known of a database and its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// ONLINE, RECOVERING, ..; `None` when the database does not exist.
    pub state: Option<String>,
    /// What its server can do.
    pub capabilities: Capabilities,
    /// The options that are not set yet: `PAGE_VERIFY CHECKSUM`.
    pub options: Vec<&'static str>,
}

impl Survey {
    /// True when the database is there.
    pub fn exists(&self) -> bool {
        self.state.is_some()
    }
}

impl SqlServerEngine {
    /// A session on the database `master` of the server of a database.
    pub(super) async fn master(&self, database: Database) -> DwResult<SqlServerSession> {
        let target = ConnectionTarget { database: "master".to_owned(), ..self.target(database).clone() };
        SqlServerSession::connect(&target, database, "dw init").await
    }

    /// Looks at a database. Nothing is waited for and nothing is changed.
    ///
    /// # Errors
    /// When the server cannot be reached or asked.
    pub async fn survey(&self, database: Database) -> DwResult<Survey> {
        let mut master = self.master(database).await?;
        let name = &self.target(database).database;
        let state = create::state(&mut master, name).await?;
        let capabilities = Capabilities::of(&mut master).await?;
        let mut options = Vec::new();
        if capabilities.database_options {
            for option in create::options(database, self.recovery(database)) {
                if state.is_none() || option.is_unset(&mut master, name).await? {
                    options.push(option.set);
                }
            }
        }
        Ok(Survey { state, capabilities, options })
    }

    /// Waits until the server answers and, where the database exists, until it is ONLINE, as long as `init` waits. Tells whether
    /// it exists.
    ///
    /// # Errors
    /// When it does not come up in time, or refuses the login.
    pub async fn wait_until_ready(&self, database: Database) -> DwResult<bool> {
        let began = Instant::now();
        let mut master = create::wait_for_server(self, database, began).await?;
        if create::state(&mut master, &self.target(database).database).await?.is_none() {
            return Ok(false);
        }
        create::wait_until_online(&mut master, self, database, began).await?;
        Ok(true)
    }

    /// A session on a database of any version, or of none, which is there.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open_any_version(&self, database: Database) -> DwResult<Box<dyn Session>> {
        Ok(Box::new(self.session(database, Access::ReadWrite).await?))
    }

    /// The databases of which each stands for one server: the source stands for itself where it lives elsewhere.
    pub(super) fn servers(&self) -> Vec<Database> {
        let (oltp, dw) = (self.target(Database::Oltp), self.target(Database::Dw));
        let is_same = oltp.host.eq_ignore_ascii_case(&dw.host) && oltp.port == dw.port;
        if is_same { vec![Database::Dw] } else { vec![Database::Oltp, Database::Dw] }
    }

    /// The name of a database on its server.
    pub(super) fn database_name(&self, database: Database) -> &str {
        &self.target(database).database
    }
}
