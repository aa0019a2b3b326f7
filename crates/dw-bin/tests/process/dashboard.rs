//! What holds for the process of every dashboard.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::{command, text};

/// A dashboard that runs.
pub struct Dashboard {
    child: Child,
    pub port: u16,
}

impl Dashboard {
    /// Starts it on a port that is free, and waits for its first line.
    pub fn start(binary: &str, folder: &Path) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = command(binary, folder, &["--port", &port.to_string()]).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert_eq!(first, format!("listening on http://127.0.0.1:{port}/\n"));
        Self { child, port }
    }

    /// What it answers, with its head.
    pub fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Asks it to stop, which takes seconds.
    pub fn stop(mut self) {
        let asked = Instant::now();
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        assert!(asked.elapsed() < Duration::from_secs(5));
    }
}

fn run(binary: &str, folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = command(binary, folder, arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

pub fn serves_without_a_warehouse_and_stops_in_seconds(binary: &str) {
    let folder = tempfile::tempdir().unwrap();
    let dashboard = Dashboard::start(binary, folder.path());
    let answer = dashboard.get("/");
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("Ainda não há um data warehouse"), "{answer}");
    assert!(!folder.path().join("dw-data").exists(), "it creates nothing");
    dashboard.stop();
}

/// A health check by the same binary: it answers, and says what `/readyz` says.
pub fn it_says_by_a_command_whether_it_is_ready(binary: &str, init: &str) {
    let folder = tempfile::tempdir().unwrap();
    let dashboard = Dashboard::start(binary, folder.path());
    let port = dashboard.port.to_string();
    let ready = || {
        let output = run(binary, folder.path(), &["--port", &port, "ready"], "");
        (output.status.code(), text(&output.stdout))
    };
    assert_eq!(ready(), (Some(11), "not ready: status 503\n".to_owned()));
    assert_eq!(run(init, folder.path(), &[], "").status.code(), Some(0));
    let asked = Instant::now();
    while ready() != (Some(0), "ready\n".to_owned()) {
        assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", ready());
        std::thread::sleep(Duration::from_millis(200));
    }
    dashboard.stop();
    let (code, said) = ready();
    assert!(code == Some(11) && said.starts_with("not ready: "), "{said}");
}

pub fn an_address_that_others_reach_needs_a_password(binary: &str) {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(binary, folder.path(), &["--address", "0.0.0.0"], "");
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(text(&refused.stdout), "");
    let message = text(&refused.stderr);
    assert!(message.starts_with("error: web.password_hash: is needed to listen on 0.0.0.0"), "{message}");
    for (arguments, said) in [
        (&["--address", "example.com"][..], "is not an IP address"),
        (&["--port", "0"][..], "--port"),
        (&["--data-dir", ""][..], "--data-dir"),
    ] {
        let refused = run(binary, folder.path(), arguments, "");
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(text(&refused.stderr).contains(said), "{}", text(&refused.stderr));
    }
    std::fs::write(folder.path().join("dw.toml"), "[web]\npassword_hash = \"plain\"\ntime_zone = \"Lua/Mare\"\n")
        .unwrap();
    assert!(text(&run(binary, folder.path(), &[], "").stderr).contains("must be the argon2 hash of a password"));
    std::fs::write(folder.path().join("dw.toml"), "[web]\ntime_zone = \"Lua/Mare\"\n").unwrap();
    assert!(text(&run(binary, folder.path(), &[], "").stderr).contains("`Lua/Mare` is no time zone"));
}

pub fn a_port_that_is_taken_is_told(binary: &str) {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = run(binary, folder.path(), &["--port", &port], "");
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("cannot listen there"));
}

pub fn a_password_becomes_a_hash_and_is_not_repeated(binary: &str) {
    let folder = tempfile::tempdir().unwrap();
    let made = run(binary, folder.path(), &["hash-password"], "correct horse battery\nmore\n");
    assert!(text(&made.stdout).starts_with("$argon2id$v=19$") && !text(&made.stdout).contains("horse"));
    let short = run(binary, folder.path(), &["hash-password"], "short\n");
    assert_eq!(short.status.code(), Some(2));
    assert!(!text(&short.stderr).contains("`short`"));
}
