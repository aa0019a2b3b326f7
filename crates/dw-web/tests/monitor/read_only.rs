//! No request writes: every session refuses it, and the files are the same bytes afterwards.

use dw_core::engine::{Access, Engine};
use dw_core::error::{Database, DwError};

use crate::common::stage::file;
use crate::stage::{BOTH, PAGES, Stage, reader};

#[tokio::test]
async fn the_files_are_the_same_bytes_after_every_page() {
    let stage = Stage::lived().await;
    let bytes = || BOTH.map(|database| std::fs::read(file(stage.folder.path(), database)).unwrap());
    let before = bytes();
    for (path, _) in PAGES {
        for query in ["", "?dias=30&linhas=200&situacao=falhas", "?status=failed&entidade=dim_cliente&pagina=2"] {
            stage.get(&format!("{path}{query}")).await;
        }
    }
    for path in ["/metrics", "/readyz", "/healthz", "/nirgends"] {
        stage.get(path).await;
    }
    assert!(before == bytes(), "defect D11: a request wrote");
}

#[tokio::test]
async fn a_session_of_the_monitor_refuses_every_write() {
    let stage = Stage::lived().await;
    let engine = reader(stage.folder.path());
    for database in BOTH {
        let error = engine.open(database, Access::ReadWrite, "test").await.err().unwrap();
        assert!(matches!(&error, DwError::Permission { login, .. } if login == "etl_monitor"), "{error}");
    }
    let mut session = engine.open(Database::Dw, Access::ReadOnly, "test").await.unwrap();
    session.query("SELECT COUNT(*) FROM \"audit.etl_run\"", &[]).await.unwrap();
    for sql in [
        "INSERT INTO \"audit.etl_run\" (entities_requested, status) VALUES ('x', 'running')",
        "UPDATE \"ctl.etl_control\" SET is_active = 0",
        "DELETE FROM \"audit.etl_reject\"",
        "DROP TABLE \"fact.FACT_VENDAS\"",
        "CREATE TABLE x (a)",
        "CREATE TEMP TABLE x (a)",
        "ATTACH DATABASE ':memory:' AS other",
        "PRAGMA user_version = 9",
    ] {
        let error = session.execute(sql, &[]).await.unwrap_err();
        assert!(matches!(error, DwError::Permission { .. }), "{sql}: {error}");
    }
}
