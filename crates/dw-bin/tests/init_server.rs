//! `init` as a process against a server: plan, check, repair, and tables that were changed by hand.
#![cfg(all(feature = "etl", feature = "init"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

mod server;

use std::process::Command;

use dw_core::engine::Engine;
use dw_core::error::Database;
use dw_core::exit;
use dw_testkit::on_sql_server;
use dw_testkit::server::{TestDatabases, target};
use serde_json::Value;
use server::{INIT, command, name_of};

/// What a process said.
struct Said {
    code: u8,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }
}

fn on(databases: &TestDatabases, arguments: &[&str]) -> Command {
    let mut command = command(INIT, arguments, &target());
    for database in [Database::Oltp, Database::Dw] {
        command.env(name_of(database), databases.name(database));
    }
    command.env("DW_LOG_FILTER", "off");
    command
}

fn run(mut command: Command) -> Said {
    let folder = tempfile::tempdir().unwrap();
    let output = command.current_dir(folder.path()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said {
        code: u8::try_from(output.status.code().unwrap()).unwrap(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

fn init(databases: &TestDatabases, arguments: &[&str]) -> Said {
    run(on(databases, arguments))
}

/// The names of the scripts that a plan would run in a database.
fn scripts(plan: &Value, at: usize) -> Vec<String> {
    let scripts = plan["databases"][at]["scripts"].as_array().unwrap();
    scripts.iter().map(|script| format!("{} ({})", script["name"], script["reason"]).replace('"', "")).collect()
}

#[on_sql_server]
async fn a_plan_a_check_and_a_repair_say_what_is_and_init_does_the_rest() {
    let databases = TestDatabases::reserve();
    let plan = init(&databases, &["--plan", "--output", "json"]).json();
    assert!(plan["databases"].as_array().unwrap().iter().all(|database| database["state"].is_null()), "{plan}");
    assert!(scripts(&plan, 0).contains(&"oltp/up/0001_source_tables (new)".to_owned()));
    assert_eq!(scripts(&plan, 1).last().unwrap(), "dw/grants (new)");
    let missing = init(&databases, &["--check"]);
    assert_eq!((missing.code, missing.out.as_str()), (exit::SOURCE_UNREACHABLE, ""), "a plan creates nothing");

    let made = init(&databases, &["--output", "json"]);
    assert_eq!(made.code, exit::OK, "{}", made.err);
    let ran: Vec<Value> =
        made.json()["databases"].as_array().unwrap().iter().map(|one| one["migrations"].clone()).collect();
    assert_eq!(ran, [Value::from(scripts(&plan, 0)), Value::from(scripts(&plan, 1))], "what was planned ran");

    let checked = init(&databases, &["--check"]);
    assert_eq!(checked.code, exit::OK, "{}", checked.err);
    assert!(checked.out.starts_with("ok: ECOMMERCE_OLTP at `") && checked.out.lines().count() == 1, "{}", checked.out);
    let checked = init(&databases, &["--check", "--output", "json"]).json();
    assert_eq!(checked["databases"][1]["differences"], Value::Array(Vec::new()));
    assert!(checked["databases"][1]["capabilities"]["flavor"].is_string());

    assert_eq!(init(&databases, &["--plan"]).out, "nothing to do\n");
    let again = init(&databases, &[]);
    assert!(again.out.lines().all(|line| line.ends_with(": nothing to do")), "{}", again.out);

    let unknown = init(&databases, &["--repair", "dw/up/0001_star_schema"]);
    assert_eq!(unknown.code, exit::USAGE, "what is done is not forgotten: {}", unknown.err);
    assert_eq!(init(&databases, &["--repair", "grants"]).code, exit::USAGE);
    assert_eq!(init(&databases, &["--repair", "dw/grants"]).code, exit::OK);
    assert_eq!(scripts(&init(&databases, &["--plan", "--output", "json"]).json(), 1), ["dw/grants (new)"]);
}

#[on_sql_server]
async fn a_server_that_is_not_there_and_a_login_that_is_refused_have_their_exit_codes() {
    let databases = TestDatabases::reserve();
    let mut nowhere = on(&databases, &["--check"]);
    // Nothing listens on the port of a listener that is gone.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    nowhere.env("DW_SQLSERVER_SERVER", "127.0.0.1").env("DW_SQLSERVER_PORT", free.to_string());
    assert_eq!(run(nowhere).code, exit::SOURCE_UNREACHABLE);
    let mut refused = on(&databases, &[]);
    refused.env("DW_SQLSERVER_PASSWORD", "certainly not the password");
    let refused = run(refused);
    assert_eq!(refused.code, exit::SOURCE_UNREACHABLE);
    assert!(!refused.err.contains("certainly not"), "{}", refused.err);
}

#[on_sql_server]
async fn tables_that_were_changed_by_hand_are_refused_before_anything_is_written() {
    let databases = TestDatabases::reserve();
    assert_eq!(init(&databases, &[]).code, exit::OK);
    let engine = databases.engine();
    let mut dw = engine.create(Database::Dw).await.unwrap();
    for sql in [
        "ALTER TABLE ctl.etl_control ADD mine INT NULL",
        "DELETE FROM ctl.schema_script WHERE script_name = 'dw/grants'",
    ] {
        dw.execute(sql, &[]).await.unwrap();
    }
    let harmless = init(&databases, &["--check"]);
    assert_eq!(harmless.code, exit::OK, "{}", harmless.err);
    assert!(harmless.err.contains("does not know and leaves alone: ctl.etl_control.mine\n"), "{}", harmless.err);

    for sql in [
        "ALTER TABLE ctl.etl_parked DROP COLUMN parked_at",
        "ALTER TABLE audit.etl_reject ALTER COLUMN payload VARCHAR(100)",
    ] {
        dw.execute(sql, &[]).await.unwrap();
    }
    let expected = [
        "DW_ECOMMERCE was changed by hand, or by another program:\n",
        "\n  audit.etl_reject.payload is VARCHAR(100) and not ",
        "\n  ctl.etl_parked lacks the column parked_at DATETIME2(0)",
        "hint: ",
    ];
    for arguments in [&["--check"][..], &["--plan"], &[]] {
        let refused = init(&databases, arguments);
        assert_eq!((refused.code, refused.out.as_str()), (exit::SCHEMA_MISMATCH, ""), "{}", refused.err);
        for text in expected {
            assert!(refused.err.contains(text), "init {arguments:?} lacks `{text}`: {}", refused.err);
        }
    }
    let written =
        dw.query("SELECT COUNT(*) FROM ctl.schema_script WHERE script_name = 'dw/grants'", &[]).await.unwrap();
    assert_eq!(written.get(0, 0).int().unwrap(), Some(0), "a script ran before the refusal");

    dw.execute("DROP TABLE ctl.etl_parked", &[]).await.unwrap();
    let refused = init(&databases, &[]);
    assert_eq!(refused.code, exit::SCHEMA_MISMATCH);
    assert!(refused.err.contains("\n  ctl.etl_parked is missing\n"), "{}", refused.err);
}
