//! Who reads views reads nothing else: a restricted session of the embedded engine (ruling 17).
#![allow(clippy::unwrap_used, reason = "the helpers of these tests are no tests themselves")]

use dw_core::catalog::views::dashboards::{DASH_ATUALIZACAO_R1, DASH_VENDAS_R1};
use dw_core::embedded::{EmbeddedEngine, Readable};
use dw_core::engine::{Access, Engine, Session};
use dw_core::error::{Database, DwError};
use dw_core::migrate;

async fn reader() -> (tempfile::TempDir, EmbeddedEngine, Box<dyn Session>) {
    let folder = tempfile::tempdir().unwrap();
    let engine = EmbeddedEngine::new(folder.path());
    migrate::init(&engine).await.unwrap();
    let readable = Readable::views(&[&DASH_VENDAS_R1, &DASH_ATUALIZACAO_R1]).without(&DASH_VENDAS_R1, "nome_cliente");
    let engine = engine.restricted_to(readable);
    let session = engine.open(Database::Dw, Access::ReadOnly, "test").await.unwrap();
    (folder, engine, session)
}

#[tokio::test]
async fn granted_views_can_be_read_and_counted() {
    let (_folder, _engine, mut session) = reader().await;
    for sql in [
        "SELECT numero_pedido, SUM(valor_total_liquido) FROM \"fact.VW_DASH_VENDAS_R1\" WHERE data_id > 1 GROUP BY numero_pedido",
        "SELECT COUNT(*) FROM \"fact.VW_DASH_VENDAS_R1\"",
        "WITH k AS (SELECT estado FROM \"fact.VW_DASH_VENDAS_R1\" v WHERE v.estado IN (SELECT estado FROM \"fact.VW_DASH_VENDAS_R1\")) SELECT COUNT(*) FROM k",
    ] {
        session.query(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    let rows = session.query("SELECT entidade FROM \"fact.VW_DASH_ATUALIZACAO_R1\"", &[]).await.unwrap();
    assert_eq!(rows.len(), 9);
}

#[tokio::test]
async fn nothing_else_can_be_done() {
    let (_folder, _engine, mut session) = reader().await;
    for sql in [
        "SELECT nome_cliente FROM \"fact.VW_DASH_VENDAS_R1\"",
        "SELECT COUNT(*) FROM \"fact.VW_DASH_VENDAS_R1\" WHERE nome_cliente LIKE 'A%'",
        "SELECT 1 FROM \"fact.VW_DASH_VENDAS_R1\" ORDER BY nome_cliente",
        "SELECT * FROM \"fact.VW_DASH_VENDAS_R1\"",
        "SELECT nome_cliente FROM \"dim.DIM_CLIENTE\"",
        "SELECT valor FROM \"dim.VW_FILTROS_R1\"",
        "SELECT 1 FROM \"fact.VW_DASH_VENDAS_R1\" v JOIN \"fact.FACT_VENDAS\" f ON f.venda_id = v.venda_id",
        "SELECT name FROM sqlite_schema",
        "PRAGMA table_info(\"dim.DIM_CLIENTE\")",
        "CREATE TEMP TABLE t (a)",
        "DELETE FROM \"fact.FACT_VENDAS\"",
        "ATTACH DATABASE ':memory:' AS other",
    ] {
        let error = session.query(sql, &[]).await.unwrap_err();
        assert!(matches!(error, DwError::Permission { .. }), "{sql}: {error}");
    }
}

#[tokio::test]
async fn neither_the_source_nor_a_session_that_writes_is_opened() {
    let (_folder, engine, _session) = reader().await;
    for (database, access) in [(Database::Dw, Access::ReadWrite), (Database::Oltp, Access::ReadOnly)] {
        let error = engine.open(database, access, "test").await.err().unwrap();
        assert!(matches!(error, DwError::Permission { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_query_that_is_given_up_ends_and_the_session_goes_on() {
    let (_folder, _engine, mut session) = reader().await;
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n";
    for _ in 0..3 {
        let given_up = tokio::time::timeout(std::time::Duration::from_millis(30), session.query(endless, &[])).await;
        assert!(given_up.is_err());
        let streamed = async { session.stream(endless, &[], 10).await.unwrap().next().await.map(|_| ()) };
        assert!(tokio::time::timeout(std::time::Duration::from_millis(30), streamed).await.is_err());
        let rows = session.query("SELECT 7", &[]).await.unwrap();
        assert_eq!(rows.get(0, 0).int().unwrap(), Some(7));
    }
}

#[tokio::test]
async fn who_reads_everything_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = EmbeddedEngine::new(folder.path());
    migrate::init(&engine).await.unwrap();
    let engine = engine.restricted_to(Readable::everything());
    for (database, table) in [(Database::Oltp, "core.customers"), (Database::Dw, "audit.etl_run")] {
        let mut session = engine.open(database, Access::ReadOnly, "test").await.unwrap();
        session.query(&format!("SELECT * FROM \"{table}\""), &[]).await.unwrap();
        for sql in [
            format!("DELETE FROM \"{table}\""),
            "CREATE TEMP TABLE t (a)".to_owned(),
            "PRAGMA user_version = 9".to_owned(),
        ] {
            let error = session.execute(&sql, &[]).await.unwrap_err();
            assert!(matches!(&error, DwError::Permission { login, .. } if login == "etl_monitor"), "{sql}: {error}");
        }
        assert!(engine.open(database, Access::ReadWrite, "test").await.is_err());
    }
}
