//! `monitor` as a process: where it listens, what it refuses, how it stops.
#![cfg(all(feature = "monitor", unix))]

mod process;

use process::dashboard;

const BINARY: &str = env!("CARGO_BIN_EXE_monitor");

#[test]
fn it_serves_without_a_warehouse_and_stops_in_seconds() {
    dashboard::serves_without_a_warehouse_and_stops_in_seconds(BINARY);
}

#[cfg(feature = "init")]
#[test]
fn it_says_by_a_command_whether_it_is_ready() {
    dashboard::it_says_by_a_command_whether_it_is_ready(BINARY, env!("CARGO_BIN_EXE_init"));
}

#[test]
fn an_address_that_others_reach_needs_a_password() {
    dashboard::an_address_that_others_reach_needs_a_password(BINARY);
}

#[test]
fn a_port_that_is_taken_is_told() {
    dashboard::a_port_that_is_taken_is_told(BINARY);
}

#[test]
fn a_password_becomes_a_hash_and_is_not_repeated() {
    dashboard::a_password_becomes_a_hash_and_is_not_repeated(BINARY);
}

/// Without a warehouse the first cycle has something to tell; stopping does not wait for the next one.
#[test]
fn with_a_webhook_it_alerts_and_shows_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (url, messages) = process::webhook(&["204 No Content"]);
    std::fs::write(folder.path().join("dw.toml"), format!("[alerts]\nwebhook_url = \"{url}\"\n")).unwrap();
    let dashboard = dashboard::Dashboard::start(BINARY, folder.path());
    let told = messages.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    assert!(told.contains("unreachable|warehouse") && told.contains("unreachable|source"), "{told}");
    assert!(dashboard.get("/metrics").contains("dw_warehouse_up 0\n"));
    assert!(dashboard.get("/healthz").starts_with("HTTP/1.1 200"));
    dashboard.stop();
    assert!(folder.path().join("dw-alerts.json").exists() && !folder.path().join("dw-data").exists());
}

#[test]
fn a_bad_file_of_rules_is_told_before_it_listens() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("s.toml"), "[[deadline]]\nname = \"vendas\"\ntime_zone = \"Brasilia\"\n")
        .unwrap();
    std::fs::write(folder.path().join("dw.toml"), "[sla]\nfile = \"s.toml\"\n").unwrap();
    let refused = process::run(BINARY, folder.path(), &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(process::text(&refused.stderr).starts_with("error: s.toml:3: `time_zone`"), "{refused:?}");
}

#[test]
fn a_bad_schedule_of_backups_is_told_before_it_listens() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dw.toml"), "[backup]\ncron = \"61 * * * *\"\n").unwrap();
    let refused = process::run(BINARY, folder.path(), &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        process::text(&refused.stderr).starts_with("error: backup.cron: `61 * * * *` has no minute"),
        "{refused:?}"
    );
}
