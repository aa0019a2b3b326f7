//! The whole life of backups on the embedded engine, as a user of the binary has it: backed up under load, damaged, on a full
//! disk, killed at each step, drilled, restored row for row, and the warehouse brought back to its source afterwards.
#![cfg(all(unix, feature = "backup", feature = "etl", feature = "init"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use dw_core::catalog;
use dw_core::embedded::{EmbeddedEngine, backup::open_file};
use dw_core::engine::{Access, Engine, Session};
use dw_core::error::Database;
use serde_json::Value;

const BACKUP: &str = env!("CARGO_BIN_EXE_backup");
const ETL: &str = env!("CARGO_BIN_EXE_etl");
const INIT: &str = env!("CARGO_BIN_EXE_init");

/// A folder with both databases, loaded, and a place for backups.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.good(INIT, &["--scale", "0.01"]);
        place.good(ETL, &["run", "--no-quality"]);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, binary: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary);
        for (name, _) in std::env::vars_os() {
            let is_ours = |name: &str| ["DW_", "ETL_", "BACKUP_"].iter().any(|ours| name.starts_with(ours));
            if name.to_str().is_some_and(is_ours) {
                command.env_remove(name);
            }
        }
        command.current_dir(self.0.path()).args(arguments).args(["--data-dir", "data", "--output", "json"]);
        command.env("DW_BACKUP_JITTER_SECONDS", "0").stdin(Stdio::null());
        command
    }

    fn run(&self, binary: &str, arguments: &[&str]) -> Output {
        self.command(binary, arguments).output().unwrap()
    }

    fn good(&self, binary: &str, arguments: &[&str]) -> Value {
        let output = self.run(binary, arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output));
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    fn bad(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(BACKUP, arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output));
        text(&output)
    }

    /// The names of the backups that are on the disk.
    fn files(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("dw-backups")) else { return Vec::new() };
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name.ends_with("_full.db"));
        names.sort();
        names
    }

    fn newest(&self, database: Database) -> String {
        self.files().into_iter().rfind(|name| name.starts_with(database.name())).unwrap()
    }

    fn engine(&self) -> EmbeddedEngine {
        EmbeddedEngine::new(self.path("data"))
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Every row of every table of a database, in the order of the tables.
async fn rows(session: &mut dyn Session, database: Database) -> Vec<String> {
    let tables: Vec<_> = match database {
        Database::Oltp => catalog::oltp_tables().collect(),
        // The audit trail of the live one has gone on.
        Database::Dw => catalog::dw_tables().filter(|table| table.schema != "audit").collect(),
    };
    let mut all = Vec::new();
    for table in tables {
        let sql = format!("SELECT * FROM \"{}\" ORDER BY {}", table.full_name(), table.primary_key.join(", "));
        for row in session.query(&sql, &[]).await.unwrap().rows() {
            all.push(format!("{} {row:?}", table.name));
        }
    }
    all
}

#[tokio::test]
async fn a_restored_database_is_the_source_row_for_row() {
    let place = Place::new();
    place.good(BACKUP, &["once"]);
    for database in [Database::Dw, Database::Oltp] {
        let file = place.newest(database);
        let restored = place.good(BACKUP, &["restore", &file, "--to", "copy"]);
        assert_eq!(restored["name"], "copy");
        let engine = place.engine();
        let mut live = engine.open(database, Access::ReadOnly, "test").await.unwrap();
        let mut copy = open_file(database, &place.path("data/copy.db")).await.unwrap();
        let (live, copy) = (rows(&mut *live, database).await, rows(&mut *copy, database).await);
        assert!(copy.len() > 1_000 && copy == live, "{database}: {} and {} rows", copy.len(), live.len());
        // Never over an existing one, and only by its name typed twice.
        let error = place.bad(2, &["restore", &file, "--to", "copy"]);
        assert!(error.contains("--replace copy"), "{error}");
        place.bad(2, &["restore", &file, "--to", "copy", "--replace", "other"]);
        place.good(BACKUP, &["restore", &file, "--to", "copy", "--replace", "copy"]);
        fs::remove_file(place.path("data/copy.db")).unwrap();
    }
    place.bad(2, &["restore", "../etc/passwd", "--to", "x"]);
    place.bad(2, &["restore", &place.newest(Database::Dw), "--to", "../x"]);
    place.bad(2, &["once", "--type", "log"]);
}

#[test]
fn a_damaged_backup_is_found_told_and_never_restored() {
    let place = Place::new();
    place.good(BACKUP, &["once"]);
    let file = place.newest(Database::Dw);
    place.good(BACKUP, &["verify", &file]);
    let path = place.path("dw-backups").join(&file);
    let damaged = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let mut byte = [0];
    damaged.read_exact_at(&mut byte, 70_000).unwrap();
    damaged.write_all_at(&[byte[0] ^ 1], 70_000).unwrap();
    drop(damaged);
    assert!(place.bad(71, &["verify", &file]).contains("SHA-256"));
    // It was the only one: too much could be lost.
    assert!(place.bad(70, &["status"]).contains("damaged"));
    assert!(place.bad(71, &["restore", &file, "--to", "copy"]).contains("does not verify"));
    assert!(!place.path("data/copy.db").exists());
    place.good(BACKUP, &["once"]);
    assert!(place.bad(71, &["status"]).contains("damaged"));
    fs::remove_file(&path).unwrap();
    assert!(place.bad(71, &["verify", &file]).contains("gone"));
}

#[test]
fn the_warehouse_equals_its_source_after_a_restore_of_either() {
    let place = Place::new();
    place.good(BACKUP, &["once"]);
    std::thread::sleep(Duration::from_secs(1));
    place.good(INIT, &["wave", "--count", "2"]);
    place.good(ETL, &["run", "--no-quality"]);
    for database in [Database::Oltp, Database::Dw] {
        let file = place.newest(database);
        place.good(BACKUP, &["restore", &file, "--to", database.name(), "--replace", database.name()]);
        if database == Database::Oltp {
            assert_eq!(place.run(ETL, &["reconcile", "--dry-run"]).status.code(), Some(20));
        }
        place.good(ETL, &["rewind", "--from-backup", &file]);
        place.good(ETL, &["run", "--no-quality"]);
        place.good(ETL, &["reconcile"]);
        let report = place.good(ETL, &["reconcile", "--dry-run"]);
        assert!(report.to_string().contains("\"difference\":\"0.00\""), "{report}");
    }
    // The warehouse has forgotten its backups with the restore; the files beside them have not.
    place.good(BACKUP, &["once"]);
    let known = place.good(BACKUP, &["list"]);
    let verified = known["backups"].as_array().unwrap().iter().filter(|one| one["status"] == "verified").count();
    assert_eq!((place.files().len(), verified), (4, 4), "{known}");
}

#[test]
fn a_backup_under_load_is_of_one_moment() {
    let place = Place::new();
    let mut load = place.command(ETL, &["run", "--every", "1s", "--no-quality", "--cutoff-minutes", "0"]);
    let mut load = load.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..3 {
        place.good(INIT, &["wave"]);
        place.good(BACKUP, &["once"]);
    }
    // What was counted at the moment of each copy is what the copy holds.
    for _ in 0..2 {
        let drills = place.good(BACKUP, &["drill"]);
        assert!(drills["drills"].as_array().unwrap().iter().all(|drill| drill["passed"] == true), "{drills}");
    }
    load.kill().unwrap();
    load.wait().unwrap();
    let leftovers: Vec<String> = fs::read_dir(place.path("data"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("drill_"))
        .collect();
    assert!(leftovers.is_empty(), "{leftovers:?}");
    let status = place.good(BACKUP, &["status"]);
    assert!(status["databases"].as_array().unwrap().iter().all(|one| one["standing"] == "good"), "{status}");
}

/// RLIMIT_FSIZE stands for a full disk (ruling 35): SQLite cannot write past it.
#[test]
fn a_full_disk_is_told_and_deletes_nothing() {
    let place = Place::new();
    place.good(BACKUP, &["once"]);
    let before = place.files();
    let script = format!("ulimit -f 800; trap '' XFSZ; exec {BACKUP} once --data-dir data --output json");
    let mut command = place.command("sh", &[]);
    command = {
        let mut fresh = Command::new("sh");
        fresh.current_dir(place.0.path()).args(["-c", &script]).env("DW_BACKUP_RETENTION_DAYS", "1");
        drop(command);
        fresh
    };
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(70), "{}", text(&output));
    assert_eq!(place.files(), before);
    let partial = fs::read_dir(place.path("dw-backups"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("partial"));
    assert_eq!(partial.count(), 0);
    // Room is asked for before anything is written.
    let mut command = place.command(BACKUP, &["once"]);
    let output = command.env("DW_BACKUP_MIN_FREE_MB", "900000000").output().unwrap();
    assert_eq!(output.status.code(), Some(70));
    assert!(text(&output).contains("failed at space"), "{}", text(&output));
    place.bad(70, &["status"]);
    place.good(BACKUP, &["once"]);
    place.good(BACKUP, &["status"]);
}

#[test]
fn a_kill_at_each_step_leaves_a_backup_or_none() {
    let place = Place::new();
    let points = place.path("points");
    fs::create_dir(&points).unwrap();
    for point in ["recorded", "copying", "copied", "proven", "manifest", "published", "saved"] {
        let before = place.files().len();
        let mut killed = place.command(BACKUP, &["once", "--database", "DW_ECOMMERCE"]);
        killed.env("DW_TEST_BACKUP_HALT", point).env("DW_TEST_BACKUP_POINTS", &points);
        let mut killed = killed.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for(&points.join(point));
        killed.kill().unwrap();
        killed.wait().unwrap();
        let is_whole = ["published", "saved"].contains(&point);
        assert_eq!(place.files().len(), before + usize::from(is_whole), "{point}");
        // The next one closes what the dead one left, and every file that has its name is one to rely on.
        place.good(BACKUP, &["once", "--database", "DW_ECOMMERCE"]);
        let known = place.good(BACKUP, &["list"]);
        let of =
            |status: &str| known["backups"].as_array().unwrap().iter().filter(|one| one["status"] == status).count();
        assert_eq!((of("running"), of("verified")), (0, place.files().len()), "{point}: {known}");
        for file in place.files() {
            place.good(BACKUP, &["verify", &file]);
        }
        let others = fs::read_dir(place.path("dw-backups"))
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("partial"));
        assert_eq!(others.count(), 0, "{point}");
    }
    // A drill that died leaves a database, which the next one removes.
    let mut killed = place.command(BACKUP, &["drill", "--database", "DW_ECOMMERCE"]);
    killed.env("DW_TEST_BACKUP_HALT", "drilled").env("DW_TEST_BACKUP_POINTS", &points);
    let mut killed = killed.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&points.join("drilled"));
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(place.path("data/drill_DW_ECOMMERCE.db").exists());
    place.good(BACKUP, &["drill", "--database", "DW_ECOMMERCE"]);
    assert!(!place.path("data/drill_DW_ECOMMERCE.db").exists());
}

/// The old database or the restored one, whole, and the next command says which.
#[tokio::test]
async fn a_kill_at_each_step_of_a_restore_leaves_the_old_database_or_the_restored_one() {
    let place = Place::new();
    let points = place.path("points");
    fs::create_dir(&points).unwrap();
    place.good(BACKUP, &["once"]);
    let (file, name) = (place.newest(Database::Oltp), Database::Oltp.name());
    let all = async || {
        let mut session = place.engine().open(Database::Oltp, Access::ReadOnly, "test").await.unwrap();
        rows(&mut *session, Database::Oltp).await
    };
    let backed_up = all().await;
    for (point, is_restored) in
        [("restoring", false), ("restored", false), ("set_aside", false), ("exchanged", true), ("checked", true)]
    {
        // Somebody has written since: the two can be told apart.
        std::thread::sleep(Duration::from_millis(1_100));
        place.good(INIT, &["wave"]);
        let old = all().await;
        assert!(old != backed_up, "{point}");
        let mut killed = place.command(BACKUP, &["restore", &file, "--to", name, "--replace", name]);
        killed.env("DW_TEST_BACKUP_HALT", point).env("DW_TEST_BACKUP_POINTS", &points);
        let mut killed = killed.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for(&points.join(point));
        killed.kill().unwrap();
        killed.wait().unwrap();
        let expected = if is_restored { &backed_up } else { &old };
        assert!(all().await == *expected, "{point}");
        let output = place.run(BACKUP, &["once", "--database", "DW_ECOMMERCE"]);
        assert_eq!(output.status.code(), Some(0), "{point}: {}", text(&output));
        let (which, said) = if is_restored {
            ("after the exchange", format!("{name} is the restored database, and it is whole"))
        } else {
            ("before the exchange", format!("{name} is the old database, as it was"))
        };
        assert!(text(&output).contains(which) && text(&output).contains(&said), "{point}: {}", text(&output));
        // It is said once, and nothing is left beside the database but older ones that were replaced.
        assert!(!text(&place.run(BACKUP, &["once", "--database", "DW_ECOMMERCE"])).contains("exchange"), "{point}");
        let names: Vec<String> = fs::read_dir(place.path("data"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(!names.iter().any(|name| name.ends_with(".restoring") || name.ends_with(".restore")), "{names:?}");
        let replaced = names.iter().filter(|name| name.contains(".replaced-")).count();
        assert_eq!(replaced, usize::from(is_restored), "{point}: {names:?}");
        assert!(all().await == *expected, "{point}");
        // And the next restore works.
        place.good(BACKUP, &["restore", &file, "--to", name, "--replace", name]);
        assert!(all().await == backed_up, "{point}");
        for entry in fs::read_dir(place.path("data")).unwrap().map(Result::unwrap) {
            if entry.file_name().to_string_lossy().contains(".replaced-") {
                fs::remove_file(entry.path()).unwrap();
            }
        }
    }
}

fn wait_for(path: &Path) {
    let began = Instant::now();
    while !path.exists() {
        assert!(began.elapsed() < Duration::from_secs(60), "{} did not come", path.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn retention_keeps_foreign_files_and_the_names_of_the_reference_work() {
    let place = Place::new();
    for _ in 0..3 {
        place.good(BACKUP, &["once", "--database", "DW_ECOMMERCE"]);
    }
    let mut foreign = place.files();
    let mine = "DW_ECOMMERCE_20200101_000000_full.db";
    fs::write(place.path("dw-backups").join(mine), "not a backup").unwrap();
    fs::write(place.path("dw-backups/notes.txt"), "mine").unwrap();
    foreign.push(mine.to_owned());
    let dry = place.good(BACKUP, &["prune", "--dry-run"]);
    assert_eq!((dry["deleted"].as_u64(), dry["files"].as_array().unwrap().len()), (Some(0), 4));
    assert!(dry.to_string().contains("not written by backup"));
    place.good(BACKUP, &["prune"]);
    assert_eq!(place.files().len(), 4);
    assert!(place.path("dw-backups/notes.txt").exists());
    let config = |name: &str, value: &str| place.command(BACKUP, &["config"]).env(name, value).output().unwrap();
    let shown = |output: Output| String::from_utf8(output.stdout).unwrap();
    assert!(shown(config("BACKUP_RETENTION_DAYS", "21")).contains("BACKUP_RETENTION_DAYS"));
    assert!(shown(config("BACKUP_INTERVAL_HOURS", "6")).contains("BACKUP_INTERVAL_HOURS"));
    assert_eq!(config("BACKUP_INTERVAL_HOURS", "often").status.code(), Some(2));
}

#[test]
fn a_loop_backs_up_drills_waits_for_its_backup_and_a_restart_makes_none() {
    let place = Place::new();
    for expected in [2, 2] {
        let mut running = place.command(BACKUP, &["loop"]);
        let running = running.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let began = Instant::now();
        while place.files().len() < expected && began.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(Duration::from_millis(4_000));
        let process = running.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
        let output = running.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        assert_eq!(place.files().len(), expected, "{}", text(&output));
    }
    let known = place.good(BACKUP, &["list"]);
    assert_eq!(known["drills"].as_array().unwrap().len(), 2, "{known}");
    // Two at once: the second is told who works.
    let engine = place.engine();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let lock = runtime.block_on(engine.lock("backup", "somebody")).unwrap();
    assert!(place.bad(40, &["once"]).contains("somebody"));
    drop(lock);
}
