//! The sequence of statements, driven through a scripted session that also answers with errors.

use dw_core::fake::{Answer, Call, FakeSession};
use dw_core::value::Value;

use super::*;
use crate::name::BackupName;
use crate::port::Unwatched;

/// Both logins on one script.
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

fn rows(values: &[Value]) -> Answer {
    let mut rows = RowBatch::new(values.len());
    rows.push_row(values.iter().cloned());
    Answer::Rows(rows)
}

fn said(number: u32, message: &str, transient: bool) -> Answer {
    Answer::Error(DwError::Statement {
        database: Database::Dw,
        message: format!("{message} (error {number}, state 1, class 16, line 1)"),
        statement: "BACKUP DATABASE".to_owned(),
        transient,
    })
}

fn boxed(session: &FakeSession) {
    session.answer("'BabelfishVersion'", rows(&[Value::Null, Value::Int(3), "Developer Edition".into()]));
}

fn server(session: &FakeSession, certificate: Option<&str>) -> ServerBackups {
    ServerBackups::new(
        Box::new(Script(session.clone())),
        ServerOptions {
            folder: "/var/opt/mssql/backup".to_owned(),
            local: None,
            compression: "auto".to_owned(),
            max_transfer_kb: 1_024,
            certificate: certificate.map(str::to_owned),
        },
    )
}

fn job(kind: BackupKind) -> Job {
    let extension = if kind == BackupKind::Log { "trn" } else { "bak" }.to_owned();
    let name = BackupName { database: "DW_ECOMMERCE".to_owned(), at: 1_795_857_300, kind, extension };
    Job { database: Database::Dw, kind, copy_only: false, name, stripes: 2 }
}

fn stored(kind: BackupKind, file: &str) -> Stored {
    Stored {
        database: Database::Dw,
        kind,
        file: file.to_owned(),
        folder: "/var/opt/mssql/backup".to_owned(),
        stripes: 1,
        size: None,
        sha256: None,
    }
}

/// The statements of a script, one a line.
fn trace(session: &FakeSession) -> String {
    let text = |call: &Call| match call {
        Call::Read(sql, _) | Call::Execute(sql, _) => sql.clone(),
        other => format!("{other:?}"),
    };
    session.calls().iter().map(text).collect::<Vec<_>>().join(";\nGO\n")
}

#[tokio::test]
async fn a_backup_and_its_proof_in_order() {
    let session = FakeSession::speaking(&TsqlDialect);
    boxed(&session);
    let port = server(&session, None);
    let written = port.write(&job(BackupKind::Full), &Unwatched).await.unwrap();
    assert!(written.totals.is_some());
    session.answer("msdb.dbo.backupset", rows(&[Value::Int(4_096), Value::Int(1), Value::Int(0)]));
    let proof = port.prove(&job(BackupKind::Full), &Unwatched).await.unwrap();
    assert_eq!(proof, Proof { size: Some(4_096), sha256: None });
    insta::assert_snapshot!(trace(&session));
}

#[tokio::test]
async fn a_drill_and_a_chain_that_replaces_in_order() {
    let session = FakeSession::speaking(&TsqlDialect);
    let port = server(&session, None);
    let listed = |session: &FakeSession| {
        let mut files = RowBatch::new(3);
        files.push_row(["DW_ECOMMERCE".into(), "/var/opt/mssql/data/DW.mdf".into(), "D".into()]);
        files.push_row(["DW_ECOMMERCE_log".into(), "/var/opt/mssql/data/DW.ldf".into(), "L".into()]);
        session.answer("FILELISTONLY", Answer::Rows(files));
        session.answer("InstanceDefaultDataPath", rows(&["/data/".into(), "/log/".into()]));
    };
    listed(&session);
    let full = stored(BackupKind::Full, "DW_ECOMMERCE_20261128_091500_full.bak");
    port.restore(std::slice::from_ref(&full), "drill_DW_ECOMMERCE", false, &Unwatched).await.unwrap();
    port.check(Database::Dw, "drill_DW_ECOMMERCE").await.unwrap();
    port.totals(Database::Dw, "drill_DW_ECOMMERCE").await.unwrap();
    port.drop_database("drill_DW_ECOMMERCE").await.unwrap();
    listed(&session);
    session.answer("FROM sys.databases", rows(&[Value::Int(1)]));
    let chain = [
        full,
        stored(BackupKind::Diff, "DW_ECOMMERCE_20261128_101500_diff.bak"),
        stored(BackupKind::Log, "DW_ECOMMERCE_20261128_102000_log.trn"),
    ];
    port.restore(&chain, "DW_ECOMMERCE", true, &Unwatched).await.unwrap();
    insta::assert_snapshot!(trace(&session));
}

#[tokio::test]
async fn a_backup_of_another_database_is_not_restored() {
    let session = FakeSession::speaking(&TsqlDialect);
    let mut header = vec![Value::Null; 9];
    header.push("master".into());
    session.answer("HEADERONLY", rows(&header));
    let full = stored(BackupKind::Full, "DW_ECOMMERCE_20261128_091500_full.bak");
    let port = server(&session, None);
    let error = port.restore(std::slice::from_ref(&full), "copy", false, &Unwatched).await.unwrap_err();
    assert!(error.to_string().contains("master") && !trace(&session).contains("RESTORE DATABASE"), "{error}");
}

#[tokio::test]
async fn each_error_of_the_server_is_one_message_with_what_to_do() {
    let mut told = Vec::new();
    let mut tell = |error: DwError| {
        told.push(format!(
            "{} {} {}\n  {error}\n  {}",
            error.code(),
            error.exit_code(),
            error.is_transient(),
            error.hint()
        ));
    };
    let answers = [
        said(3201, "Cannot open backup device. Operating system error 5(Access is denied.)", false),
        said(3041, "BACKUP failed to complete the command BACKUP DATABASE DW_ECOMMERCE", false),
        Answer::Error(DwError::DiskFull { database: Database::Dw, location: "db:1433/DW_ECOMMERCE".to_owned() }),
        said(18210, "BackupMedium::ReportIoError: write failure on backup device. Operating system error 112", false),
        said(1205, "deadlocked", true),
        Answer::Error(DwError::Connection {
            database: Database::Dw,
            location: "db:1433/DW_ECOMMERCE".to_owned(),
            message: "the connection was lost".to_owned(),
            hint: "run again".to_owned(),
            transient: true,
        }),
    ];
    for answer in answers {
        let session = FakeSession::speaking(&TsqlDialect);
        boxed(&session);
        session.answer("BACKUP DATABASE", answer);
        tell(server(&session, None).write(&job(BackupKind::Full), &Unwatched).await.unwrap_err());
    }
    let session = FakeSession::speaking(&TsqlDialect);
    session.answer("VERIFYONLY", said(3189, "Damage to the backup set was detected", false));
    tell(server(&session, None).prove(&job(BackupKind::Full), &Unwatched).await.unwrap_err());
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn what_a_server_cannot_do_is_one_message() {
    let mut told = Vec::new();
    for (server_is, model) in [
        ([Value::from("4.3.0"), Value::Int(2), "Standard".into()], "FULL"),
        ([Value::Null, Value::Int(5), "SQL Azure".into()], "FULL"),
        ([Value::Null, Value::Int(3), "Developer".into()], "SIMPLE"),
    ] {
        let session = FakeSession::speaking(&TsqlDialect);
        session.answer("'BabelfishVersion'", rows(&server_is));
        session.answer("recovery_model_desc", rows(&[model.into()]));
        let error = server(&session, None).supports(Database::Dw, BackupKind::Log).await.unwrap_err();
        told.push(format!("{} {error}\n  {}", error.exit_code(), error.hint()));
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn nothing_is_encrypted_by_a_certificate_that_was_never_exported() {
    let exported = |session: &FakeSession, row: Option<&[Value]>| {
        boxed(session);
        if let Some(row) = row {
            session.answer("sys.certificates", rows(row));
        }
    };
    for (row, refused) in [
        (None, "has no certificate"),
        (Some([Value::from("dw_backup"), Value::Null]), "was never exported"),
        (Some([Value::from("dw_backup"), Value::Int(1)]), ""),
    ] {
        let session = FakeSession::speaking(&TsqlDialect);
        exported(&session, row.as_ref().map(|row| &row[..]));
        let written = server(&session, Some("dw_backup")).write(&job(BackupKind::Full), &Unwatched).await;
        match written {
            Err(error) => {
                assert!(!refused.is_empty() && error.to_string().contains(refused), "{error}");
                assert!(!trace(&session).contains("BACKUP DATABASE"));
            }
            Ok(_) => assert!(refused.is_empty() && trace(&session).contains("SERVER CERTIFICATE = [dw_backup]")),
        }
    }
}
