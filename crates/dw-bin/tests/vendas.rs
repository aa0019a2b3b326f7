//! `vendas` as a process: where it listens, what it refuses, how it stops.
#![cfg(all(feature = "vendas", unix))]
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are no tests themselves")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vendas"));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("DW_") || name.starts_with("ETL_")) {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = command(folder, arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A port that is free now.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn it_serves_without_a_warehouse_and_stops_in_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut child = command(folder.path(), &["--port", &port.to_string()]).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first, format!("listening on http://127.0.0.1:{port}/\n"));
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("Ainda não há um data warehouse"), "{answer}");
    assert!(!folder.path().join("dw-data").exists(), "it creates nothing");
    let asked = Instant::now();
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(5));
}

#[test]
fn an_address_that_others_reach_needs_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(folder.path(), &["--address", "0.0.0.0"], "");
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(text(&refused.stdout), "");
    let message = text(&refused.stderr);
    assert!(message.starts_with("error: web.password_hash: is needed to listen on 0.0.0.0"), "{message}");
    for (arguments, said) in [
        (&["--address", "example.com"][..], "is not an IP address"),
        (&["--port", "0"][..], "--port"),
        (&["--data-dir", ""][..], "--data-dir"),
    ] {
        let refused = run(folder.path(), arguments, "");
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(text(&refused.stderr).contains(said), "{}", text(&refused.stderr));
    }
    std::fs::write(folder.path().join("dw.toml"), "[web]\npassword_hash = \"plain\"\ntime_zone = \"Lua/Mare\"\n")
        .unwrap();
    assert!(text(&run(folder.path(), &[], "").stderr).contains("must be the argon2 hash of a password"));
    std::fs::write(folder.path().join("dw.toml"), "[web]\ntime_zone = \"Lua/Mare\"\n").unwrap();
    assert!(text(&run(folder.path(), &[], "").stderr).contains("`Lua/Mare` is no time zone"));
}

#[test]
fn a_port_that_is_taken_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = run(folder.path(), &["--port", &port], "");
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("cannot listen there"));
}

#[test]
fn a_password_becomes_a_hash_and_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let made = run(folder.path(), &["hash-password"], "correct horse battery\nmore\n");
    assert!(text(&made.stdout).starts_with("$argon2id$v=19$") && !text(&made.stdout).contains("horse"));
    let short = run(folder.path(), &["hash-password"], "short\n");
    assert_eq!(short.status.code(), Some(2));
    assert!(!text(&short.stderr).contains("`short`"));
}
