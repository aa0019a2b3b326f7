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

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dw_core::engine::{Access, Engine, Session, SharedEngine};
use dw_core::entities;
use dw_core::error::Database;
use dw_core::migrate;
use dw_testkit::home::tables;
use dw_testkit::on_sql_server;
use dw_testkit::server::{TestDatabases, target};

use equal::{Warehouse, assert_equal_warehouses};
use server::{ETL, INIT};

const KILLS: usize = 50;
const KILLS_A_ROUND: usize = 10;
/// The points of `dw_etl::checkpoint`.
const POINTS: [&str; 4] = ["staged", "applied", "committed", "between_entities"];
/// A kill before the first batch.
const EARLY: &str = "before the first batch";
/// How long the server may need to see that a client is gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// Small and good enough: xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }
}

/// How a process is killed.
#[derive(Debug, Clone, Copy)]
enum Kill {
    /// Where it passes a point for the n-th time.
    At(&'static str, u64),
    /// After this time.
    After(Duration),
}

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

    fn points(&self) -> PathBuf {
        self.folder.path().join("points")
    }

    fn passed(&self) -> Vec<String> {
        fs::read_to_string(self.points()).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Starts a run and kills it; `None` when it had ended before.
    fn kill(&self, kill: Kill) -> Option<&'static str> {
        let _none_yet = fs::remove_file(self.points());
        let mut command = self.etl();
        command.env("DW_TEST_POINTS", self.points());
        if let Kill::At(point, pass) = kill {
            command.env("DW_TEST_PAUSE", format!("{point}:{pass}"));
        }
        let mut child = command.spawn().unwrap();
        if !self.wait(&mut child, kill) {
            assert_eq!(child.wait().unwrap().code(), Some(0), "a run that nobody kills succeeds");
            return None;
        }
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        let last = self.passed().last().cloned().unwrap_or_default();
        let last = last.trim_end_matches(" paused");
        if let Kill::At(point, _) = kill {
            assert_eq!(last, point);
        }
        Some(POINTS.into_iter().find(|point| *point == last).unwrap_or(EARLY))
    }

    /// Waits for the moment; false when the process ended first.
    fn wait(&self, child: &mut Child, kill: Kill) -> bool {
        let started = Instant::now();
        loop {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            let now = match kill {
                Kill::At(..) => self.passed().last().is_some_and(|line| line.ends_with("paused")),
                Kill::After(time) => started.elapsed() >= time,
            };
            if now {
                return true;
            }
            assert!(started.elapsed() < Duration::from_secs(120), "{kill:?} never came");
            std::thread::sleep(Duration::from_millis(2));
        }
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

fn plan(random: &mut Random, kills: usize, usual: Duration) -> Kill {
    // Three of five at a point, each point in turn; the rest at any time of a run, its beginning and its end aside.
    match kills % 5 {
        0 | 2 | 4 => {
            let point = POINTS[(kills * 3 / 5) % POINTS.len()];
            Kill::At(point, 1 + random.below(if point == "between_entities" { 6 } else { 12 }))
        }
        _ => {
            let tenth = u64::try_from(usual.as_micros() / 10).unwrap();
            Kill::After(Duration::from_micros(2 * tenth + random.below(6 * tenth)))
        }
    }
}

#[on_sql_server]
#[cfg_attr(not(debug_assertions), ignore = "needs the points of a debug build")]
async fn fifty_kills_on_a_server_lose_nothing_and_repeat_nothing() {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let seed = std::env::var("DW_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(u64::from(clock) | 1);
    println!("DW_TEST_SEED={seed}");
    let mut random = Random(seed);

    // A first load of three years; and two waves over a loaded warehouse, where rows change, move and go.
    let scenes = [Scene::new(false, "60").await, Scene::new(true, "15").await];
    let mut hits: BTreeMap<&str, [usize; 2]> = POINTS.into_iter().map(|point| (point, [0, 0])).collect();
    let (mut kills, mut rounds) = (0, 0);
    while kills < KILLS {
        assert!(rounds < KILLS / 2, "kills miss their process: {hits:?}");
        let scene = &scenes[rounds % 2];
        rounds += 1;
        scene.begin_again().await;
        let mut dead = 0;
        while dead < KILLS_A_ROUND && kills < KILLS {
            let kill = plan(&mut random, kills, scene.usual);
            // A process that ended by itself has loaded everything: a new round.
            let Some(point) = scene.kill(kill) else { break };
            hits.entry(point).or_default()[usize::from(matches!(kill, Kill::After(_)))] += 1;
            kills += 1;
            dead += 1;
            println!("kill {kills} of round {rounds}: {kill:?} hit {point}");
            scene.assert_left_in_order().await;
        }
        scene.finish_etl();
        scene.assert_whole().await;
    }
    let usual = [scenes[0].usual, scenes[1].usual];
    println!("{KILLS} kills in {rounds} rounds, [at the point, at a random time]: {hits:?}; whole runs take {usual:?}");
    for point in POINTS {
        assert!(hits[point][0] > 0, "{hits:?}");
    }
    assert!(hits.values().map(|hits| hits[1]).sum::<usize>() > 0, "{hits:?}");
}
