//! The logins of a test on the test server: their names end in something random, so that tests run side by side, and they are
//! dropped with their owner. Not here: what they may do.

use dw_core::config::{ConnectionTarget, LoginSettings, Secret};
use dw_core::engine::Executor;
use dw_core::error::Database;
use dw_core::sql_server::{LoginOptions, SqlServerSession};

use crate::server::{TestDatabases, target};

/// The five logins of the stack.
pub const NAMES: [&str; 5] = ["etl_runner", "etl_monitor", "etl_backup", "etl_restore", "bi_reader"];

/// A password that satisfies a server's policy and holds what a careless statement would break on.
pub const PASSWORD: &str = "Aa1'];--\"{$}% é&=";

/// The logins of a test. Keep it behind the databases: a login is dropped when nothing holds it.
#[derive(Debug)]
pub struct TestLogins {
    suffix: String,
}

impl TestLogins {
    /// Names for logins that do not exist yet.
    pub fn reserve(databases: &TestDatabases) -> Self {
        let stem = databases.name(Database::Dw).trim_start_matches("dwtest").trim_end_matches("_dw");
        Self { suffix: stem.to_owned() }
    }

    /// The name of a login here.
    pub fn name(&self, login: &str) -> String {
        format!("{login}{}", self.suffix)
    }

    /// Options with a password for each of them.
    pub fn options(&self) -> LoginOptions {
        self.options_with(PASSWORD)
    }

    /// The same with another password.
    pub fn options_with(&self, password: &str) -> LoginOptions {
        let password = || Some(Secret::new(password));
        LoginOptions {
            passwords: LoginSettings {
                etl_runner_password: password(),
                etl_monitor_password: password(),
                etl_backup_password: password(),
                etl_restore_password: password(),
                bi_reader_password: password(),
            },
            suffix: self.suffix.clone(),
            rotate: false,
        }
    }

    /// A database of the test server as one of these logins.
    pub fn target(&self, login: &str, database: &str) -> ConnectionTarget {
        ConnectionTarget {
            user: self.name(login),
            password: Secret::new(PASSWORD),
            database: database.to_owned(),
            ..target()
        }
    }
}

impl Drop for TestLogins {
    fn drop(&mut self) {
        let names = NAMES.map(|login| self.name(login));
        // On a thread and a runtime of its own: this may run inside of a runtime, which cannot wait here.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut session = SqlServerSession::connect(&target(), Database::Dw, "dw tests").await?;
                for name in names {
                    let exists = "SELECT COUNT(*) FROM sys.server_principals WHERE name = @P1";
                    if session.query(exists, &[name.as_str().into()]).await?.get(0, 0).int()? == Some(1) {
                        session.execute(&format!("DROP LOGIN [{name}]"), &[]).await?;
                    }
                }
                dw_core::error::DwResult::Ok(())
            })
        })
        .join();
        if let Ok(Err(error)) = dropped
            && !std::thread::panicking()
        {
            panic!("a test login could not be dropped: {error}");
        }
    }
}
