//! The binaries as processes, up to where a database is loaded: settings, errors, exit codes, streams.
#![cfg(all(feature = "etl", feature = "init"))]
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are no tests themselves")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

const ETL: &str = env!("CARGO_BIN_EXE_etl");
const INIT: &str = env!("CARGO_BIN_EXE_init");

/// A command in its own folder, without the settings of whoever runs the tests.
fn command(binary: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("DW_") || name.starts_with("ETL_")) {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    command
}

fn run(binary: &str, folder: &Path, arguments: &[&str]) -> Output {
    command(binary, folder, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn an_unknown_key_names_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dw.toml"), "# mine\n[etl]\nbatchsize = 10\n").unwrap();
    let output = run(ETL, folder.path(), &["config"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "");
    let message = "error: dw.toml:3: unknown key `etl.batchsize`; did you mean `etl.batch_size`?\n";
    assert!(text(&output.stderr).starts_with(message), "{}", text(&output.stderr));
    assert!(text(&output.stderr).ends_with("code: DW-E0002\n"));
}

#[test]
fn an_error_for_a_program_is_one_object_on_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [["run", "--batch-size", "0", "--output=json"], ["--output", "json", "run", "--nonsense"]] {
        let output = run(ETL, folder.path(), &arguments);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""));
        let document: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(document["error"]["exit_code"], 2);
    }
}

#[test]
fn both_forms_of_a_secret_are_an_error_and_neither_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = command(ETL, folder.path(), &["config"])
        .env("DW_SQLSERVER_PASSWORD", "correct horse")
        .env("DW_SQLSERVER_PASSWORD_FILE", "secret")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(
        message
            .starts_with("error: environment variable DW_SQLSERVER_PASSWORD: `DW_SQLSERVER_PASSWORD_FILE` is set too")
    );
    assert!(!message.contains("correct horse"));
}

#[test]
fn config_shows_each_value_with_its_origin_and_hides_secrets() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("other.toml"), "[etl]\nbatch_size = 10\n").unwrap();
    std::fs::write(folder.path().join("secret"), "correct horse\n").unwrap();
    let output = command(INIT, folder.path(), &["config", "--output", "json", "--data-dir", "elsewhere"])
        .env("DW_CONFIG", "other.toml")
        .env("ETL_SQL_USER", "etl_runner")
        .env("DW_SQLSERVER_PASSWORD_FILE", "secret")
        .output()
        .unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    assert!(!text(&output.stdout).contains("correct horse"));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["config_file"], "other.toml");
    let origin = |key: &str| {
        let settings = document["settings"].as_array().unwrap();
        settings.iter().find(|setting| setting["key"] == key).unwrap()["origin"].as_str().unwrap().to_owned()
    };
    assert_eq!(origin("etl.batch_size"), "other.toml:2");
    assert_eq!(origin("data_dir"), "--data-dir");
    assert_eq!(origin("sqlserver.user"), "environment variable ETL_SQL_USER");
    assert_eq!(origin("sqlserver.password"), "environment variable DW_SQLSERVER_PASSWORD_FILE (secret)");
}

#[test]
fn a_configuration_file_that_is_named_must_exist() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(ETL, folder.path(), &["config", "--config", "none.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("error: --config: `none.toml` cannot be read: "));
}

#[test]
fn the_sql_server_engine_needs_a_login() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(INIT, folder.path(), &["--engine", "sqlserver"]);
    assert_eq!(output.status.code(), Some(2));
    let error = text(&output.stderr);
    assert!(error.starts_with("error: sqlserver.user: is not set"), "{error}");
    assert!(error.contains("DW_SQLSERVER_USER"), "{error}");
}

#[test]
fn an_unknown_option_gets_claps_help_and_the_exit_code_of_usage() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(ETL, folder.path(), &["run", "--batchsize", "5"]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""));
    assert!(text(&output.stderr).contains("--batch-size"));
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [["config"], ["--help"]] {
        let mut child = command(ETL, folder.path(), &arguments).stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn init_creates_fills_and_may_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let first = run(INIT, folder.path(), &["--scale", "0.01", "--output", "json"]);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    let document: serde_json::Value = serde_json::from_slice(&first.stdout).unwrap();
    let orders = document["tables"].as_array().unwrap().iter().find(|table| table["table"] == "orders").unwrap();
    assert_eq!(orders["rows"], 900);
    assert!(folder.path().join("dw-data/ECOMMERCE_OLTP.db").is_file());

    let again = run(INIT, folder.path(), &["--scale", "0.01"]);
    assert_eq!(again.status.code(), Some(0));
    assert!(text(&again.stderr).contains("already holds rows"), "{}", text(&again.stderr));

    let wave = run(INIT, folder.path(), &["wave"]);
    assert_eq!(wave.status.code(), Some(0), "{}", text(&wave.stderr));
    assert!(text(&wave.stdout).contains("orders added\t"));
}

#[test]
fn a_plan_and_a_check_of_files_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let plan = run(INIT, folder.path(), &["--plan"]);
    assert_eq!((plan.status.code(), text(&plan.stderr).as_str()), (Some(0), ""));
    assert!(text(&plan.stdout).contains("ECOMMERCE_OLTP\trun source tables\tnew\n"), "{}", text(&plan.stdout));
    let missing = run(INIT, folder.path(), &["--check"]);
    assert_eq!((missing.status.code(), text(&missing.stdout).as_str()), (Some(50), ""));
    assert!(!folder.path().join("dw-data").exists());

    assert_eq!(run(INIT, folder.path(), &[]).status.code(), Some(0));
    assert_eq!(text(&run(INIT, folder.path(), &["--plan"]).stdout), "nothing to do\n");
    let check = run(INIT, folder.path(), &["--check"]);
    assert_eq!((check.status.code(), text(&check.stderr).as_str()), (Some(0), ""));
    assert!(text(&check.stdout).starts_with("ok: ECOMMERCE_OLTP at `dw-data/ECOMMERCE_OLTP.db` has version "));
    let document: serde_json::Value =
        serde_json::from_slice(&run(INIT, folder.path(), &["--check", "--output", "json"]).stdout).unwrap();
    assert_eq!(document["databases"][1]["differences"], serde_json::json!([]));

    for arguments in [["--repair", "dw/views"].as_slice(), &["--rotate-logins"], &["--plan", "--rotate-logins"]] {
        let refused = run(INIT, folder.path(), arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {}", text(&refused.stderr));
    }
}

#[test]
fn etl_says_when_it_creates_the_sample_and_never_in_a_folder_that_was_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(INIT, folder.path(), &[]).status.code(), Some(0));
    let output = run(ETL, folder.path(), &[]);
    assert!(text(&output.stderr).starts_with("the source holds no rows: `init --scale 1` fills it with a sample\n"));

    let named = tempfile::tempdir().unwrap();
    run(ETL, named.path(), &["--data-dir", "here"]);
    assert!(!named.path().join("here").exists());
}
