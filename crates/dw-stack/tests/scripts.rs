//! The shell scripts against a `docker` of the test, which records its calls and answers as files of a folder say.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

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
  "info --format"*) if [ -e "$FAKE/small" ]; then echo 2000000000; else echo 8000000000; fi ;;
  "compose version"*) if [ -e "$FAKE/compose_v1" ]; then echo 1.29.2; else [ ! -e "$FAKE/no_compose" ] && echo 2.29.1; fi ;;
  "volume ls"*) if [ -e "$FAKE/volumes" ]; then echo dw_stack_sqlserver_data; fi ;;
  inspect*) [ -e "$FAKE/running" ] && echo true ;;
  run*) cat >/dev/null; echo '$argon2id$of-the-test' ;;
  *" up --detach"*) [ ! -e "$FAKE/no_start" ] || { touch "$FAKE/failed"; exit 1; }; touch "$FAKE/running" "$FAKE/volumes" ;;
  "ps "*) if [ -e "$FAKE/unhealthy" ]; then echo 'dw_etl|running|Up 3 minutes (unhealthy)'
    elif [ -e "$FAKE/failed" ]; then echo 'dw_sql_init|exited|Exited (80) 2 seconds ago'
    elif [ -e "$FAKE/running" ] && [ ! -e "$FAKE/asked" ]; then touch "$FAKE/asked"
      echo 'dw_etl|running|Up 5 seconds (health: starting)'; echo 'dw_sql_backup|created|Created'
    else echo 'dw_sql_init|exited|Exited (0) 2 minutes ago'; echo 'dw_etl|running|Up 3 minutes (healthy)'; fi ;;
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
            .env("UP_PAUSE_SECONDS", "0")
            .env("MONITOR_PORT", "1")
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
    assert!(
        password.len() == 32 && password.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "nothing a shell expands"
    );
    assert_ne!(password, stack.secret("etl_runner_password"));
    assert!(stack.secret("web_password_hash").starts_with("$argon2id$"));
    assert_eq!(fs::metadata(stack.path("docker/secrets")).unwrap().permissions().mode() & 0o777, 0o700);
    let env = fs::read_to_string(stack.path("docker/.env.sqlserver")).unwrap();
    let port = env.lines().find_map(|line| line.strip_prefix("MONITOR_PORT=")).unwrap();
    assert!(shown.contains(&format!("http://127.0.0.1:{port}/")), "{shown}");
    assert!(shown.contains("waiting, 0 s: dw_etl starting,dw_sql_backup created\n"), "{shown}");

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

/// Each of them opens something that the server keeps, so each is looked for.
#[test]
fn any_one_lost_secret_is_named() {
    let stack = Stack::new();
    assert_eq!(stack.up().0, 0);
    for name in [
        "mssql_sa_password",
        "etl_runner_password",
        "etl_monitor_password",
        "etl_backup_password",
        "etl_restore_password",
        "bi_reader_password",
    ] {
        let (file, aside) = (stack.path("docker/secrets").join(name), stack.path("aside"));
        fs::rename(&file, &aside).unwrap();
        let (code, shown) = stack.up();
        assert!(code == 1 && shown.contains("are not: ") && shown.contains(name) && !file.exists(), "{shown}");
        fs::rename(&aside, &file).unwrap();
    }
    let calls = stack.calls();
    assert_eq!(calls.matches(" up --detach").count(), 1, "nothing was started without its secrets: {calls}");
}

#[test]
fn new_secrets_are_given_to_the_server_before_anything_uses_them() {
    let stack = Stack::new();
    assert_eq!(stack.up().0, 0);
    let before = stack.secret("etl_runner_password");
    let kept = stack.secret("bi_reader_password");
    fs::remove_file(stack.path("docker/secrets/etl_runner_password")).unwrap();
    let (code, shown) = stack.run("up_stack.sh", &["--new-secrets"], "");
    assert!(code == 0 && shown.contains("made secrets/etl_runner_password"), "{shown}");
    assert_ne!(stack.secret("etl_runner_password"), before);
    assert_eq!(stack.secret("bi_reader_password"), kept);
    let calls = stack.calls();
    let order = ["run --rm sql-init --rotate-logins", "rm --stop --force sql-init etl", "up --detach"];
    let at = order.map(|call| calls.rfind(call).unwrap_or_else(|| panic!("{call}: {calls}")));
    assert!(at.is_sorted(), "{calls}");
    fs::remove_file(stack.path("docker/secrets/mssql_sa_password")).unwrap();
    let (code, shown) = stack.run("up_stack.sh", &["--new-secrets"], "");
    assert!(code == 1 && shown.contains("Lost secrets"), "{shown}");
}

#[test]
fn the_password_of_an_existing_server_is_asked_for_and_never_made() {
    let stack = Stack::new();
    let example = stack.path("docker/.env.sqlserver.example");
    let text = fs::read_to_string(&example).unwrap();
    let text =
        text.replace("\nSTACK_FILES=docker-compose.sqlserver.yml\n", "\nSTACK_FILES=docker-compose.external.yml\n");
    fs::write(&example, text).unwrap();
    let (code, shown) = stack.up();
    assert!(code == 1 && shown.contains("password of the administrator of your server"), "{shown}");
    fs::create_dir_all(stack.path("docker/secrets")).unwrap();
    fs::write(stack.path("docker/secrets/mssql_sa_password"), "theirs").unwrap();
    let (code, shown) = stack.up();
    assert!(code == 0 && !shown.contains("server:"), "{shown}");
    assert_eq!(stack.secret("mssql_sa_password"), "theirs");
    assert!(stack.calls().contains("docker-compose.external.yml"));
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
    for (fault, words) in [
        ("engine_down", "engine does not answer"),
        ("no_compose", "Compose v2 was not found"),
        ("compose_v1", "Compose v2 is needed, this is 1.29.2"),
        ("small", "Docker has 2000 MB of memory"),
    ] {
        let stack = Stack::new();
        stack.switch(fault);
        let (code, shown) = stack.up();
        assert!(code == 1 && shown.contains(words), "{shown}");
        assert!(!stack.calls().contains(" up ") && !stack.path("docker/secrets").exists(), "{fault}");
    }
}

#[test]
fn docker_that_is_not_there_is_told() {
    let stack = Stack::new();
    let tools = stack.path("tools");
    fs::create_dir(&tools).unwrap();
    std::os::unix::fs::symlink("/usr/bin/dirname", tools.join("dirname")).unwrap();
    for script in ["up_stack.sh", "down_stack.sh"] {
        let output = Command::new("/bin/bash")
            .arg(root().join("scripts").join(script))
            .env("STACK_FOLDER", stack.path("docker"))
            .env("PATH", &tools)
            .output()
            .unwrap();
        let shown = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && shown.starts_with("error: docker was not found"), "{shown}");
    }
    assert!(!stack.path("docker/.env.sqlserver").exists());
}

#[test]
fn nothing_is_asked_of_the_dashboards_when_they_are_not_started() {
    let stack = Stack::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let example = stack.path("docker/.env.sqlserver.example");
    let text = fs::read_to_string(&example).unwrap();
    let old = text.lines().find(|line| line.starts_with("VENDAS_PORT=")).unwrap().to_owned();
    let text = text.replace(&old, &format!("VENDAS_PORT={}", taken.local_addr().unwrap().port()));
    fs::write(&example, text.replace("COMPOSE_PROFILES=core,dashboards,backup", "COMPOSE_PROFILES=core")).unwrap();
    let (code, shown) = stack.up();
    assert!(code == 0 && !shown.contains("vendas:") && shown.contains("server:"), "{shown}");
}

#[test]
fn an_unhealthy_service_is_named() {
    let stack = Stack::new();
    stack.switch("unhealthy");
    let (code, shown) = stack.up();
    assert!(code == 1 && shown.contains("dw_etl unhealthy") && shown.contains("docker logs"), "{shown}");
    let stack = Stack::new();
    stack.switch("failed");
    let (code, shown) = stack.up();
    assert!(code == 1 && shown.contains("dw_sql_init failed"), "{shown}");
}

#[test]
fn a_start_that_fails_names_the_container() {
    let stack = Stack::new();
    stack.switch("no_start");
    let (code, shown) = stack.up();
    assert!(code == 1 && shown.contains("dw_sql_init failed") && shown.contains("did not start"), "{shown}");
}

#[test]
fn the_licence_is_accepted_by_whoever_says_so() {
    let stack = Stack::new();
    let example = stack.path("docker/.env.sqlserver.example");
    let text = fs::read_to_string(&example).unwrap().replace("ACCEPT_EULA=Y", "ACCEPT_EULA=N");
    fs::write(&example, &text).unwrap();
    let (code, shown) = stack.up();
    assert!(code == 1 && shown.contains("--accept-eula") && !stack.calls().contains(" up "), "{shown}");
    let (code, shown) = stack.run("up_stack.sh", &["--accept-eula"], "");
    assert_eq!(code, 0, "{shown}");
    let env = fs::read_to_string(stack.path("docker/.env.sqlserver")).unwrap();
    assert_eq!(env, text.replace("ACCEPT_EULA=N", "ACCEPT_EULA=Y"));
    assert_eq!(stack.up().0, 0);
    assert_eq!(stack.run("up_stack.sh", &["--faster"], "").0, 1);
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
