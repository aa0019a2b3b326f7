//! Fifty SIGKILLs at random moments of a run: the next run closes the dead one, goes on from its last batch, and in the end the
//! warehouse equals that of a run that nobody disturbed (ruling 32).
//!
//! Some kills come at a named point, where the process halts and waits for its end (see `dw_etl::checkpoint`); the others after
//! a random time, and are counted by the last point that the process had passed. `DW_TEST_SEED` repeats a sequence.
#![cfg(all(unix, feature = "etl", feature = "init"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

#[path = "../../dw-etl/tests/common/equal.rs"]
mod equal;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::{Access, Engine, Session};
use dw_core::entities;
use dw_core::error::Database;
use dw_testkit::kill::Killer;

use equal::{Warehouse, assert_equal_warehouses};

const ETL: &str = env!("CARGO_BIN_EXE_etl");
const INIT: &str = env!("CARGO_BIN_EXE_init");
/// A data folder and what the processes in it leave behind.
struct Place {
    folder: PathBuf,
    batch_size: &'static str,
}

impl Place {
    /// The same data in another folder. No process is using it.
    fn copy(&self, folder: &Path) -> Self {
        let (from, to) = (self.folder.join("data"), folder.join("data"));
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
        Self { folder: folder.to_owned(), batch_size: self.batch_size }
    }

    fn command(&self, binary: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("DW_") || name.starts_with("ETL_")) {
                command.env_remove(name);
            }
        }
        command.current_dir(&self.folder).args(arguments).args(["--data-dir", "data"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn finish(&self, binary: &str, arguments: &[&str]) {
        let output = self.command(binary, arguments).stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Without a lookback every row is read once, except for those of the watermark's own second. The cutoff keeps the late
    /// customer of the wave away for as long as this test lasts.
    fn etl(&self) -> Command {
        let options = ["run", "--batch-size", self.batch_size, "--lookback-minutes", "0", "--cutoff-minutes", "4"];
        self.command(ETL, &options)
    }

    fn engine(&self) -> EmbeddedEngine {
        EmbeddedEngine::new(self.folder.join("data"))
    }

    async fn dw(&self) -> Box<dyn Session> {
        self.engine().open(Database::Dw, Access::ReadWrite, "test").await.unwrap()
    }

    async fn rows(&self, sql: &str) -> Vec<String> {
        let mut dw = self.dw().await;
        let sql = dw.dialect().translate(sql);
        dw.query(&sql, &[]).await.unwrap().rows().map(|row| format!("{row:?}")).collect()
    }

    async fn warehouse(&self) -> Warehouse {
        equal::read(&mut *self.dw().await).await
    }

    /// Over all runs: what each entity read, less what it found unchanged, and what it wrote.
    async fn counters(&self) -> Vec<String> {
        self.rows(
            "SELECT entity_name, SUM(extracted_count - unchanged_count), SUM(inserted_count), SUM(updated_count), \
             SUM(rejected_count), SUM(inferred_count), SUM(soft_deleted_count), \
             SUM(extracted_count - inserted_count - updated_count - unchanged_count - rejected_count) \
             FROM audit.etl_run_entity GROUP BY entity_name ORDER BY entity_name",
        )
        .await
    }

    /// What the dead process has left: no lock, and one open run: its own, or the one before if it did not come so far.
    async fn assert_left_in_order(&self) {
        let engine = self.engine();
        for entity in entities::ALL {
            assert_eq!(engine.lock_holder(entity.name).await.unwrap(), None, "{}", entity.name);
        }
        let open = self.rows("SELECT run_id FROM audit.etl_run WHERE status = 'running'").await;
        let newest = self.rows("SELECT MAX(run_id) FROM audit.etl_run").await;
        assert!(open.is_empty() || open == newest, "{open:?} of {newest:?}: a run closes every earlier one");
    }
}

/// Where rounds begin, and what a run that nobody disturbs makes of it.
struct Scene {
    start: Place,
    expected: Warehouse,
    counters: Vec<String>,
    indexes: Vec<String>,
    usual: Duration,
}

const INDEXES: &str = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' ORDER BY name";

impl Scene {
    async fn new(start: Place, home: &Path) -> Self {
        let whole = start.copy(&home.join("whole"));
        let started = Instant::now();
        assert!(whole.etl().status().unwrap().success());
        let usual = started.elapsed();
        let (expected, counters) = (whole.warehouse().await, whole.counters().await);
        let indexes = whole.rows(INDEXES).await;
        fs::remove_dir_all(&whole.folder).unwrap();
        Self { start, expected, counters, indexes, usual }
    }

    /// What the last run of a round has made of it is what one run makes of it.
    async fn assert_whole(&self, round: &Place) {
        assert_equal_warehouses(&self.expected, &round.warehouse().await);
        assert_eq!(
            round.counters().await,
            self.counters,
            "each row was counted in the batch that loaded it, and only there"
        );
        assert_eq!(round.rows(INDEXES).await, self.indexes);
        assert_eq!(round.rows("PRAGMA foreign_key_check").await, Vec::<String>::new());
        assert_eq!(round.rows("PRAGMA integrity_check").await, ["[Text(\"ok\")]"]);
        for table in ["audit.etl_run", "audit.etl_run_entity"] {
            let sql = format!("SELECT 1 FROM {table} WHERE status = 'running'");
            assert_eq!(round.rows(&sql).await, Vec::<String>::new());
        }
        let sql = "SELECT COUNT(*) FROM audit.etl_run WHERE status = 'failed' AND finished_at IS NOT NULL \
            AND error_message LIKE 'interrupted: process ' || process_id || ' on %'";
        let explained = round.rows(sql).await;
        let failed = round.rows("SELECT COUNT(*) FROM audit.etl_run WHERE status <> 'success'").await;
        assert_eq!(explained, failed, "every dead run is closed with the reason");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(debug_assertions), ignore = "needs the points of a debug build")]
async fn fifty_kills_lose_nothing_and_repeat_nothing() {
    // A random kill comes in the first half of a run, process start aside.
    let mut killer = Killer::new((1, 5), Duration::from_secs(60));
    let home = tempfile::tempdir().unwrap();

    // A first load of three years; and a wave over a loaded warehouse, where rows change, move and go.
    let source = Place { folder: home.path().join("source"), batch_size: "100" };
    fs::create_dir_all(&source.folder).unwrap();
    source.finish(INIT, &["--scale", "0.1"]);
    let changed = Place { batch_size: "15", ..source.copy(&home.path().join("changed")) };
    assert!(changed.etl().status().unwrap().success());
    changed.finish(INIT, &["wave", "--count", "2"]);
    let scenes = [Scene::new(source, home.path()).await, Scene::new(changed, home.path()).await];
    assert!(scenes[0].expected.rows("fact.FACT_VENDAS") > 20_000);
    assert!(scenes[1].expected.rows("fact.FACT_VENDAS") > scenes[0].expected.rows("fact.FACT_VENDAS"));

    while let Some(number) = killer.round() {
        let scene = &scenes[number % 2];
        let round = scene.start.copy(&home.path().join("round"));
        let mut dead = 0;
        // A process that ended by itself has loaded everything: a new round.
        while !killer.is_over(dead) && killer.kill(round.etl(), &round.folder, scene.usual).is_ok() {
            dead += 1;
            round.assert_left_in_order().await;
        }
        assert!(round.etl().status().unwrap().success(), "the last run finishes what is left");
        scene.assert_whole(&round).await;
        fs::remove_dir_all(&round.folder).unwrap();
    }
    println!("whole runs take {:?}", [scenes[0].usual, scenes[1].usual]);
    killer.assert_spread();
}
