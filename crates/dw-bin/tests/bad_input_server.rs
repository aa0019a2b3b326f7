//! Bad input for a server as an operator meets it: each case is one clear message with a hint and a code, its exit code, and no
//! secret anywhere.
#![cfg(all(feature = "etl", feature = "init"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

#[path = "server/mod.rs"]
mod server;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use dw_core::config::{ConnectionTarget, Secret};
use dw_core::engine::{Access, Engine};
use dw_core::error::Database;
use dw_core::{exit, migrate};
use dw_testkit::on_sql_server;
use dw_testkit::proxy::Proxy;
use dw_testkit::server::{TestDatabases, on_master, target};

use server::{ETL, INIT};

/// A password that must not be seen.
const SECRET: &str = "Hush-hush-4711";

/// A server that is none.
fn nowhere(host: &str, port: u16) -> ConnectionTarget {
    ConnectionTarget {
        host: host.to_owned(),
        port,
        database: "master".to_owned(),
        user: "somebody".to_owned(),
        password: Secret::new(SECRET),
        encrypt: false,
        trust_server_certificate: false,
        ca_file: None,
        hostname_in_certificate: None,
        connect_timeout: Duration::from_secs(15),
        command_timeout: Duration::from_secs(15),
        application_intent_readonly: true,
        ignored: Vec::new(),
    }
}

fn etl(server: &ConnectionTarget) -> Command {
    command(ETL, server)
}

fn command(binary: &str, server: &ConnectionTarget) -> Command {
    let mut command = server::command(binary, &[], server);
    command.current_dir(std::env::temp_dir());
    command
}

fn on(databases: &TestDatabases, mut command: Command) -> Command {
    for database in [Database::Oltp, Database::Dw] {
        command.env(server::name_of(database), databases.name(database));
    }
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The command is refused: this code, one error with all the words, a hint and a code, and neither a secret nor a panic.
fn refused(output: &Output, code: u8, words: &[&str]) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(i32::from(code)), "{said}");
    for word in words.iter().chain(&["hint:", "code: DW-E"]) {
        assert!(said.to_lowercase().contains(&word.to_lowercase()), "`{word}` is missing in: {said}");
    }
    assert_eq!(said.lines().filter(|line| line.starts_with("error:")).count(), 1, "{said}");
    let all = format!("{said}{}", text(&output.stdout));
    for wrong in [SECRET, "panicked", "Some("] {
        assert!(!all.contains(wrong), "`{wrong}` in: {all}");
    }
}

#[test]
fn an_unknown_host_is_told_as_such() {
    let began = Instant::now();
    let output = etl(&nowhere("no-such-host.invalid", 1433)).output().unwrap();
    refused(&output, exit::SOURCE_UNREACHABLE, &["no-such-host.invalid:1433", "host name", "DW-E0015"]);
    assert!(began.elapsed() < Duration::from_secs(14), "{:?}", began.elapsed());
}

#[test]
fn a_closed_port_is_told_at_once() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let began = Instant::now();
    let output = etl(&nowhere("127.0.0.1", port)).output().unwrap();
    refused(&output, exit::SOURCE_UNREACHABLE, &[&format!("127.0.0.1:{port}"), "refused", "nothing listens"]);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?} of 15 s", began.elapsed());
}

/// A server that answers each client with what `answer` makes of what it hears.
fn serve(answer: fn(&[u8]) -> Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            std::thread::spawn(move || {
                let mut heard = [0; 4_096];
                while let Ok(length @ 1..) = client.read(&mut heard) {
                    let said = answer(&heard[..length]);
                    if said.is_empty() || client.write_all(&said).is_err() {
                        break;
                    }
                }
            });
        }
    });
    port
}

#[test]
fn a_server_that_is_no_sql_server_is_told_as_such() {
    type Answer = fn(&[u8]) -> Vec<u8>;
    let answers: [Answer; 3] =
        [<[u8]>::to_vec, |_| b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".to_vec(), |_| Vec::new()];
    for answer in answers {
        let proxy = Proxy::start("127.0.0.1", serve(answer));
        let place = nowhere("127.0.0.1", proxy.address().port());
        for encrypt in [false, true] {
            let began = Instant::now();
            let output = etl(&ConnectionTarget { encrypt, ..place.clone() })
                .env("DW_SQLSERVER_CONNECT_TIMEOUT_SECONDS", "3")
                .output()
                .unwrap();
            refused(&output, exit::SOURCE_UNREACHABLE, &[&format!("127.0.0.1:{}", place.port), "DW-E0015"]);
            assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        }
    }
}

#[test]
fn a_password_in_a_variable_and_in_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, SECRET).unwrap();
    let output = etl(&nowhere("127.0.0.1", 1)).env("DW_SQLSERVER_PASSWORD_FILE", &file).output().unwrap();
    refused(&output, exit::USAGE, &["DW_SQLSERVER_PASSWORD", "DW_SQLSERVER_PASSWORD_FILE", "DW-E0002"]);
}

#[on_sql_server]
async fn a_wrong_password_is_tried_once() {
    let server = target();
    let proxy = Proxy::start(&server.host, server.port);
    let (host, port) = ("127.0.0.1".to_owned(), proxy.address().port());
    let wrong = ConnectionTarget { host, port, password: Secret::new(SECRET), ..server };
    for (binary, code) in [(ETL, exit::SOURCE_UNREACHABLE), (INIT, exit::SOURCE_UNREACHABLE)] {
        let before = proxy.counts();
        let output = command(binary, &wrong).output().unwrap();
        refused(&output, code, &["login", &wrong.user, "password", "DW-E0015"]);
        assert_eq!(proxy.counts().connections - before.connections, 1, "a second attempt may lock the account");
    }
}

/// The answer of a server that cannot encrypt: to the first packet of a client, whose options begin with 0, and no other.
fn no_encryption(heard: &[u8]) -> Vec<u8> {
    if heard.get(8) != Some(&0) {
        return Vec::new();
    }
    // Version at 11, 6 bytes; encryption at 17, 1 byte; the end; version 16.0.0; not supported.
    let options = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2];
    let header = [4, 1, 0, 26, 0, 0, 1, 0];
    [&header[..], &options[..]].concat()
}

#[test]
fn encryption_that_the_server_does_not_have_is_told_as_such() {
    let place = ConnectionTarget { encrypt: true, ..nowhere("127.0.0.1", serve(no_encryption)) };
    let output = etl(&place).output().unwrap();
    refused(&output, exit::SOURCE_UNREACHABLE, &["TLS", "encrypt", "DW-E0015"]);
}

#[on_sql_server]
async fn databases_that_are_missing_name_the_command_that_makes_them() {
    let databases = TestDatabases::reserve();
    let output = on(&databases, etl(&target())).output().unwrap();
    let oltp = databases.name(Database::Oltp);
    refused(&output, exit::SOURCE_UNREACHABLE, &[oltp, "was not found", "`init", "DW-E0010"]);

    // The source alone.
    let mut session = databases.engine().create(Database::Oltp).await.unwrap();
    migrate::migrate(&mut *session, Database::Oltp).await.unwrap();
    drop(session);
    let output = on(&databases, etl(&target())).output().unwrap();
    let dw = databases.name(Database::Dw);
    refused(&output, exit::TARGET_UNREACHABLE, &[dw, "was not found", "`init", "DW-E0010"]);
}

#[on_sql_server]
async fn a_schema_of_another_version_and_a_login_without_rights_are_refused() {
    let databases = TestDatabases::reserve();
    let engine = databases.engine();
    migrate::init(&*engine).await.unwrap();
    let mut dw = engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();

    // A login that may connect, and nothing else.
    let login = format!("{}_login", databases.name(Database::Dw));
    on_master(&format!("CREATE LOGIN {login} WITH PASSWORD = '{SECRET}'")).await.unwrap();
    for database in [Database::Oltp, Database::Dw] {
        let mut session = engine.open(database, Access::ReadWrite, "test").await.unwrap();
        session.execute(&format!("CREATE USER {login} FOR LOGIN {login}"), &[]).await.unwrap();
    }
    let stranger = ConnectionTarget { user: login.clone(), password: Secret::new(SECRET), ..target() };
    let output = on(&databases, etl(&stranger)).output().unwrap();
    on_master(&format!("DROP LOGIN {login}")).await.unwrap();

    let insert =
        "INSERT INTO ctl.schema_version (version, name, applied_at) VALUES (4711, 'of the future', '20300101')";
    dw.execute(insert, &[]).await.unwrap();
    drop(dw);
    drop(engine);
    let newer = on(&databases, etl(&target())).output().unwrap();
    let init = on(&databases, command(INIT, &target())).output().unwrap();

    refused(&output, exit::SOURCE_UNREACHABLE, &[&login, "permission", "schema_version", "DW-E0017"]);
    for output in [newer, init] {
        refused(&output, exit::SCHEMA_MISMATCH, &["4711", "DW_ECOMMERCE", "newer", "DW-E0020"]);
    }
}
