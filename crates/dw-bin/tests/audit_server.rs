//! `etl audit connections` as a process: on a server it records and shows, on files it says that there is nothing to show.
#![cfg(all(feature = "etl", feature = "init"))]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test that calls them")]

#[path = "server/mod.rs"]
mod server;

use std::process::{Command, Output};

use dw_core::error::Database;
use dw_testkit::on_sql_server;
use dw_testkit::server::{TestDatabases, target};
use serde_json::Value;

use server::{ETL, INIT, command, name_of};

fn document(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn files_have_no_connections() {
    let folder = tempfile::tempdir().unwrap();
    let run = |binary: &str, arguments: &[&str]| {
        let mut command = Command::new(binary);
        command.current_dir(folder.path()).args(arguments).args(["--data-dir", "data"]);
        for name in ["DW_ENGINE", "DW_CONFIG", "DW_OUTPUT", "DW_SQL_DIR"] {
            command.env_remove(name);
        }
        command.output().unwrap()
    };
    assert!(run(INIT, &[]).status.success());
    let arguments = ["audit", "connections", "--capture", "--cleanup"];
    let shown = run(ETL, &arguments);
    assert!(shown.status.success());
    assert!(shown.stdout.is_empty());
    assert!(String::from_utf8(shown.stderr).unwrap().starts_with("the embedded engine is a file without sessions"));
    let shown = document(&run(ETL, &[&arguments[..], &["--output", "json"]].concat()));
    assert_eq!(shown["has_sessions"], false);
    assert_eq!(shown["captured"], Value::Null);
    assert_eq!(shown["newest"], serde_json::json!([]));
}

#[on_sql_server]
async fn a_server_shows_who_is_connected() {
    let databases = TestDatabases::reserve();
    let run = |binary: &str, arguments: &[&str]| {
        let mut command = command(binary, arguments, &target());
        for database in [Database::Oltp, Database::Dw] {
            command.env(name_of(database), databases.name(database));
        }
        command.output().unwrap()
    };
    let made = run(INIT, &["--scale", "0.01"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let before = document(&run(ETL, &["audit", "connections", "--output", "json"]));
    assert_eq!(
        (&before["has_sessions"], &before["captured"], &before["newest"]),
        (&true.into(), &Value::Null, &serde_json::json!([]))
    );

    assert!(run(ETL, &["run", "--entity", "dim_regiao"]).status.success());
    let arguments = ["audit", "connections", "--capture", "--cleanup", "--retention-days", "7", "--top", "3"];
    let shown = document(&run(ETL, &[&arguments[..], &["--output", "json"]].concat()));
    assert!(shown["captured"].as_u64().unwrap() >= 1, "{shown}");
    assert_eq!(shown["removed"], 0);
    assert!(shown["audit_file"]["state"].is_string());
    let of = |list: &str| shown[list].as_array().unwrap().clone();
    assert!((1..=3).contains(&of("newest").len()));
    assert!(!of("hours").is_empty() && !of("programs").is_empty() && !of("hosts").is_empty());
    assert!(of("logins").iter().any(|login| login["name"] == target().user.as_str()), "{shown}");

    let table = String::from_utf8(run(ETL, &arguments).stdout).unwrap();
    let headers: Vec<&str> = table.split("\n\n").filter_map(|part| part.lines().next()).collect();
    let first: Vec<&str> = headers.iter().filter_map(|header| header.split('\t').next()).collect();
    assert_eq!(first, ["hour", "login", "program", "host", "event"], "{table}");
}
