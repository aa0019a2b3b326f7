//! The embedded engine as the domain crates see it: files, transactions, streams, locks, damage and other versions.
#![allow(clippy::unwrap_used, reason = "the helpers of these tests are no tests themselves")]

use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::{Access, Engine, Session};
use dw_core::error::{Database, DwError};
use dw_core::migrate;
use dw_core::value::{RowBatch, Value};
use std::time::Duration;

async fn created() -> (tempfile::TempDir, EmbeddedEngine) {
    let folder = tempfile::tempdir().unwrap();
    let engine = EmbeddedEngine::new(folder.path()).with_busy_timeout(Duration::from_millis(200));
    migrate::init(&engine).await.unwrap();
    (folder, engine)
}

async fn count(session: &mut dyn Session, table: &str) -> i64 {
    session.query(&format!("SELECT COUNT(*) FROM {table}"), &[]).await.unwrap().get(0, 0).int().unwrap().unwrap()
}

#[tokio::test]
async fn init_may_be_repeated_and_keeps_an_operators_switch() {
    let (_folder, engine) = created().await;
    let mut dw = engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
    dw.execute("UPDATE \"ctl.etl_control\" SET is_active = 0 WHERE entity_name = 'dim_cliente'", &[]).await.unwrap();
    drop(dw);
    let again = migrate::init(&engine).await.unwrap();
    assert!(again.iter().all(|(_, applied)| applied.is_empty()), "{again:?}");
    let mut dw = engine.open(Database::Dw, Access::ReadOnly, "test").await.unwrap();
    let off = dw.query("SELECT entity_name FROM \"ctl.etl_control\" WHERE is_active = 0", &[]).await.unwrap();
    assert_eq!(off.get(0, 0).text().unwrap(), Some("dim_cliente"));
    assert_eq!(count(&mut *dw, "\"ctl.etl_control\"").await, 9);
    for dimension in ["DIM_CLIENTE", "DIM_PRODUTO", "DIM_REGIAO", "DIM_EQUIPE", "DIM_VENDEDOR", "DIM_DESCONTO"] {
        assert_eq!(count(&mut *dw, &format!("\"dim.{dimension}\"")).await, 1, "member -1 of {dimension}");
    }
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    let (_folder, engine) = created().await;
    let mut dw = engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
    let before = count(&mut *dw, "\"ctl.etl_parked\"").await;
    let mut tx = dw.begin().await.unwrap();
    tx.execute("INSERT INTO \"ctl.etl_parked\" (entity_name, source_key) VALUES ('x', 1)", &[]).await.unwrap();
    drop(tx);
    assert_eq!(count(&mut *dw, "\"ctl.etl_parked\"").await, before);
    let mut tx = dw.begin().await.unwrap();
    tx.execute("INSERT INTO \"ctl.etl_parked\" (entity_name, source_key) VALUES ('x', 1)", &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&mut *dw, "\"ctl.etl_parked\"").await, before + 1);
}

#[tokio::test]
async fn a_stream_can_be_left_early_and_the_session_goes_on() {
    let (_folder, engine) = created().await;
    let mut dw = engine.open(Database::Dw, Access::ReadOnly, "test").await.unwrap();
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @P1) SELECT i FROM n";
    let mut rows = dw.stream(sql, &[Value::Int(1_000_000)], 100).await.unwrap();
    assert_eq!(rows.next().await.unwrap().unwrap().len(), 100);
    drop(rows);
    assert_eq!(dw.query("SELECT @P2 - @P1", &[3.into(), 10.into()]).await.unwrap().get(0, 0), &Value::Int(7));
}

#[tokio::test]
async fn a_busy_file_is_waited_for_and_then_told() {
    let (_folder, engine) = created().await;
    let mut first = engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
    let mut second = engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
    let _held = first.begin().await.unwrap();
    let error = second.begin().await.map(|_| ()).unwrap_err();
    assert!(matches!(error, DwError::Busy { .. }), "{error}");
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_reader_does_not_wait_for_a_writer_and_cannot_write() {
    let (_folder, engine) = created().await;
    let mut writer = engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
    let mut reader = engine.open(Database::Dw, Access::ReadOnly, "test").await.unwrap();
    let _held = writer.begin().await.unwrap();
    assert_eq!(count(&mut *reader, "\"ctl.etl_control\"").await, 9);
    let error = reader.execute("DELETE FROM \"ctl.etl_control\"", &[]).await.unwrap_err();
    assert!(matches!(error, DwError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_real_number_is_refused_where_the_contract_has_a_decimal() {
    let (_folder, engine) = created().await;
    let mut oltp = engine.open(Database::Oltp, Access::ReadWrite, "test").await.unwrap();
    let sql = "INSERT INTO \"core.sellers\" (seller_code, seller_name, monthly_goal_amount) VALUES ('a', 'b', 1.5)";
    let error = oltp.execute(sql, &[]).await.unwrap_err();
    assert!(matches!(error, DwError::Constraint { .. }), "{error}");
}

#[tokio::test]
async fn text_keys_compare_as_sql_server_compares_them() {
    let (_folder, engine) = created().await;
    let mut oltp = engine.open(Database::Oltp, Access::ReadWrite, "test").await.unwrap();
    let insert = "INSERT INTO \"core.teams\" (team_code, team_name) VALUES (@P1, 'x')";
    oltp.execute(insert, &["Équipe".into()]).await.unwrap();
    oltp.execute(insert, &["Equipe".into()]).await.unwrap();
    let error = oltp.execute(insert, &["éQUIPE  ".into()]).await.unwrap_err();
    assert!(matches!(error, DwError::Constraint { .. }), "{error}");
}

#[tokio::test]
async fn a_damaged_a_foreign_and_a_newer_file_are_refused_by_name() {
    let (folder, engine) = created().await;
    let mut dw = engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
    dw.execute("INSERT INTO \"ctl.schema_version\" (version, name, applied_at) VALUES (999, 'later', 0)", &[])
        .await
        .unwrap();
    drop(dw);
    let error = engine.open(Database::Dw, Access::ReadOnly, "test").await.map(|_| ()).unwrap_err();
    assert_eq!(error.exit_code(), dw_core::exit::SCHEMA_MISMATCH, "{error}");
    let error = migrate::init(&engine).await.unwrap_err();
    assert_eq!(error.exit_code(), dw_core::exit::SCHEMA_MISMATCH, "{error}");

    let path = engine.path(Database::Oltp);
    for extra in ["-wal", "-shm"] {
        let _may_be_absent = std::fs::remove_file(format!("{}{extra}", path.display()));
    }
    std::fs::write(&path, b"this is no database, and it is long enough to be read as a header of one ............")
        .unwrap();
    let error = engine.open(Database::Oltp, Access::ReadOnly, "test").await.map(|_| ()).unwrap_err();
    assert!(matches!(error, DwError::Corrupt { .. }), "{error}");
    assert_eq!(error.exit_code(), dw_core::exit::SOURCE_UNREACHABLE);

    std::fs::remove_file(&path).unwrap();
    let error = engine.open(Database::Oltp, Access::ReadOnly, "test").await.map(|_| ()).unwrap_err();
    assert!(matches!(error, DwError::Missing { .. }), "{error}");
    drop(folder);
}

#[tokio::test]
async fn a_full_file_is_told_and_the_transaction_is_gone() {
    let (_folder, engine) = created().await;
    let mut dw = engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
    let pages = dw.query("PRAGMA page_count", &[]).await.unwrap().get(0, 0).int().unwrap().unwrap();
    dw.query(&format!("PRAGMA max_page_count = {}", pages + 2), &[]).await.unwrap();
    let mut rows = RowBatch::new(2);
    for key in 0..20_000_i64 {
        rows.push_row([Value::from("an entity with a long name, so that the pages are soon full"), key.into()]);
    }
    let mut tx = dw.begin().await.unwrap();
    let error = tx.bulk("\"ctl.etl_parked\"", &["entity_name", "source_key"], rows.into()).await.unwrap_err();
    assert!(matches!(error, DwError::DiskFull { .. }), "{error}");
    drop(tx);
    assert_eq!(count(&mut *dw, "\"ctl.etl_parked\"").await, 0);
}

#[tokio::test]
async fn a_lock_has_one_holder_and_says_who() {
    let (_folder, engine) = created().await;
    let lock = engine.lock("dim_cliente", "process 1 on a").await.unwrap();
    let error = engine.lock("dim_cliente", "process 2 on b").await.unwrap_err();
    assert_eq!(error.exit_code(), dw_core::exit::LOCK_HELD);
    assert!(error.to_string().contains("process 1 on a"), "{error}");
    assert_eq!(engine.lock_holder("dim_cliente").await.unwrap().as_deref(), Some("process 1 on a"));
    drop(lock);
    assert_eq!(engine.lock_holder("dim_cliente").await.unwrap(), None);
    engine.lock("dim_cliente", "process 2 on b").await.unwrap();
}
