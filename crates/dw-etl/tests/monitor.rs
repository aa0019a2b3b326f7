//! The figures of the monitor page, service levels and alerts on a warehouse that was really loaded: they are those of an
//! independent query, on both engines.
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are no tests themselves")]

mod common;

use std::path::PathBuf;

use common::{Stack, only};
use dw_audit::alerts::cycle::{Alerter, snapshot};
use dw_audit::alerts::{Condition, conditions};
use dw_audit::failures::FailureClass;
use dw_audit::monitor::connections::ConnectionFilter;
use dw_audit::monitor::overview::{Standing, pending};
use dw_audit::monitor::runs::RunFilter;
use dw_audit::monitor::{self, State, overview};
use dw_audit::quality::{Severity, declare};
use dw_audit::rules_file::RulesText;
use dw_audit::sla::Verdict;
use dw_audit::sla::rules::{self, Rules};
use dw_core::embedded::EmbeddedEngine;
use dw_core::time;
use dw_etl::check::after_run;
use dw_etl::options::RunOptions;
use dw_etl::status::status;
use dw_testkit::{On, both_engines};

fn rules() -> Rules {
    rules::load(None).unwrap()
}

#[both_engines]
async fn the_overview_says_what_status_and_the_tables_say(on: On) {
    let stack = Stack::sample(on, 0.02).await;
    let first = stack.run(&RunOptions::default()).await;
    after_run(&*stack.engine, &declare::load(None).unwrap(), &first, 0, 90).await.unwrap().unwrap();
    stack.wave(time::now() - 300, time::now()).await;
    let known = status(&*stack.engine).await.unwrap();
    let (clock, oldest) = stack.engine.source_clock().await.unwrap();
    let (mut dw, mut oltp) = (stack.dw().await, stack.oltp().await);
    let state = State::read(&mut *dw, clock, 7).await.unwrap();
    let waiting = pending(&mut *oltp, &state.controls, clock, oldest).await.unwrap();
    let page = overview(&state, Some(&waiting));
    assert_eq!(page.entities.len(), 9);
    for (line, told) in page.entities.iter().zip(&known.entities) {
        assert_eq!((line.entity.as_str(), line.pending), (told.entity, Some(told.pending)));
        assert_eq!((line.standing, line.last_success_at), (Standing::Ok, told.last_success));
        let last = line.last.as_ref().unwrap();
        assert_eq!(last.extracted, common::of(&first, told.entity).extracted);
        let today: u64 = line.history.iter().map(|day| day.extracted).sum();
        assert_eq!((line.history.len(), today), (14, last.extracted));
        assert_eq!(line.coverage.unwrap().hundredths, 10_000, "{}", line.entity);
    }
    assert!(page.pending.unwrap() > 0);
    assert_eq!((page.day.runs, page.day.succeeded, page.week.success_percent()), (1, 1, Some(100)));
    assert_eq!((page.coverage, page.quality), (Some(10_000), (0, 0)));
    assert_eq!(stack.number("SELECT COUNT(*) FROM audit.etl_run").await, 1, "a page writes nothing");
    assert!(serde_json::to_string(&page).unwrap().contains("\"standing\":\"OK\""));
    // The order of work, whatever the table has.
    let names: Vec<&str> = page.entities.iter().map(|line| line.entity.as_str()).collect();
    assert_eq!(names, dw_core::entities::ALL.iter().map(|entity| entity.name).collect::<Vec<_>>());
}

#[both_engines]
async fn runs_are_paged_filtered_and_explained(on: On) {
    let stack = Stack::sample(on, 0.02).await;
    stack.run(&RunOptions::default()).await;
    stack.run(&only(&["dim_regiao"])).await;
    stack.operate("DELETE FROM ctl.etl_control WHERE entity_name = 'fact_metas'").await;
    let failed = stack.run_any(&RunOptions::default()).await;
    let mut dw = stack.dw().await;
    let list = |filter: RunFilter| filter;
    let all = monitor::runs::runs(&mut *dw, &list(RunFilter { size: 2, ..RunFilter::default() })).await.unwrap();
    assert_eq!((all.total, all.runs.len(), all.runs[0].status.as_str()), (3, 2, "partial"));
    let second = RunFilter { size: 2, page: 2, ..RunFilter::default() };
    let second = monitor::runs::runs(&mut *dw, &second).await.unwrap();
    assert_eq!((second.runs.len(), second.runs[0].succeeded), (1, 9));
    let extracted = stack.number("SELECT SUM(extracted_count) FROM audit.etl_run_entity WHERE run_id = 1").await;
    assert_eq!(i64::try_from(second.runs[0].extracted).unwrap(), extracted);
    let of = |status: Option<&str>, entity: Option<&str>| RunFilter {
        status: status.map(str::to_owned),
        entity: entity.map(str::to_owned),
        ..RunFilter::default()
    };
    for (filter, total) in [
        (of(Some("partial"), None), 1),
        (of(None, Some("dim_regiao")), 3),
        (of(None, Some("fact_metas")), 2),
        (of(Some("success"), Some("fact_metas")), 1),
        (of(Some("' OR 1=1 --"), None), 0),
        (RunFilter { until: Some(60), ..RunFilter::default() }, 0),
        (RunFilter { page: 99, ..RunFilter::default() }, 0),
    ] {
        assert_eq!(monitor::runs::runs(&mut *dw, &filter).await.unwrap().total, total, "{filter:?}");
    }
    let run = monitor::runs::run(&mut *dw, failed.run_id.unwrap()).await.unwrap().unwrap();
    let metas = run.entities.iter().find(|entity| entity.entity == "fact_metas").unwrap();
    let failure = metas.failure.as_ref().unwrap();
    assert_eq!((failure.class, failure.code.as_deref()), (FailureClass::ConfigControle, Some("DW-E0020")));
    assert!(!failure.signature.starts_with("DW-E") && run.error.unwrap().contains("DW-E0020"));
    assert!(monitor::runs::run(&mut *dw, 4_711).await.unwrap().is_none());
}

#[both_engines]
async fn the_page_of_an_entity_shows_no_personal_data(on: On) {
    let stack = Stack::sample(on, 0.02).await;
    let long = "d".repeat(80);
    stack
        .change(&format!(
            "UPDATE core.customers SET district = '{long}', full_name = 'Ana Secreta' WHERE customer_id = 5"
        ))
        .await;
    stack.run_any(&RunOptions::default()).await;
    let (mut dw, mut oltp) = (stack.dw().await, stack.oltp().await);
    let page = monitor::entity::page(&mut *dw, "dim_cliente", 20, time::now()).await.unwrap().unwrap();
    assert_eq!((page.runs.len(), page.runs[0].extracted), (1, 400));
    let rows = monitor::entity::source_rows(&mut *oltp, "dim_cliente", 20).await.unwrap().unwrap();
    assert_eq!(rows.rows.len(), 20);
    assert!(rows.columns.contains(&"customer_id".to_owned()));
    let shown = serde_json::to_string(&(&page, &rows)).unwrap();
    assert_eq!((page.rejects[0].key, page.reasons[0].code.as_str()), (5, "too_long"));
    assert!((time::now() - page.reasons[0].oldest_at.unwrap()).abs() < 600);
    assert!(page.rejects[0].fields.iter().any(|(name, _)| name == "state"));
    assert!(!shown.contains("Secreta") && !shown.contains("full_name") && !shown.contains("email\""), "{shown}");
    let rejected = stack.number("SELECT COUNT(*) FROM audit.etl_reject WHERE entity_name = 'dim_cliente'").await;
    assert_eq!(i64::try_from(page.rejects.len()).unwrap(), rejected);
    assert!(monitor::entity::page(&mut *dw, "x'; DROP TABLE y", 20, 0).await.unwrap().is_none());
    let versions = monitor::schema_versions(&mut *dw).await.unwrap();
    assert_eq!(versions.last().unwrap().version, dw_core::migrate::known_version(dw_core::error::Database::Dw));
    let window = ConnectionFilter {
        since: time::now() - 86_400,
        until: time::now() + 60,
        top: 5,
        ..ConnectionFilter::default()
    };
    let connections = monitor::connections::page(&mut *dw, &window).await.unwrap();
    match on {
        On::Embedded => assert!(connections.is_none()),
        On::SqlServer => {
            let page = connections.unwrap();
            let hour = page.hours.last().unwrap().started_at;
            assert!(page.events > 0 && hour % 3_600 == 0 && (window.since - 3_600..=window.until).contains(&hour));
            let newest = page.logins.top[0].last_at / 1_000;
            assert!((window.since..=window.until).contains(&newest), "{newest}");
        }
    }
}

/// Days by hand in the audit trail: met, late, failed, not run, and a day before the first run.
#[both_engines]
async fn deadlines_are_judged_by_what_the_runs_covered(on: On) {
    let stack = Stack::empty(on).await;
    let day = 86_400;
    let midnight = 20_000 * day;
    let mut run = 0;
    // Start, end and cutoff of runs, in hours behind the midnight that began the day of the deadline; and how they ended.
    for (number, hours, status) in [
        (0, (3, 4, 3), "success"),
        (1, (9, 10, 9), "success"),
        (2, (3, 4, 3), "failed"),
        (2, (5, 6, 5), "failed"),
        // Covers only the day before, and comes too late for that.
        (4, (9, 10, -1), "success"),
    ] {
        run += 1;
        let at = |hour: i64| midnight + number * day + hour * 3_600;
        let (started, ended, cutoff) = (at(hours.0), at(hours.1), at(hours.2));
        stack
            .operate(&format!(
                "INSERT INTO audit.etl_run (run_id, entities_requested, started_by, started_at, finished_at, status, cutoff_at) \
                 VALUES ({run}, 'fact_vendas', 't', {started}, {ended}, 'success', {cutoff})"
            ))
            .await;
        stack
            .operate(&format!(
                "INSERT INTO audit.etl_run_entity (run_entity_id, run_id, entity_name, entity_started_at, entity_finished_at, status) \
                 VALUES ({run}, {run}, 'fact_vendas', {started}, {ended}, '{status}')"
            ))
            .await;
    }
    let text = "[[deadline]]\nname = \"vendas\"\ntime_zone = \"UTC\"\n";
    let rules = rules::declared(Some(RulesText { path: "s.toml", text })).unwrap();
    let mut dw = stack.dw().await;
    let now = midnight + 5 * day + 7 * 3_600;
    let page = monitor::sla(&mut *dw, &rules, 30, now).await.unwrap();
    let verdicts: Vec<Verdict> = page[0].days.iter().map(|day| day.verdict).collect();
    use Verdict::{Failed, Met, Missed, NotRun, Pending};
    assert_eq!(verdicts, [Met, Missed, Failed, NotRun, Missed, Pending]);
    assert_eq!((page[0].kept, page[0].days[1].late_seconds), ((1, 5), 7_200));
    assert_eq!(page[0].days[0].business_day, time::format_date(20_000 - 1));
}

fn keys(found: &[Condition]) -> Vec<&str> {
    found.iter().map(|condition| condition.key.as_str()).collect()
}

#[both_engines]
async fn alerts_come_from_the_same_state_and_go_when_it_heals(on: On) {
    let stack = Stack::sample(on, 0.02).await;
    let now = time::now();
    // Whether a deadline lies within the hours of this test depends on the time of day.
    let look = async |now| {
        let seen = snapshot(&*stack.engine, &rules(), None, now).await;
        let found = conditions(&seen, &rules(), now).into_iter();
        found.filter(|condition| condition.kind != "sla").collect::<Vec<_>>()
    };
    assert_eq!(keys(&look(now).await), Vec::<&str>::new(), "a fresh stack is quiet");
    stack.run(&RunOptions::default()).await;
    assert_eq!(keys(&look(now + 60).await), Vec::<&str>::new());
    let late = look(now + 3 * 3_600).await;
    assert_eq!(late.iter().filter(|one| one.kind == "freshness").count(), 9);
    assert!(late.iter().all(|one| one.severity == Severity::Warn), "{late:#?}");
    // A failed run, a run that hangs.
    stack.operate("UPDATE audit.etl_run_entity SET status = 'failed', error_message = 'DW-E0013: full' WHERE entity_name = 'dim_regiao'").await;
    stack.operate("UPDATE audit.etl_run SET status = 'running', finished_at = NULL, heartbeat_at = started_at").await;
    stack.operate("UPDATE audit.etl_run_entity SET status = 'running', entity_finished_at = NULL WHERE entity_name = 'fact_vendas'").await;
    let found = look(now + 3_000).await;
    assert_eq!(keys(&found), ["failure|dim_regiao", "hung|1"]);
    assert!(found[0].action.starts_with("Libere espa"), "{found:?}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_an_alert_and_a_dry_run_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = EmbeddedEngine::new(folder.path().join("nowhere"));
    let alerter = Alerter {
        rules: rules(),
        webhook: None,
        state_file: folder.path().join("state.json"),
        cooldown: 600,
        name: "DW".to_owned(),
    };
    let dry = alerter.once(&engine, None, 1_000, true).await.unwrap();
    assert_eq!(keys(&dry.conditions), ["unreachable|source", "unreachable|warehouse"]);
    assert_eq!(dry.notices.len(), 2);
    assert!(!alerter.state_file.exists() && !folder.path().join("nowhere").exists());
    alerter.once(&engine, None, 1_000, false).await.unwrap();
    assert!(alerter.state_file.exists());
    // A state that cannot be written is an error, not a flood.
    let nowhere = Alerter { state_file: PathBuf::from("/proc/dw/state.json"), ..alerter };
    assert_eq!(nowhere.once(&engine, None, 1_000, false).await.unwrap_err().code(), "DW-E0040");
}
