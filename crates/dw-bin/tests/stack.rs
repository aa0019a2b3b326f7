//! The whole stack without containers, by `scripts/stack_local.sh`, on the embedded engine: it starts in order, works, keeps its
//! secrets, and stops in time. What the compose files say by themselves is tested in `dw-stack`.
#![cfg(all(
    target_os = "linux",
    feature = "backup",
    feature = "etl",
    feature = "init",
    feature = "monitor",
    feature = "vendas"
))]
#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is to panic")]

mod process;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use process::text;
use serde_json::Value;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(120);
/// Longer than everything may take to stop.
const STOP: Duration = Duration::from_secs(10);

/// What must be seen nowhere. The passwords of a server lie there as those of the containers do, though no server asks for them.
const SECRETS: [(&str, &str); 8] = [
    ("mssql_sa_password", "planted-of-the-administrator"),
    ("etl_runner_password", "planted-of-the-runner"),
    ("etl_monitor_password", "planted-of-the-monitor"),
    ("etl_backup_password", "planted-of-the-backup"),
    ("etl_restore_password", "planted-of-the-restore"),
    ("bi_reader_password", "planted-of-the-reader"),
    ("web_password", "planted-of-the-dashboards"),
    // The port of nobody: sending fails, and the failure is told without the address.
    ("alert_webhook_url", "http://127.0.0.1:9/hooks/planted-of-the-webhook"),
];

struct Place {
    folder: TempDir,
    monitor: u16,
    vendas: u16,
}

/// The script; a test that fails leaves nothing behind it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            let _asked = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
            let _ended = self.0.wait();
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Place {
    /// Settings with short pauses, and secrets that can be looked for.
    fn new() -> Self {
        let (folder, monitor, vendas) = (tempfile::tempdir().unwrap(), free_port(), free_port());
        let example = fs::read_to_string(root().join("docker/.env.sqlserver.example")).unwrap();
        let mut settings = example;
        for (name, value) in [
            ("COMPOSE_PROFILES", "core,dashboards,backup,dev".to_owned()),
            ("MONITOR_PORT", monitor.to_string()),
            ("VENDAS_PORT", vendas.to_string()),
            ("ETL_EVERY", "1s".to_owned()),
            ("DEV_SCALE", "0.01".to_owned()),
            ("DEV_WAVE_EVERY", "2s".to_owned()),
            ("ALERT_WEBHOOK_URL_FILE", "/run/secrets/alert_webhook_url".to_owned()),
            ("ALERT_CHECK_INTERVAL_SECONDS", "30".to_owned()),
        ] {
            let old = settings.lines().find(|line| line.starts_with(&format!("{name}="))).unwrap().to_owned();
            settings = settings.replace(&format!("\n{old}\n"), &format!("\n{name}={value}\n"));
        }
        fs::write(folder.path().join(".env.sqlserver"), settings).unwrap();
        fs::create_dir(folder.path().join("secrets")).unwrap();
        for (name, value) in SECRETS {
            fs::write(folder.path().join("secrets").join(name), value).unwrap();
        }
        Self { folder, monitor, vendas }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Starts the stack and waits until it says that it is ready; returns what it said.
    fn start(&self) -> (Running, String) {
        let binaries = Path::new(env!("CARGO_BIN_EXE_etl")).parent().unwrap();
        // What was started in the background ignores Ctrl-C, and a shell cannot undo that by itself.
        let mut child = Command::new("env")
            .args(["--default-signal=INT", "bash"])
            .arg(root().join("scripts/stack_local.sh"))
            .arg(binaries)
            .env("STACK_FOLDER", self.folder.path())
            .env("UP_PAUSE_SECONDS", "0.3")
            // Settings of whoever runs the tests change nothing.
            .env("DW_ENGINE", "sqlserver")
            .env("MONITOR_PORT", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(self.path("stderr")).unwrap())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let child = Running(child);
        let mut said = String::new();
        let began = Instant::now();
        let mut lines = BufReader::new(stdout);
        while !said.contains("ready; ") {
            let mut line = String::new();
            assert_ne!(lines.read_line(&mut line).unwrap(), 0, "{said}\n{}", self.read("stderr"));
            said += &line;
            assert!(began.elapsed() < PATIENCE, "{said}");
        }
        assert!(!is_planted_in(said.as_bytes()), "{said}");
        // Nobody listens any longer: that must keep nothing from being stopped.
        (child, said)
    }

    /// The processes of the services by name.
    fn processes(&self) -> Vec<(String, u32)> {
        let mut all: Vec<(String, u32)> = fs::read_dir(self.path("running"))
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let name = entry.file_name().to_string_lossy().trim_end_matches(".pid").to_owned();
                (name, fs::read_to_string(entry.path()).unwrap().trim().parse().unwrap())
            })
            .collect();
        all.sort();
        all
    }

    /// A command of the stack, beside it.
    fn run(&self, binary: &str, arguments: &[&str]) -> (Option<i32>, String) {
        let output = process::command(binary, self.folder.path(), arguments)
            .env("DW_DATA_DIR", self.path("data"))
            .env("DW_BACKUP_DIRECTORY", self.path("backups"))
            .output()
            .unwrap();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    }
}

fn signal(name: &str, process: u32) {
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
}

fn ended_within(running: &mut Running, time: Duration) -> ExitStatus {
    let asked = Instant::now();
    loop {
        if let Some(status) = running.0.try_wait().unwrap() {
            return status;
        }
        assert!(asked.elapsed() < time, "it runs still");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn get(port: u16, path: &str, password: Option<&str>) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let password = password.map(|password| openssl::base64::encode_block(format!("x:{password}").as_bytes()));
    let login = password.map(|login| format!("Authorization: Basic {login}\r\n")).unwrap_or_default();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{login}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn is_planted_in(bytes: &[u8]) -> bool {
    bytes.windows(b"planted-of".len()).any(|part| part == b"planted-of")
}

/// No process of this machine has a secret on its command line or in its environment.
fn no_secret_in_any_process(stack: &[(String, u32)]) {
    for (name, process) in stack {
        let variables = fs::read(format!("/proc/{process}/environ")).unwrap();
        for variable in variables.split(|byte| *byte == 0).filter(|variable| !variable.is_empty()) {
            let variable = String::from_utf8_lossy(variable).into_owned();
            let (variable, value) = variable.split_once('=').unwrap();
            assert!(variable.starts_with("DW_") || ["PATH", "HOME"].contains(&variable), "{name}: {variable}");
            if ["PASSWORD", "WEBHOOK", "CONNECTION_STRING"].iter().any(|secret| variable.contains(secret)) {
                assert!(variable.ends_with("_FILE"), "{name}: {variable}");
                assert!(value.is_empty() || value.contains("/secrets/"), "{name}: {variable}={value}");
            }
        }
    }
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        for file in ["cmdline", "environ"] {
            // Processes come and go, and those of others are closed.
            let bytes = fs::read(entry.path().join(file)).unwrap_or_default();
            assert!(!is_planted_in(&bytes), "{} {file}", entry.path().display());
        }
    }
}

/// No file that the stack wrote has a secret in it: logs, databases, backups, state.
fn no_secret_in_any_file(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("secrets") {
                no_secret_in_any_file(&path);
            }
        } else {
            assert!(!is_planted_in(&fs::read(&path).unwrap_or_default()), "{}", path.display());
        }
    }
}

/// The lines of the ETL, a cycle each.
fn cycles(place: &Place) -> Vec<Value> {
    let log = place.read("logs/etl.log");
    log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).collect()
}

fn inserted_sales(cycle: &Value) -> u64 {
    let entities = cycle["entities"].as_array().unwrap();
    let sales = entities.iter().find(|entity| entity["entity"] == "fact_vendas").unwrap();
    sales["inserted"].as_u64().unwrap()
}

#[test]
fn the_whole_stack_starts_works_keeps_its_secrets_and_stops_in_time() {
    let place = Place::new();
    let (mut stack, said) = place.start();
    let processes = place.processes();
    let names: Vec<&str> = processes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["dash-vendas", "dev-waves", "etl", "etl-monitor", "sql-backup"], "{said}");

    // Ports.
    assert!(said.contains(&format!("http://127.0.0.1:{}/", place.monitor)), "{said}");
    for port in [place.monitor, place.vendas] {
        assert!(get(port, "/readyz", None).starts_with("HTTP/1.1 200"));
        assert!(get(port, "/", None).starts_with("HTTP/1.1 401"));
        assert!(get(port, "/", Some("planted-of-the-dashboards")).starts_with("HTTP/1.1 200"));
    }
    let settings = get(place.monitor, "/configuracao", Some("planted-of-the-dashboards"));
    assert!(settings.contains("alerts.webhook_url") && !settings.contains("planted-of"), "{settings}");

    // The first cycle loads the sample, and a later one what a wave changed.
    assert_eq!(cycles(&place)[0]["status"], "success");
    assert_eq!(inserted_sales(&cycles(&place)[0]), 2_250);
    until("a wave is loaded", || cycles(&place)[1..].iter().any(|cycle| inserted_sales(cycle) > 0));

    // A backup of each database, read back by the loop and once more here.
    let (code, list) = place.run(env!("CARGO_BIN_EXE_backup"), &["list", "--output", "json"]);
    assert_eq!(code, Some(0), "{list}");
    let list: Value = serde_json::from_str(&list).unwrap();
    let verified = list["backups"].as_array().unwrap().iter().filter(|backup| backup["status"] == "verified").count();
    assert!(verified >= 2, "{list}");
    until("it verifies again", || place.run(env!("CARGO_BIN_EXE_backup"), &["verify", "--latest"]).0 == Some(0));

    no_secret_in_any_process(&processes);
    signal("-TERM", stack.0.id());
    assert_eq!(ended_within(&mut stack, STOP).code(), Some(0), "{}", place.read("stderr"));
    assert_eq!(place.processes(), []);
    for (name, process) in &processes {
        assert!(!Path::new(&format!("/proc/{process}")).exists(), "{name} runs still");
    }
    for port in [place.monitor, place.vendas] {
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    }
    let (code, status) = place.run(env!("CARGO_BIN_EXE_etl"), &["status", "--output", "json"]);
    assert_eq!(code, Some(0));
    let status: Value = serde_json::from_str(&status).unwrap();
    let entities = status["entities"].as_array().unwrap();
    assert!(
        entities.iter().all(|entity| entity["running"].is_null() && entity["last_status"] == "success"),
        "{status}"
    );
    no_secret_in_any_file(place.folder.path());
}

#[test]
fn a_second_start_goes_on_where_the_first_ended_and_a_service_that_dies_ends_the_stack() {
    let place = Place::new();
    let (mut stack, said) = place.start();
    assert!(!said.contains("made secrets/mssql") && said.contains("running dev-sample"), "{said}");
    let settings = place.read(".env.sqlserver");
    signal("-INT", stack.0.id());
    assert_eq!(ended_within(&mut stack, STOP).code(), Some(0), "{}", place.read("stderr"));

    let (mut stack, said) = place.start();
    assert!(!said.contains("made ") && !said.contains("added "), "{said}");
    assert_eq!(place.read(".env.sqlserver"), settings);
    assert!(place.read("logs/dev-sample.log").contains("the source already holds rows"));
    assert!(place.read("logs/sql-init.log").contains("nothing to do"));
    for (name, value) in SECRETS {
        assert_eq!(place.read(&format!("secrets/{name}")), value);
    }
    let (_, backup) = place.processes().into_iter().find(|(name, _)| name == "sql-backup").unwrap();
    let processes = place.processes();
    signal("-KILL", backup);
    assert_eq!(ended_within(&mut stack, STOP).code(), Some(1));
    assert!(place.read("stderr").contains("sql-backup has ended by itself"), "{}", place.read("stderr"));
    for (name, process) in processes {
        assert!(!Path::new(&format!("/proc/{process}")).exists(), "{name} runs still");
    }
}

#[test]
fn a_port_that_is_taken_is_told_before_anything_starts() {
    let place = Place::new();
    let _taken = TcpListener::bind(("127.0.0.1", place.vendas)).unwrap();
    let output = Command::new("bash")
        .arg(root().join("scripts/stack_local.sh"))
        .arg(Path::new(env!("CARGO_BIN_EXE_etl")).parent().unwrap())
        .env("STACK_FOLDER", place.folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&format!("port {} (VENDAS_PORT) is taken", place.vendas)));
    assert!(!place.path("data").exists());
}
