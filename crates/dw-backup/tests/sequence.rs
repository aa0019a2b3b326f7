//! The steps of a backup of a server, from record to retention: the records are real, the server is a script that also answers
//! with errors.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

use std::sync::Arc;

use async_trait::async_trait;
use dw_audit::backups::BackupStatus;
use dw_audit::sla::rules;
use dw_backup::name::BackupKind;
use dw_backup::port::Unwatched;
use dw_backup::sql_server::{ServerBackups, ServerOptions, Sessions};
use dw_backup::vault::{OnceOptions, Vault};
use dw_core::config::{Overrides, load};
use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::Session;
use dw_core::error::{Database, DwError, DwResult};
use dw_core::fake::{Answer, Call, FakeSession};
use dw_core::migrate;
use dw_core::sql_server::TsqlDialect;
use dw_core::value::{RowBatch, Value};

struct Script(FakeSession);

#[async_trait]
impl Sessions for Script {
    fn name(&self, database: Database) -> String {
        database.name().to_owned()
    }

    async fn backup(&self, _database: Database) -> DwResult<Box<dyn Session>> {
        Ok(Box::new(self.0.clone()))
    }

    async fn restore(&self, _database: Database, _on: Option<&str>) -> DwResult<Box<dyn Session>> {
        Ok(Box::new(self.0.clone()))
    }
}

struct Stage {
    _folder: tempfile::TempDir,
    session: FakeSession,
    vault: Vault,
}

async fn stage() -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let engine = EmbeddedEngine::new(folder.path());
    migrate::init(&engine).await.unwrap();
    let session = FakeSession::speaking(&TsqlDialect);
    let options = ServerOptions {
        folder: "/var/opt/mssql/backup".to_owned(),
        local: None,
        compression: "auto".to_owned(),
        max_transfer_kb: 1_024,
        certificate: None,
    };
    let port = ServerBackups::new(Box::new(Script(session.clone())), options);
    let settings = load(&Overrides::default()).unwrap().backup;
    let vault = Vault::new(Arc::new(engine), Box::new(port), settings, rules::load(None).unwrap()).unwrap();
    Stage { _folder: folder, session, vault }
}

fn boxed(session: &FakeSession) {
    let mut row = RowBatch::new(3);
    row.push_row([Value::Null, Value::Int(3), "Developer Edition".into()]);
    session.answer("'BabelfishVersion'", Answer::Rows(row));
}

fn said(number: u32) -> Answer {
    Answer::Error(DwError::Statement {
        database: Database::Dw,
        message: format!("it failed (error {number}, state 1, class 16, line 1)"),
        statement: "BACKUP DATABASE".to_owned(),
        transient: false,
    })
}

fn dropped() -> Answer {
    Answer::Error(DwError::Connection {
        database: Database::Dw,
        location: "db:1433/DW_ECOMMERCE".to_owned(),
        message: "the connection was lost".to_owned(),
        hint: "run again".to_owned(),
        transient: true,
    })
}

fn statements(session: &FakeSession, word: &str) -> usize {
    let of = |call: &Call| matches!(call, Call::Read(sql, _) | Call::Execute(sql, _) if sql.starts_with(word));
    session.calls().iter().filter(|call| of(call)).count()
}

fn warehouse() -> OnceOptions {
    OnceOptions { databases: vec![Database::Dw], kind: BackupKind::Full, copy_only: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_error_fails_at_its_step_is_recorded_and_deletes_nothing() {
    for (word, answer, step, code) in [
        ("BACKUP DATABASE", said(3201), "copy", 70),
        ("BACKUP DATABASE", said(3041), "copy", 70),
        ("BACKUP DATABASE", said(1105), "copy", 70),
        ("BACKUP DATABASE", said(18210), "copy", 70),
        ("RESTORE VERIFYONLY", said(3189), "verify", 71),
    ] {
        let stage = stage().await;
        boxed(&stage.session);
        boxed(&stage.session);
        stage.session.answer(word, answer);
        let taken = stage.vault.once(&warehouse(), &Unwatched).await.unwrap();
        assert_eq!(taken[0].error.as_ref().unwrap().exit_code(), code);
        let known = stage.vault.known().await.unwrap().backups;
        assert_eq!((known.len(), known[0].status), (1, BackupStatus::Failed));
        assert_eq!(known[0].failed_step.as_deref(), Some(step));
        assert_eq!(statements(&stage.session, "BACKUP DATABASE"), 1, "what does not pass is not tried again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_connection_is_tried_again_and_the_end_is_verified() {
    let stage = stage().await;
    for _ in 0..3 {
        boxed(&stage.session);
    }
    stage.session.answer("BACKUP DATABASE", dropped());
    let taken = stage.vault.once(&warehouse(), &Unwatched).await.unwrap();
    // What the first attempt left lies in a folder that is not seen from here: that is told, and is no reason to give up.
    assert!(taken[0].error.is_none(), "{:?}", taken[0].error);
    assert_eq!(statements(&stage.session, "BACKUP DATABASE"), 2);
    assert_eq!(statements(&stage.session, "RESTORE VERIFYONLY"), 1);
    let known = stage.vault.known().await.unwrap().backups;
    assert_eq!((known.len(), known[0].status), (1, BackupStatus::Verified));
    assert!(known[0].totals.is_some());
    // One that goes on for ever ends.
    for _ in 0..5 {
        boxed(&stage.session);
        stage.session.answer("BACKUP DATABASE", dropped());
    }
    let taken = stage.vault.once(&warehouse(), &Unwatched).await.unwrap();
    assert_eq!(taken[0].error.as_ref().unwrap().exit_code(), 70);
    assert_eq!(statements(&stage.session, "BACKUP DATABASE"), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_that_cannot_reach_a_file_says_so_and_forgets_nothing() {
    let stage = stage().await;
    boxed(&stage.session);
    boxed(&stage.session);
    let taken = stage.vault.once(&warehouse(), &Unwatched).await.unwrap();
    assert!(taken[0].error.is_none());
    let pruned = stage.vault.prune(false, &Unwatched).await.unwrap();
    assert_eq!((pruned.deleted, pruned.files.len()), (0, 1));
    let known = stage.vault.known().await.unwrap().backups;
    assert!(known[0].deleted_at.is_none());
}
