//! A copy of a database of the embedded engine is of one moment, whoever writes meanwhile.
#![allow(clippy::unwrap_used, reason = "the helpers of these tests are no tests themselves")]

use dw_core::embedded::EmbeddedEngine;
use dw_core::embedded::backup::{check_file, open_file};
use dw_core::engine::{Access, Engine};
use dw_core::error::Database;
use dw_core::migrate;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

const COUNT: &str = "SELECT COUNT(*), SUM(LENGTH(body)) FROM filler";

/// Writes, commits and tries to write the log back, as another program would.
async fn disturb(engine: &EmbeddedEngine) {
    let mut session = engine.open(Database::Dw, Access::ReadWrite, "disturb").await.unwrap();
    session.execute("UPDATE filler SET body = zeroblob(900) WHERE id % 3 = 0", &[]).await.unwrap();
    session.execute("INSERT INTO filler (body) SELECT randomblob(1000) FROM filler LIMIT 500", &[]).await.unwrap();
    session.query("PRAGMA wal_checkpoint(PASSIVE)", &[]).await.unwrap();
}

async fn filled() -> (tempfile::TempDir, EmbeddedEngine) {
    let folder = tempfile::tempdir().unwrap();
    let engine = EmbeddedEngine::new(folder.path());
    migrate::init(&engine).await.unwrap();
    let mut session = engine.open(Database::Dw, Access::ReadWrite, "fill").await.unwrap();
    session.execute("CREATE TABLE filler (id INTEGER PRIMARY KEY, body BLOB)", &[]).await.unwrap();
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) \
                INSERT INTO filler (body) SELECT randomblob(1000) FROM n";
    session.execute(rows, &[]).await.unwrap();
    (folder, engine)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_of_one_moment_whoever_writes_meanwhile() {
    let (folder, engine) = filled().await;
    // First the file itself is copied; then, while somebody reads an older moment and the log cannot be emptied, its pages.
    for somebody_reads in [false, true] {
        let mut reader = engine.open(Database::Dw, Access::ReadOnly, "reader").await.unwrap();
        if somebody_reads {
            reader.begin_snapshot().await.unwrap();
            reader.query(COUNT, &[]).await.unwrap();
            disturb(&engine).await;
        } else {
            drop(reader);
        }
        let target = folder.path().join(format!("copy_{somebody_reads}.db"));
        let mut steps = 0;
        let copied = block_in_place(|| {
            engine.copy_database(Database::Dw, &target, &[COUNT.to_owned()], &mut |_, _| {
                steps += 1;
                block_in_place(|| Handle::current().block_on(disturb(&engine)));
                true
            })
        })
        .unwrap();
        assert!(copied.is_whole && steps > 1, "{steps}");
        assert_eq!(check_file(Database::Dw, &target).unwrap(), Vec::<String>::new());
        let mut copy = open_file(Database::Dw, &target).await.unwrap();
        let found = copy.query(COUNT, &[]).await.unwrap();
        assert_eq!(copied.answers.unwrap()[0].row(0), found.row(0), "{somebody_reads}");
        // What was written meanwhile is in the original, which is healthy too.
        let mut session = engine.open(Database::Dw, Access::ReadOnly, "test").await.unwrap();
        assert_ne!(session.query(COUNT, &[]).await.unwrap().row(0), found.row(0));
        let health = session.query("PRAGMA integrity_check(1)", &[]).await.unwrap();
        assert_eq!(health.get(0, 0).text().unwrap(), Some("ok"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_given_up_says_so() {
    let (folder, engine) = filled().await;
    let target = folder.path().join("copy.db");
    let copied = block_in_place(|| engine.copy_database(Database::Dw, &target, &[], &mut |_, _| false)).unwrap();
    assert!(!copied.is_whole);
}
