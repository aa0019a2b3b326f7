//! Fifty SIGKILLs at random moments of a run on a server: the next run closes the dead one, goes on from its last batch, and in
//! the end the warehouse equals that of a run that nobody disturbed (ruling 32). The same as `kill.rs` does with files, where
//! the server has to find out by itself that a client is dead.
//!
//! `DW_TEST_SEED` repeats a sequence.
#![cfg(all(unix, feature = "etl", feature = "init"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

#[path = "../../dw-etl/tests/common/equal.rs"]
mod equal;

#[path = "server/mod.rs"]
mod server;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dw_core::engine::{Access, Engine, Session, SharedEngine};
use dw_core::entities;
use dw_core::error::Database;
use dw_core::migrate;
use dw_testkit::home::tables;
use dw_testkit::kill::Killer;
use dw_testkit::on_sql_server;
use dw_testkit::server::{TestDatabases, target};

use equal::{Warehouse, assert_equal_warehouses};
use server::{ETL, INIT};

/// How long the server may need to see that a client is gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where rounds begin, and what a run that nobody disturbs makes of it.
struct Scene {
    engine: SharedEngine,
    folder: tempfile::TempDir,
    /// Holds the warehouse as it is when a round begins.
    start: TestDatabases,
    databases: TestDatabases,
    batch_size: &'static str,
    expected: Option<Warehouse>,
    counters: Vec<String>,
    indexes: Vec<String>,
    usual: Duration,
}

impl Scene {
    /// A source and a warehouse, which is loaded once and has met two waves since when `loaded` says so.
    async fn new(loaded: bool, batch_size: &'static str) -> Self {
        let databases = TestDatabases::reserve();
        let mut scene = Self {
            engine: databases.engine(),
            folder: tempfile::tempdir().unwrap(),
            start: TestDatabases::reserve(),
            databases,
            batch_size,
            expected: None,
            counters: Vec::new(),
            indexes: Vec::new(),
            usual: Duration::ZERO,
        };
        scene.finish(INIT, &["--scale", "0.02"]);
        if loaded {
            assert!(scene.etl().status().unwrap().success());
            scene.finish(INIT, &["wave", "--count", "2"]);
            // The customers that come late do so tomorrow, however long this takes.
            let late = "UPDATE core.customers SET updated_at = DATEADD(DAY, 1, updated_at) \
                        WHERE updated_at > DATEADD(SECOND, -200, SYSUTCDATETIME())";
            let mut oltp = scene.engine.open(Database::Oltp, Access::ReadWrite, "test").await.unwrap();
            assert_eq!(oltp.execute(late, &[]).await.unwrap(), 2);
            drop(oltp);
        }
        let keeper = scene.start.engine();
        let mut session = keeper.create(Database::Dw).await.unwrap();
        migrate::migrate(&mut *session, Database::Dw).await.unwrap();
        copy(&mut *session, scene.databases.name(Database::Dw)).await;
        drop(session);
        let started = Instant::now();
        scene.finish_etl();
        scene.usual = started.elapsed();
        let expected = scene.warehouse().await;
        assert!(expected.rows("fact.FACT_VENDAS") > 4_000);
        scene.expected = Some(expected);
        scene.counters = scene.counters().await;
        scene.indexes = scene.indexes().await;
        scene
    }

    /// The warehouse as it was.
    async fn begin_again(&self) {
        copy(&mut *self.dw().await, self.start.name(Database::Dw)).await;
    }

    fn command(&self, binary: &str, arguments: &[&str]) -> Command {
        let mut command = server::command(binary, arguments, &target());
        for database in [Database::Oltp, Database::Dw] {
            command.env(server::name_of(database), self.databases.name(database));
        }
        command.current_dir(self.folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn finish(&self, binary: &str, arguments: &[&str]) {
        let output = self.command(binary, arguments).stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn finish_etl(&self) {
        let output = self.etl().stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Without a lookback every row is read once, except for those of the watermark's own second.
    fn etl(&self) -> Command {
        let options = ["run", "--batch-size", self.batch_size, "--lookback-minutes", "0", "--cutoff-minutes", "4"];
        self.command(ETL, &options)
    }

    async fn dw(&self) -> Box<dyn Session> {
        self.engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap()
    }

    async fn rows(&self, sql: &str) -> Vec<String> {
        self.dw().await.query(sql, &[]).await.unwrap().rows().map(|row| format!("{row:?}")).collect()
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

    /// How many indexes each table has: their names are the server's own business.
    async fn indexes(&self) -> Vec<String> {
        self.rows(
            "SELECT s.name, t.name, COUNT(*) FROM sys.indexes i JOIN sys.tables t ON t.object_id = i.object_id \
             JOIN sys.schemas s ON s.schema_id = t.schema_id GROUP BY s.name, t.name ORDER BY s.name, t.name",
        )
        .await
    }

    /// What the dead process has left: no lock, and one open run: its own, or the one before if it did not come so far.
    async fn assert_left_in_order(&self) {
        let began = Instant::now();
        for entity in entities::ALL {
            while let Some(holder) = self.engine.lock_holder(entity.name).await.unwrap() {
                assert!(began.elapsed() < PATIENCE, "{} is still held by {holder}", entity.name);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let open = self.rows("SELECT run_id FROM audit.etl_run WHERE status = 'running'").await;
        let newest = self.rows("SELECT MAX(run_id) FROM audit.etl_run").await;
        assert!(open.is_empty() || open == newest, "{open:?} of {newest:?}: a run closes every earlier one");
    }

    /// What the last run of a round has made of it is what one run makes of it.
    async fn assert_whole(&self) {
        assert_equal_warehouses(self.expected.as_ref().unwrap(), &self.warehouse().await);
        assert_eq!(
            self.counters().await,
            self.counters,
            "each row was counted in the batch that loaded it, and only there"
        );
        assert_eq!(self.indexes().await, self.indexes);
        for table in ["audit.etl_run", "audit.etl_run_entity"] {
            let sql = format!("SELECT run_id FROM {table} WHERE status = 'running'");
            assert_eq!(self.rows(&sql).await, Vec::<String>::new());
        }
        let explained = "SELECT COUNT(*) FROM audit.etl_run WHERE status = 'failed' AND finished_at IS NOT NULL \
            AND error_message LIKE 'interrupted: process ' + CAST(process_id AS VARCHAR(20)) + ' on %'";
        let failed = "SELECT COUNT(*) FROM audit.etl_run WHERE status <> 'success'";
        assert_eq!(self.rows(explained).await, self.rows(failed).await, "every dead run is closed with the reason");
        let output = self.command(ETL, &["reconcile"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "the source and the warehouse agree");
    }
}

/// Replaces all rows of a warehouse by those of another one.
async fn copy(dw: &mut dyn Session, from: &str) {
    let tables = tables(Database::Dw);
    for table in tables.iter().rev() {
        dw.execute(&format!("DELETE FROM {}", table.full_name()), &[]).await.unwrap();
    }
    for table in tables {
        let name = table.full_name();
        let columns = table.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
        let insert = format!("INSERT INTO {name} ({columns}) SELECT {columns} FROM {from}.{name}");
        let sql = if table.columns.iter().any(|column| column.identity) {
            format!("SET IDENTITY_INSERT {name} ON; {insert}; SET IDENTITY_INSERT {name} OFF")
        } else {
            insert
        };
        dw.execute(&sql, &[]).await.unwrap();
    }
}

#[on_sql_server]
#[cfg_attr(not(debug_assertions), ignore = "needs the points of a debug build")]
async fn fifty_kills_on_a_server_lose_nothing_and_repeat_nothing() {
    // A random kill comes at any time of a run, its beginning and its end aside.
    let mut killer = Killer::new((2, 8), Duration::from_secs(120));

    // A first load of three years; and two waves over a loaded warehouse, where rows change, move and go.
    let scenes = [Scene::new(false, "60").await, Scene::new(true, "15").await];
    while let Some(number) = killer.round() {
        let scene = &scenes[number % 2];
        scene.begin_again().await;
        let mut dead = 0;
        while !killer.is_over(dead) {
            // A process that ended by itself has loaded everything: a new round.
            if let Err(ended) = killer.kill(scene.etl(), scene.folder.path(), scene.usual) {
                assert_eq!(ended.code(), Some(0), "a run that nobody kills succeeds");
                break;
            }
            dead += 1;
            scene.assert_left_in_order().await;
        }
        scene.finish_etl();
        scene.assert_whole().await;
    }
    println!("whole runs take {:?}", [scenes[0].usual, scenes[1].usual]);
    killer.assert_spread();
}
