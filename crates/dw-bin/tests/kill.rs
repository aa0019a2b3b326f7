//! Fifty SIGKILLs at random moments of a run: the next run closes the dead one, goes on from its last batch, and in the end the
//! warehouse equals that of a run that nobody disturbed (ruling 32).
//!
//! Some kills come at a named point, where the process halts and waits for its end (see `dw_etl::checkpoint`); the others after
//! a random time, and are counted by the last point that the process had passed. `DW_TEST_SEED` repeats a sequence.
#![cfg(all(unix, feature = "etl", feature = "init"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

#[path = "../../dw-etl/tests/common/equal.rs"]
mod equal;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::{Access, Engine, Session};
use dw_core::entities;
use dw_core::error::Database;

use equal::{Warehouse, assert_equal_warehouses};

const ETL: &str = env!("CARGO_BIN_EXE_etl");
const INIT: &str = env!("CARGO_BIN_EXE_init");
const KILLS: usize = 50;
const KILLS_A_ROUND: usize = 10;
/// The points of `dw_etl::checkpoint`.
const POINTS: [&str; 4] = ["staged", "applied", "committed", "between_entities"];
/// A kill before the first batch.
const EARLY: &str = "before the first batch";

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

    fn points(&self) -> PathBuf {
        self.folder.join("points")
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
            assert!(started.elapsed() < Duration::from_secs(60), "{kill:?} never came");
            std::thread::sleep(Duration::from_millis(2));
        }
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

fn plan(random: &mut Random, kills: usize, usual: Duration) -> Kill {
    // Three of five at a point, each point in turn; the rest at any time of the first half of a run, process start aside.
    match kills % 5 {
        0 | 2 | 4 => {
            let point = POINTS[(kills * 3 / 5) % POINTS.len()];
            Kill::At(point, 1 + random.below(if point == "between_entities" { 6 } else { 12 }))
        }
        _ => {
            let tenth = u64::try_from(usual.as_micros() / 10).unwrap();
            Kill::After(Duration::from_micros(tenth + random.below(4 * tenth)))
        }
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
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let seed = std::env::var("DW_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(u64::from(clock) | 1);
    println!("DW_TEST_SEED={seed}");
    let mut random = Random(seed);
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

    let mut hits: BTreeMap<&str, [usize; 2]> = POINTS.into_iter().map(|point| (point, [0, 0])).collect();
    let (mut kills, mut rounds) = (0, 0);
    while kills < KILLS {
        assert!(rounds < KILLS / 2, "kills miss their process: {hits:?}");
        let scene = &scenes[rounds % 2];
        rounds += 1;
        let round = scene.start.copy(&home.path().join("round"));
        let mut dead = 0;
        while dead < KILLS_A_ROUND && kills < KILLS {
            let kill = plan(&mut random, kills, scene.usual);
            // A process that ended by itself has loaded everything: a new round.
            let Some(point) = round.kill(kill) else { break };
            hits.entry(point).or_default()[usize::from(matches!(kill, Kill::After(_)))] += 1;
            kills += 1;
            dead += 1;
            round.assert_left_in_order().await;
        }
        assert!(round.etl().status().unwrap().success(), "the last run finishes what is left");
        scene.assert_whole(&round).await;
        fs::remove_dir_all(&round.folder).unwrap();
    }
    let usual = [scenes[0].usual, scenes[1].usual];
    println!("{KILLS} kills in {rounds} rounds, [at the point, at a random time]: {hits:?}; whole runs take {usual:?}");
    for point in POINTS {
        assert!(hits[point][0] > 0, "{hits:?}");
    }
    assert!(hits.values().map(|hits| hits[1]).sum::<usize>() > 0, "{hits:?}");
}
