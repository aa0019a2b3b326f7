//! Creates a database that does not exist, waits until it can be used, and sets its options where the server has them.
//! Not here: tables (see [`crate::scripts`]).

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::failure::Place;
use super::link::LinkManager;
use super::session::SqlServerSession;
use super::{Capabilities, SqlServerEngine};
use crate::config::{ConnectionTarget, RecoveryModel};
use crate::engine::Executor;
use crate::error::{Database, DwError, DwResult};

/// How long is waited between two attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// Waits for the server, creates the database if it is not there, waits until it is ONLINE, and sets its options.
pub(super) async fn database(engine: &SqlServerEngine, database: Database) -> DwResult<()> {
    let target = engine.target(database);
    let began = Instant::now();
    let mut master = wait_for_server(engine, database, began).await?;
    let name = &target.database;
    let known = Capabilities::of(&mut master).await?;
    while state(&mut master, name).await?.is_none() {
        tracing::info!(database = name, "creating the database");
        match master.execute(&format!("CREATE DATABASE {}", quoted(name)), &[]).await {
            Ok(_) => break,
            // Two inits at once: the other one was faster.
            Err(_) if state(&mut master, name).await?.is_some() => break,
            Err(error) if error.is_transient() && began.elapsed() + PAUSE < engine.options.wait => {
                tracing::warn!(database = name, %error, "the database was not created and is tried again");
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
    wait_until_online(&mut master, engine, database, began).await?;
    if known.database_options {
        set_options(&mut master, name, options(database, engine.recovery(database))).await;
    }
    Ok(())
}

/// An identifier in brackets.
pub(super) fn quoted(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

pub(super) async fn wait_for_server(
    engine: &SqlServerEngine,
    database: Database,
    began: Instant,
) -> DwResult<SqlServerSession> {
    let target = ConnectionTarget { database: "master".to_owned(), ..engine.target(database).clone() };
    let place = Place { database, location: target.describe(), login: target.user.clone() };
    let mut told = false;
    loop {
        let manager = LinkManager::new(&target, place.clone(), "dw init", false);
        let opened = SqlServerSession::dedicated(&manager, Arc::new(place.clone()), target.command_timeout).await;
        let error = match opened {
            Ok(session) => return Ok(session),
            Err(error) => error,
        };
        // A wrong password or certificate does not mend itself, and asking again locks accounts.
        if !error.is_transient() || began.elapsed() + PAUSE > engine.options.wait {
            return Err(error);
        }
        if !told {
            tracing::warn!(location = place.location, %error, "waiting for the server");
            told = true;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

pub(super) async fn state(master: &mut SqlServerSession, name: &str) -> DwResult<Option<String>> {
    let sql = "SELECT state_desc FROM sys.databases WHERE LOWER(name) = LOWER(@P1)";
    let rows = master.query(sql, &[name.into()]).await?;
    Ok(rows.get(0, 0).text()?.map(str::to_owned))
}

pub(super) async fn wait_until_online(
    master: &mut SqlServerSession,
    engine: &SqlServerEngine,
    database: Database,
    began: Instant,
) -> DwResult<()> {
    let target = engine.target(database);
    let mut told = String::new();
    loop {
        let state = state(master, &target.database).await?.unwrap_or_else(|| "missing".to_owned());
        if state.eq_ignore_ascii_case("ONLINE") {
            return Ok(());
        }
        if began.elapsed() + PAUSE > engine.options.wait {
            return Err(DwError::Connection {
                database,
                location: target.describe(),
                message: format!("the database is {state} and not ONLINE after {} s", began.elapsed().as_secs()),
                hint: "see the server's log; `sqlserver.wait_seconds` is how long `init` waits".to_owned(),
                transient: true,
            });
        }
        if told != state {
            tracing::warn!(location = target.describe(), state, "waiting for the database");
            told = state;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// An option of a database that this product wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DatabaseOption {
    /// True of its row in `sys.databases` while it is not set.
    unset: &'static str,
    /// As ALTER DATABASE spells it.
    pub(super) set: &'static str,
}

impl DatabaseOption {
    /// True while the option is not set.
    pub(super) async fn is_unset(self, master: &mut SqlServerSession, name: &str) -> DwResult<bool> {
        let sql = format!("SELECT COUNT(*) FROM sys.databases WHERE name = @P1 AND {}", self.unset);
        Ok(master.query(&sql, &[name.into()]).await?.get(0, 0).int()? == Some(1))
    }

    /// Sets it where it is not set: some options wait for, or end, all other sessions.
    fn statement(self, name: &str) -> String {
        format!(
            "IF EXISTS (SELECT 1 FROM sys.databases WHERE name = N'{}' AND {}) ALTER DATABASE {} SET {}",
            name.replace('\'', "''"),
            self.unset,
            quoted(name),
            self.set
        )
    }
}

/// The options of a database.
pub(super) fn options(database: Database, recovery: RecoveryModel) -> Vec<DatabaseOption> {
    let option = |unset, set| DatabaseOption { unset, set };
    let mut all = vec![
        option("page_verify_option_desc <> 'CHECKSUM'", "PAGE_VERIFY CHECKSUM"),
        option("snapshot_isolation_state = 0", "ALLOW_SNAPSHOT_ISOLATION ON"),
        option("is_read_committed_snapshot_on = 0", "READ_COMMITTED_SNAPSHOT ON WITH ROLLBACK IMMEDIATE"),
        option("is_query_store_on = 0", "QUERY_STORE = ON"),
    ];
    let (unset, set) = match recovery {
        RecoveryModel::Full => ("recovery_model_desc <> 'FULL'", "RECOVERY FULL"),
        RecoveryModel::BulkLogged => ("recovery_model_desc <> 'BULK_LOGGED'", "RECOVERY BULK_LOGGED"),
        RecoveryModel::Simple => ("recovery_model_desc <> 'SIMPLE'", "RECOVERY SIMPLE"),
    };
    all.push(option(unset, set));
    tracing::debug!(%database, set, "recovery model");
    all
}

async fn set_options(master: &mut SqlServerSession, name: &str, options: Vec<DatabaseOption>) {
    for option in options {
        // An option that an edition or a login may not set is no reason to stop.
        if let Err(error) = master.execute(&option.statement(name), &[]).await {
            tracing::warn!(database = name, %error, "a database option was not set");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_the_warehouse() {
        let options: Vec<String> = options(Database::Dw, RecoveryModel::Simple)
            .iter()
            .map(|option| option.statement("DW_ECOMMERCE"))
            .collect();
        insta::assert_snapshot!(options.join(";\nGO\n"));
    }

    #[test]
    fn the_source_keeps_its_log_unless_somebody_says_otherwise() {
        let last = |model| options(Database::Oltp, model).last().map(|option| option.set);
        assert_eq!(last(RecoveryModel::Full), Some("RECOVERY FULL"));
        assert_eq!(last(RecoveryModel::BulkLogged), Some("RECOVERY BULK_LOGGED"));
        assert_eq!(last(RecoveryModel::Simple), Some("RECOVERY SIMPLE"));
    }

    #[test]
    fn a_name_cannot_leave_its_brackets() {
        assert_eq!(quoted("a]; DROP DATABASE x; --"), "[a]]; DROP DATABASE x; --]");
    }
}
