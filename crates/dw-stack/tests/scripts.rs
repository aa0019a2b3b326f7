//! The shell scripts against a `docker` of the test, which records its calls and answers as files of a folder say.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use dw_stack::root;
use tempfile::TempDir;

/// Answers of the docker of the tests; a file in `$FAKE` switches each fault on.
const DOCKER: &str = r#"#!/bin/sh
printf '%s\n' "$*" >>"$FAKE/calls"
case "$*" in
  info) [ ! -e "$FAKE/engine_down" ] ;;
  "info --format"*) echo 8000000000 ;;
  "compose version"*) [ ! -e "$FAKE/no_compose" ] && echo 2.29.1 ;;
  "volume inspect"*) [ -e "$FAKE/volumes" ] ;;
  inspect*) [ -e "$FAKE/running" ] && echo true ;;
  run*) cat >/dev/null; echo '$argon2id$of-the-test' ;;
  *" up --detach"*) touch "$FAKE/running" "$FAKE/volumes" ;;
  *" ps "*) if [ -e "$FAKE/unhealthy" ]; then echo 'dw_etl running unhealthy 0'; else
    printf 'dw_sql_init exited  0\ndw_etl running healthy 0\n'; fi ;;
esac
"#;

struct Stack(TempDir);

impl Stack {
    /// A copy of the settings beside a docker of the test, with ports that are free.
    fn new() -> Self {
        let stack = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(stack.path("bin")).unwrap();
        fs::create_dir_all(stack.path("docker")).unwrap();
        fs::write(stack.path("bin/docker"), DOCKER).unwrap();
        fs::set_permissions(stack.path("bin/docker"), fs::Permissions::from_mode(0o755)).unwrap();
        let example = fs::read_to_string(root().join("docker/.env.sqlserver.example")).unwrap();
        let mut example = example.replace("ACCEPT_EULA=N", "ACCEPT_EULA=Y");
        for old in ["=1433", "=8501", "=8502"] {
            let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            example = example.replace(old, &format!("={free}"));
        }
        fs::write(stack.path("docker/.env.sqlserver.example"), example).unwrap();
        stack
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn switch(&self, name: &str) {
        fs::write(self.path(name), "").unwrap();
    }

    /// Exit code and everything that was shown.
    fn run(&self, script: &str, arguments: &[&str], input: &str) -> (i32, String) {
        fs::write(self.path("input"), input).unwrap();
        let output = Command::new("bash")
            .arg(root().join("scripts").join(script))
            .args(arguments)
            .env("STACK_FOLDER", self.path("docker"))
            .env("FAKE", self.0.path())
            .env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()))
            .stdin(Stdio::from(fs::File::open(self.path("input")).unwrap()))
            .output()
            .unwrap();
        let shown = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(shown).unwrap())
    }

    fn up(&self) -> (i32, String) {
        self.run("up_stack.sh", &[], "")
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.path("calls")).unwrap_or_default()
    }

    fn secret(&self, name: &str) -> String {
        fs::read_to_string(self.path("docker/secrets").join(name)).unwrap()
    }
}

#[test]
fn the_first_up_makes_secrets_and_the_second_changes_nothing() {
    let stack = Stack::new();
    let (code, shown) = stack.up();
    assert_eq!(code, 0, "{shown}");
    let password = stack.secret("mssql_sa_password");
    assert_eq!(password.len(), 32);
    assert_ne!(password, stack.secret("etl_runner_password"));
    assert!(stack.secret("web_password_hash").starts_with("$argon2id$"));
    assert_eq!(fs::metadata(stack.path("docker/secrets")).unwrap().permissions().mode() & 0o777, 0o700);
    let env = fs::read_to_string(stack.path("docker/.env.sqlserver")).unwrap();
    let port = env.lines().find_map(|line| line.strip_prefix("MONITOR_PORT=")).unwrap();
    assert!(shown.contains(&format!("http://127.0.0.1:{port}/")), "{shown}");

    let (code, again) = stack.up();
    assert_eq!(code, 0, "{again}");
    assert!(!again.contains("made ") && !again.contains("added "), "{again}");
    assert_eq!(stack.secret("mssql_sa_password"), password);
    assert_eq!(fs::read_to_string(stack.path("docker/.env.sqlserver")).unwrap(), env);
    for name in ["mssql_sa_password", "etl_runner_password", "web_password"] {
        let secret = stack.secret(name);
        assert!(!(shown.clone() + &again + &stack.calls() + &env).contains(&secret), "{name}");
    }
    assert!(!stack.calls().contains("rm -f"));
}

#[test]
fn settings_of_the_operator_stay_and_new_ones_are_added() {
    let stack = Stack::new();
    assert_eq!(stack.up().0, 0);
    let file = stack.path("docker/.env.sqlserver");
    let env = fs::read_to_string(&file).unwrap().replace("ETL_EVERY=5m\n", "");
    fs::write(&file, format!("# mine\nMY_OWN=a=b*\n{env}")).unwrap();
    assert_eq!(stack.up().0, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("# mine\nMY_OWN=a=b*\n{env}ETL_EVERY=5m\n"));
}

#[test]
fn lost_secrets_are_told_and_not_made_anew() {
    let stack = Stack::new();
    stack.switch("volumes");
    let (code, shown) = stack.up();
    assert_eq!(code, 1);
    assert!(shown.contains("the volumes of the stack are there") && shown.contains("runbook"), "{shown}");
    assert!(!stack.path("docker/secrets/mssql_sa_password").exists());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let stack = Stack::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let example = stack.path("docker/.env.sqlserver.example");
    let text = fs::read_to_string(&example).unwrap();
    let old = text.lines().find(|line| line.starts_with("VENDAS_PORT=")).unwrap().to_owned();
    let port = taken.local_addr().unwrap().port();
    fs::write(&example, text.replace(&old, &format!("VENDAS_PORT={port}"))).unwrap();
    let (code, shown) = stack.up();
    assert_eq!(code, 1);
    assert!(shown.contains(&format!("port {port} (VENDAS_PORT) is taken")), "{shown}");
    assert!(!stack.calls().contains(" up "));
}

#[test]
fn what_is_missing_of_docker_is_told() {
    for (fault, words) in [("engine_down", "engine does not answer"), ("no_compose", "Compose v2 was not found")] {
        let stack = Stack::new();
        stack.switch(fault);
        let (code, shown) = stack.up();
        assert!(code == 1 && shown.contains(words), "{shown}");
    }
}

#[test]
fn an_unhealthy_service_is_named() {
    let stack = Stack::new();
    stack.switch("unhealthy");
    let (code, shown) = stack.up();
    assert!(code == 1 && shown.contains("dw_etl unhealthy") && shown.contains("docker logs"), "{shown}");
}

#[test]
fn down_keeps_volumes_and_a_purge_wants_the_name() {
    let stack = Stack::new();
    assert_eq!(stack.up().0, 0);
    assert_eq!(stack.run("down_stack.sh", &[], "").0, 0);
    assert!(stack.calls().ends_with("down\n") && !stack.calls().contains("--volumes"));
    let (code, shown) = stack.run("down_stack.sh", &["--purge"], "yes\n");
    assert!(code == 1 && shown.contains("nothing was deleted"), "{shown}");
    assert!(!stack.calls().contains("--volumes"));
    assert_eq!(stack.run("down_stack.sh", &["--purge"], "dw_stack\n").0, 0);
    assert!(stack.calls().ends_with("down --volumes\n"));
}
