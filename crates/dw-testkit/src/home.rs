//! Where the databases of a test live: a folder of its own, or two databases of its own on the test server.

use std::path::Path;
use std::sync::Arc;

use dw_core::catalog;
use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::{Access, SharedEngine};
use dw_core::error::Database;
use dw_core::schema::Table;

use crate::server::TestDatabases;

/// The engine of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum On {
    /// Files in a folder.
    Embedded,
    /// The server that `DW_TEST_SQLSERVER` names.
    SqlServer,
}

#[derive(Debug)]
enum Place {
    Folder(tempfile::TempDir),
    Server(TestDatabases),
}

/// Databases of a test, gone with it. Sessions on them must be dropped before.
#[derive(Debug)]
pub struct Home {
    // Before the place, so that its connections are closed when the databases are dropped.
    engine: SharedEngine,
    place: Place,
}

impl Home {
    /// A place for two databases that the engine has yet to fill.
    pub async fn new(on: On) -> Self {
        match on {
            On::Embedded => {
                let folder = tempfile::tempdir().unwrap();
                Self { engine: Arc::new(EmbeddedEngine::new(folder.path())), place: Place::Folder(folder) }
            }
            On::SqlServer => {
                let databases = TestDatabases::reserve();
                databases.create().await;
                Self { engine: databases.engine(), place: Place::Server(databases) }
            }
        }
    }

    /// The engine on them.
    pub fn engine(&self) -> SharedEngine {
        self.engine.clone()
    }

    /// Another one on the same databases, as another process has it: it remembers nothing of the first one.
    pub fn another_engine(&self) -> SharedEngine {
        match &self.place {
            Place::Folder(folder) => Arc::new(EmbeddedEngine::new(folder.path())),
            Place::Server(databases) => databases.engine(),
        }
    }

    /// Which one that is.
    pub fn on(&self) -> On {
        match self.place {
            Place::Folder(_) => On::Embedded,
            Place::Server(_) => On::SqlServer,
        }
    }

    /// The folder of the embedded engine.
    ///
    /// # Panics
    /// On a server.
    pub fn folder(&self) -> &Path {
        match &self.place {
            Place::Folder(folder) => folder.path(),
            Place::Server(_) => panic!("a server has no folder"),
        }
    }

    /// Copies a database to another home on the same engine, where it is made first if it is not there.
    pub async fn copy_to(&self, other: &Self, database: Database) {
        match (&self.place, &other.place) {
            (Place::Folder(_), Place::Folder(folder)) => {
                let mut session = self.engine.open(database, Access::ReadWrite, "copy").await.unwrap();
                let target = folder.path().join(format!("{}.db", database.name()));
                session.execute(&format!("VACUUM INTO '{}'", target.display()), &[]).await.unwrap();
            }
            (Place::Server(here), Place::Server(_)) => copy_rows(here.name(database), &other.engine, database).await,
            _ => panic!("a copy from one engine to another one"),
        }
    }
}

/// Makes a database on a server and copies all rows of another one into it.
async fn copy_rows(from: &str, to: &SharedEngine, database: Database) {
    let mut session = to.create(database).await.unwrap();
    dw_core::migrate::migrate(&mut *session, database).await.unwrap();
    let tables = tables(database);
    for table in tables.iter().rev() {
        // Members and control rows, which are copied with the others.
        session.execute(&format!("DELETE FROM {}", table.full_name()), &[]).await.unwrap();
    }
    for table in tables {
        let name = table.full_name();
        let columns = table.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
        let insert = format!("INSERT INTO {name} ({columns}) SELECT {columns} FROM {from}.{name}");
        let sql = if table.columns.iter().any(|column| column.identity) {
            format!("SET IDENTITY_INSERT {name} ON; {insert}; SET IDENTITY_INSERT {name} OFF")
        } else {
            insert
        };
        session.execute(&sql, &[]).await.unwrap();
    }
}

/// The tables of a database, each behind those that it refers to.
pub fn tables(database: Database) -> Vec<&'static Table> {
    match database {
        Database::Oltp => catalog::oltp_tables().collect(),
        Database::Dw => {
            let all = [catalog::dims::TABLES, catalog::facts::TABLES, catalog::control::TABLES];
            all.into_iter().flatten().copied().collect()
        }
    }
}
