//! No password of a login is ever shown: neither by a log, nor by an error, nor by `Debug`.

use std::sync::{Arc, Mutex, OnceLock};

use dw_core::config::ConnectionTarget;
use dw_core::error::Database;
use dw_core::sql_server::{LoginOptions, SqlServerEngine, SqlServerOptions, SqlServerSession};
use dw_testkit::logins::PASSWORD;
use dw_testkit::on_sql_server;
use dw_testkit::server::target;

use crate::stage::{Stage, is_refusal};

/// Everything that is logged in this process.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The log of all tests of this process, down to the last trace of every crate.
fn log() -> Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    let log = LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter("trace")
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log
    });
    log.clone()
}

#[on_sql_server]
async fn no_password_is_shown_whatever_happens() {
    let log = log();
    let stage = Stage::new().await;
    let mut shown = String::new();
    let mut options = stage.logins.options();
    options.rotate = true;
    shown += &format!("{options:?}");
    shown += &format!("{:?}", stage.engine.plan_logins(&options).await.unwrap());
    let done = stage.engine.ensure_logins(&options).await.unwrap();
    shown += &format!("{done:?} {}", serde_json::to_string(&done).unwrap());
    shown += &format!("{:?}", stage.engine);
    // A login that may make none, and its refusal.
    let powerless = SqlServerEngine::new(SqlServerOptions {
        oltp: stage.target("etl_monitor", Database::Oltp),
        dw: stage.target("etl_monitor", Database::Dw),
        ..stage.databases.options()
    });
    let others = LoginOptions { suffix: format!("{}_x", options.suffix), ..options.clone() };
    let refused = powerless.ensure_logins(&others).await.unwrap_err();
    assert!(is_refusal(&refused), "{refused}");
    shown += &format!("{refused} {refused:?} {}", refused.hint());
    // A name that no server takes.
    let endless = LoginOptions { suffix: "x".repeat(300), ..options.clone() };
    if let Err(error) = stage.engine.ensure_logins(&endless).await {
        shown += &format!("{error} {error:?}");
    }
    // A password that is refused before anything is sent, and one of a wrong login.
    let mut long = stage.logins.options_with(&format!("{PASSWORD}{}", "x".repeat(200)));
    long.suffix = "_never".to_owned();
    let error = stage.engine.ensure_logins(&long).await.unwrap_err();
    assert_eq!(error.code(), "DW-E0002", "{error}");
    shown += &format!("{error} {error:?}");
    let wrong = ConnectionTarget { user: stage.logins.name("nobody"), ..stage.target("etl_runner", Database::Dw) };
    let error = SqlServerSession::connect(&wrong, Database::Dw, "dw tests").await.unwrap_err();
    shown += &format!("{error} {error:?} {wrong:?}");

    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("WITH PASSWORD = N'***'"), "the statements themselves are logged, without their secret");
    let doubled = PASSWORD.replace('\'', "''");
    let server = target();
    for secret in [PASSWORD, &doubled, server.password.expose()] {
        for (place, text) in [("the log", &logged), ("an error or Debug", &shown)] {
            // The quote in the password is escaped by Debug.
            let escaped = secret.escape_debug().to_string();
            for secret in [secret, &escaped] {
                if let Some(at) = text.find(secret) {
                    let from = text[..at].rfind('\n').map_or(0, |at| at + 1);
                    panic!("{place} shows a password behind: {}", &text[from..at]);
                }
            }
        }
    }
}
