//! `etl check`, `etl sla` and `etl alerts` as processes: exit codes, documents, and a webhook that listens.
#![cfg(all(feature = "etl", feature = "init"))]
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are no tests themselves")]

mod process;

use std::process::Output;

use process::{run, text, webhook};

const ETL: &str = env!("CARGO_BIN_EXE_etl");
const INIT: &str = env!("CARGO_BIN_EXE_init");

fn document(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A loaded warehouse in a folder.
fn loaded() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let made = run(INIT, folder.path(), &["--data-dir", "d", "--scale", "0.01"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let ran = run(ETL, folder.path(), &["--data-dir", "d"]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    folder
}

#[test]
fn checks_and_service_levels_have_their_exit_codes() {
    let folder = loaded();
    let healthy = run(ETL, folder.path(), &["--data-dir", "d", "check", "--output", "json"]);
    let found = document(&healthy);
    assert_eq!((healthy.status.code(), &found["errors"], &found["stored"]), (Some(0), &0.into(), &true.into()));
    let strict = "[[check]]\nname = \"own\"\nentity = \"fact_vendas\"\nkind = \"range\"\ncolumns = \"quantidade_vendida\"\nmax = 0\n";
    std::fs::write(folder.path().join("quality.toml"), strict).unwrap();
    let arguments = ["--data-dir", "d", "check", "--quality-file", "quality.toml", "--entity", "fact_vendas"];
    let failed = run(ETL, folder.path(), &arguments);
    assert_eq!(failed.status.code(), Some(20));
    let shown = text(&failed.stdout);
    assert!(shown.contains("own\trange\terror\tfailed\t") && shown.contains("\nfailed: "), "{shown}");
    assert!(!shown.contains("fact_vendas.key\t"), "only what failed is shown: {shown}");

    // A run says what its checks found and ends well all the same.
    let config = "data_dir = \"d\"\n[quality]\nfile = \"quality.toml\"\nafter_run_minutes = 0\n";
    std::fs::write(folder.path().join("dw.toml"), config).unwrap();
    let wave = run(INIT, folder.path(), &["wave"]);
    assert!(wave.status.success(), "{}", text(&wave.stderr));
    let ran = run(ETL, folder.path(), &["run", "--output", "json"]);
    let notices = document(&ran)["notices"].to_string();
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    assert!(notices.contains("quality error: own (quantidade_vendida <= 0)"), "{notices}");
    let silent = run(ETL, folder.path(), &["run", "--full-refresh", "--no-quality", "--output", "json"]);
    assert!(!document(&silent)["notices"].to_string().contains("quality"));

    let met = run(ETL, folder.path(), &["sla", "--output", "json"]);
    // A warehouse that was made behind the deadline of this day has none yet that could be judged.
    let verdict = document(&met)["deadlines"][0]["verdict"].clone();
    assert!(met.status.code() == Some(0) && (verdict == "MET" || verdict.is_null()), "{verdict}");
    for (arguments, message) in [
        (&["check", "--entity", "fact_venda"][..], "no check is about `fact_venda`"),
        (&["check", "--check", "nonsense"], "there is no check `nonsense`"),
        (&["sla", "--days", "0"], "--days"),
    ] {
        let refused = run(ETL, folder.path(), arguments);
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains(message), "{}", text(&refused.stderr));
    }
}

#[test]
fn what_fails_is_told_once_and_its_end_too() {
    let folder = loaded();
    let (url, messages) = webhook(&["204 No Content", "204 No Content"]);
    let config = format!("data_dir = \"d\"\n[alerts]\nwebhook_url = \"{url}\"\nformat = \"discord\"\n");
    std::fs::write(folder.path().join("dw.toml"), config).unwrap();
    let alerts = |arguments: &[&str]| run(ETL, folder.path(), &[&["alerts"], arguments].concat());
    let source = folder.path().join("d/ECOMMERCE_OLTP.db");
    let aside = folder.path().join("aside.db");
    std::fs::rename(&source, &aside).unwrap();
    let dry = alerts(&["--dry-run", "--output", "json"]);
    assert_eq!(document(&dry)["conditions"][0]["key"], "unreachable|source");
    assert!(messages.try_recv().is_err() && !folder.path().join("dw-alerts.json").exists());
    let first = alerts(&["--once"]);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    let told: serde_json::Value = serde_json::from_str(&messages.recv().unwrap()).unwrap();
    assert_eq!(told["content"], "[ALERTA] DW E-commerce | DW");
    assert!(alerts(&["--once"]).status.success(), "within the cooldown nothing is sent");
    std::fs::rename(&aside, &source).unwrap();
    let healed = alerts(&["--once"]);
    assert!(text(&healed.stdout).contains("[RESOLVIDO]"), "{}", text(&healed.stdout));
    assert!(messages.recv().unwrap().contains("RESOLVIDO"));
    for output in [&first, &healed, &dry] {
        assert!(!text(&output.stdout).contains("s3cret") && !text(&output.stderr).contains("s3cret"));
    }
    // A damaged state is set aside and told.
    std::fs::write(folder.path().join("dw-alerts.json"), "{").unwrap();
    let damaged = alerts(&["--once"]);
    assert!(text(&damaged.stderr).contains("was damaged"), "{}", text(&damaged.stderr));
    assert!(folder.path().join("dw-alerts.json.damaged").exists());
}

#[test]
fn a_message_that_is_refused_ends_with_11_and_is_due_again() {
    let folder = tempfile::tempdir().unwrap();
    let (url, messages) = webhook(&["404 Not Found", "200 OK"]);
    std::fs::write(folder.path().join("hook"), format!("{url}\n")).unwrap();
    std::fs::write(folder.path().join("dw.toml"), "data_dir = \"d\"\n[alerts]\nwebhook_url_file = \"hook\"\n").unwrap();
    let refused = run(ETL, folder.path(), &["alerts", "--once"]);
    assert_eq!(refused.status.code(), Some(11));
    let shown = text(&refused.stdout);
    assert!(
        shown.contains("0 of 2 due notices delivered: the webhook answered 404") && !shown.contains("s3cret"),
        "{shown}"
    );
    assert!(run(ETL, folder.path(), &["alerts", "--once"]).status.success());
    drop(messages.recv().unwrap());
    let told: serde_json::Value = serde_json::from_str(&messages.recv().unwrap()).unwrap();
    assert_eq!((&told["alerts"][0]["status"], told["alerts"].as_array().unwrap().len()), (&"firing".into(), 2));
}

#[test]
fn without_a_webhook_and_with_a_bad_file_of_rules_there_is_one_message() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(ETL, folder.path(), &["alerts", "--once"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).starts_with("error: there is no webhook to send to\n"), "{}", text(&refused.stderr));
    std::fs::write(folder.path().join("s.toml"), "[[deadline]]\nname = \"vendas\"\ntime_zone = \"Brasilia\"\n")
        .unwrap();
    std::fs::write(folder.path().join("q.toml"), "[[check]]\nname = \"x\"\nkind = \"magic\"\n").unwrap();
    for (arguments, message) in [
        (
            &["sla", "--sla-file", "s.toml"][..],
            "error: s.toml:3: `time_zone` is no name of the IANA data base: `Brasilia`",
        ),
        (&["alerts", "--dry-run", "--sla-file", "s.toml"], "error: s.toml:3: `time_zone`"),
        (&["check", "--quality-file", "q.toml"], "error: q.toml:3: `kind` is no kind of check"),
        (&["check", "--quality-file", "nowhere.toml"], "error: quality.file: `nowhere.toml` cannot be read"),
    ] {
        let refused = run(ETL, folder.path(), arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(text(&refused.stderr).starts_with(message), "{}", text(&refused.stderr));
    }
    // Before anything is loaded.
    std::fs::write(folder.path().join("dw.toml"), "[quality]\nfile = \"q.toml\"\n").unwrap();
    assert_eq!(run(ETL, folder.path(), &["run"]).status.code(), Some(2));
    assert!(!folder.path().join("dw-data").exists());
}
