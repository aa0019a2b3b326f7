//! Bad input as an operator meets it: each case is one clear message with a hint, its exit code, and nothing is lost.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use dw_core::exit;

const ETL: &str = env!("CARGO_BIN_EXE_etl");
const INIT: &str = env!("CARGO_BIN_EXE_init");

/// A data folder with a small sample, not yet loaded.
fn sample() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let made = run(INIT, &data, &["--scale", "0.01"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    (root, data)
}

fn command(binary: &str, data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command.arg("--data-dir").arg(data).args(arguments).current_dir(std::env::temp_dir());
    command
}

fn run(binary: &str, data: &Path, arguments: &[&str]) -> Output {
    command(binary, data, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The run is refused: this code, a message with all the words, a hint, and no word of a panic.
fn refused(output: &Output, code: u8, words: &[&str]) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(i32::from(code)), "{said}");
    for word in words.iter().chain(&["hint:", "code: DW-E"]) {
        assert!(said.contains(word), "`{word}` is missing in: {said}");
    }
    assert!(!said.contains("panicked") && !said.contains("Some("), "{said}");
}

/// After the obstacle is gone, a run succeeds and loads everything.
fn heals(data: &Path) {
    let output = run(ETL, data, &["--output", "json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let check = run(ETL, data, &["reconcile"]);
    assert_eq!(check.status.code(), Some(i32::from(exit::OK)), "{}{}", text(&check.stdout), text(&check.stderr));
}

#[test]
fn a_folder_without_databases_is_refused_with_the_command_to_type() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("nowhere");
    refused(&run(ETL, &data, &[]), exit::SOURCE_UNREACHABLE, &["ECOMMERCE_OLTP", "nowhere", "init"]);
    assert!(!data.exists(), "nothing is created unasked");
}

#[test]
fn a_data_folder_that_is_a_file_is_refused_by_name() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("file");
    fs::write(&data, "x").unwrap();
    refused(&run(INIT, &data, &[]), exit::FAILED, &["cannot create the data folder", "file"]);
    assert_eq!(fs::read_to_string(&data).unwrap(), "x");
}

#[test]
fn a_read_only_data_folder_is_refused_and_heals() {
    let (root, data) = sample();
    // The binary lies beside the data, where a user without rights can reach it.
    let etl = root.path().join("etl");
    fs::copy(ETL, &etl).unwrap();
    let open = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    open(root.path(), 0o755);
    for file in fs::read_dir(&data).unwrap().flatten() {
        open(&file.path(), if file.path().is_dir() { 0o555 } else { 0o444 });
    }
    open(&data, 0o555);
    let mut command = command(etl.to_str().unwrap(), &data, &[]);
    // Permissions mean nothing to root, so that the child is somebody else.
    if fs::metadata(root.path()).map(|meta| std::os::unix::fs::MetadataExt::uid(&meta)).unwrap() == 0 {
        command.uid(65_534).gid(65_534);
    }
    let output = command.output().unwrap();
    open(&data, 0o755);
    for file in fs::read_dir(&data).unwrap().flatten() {
        open(&file.path(), if file.path().is_dir() { 0o755 } else { 0o644 });
    }
    let code = output.status.code().unwrap();
    assert!([11, 50, 60].contains(&code), "{code}: {}", text(&output.stderr));
    refused(&output, u8::try_from(code).unwrap(), &["data"]);
    heals(&data);
}

#[test]
fn a_disk_that_takes_no_more_ends_the_run_and_loses_nothing() {
    let (_root, data) = sample();
    let size = fs::metadata(data.join("DW_ECOMMERCE.db")).unwrap().len();
    // The limit stops the log of the warehouse in the middle of the run; the ignored signal makes it an error of the write.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", size / 1_024 + 64);
    let output = Command::new("bash")
        .args(["-c", &script, ETL, "--data-dir"])
        .arg(&data)
        .current_dir(std::env::temp_dir())
        .output()
        .unwrap();
    let said = text(&output.stderr);
    let code = output.status.code().unwrap();
    assert!([i32::from(exit::TARGET_UNREACHABLE), i32::from(exit::PARTIAL)].contains(&code), "{code}: {said}");
    assert!(said.contains("disk"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    heals(&data);
}

#[test]
fn a_damaged_warehouse_is_refused_by_name() {
    let (_root, data) = sample();
    let path = data.join("DW_ECOMMERCE.db");
    let healthy = fs::read(&path).unwrap();
    let mut damaged = healthy.clone();
    damaged[..4_096].fill(0x5a);
    fs::write(&path, &damaged).unwrap();
    refused(&run(ETL, &data, &[]), exit::TARGET_UNREACHABLE, &["DW_ECOMMERCE", "damaged"]);
    fs::write(&path, &healthy).unwrap();
    heals(&data);
}

#[test]
fn an_entity_that_is_unknown_or_switched_off_is_refused_before_anything_runs() {
    let (_root, data) = sample();
    refused(&run(ETL, &data, &["run", "--entity", "dim_nada"]), exit::USAGE, &["dim_nada", "dim_cliente"]);
    for size in ["0", "1000000000"] {
        refused(&run(ETL, &data, &["run", "--batch-size", size]), exit::USAGE, &[size, "100000"]);
    }
    refused(&run(ETL, &data, &["run", "--from", "2026-01-02", "--to", "2026-01-01"]), exit::USAGE, &["--from", "--to"]);
}

#[test]
fn a_second_run_is_told_who_holds_the_entity() {
    let (_root, data) = sample();
    // One row a batch: long enough for the second run to meet the first.
    let mut first = background(&data, &["run", "--batch-size", "1"]);
    let started = Instant::now();
    let met = loop {
        let second = run(ETL, &data, &["run", "--entity", "dim_cliente"]);
        if second.status.code() == Some(i32::from(exit::LOCK_HELD)) {
            break second;
        }
        // The first may have met the second, and then it is the one that ended.
        if first.try_wait().unwrap().is_some() {
            first = background(&data, &["run", "--batch-size", "1", "--full-refresh"]);
        }
        assert!(started.elapsed() < Duration::from_secs(60), "the runs never met");
    };
    refused(&met, exit::LOCK_HELD, &["dim_cliente", &format!("process {}", first.id())]);
    stop(&mut first);
}

#[test]
fn a_termination_ends_after_the_current_batch_with_a_closed_audit_trail() {
    let (_root, data) = sample();
    let mut child = background(&data, &["run", "--every", "1s", "--batch-size", "1"]);
    std::thread::sleep(Duration::from_millis(700));
    let output = stop(&mut child);
    assert_eq!(output, Some(0));
    let status = run(ETL, &data, &["export", "audit.etl_run", "--format", "csv", "--out", data.to_str().unwrap()]);
    assert!(status.status.success(), "{}", text(&status.stderr));
    let runs = fs::read_dir(&data)
        .unwrap()
        .flatten()
        .find(|file| file.file_name().to_string_lossy().ends_with(".csv"))
        .map(|file| fs::read_to_string(file.path()).unwrap())
        .unwrap();
    assert!(runs.lines().count() > 1, "{runs}");
    assert!(!runs.contains(",running,"), "{runs}");
    heals(&data);
}

fn background(data: &Path, arguments: &[&str]) -> Child {
    command(ETL, data, arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Sends SIGTERM and waits for the exit code.
fn stop(child: &mut Child) -> Option<i32> {
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    child.wait().unwrap().code()
}
