//! From what is known to what is wrong.

use std::collections::BTreeMap;

use dw_core::time::DAY;

use super::*;
use crate::control::ControlState;
use crate::failures;
use crate::monitor::quality::QualityLine;
use crate::monitor::state::{RunningEntity, Totals};
use crate::quality::Status;
use crate::sla::rules::declared;

const NOW: Seconds = 1_777_000_000;

fn control(entity: &str, last_success: Option<Seconds>) -> ControlState {
    ControlState {
        entity: entity.to_owned(),
        source_table: "core.x".to_owned(),
        target_table: "dim.X".to_owned(),
        watermark: (dw_core::time::WATERMARK_START, 0),
        cutoff_minutes: 2,
        is_active: true,
        last_run: None,
        last_status: None,
        last_success,
        created_at: Some(NOW - 60),
    }
}

fn state() -> State {
    State {
        now: NOW,
        controls: dw_core::entities::ALL.iter().map(|entity| control(entity.name, None)).collect(),
        last: BTreeMap::new(),
        running: Vec::new(),
        days: BTreeMap::new(),
        ended: BTreeMap::new(),
        rejects: BTreeMap::new(),
        day: Totals::default(),
        week: Totals::default(),
        quality: Vec::new(),
        first_run: None,
    }
}

fn run(entity: &str, status: &str, error: Option<&str>) -> EntityRun {
    EntityRun {
        entity: entity.to_owned(),
        run_id: 7,
        started_at: NOW - 120,
        finished_at: Some(NOW - 60),
        status: status.to_owned(),
        extracted: 0,
        inserted: 0,
        updated: 0,
        unchanged: 0,
        soft_deleted: 0,
        rejected: 0,
        inferred: 0,
        batches: 0,
        more_pending: false,
        failure: (status == "failed").then(|| failures::explain(error)),
        error: error.map(str::to_owned),
        seconds: Some(60),
        rows_per_second: Some(0),
    }
}

fn of(state: State) -> Snapshot {
    Snapshot { state: Ok(state), source: None, deadlines: Vec::new(), backup: None }
}

fn keys(snapshot: &Snapshot) -> Vec<String> {
    conditions(snapshot, &declared(None).unwrap(), NOW).into_iter().map(|condition| condition.key).collect()
}

#[test]
fn a_fresh_stack_is_quiet_and_one_that_nobody_starts_is_told_once() {
    assert_eq!(keys(&of(state())), Vec::<String>::new());
    let mut old = state();
    old.controls.iter_mut().for_each(|control| control.created_at = Some(NOW - 2 * DAY));
    assert_eq!(keys(&of(old.clone())), ["never_run"]);
    old.first_run = Some(NOW - DAY);
    assert_eq!(keys(&of(old)), Vec::<String>::new());
}

#[test]
fn a_quiet_source_is_no_delay_and_a_watermark_in_the_future_hides_none() {
    let mut quiet = state();
    quiet.controls[0].watermark = (NOW - 90 * DAY, 1);
    quiet.controls[0].last_success = Some(NOW - 60);
    assert_eq!(keys(&of(quiet.clone())), Vec::<String>::new());
    quiet.controls[0].watermark = (NOW + 90 * DAY, 1);
    quiet.controls[0].last_success = Some(NOW - 7 * 3_600);
    assert_eq!(keys(&of(quiet)), ["freshness|dim_cliente"]);
}

#[test]
fn every_condition_says_what_is_known_and_what_to_do() {
    let mut bad = state();
    bad.controls[0].last_success = Some(NOW - 3 * 3_600);
    bad.controls[1].is_active = false;
    bad.last.insert(
        "fact_vendas".to_owned(),
        run("fact_vendas", "failed", Some("DW-E0021: UNIQUE constraint failed: UK_FACT_VENDAS_original_id")),
    );
    bad.last.insert("dim_produto".to_owned(), run("dim_produto", "failed", None));
    bad.ended.insert("fact_vendas".to_owned(), (10, 4));
    bad.running.push(RunningEntity {
        entity: "dim_regiao".to_owned(),
        run_id: 8,
        started_at: NOW - 7_200,
        heartbeat_at: Some(NOW - 3_600),
        extracted: 1,
        written: 1,
        unchanged: 0,
        rejected: 0,
        batches: 1,
        rows_per_second: 1,
        process: Some("host:42".to_owned()),
    });
    let line = |check: &str, severity, status| QualityLine {
        check: check.to_owned(),
        kind: "range".to_owned(),
        entity: "fact_vendas".to_owned(),
        severity,
        status,
        observed: Some(3),
        unit: "rows".to_owned(),
        threshold: "valor >= 0".to_owned(),
        checked_rows: Some(100),
        failing_rows: Some(3),
        message: None,
        sample: vec!["7".to_owned(), "8".to_owned()],
        checked_at: NOW,
        run_id: None,
    };
    bad.quality = vec![
        line("a", Severity::Error, Status::Failed),
        line("b", Severity::Warn, Status::Failed),
        line("c", Severity::Error, Status::Passed),
        line("d", Severity::Error, Status::Skipped),
    ];
    let day = DayVerdict {
        rule: "vendas".to_owned(),
        entity: "fact_vendas".to_owned(),
        day: "2026-04-24".to_owned(),
        business_day: "2026-04-23".to_owned(),
        due_at: NOW - 600,
        verdict: Verdict::Failed,
        loaded_at: None,
        late_seconds: 600,
        attempts: 2,
        failed: 2,
        severity: Severity::Error,
    };
    let snapshot = Snapshot {
        state: Ok(bad),
        source: Some(Unreachable { code: "DW-E0015", message: "shop:1433".to_owned(), hint: "Start it".to_owned() }),
        deadlines: vec![day.clone(), DayVerdict { verdict: Verdict::Met, ..day }],
        backup: Some(BackupState { last_verified_at: Some(NOW - 30 * 3_600) }),
    };
    let text: Vec<String> = conditions(&snapshot, &declared(None).unwrap(), NOW)
        .iter()
        .map(|one| {
            format!("{} {}\n  {}\n  {}\n  {}", one.severity.as_str(), one.key, one.title, one.detail, one.action)
        })
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn a_warehouse_that_is_down_is_one_condition() {
    let down = Snapshot {
        state: Err(Unreachable { code: "DW-E0015", message: "dw:1433".to_owned(), hint: "Start it".to_owned() }),
        source: None,
        deadlines: Vec::new(),
        backup: None,
    };
    assert_eq!(keys(&down), ["unreachable|warehouse"]);
}
