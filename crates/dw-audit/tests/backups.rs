//! Records of backups on both engines: written, read back for the page, judged for the alert.
#![allow(clippy::unwrap_used, reason = "the helpers of these tests are no tests themselves")]

use dw_audit::alerts::cycle::snapshot;
use dw_audit::alerts::{BackupState, conditions};
use dw_audit::backups::page::alert_state;
use dw_audit::backups::schedule::Plan;
use dw_audit::backups::{BackupRecord, BackupStatus, DrillRecord, Standing, page, store};
use dw_audit::runs::Process;
use dw_audit::sla::rules;
use dw_core::config::{BackupSettings, Overrides, load};
use dw_core::engine::Access;
use dw_core::error::Database;
use dw_core::migrate;
use dw_core::time::{self, Seconds};
use dw_testkit::{Home, On, both_engines};

fn settings() -> BackupSettings {
    let mut settings = load(&Overrides::default()).unwrap().backup;
    settings.jitter_seconds = 0;
    settings
}

fn record(database: &str, started_at: Seconds, status: BackupStatus) -> BackupRecord {
    BackupRecord {
        id: 0,
        database: database.to_owned(),
        kind: "full".to_owned(),
        copy_only: false,
        status,
        started_at,
        finished_at: Some(started_at + 5),
        verified_at: (status == BackupStatus::Verified).then_some(started_at + 9),
        file: format!("{database}_{started_at}_full.db"),
        folder: "/backups".to_owned(),
        stripes: 2,
        size_bytes: Some(5_000_000_000),
        database_bytes: Some(7_000_000_000),
        sha256: Some("ab".repeat(32)),
        backup_ms: Some(4_000),
        verify_ms: Some(3_000),
        totals: Some("{\"fact.FACT_VENDAS\":{\"rows\":1,\"cents\":2}}".to_owned()),
        failed_step: (status == BackupStatus::Failed).then(|| "copy".to_owned()),
        error: (status == BackupStatus::Failed).then(|| "o disco está cheio → ação".to_owned()),
        host: None,
        process: None,
        deleted_at: None,
    }
}

#[both_engines]
async fn what_is_recorded_is_shown_and_told(on: On) {
    let home = Home::new(on).await;
    let engine = home.engine();
    migrate::init(&*engine).await.unwrap();
    let mut dw = engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
    let rules = rules::load(None).unwrap();
    let now = time::now();
    // Where nobody backs up, nobody is told; the page says that there is none.
    assert_eq!(alert_state(&mut *dw, now).await.unwrap(), None);
    let empty = page(&mut *dw, &settings(), &rules, 14, now).await.unwrap();
    assert!(empty.databases.iter().all(|state| state.standing == Standing::Stale));
    assert_eq!(empty.next_run_at, Some(now));

    let process = Process::current();
    let mut made = [
        record("DW_ECOMMERCE", now - 3_600, BackupStatus::Verified),
        record("ECOMMERCE_OLTP", now - 30 * 3_600, BackupStatus::Verified),
        record("DW_ECOMMERCE", now - 60, BackupStatus::Failed),
    ];
    for one in &mut made {
        one.id = store::start(&mut *dw, one, &process).await.unwrap();
        store::save(&mut *dw, one).await.unwrap();
    }
    let drill = DrillRecord {
        id: 0,
        database: "DW_ECOMMERCE".to_owned(),
        file: made[0].file.clone(),
        passed: true,
        started_at: now - 1_800,
        finished_at: Some(now - 1_700),
        restore_ms: Some(60_000),
        check_ms: Some(30_000),
        total_ms: Some(95_000),
        compared_tables: Some(5),
        failed_step: None,
        error: None,
    };
    store::add_drill(&mut *dw, &drill, &process).await.unwrap();

    let shown = page(&mut *dw, &settings(), &rules, 14, now).await.unwrap();
    assert_eq!((shown.history.len(), shown.drills.len()), (3, 1));
    let first =
        BackupRecord { host: shown.history[1].host.clone(), process: shown.history[1].process, ..made[0].clone() };
    assert_eq!(shown.history[1], first);
    assert_eq!(shown.history[0].error.as_deref(), Some("o disco está cheio ? ação"));
    assert_eq!((shown.drills[0].total_ms, shown.drills[0].passed), (Some(95_000), true));
    let [warehouse, source] = &shown.databases[..] else { unreachable!() };
    assert_eq!(
        (warehouse.standing, warehouse.rpo_seconds, warehouse.rto_ms),
        (Standing::Stale, Some(3_600), Some(95_000))
    );
    assert!(warehouse.reasons[0].to_string().contains("failed at copy"), "{:?}", warehouse.reasons);
    assert_eq!((source.standing, source.kept, source.kept_bytes), (Standing::Late, 1, 5_000_000_000));
    // The source was due six hours ago.
    assert_eq!(shown.next_run_at, Some(now - 6 * 3_600));
    assert_eq!(shown.next_runs[1], shown.next_run_at);
    // A page takes no more than it can.
    let most: Vec<i64> =
        store::newest_backups(&mut *dw, 0, 2).await.unwrap().iter().map(|record| record.started_at).collect();
    assert_eq!(most, [now - 60, now - 3_600]);

    // The alert goes by the database that stands worst.
    assert_eq!(
        alert_state(&mut *dw, now).await.unwrap(),
        Some(BackupState { last_verified_at: Some(now - 30 * 3_600) })
    );
    drop(dw);
    let seen = snapshot(&*engine, &rules, None, now).await;
    assert!(conditions(&seen, &rules, now).iter().any(|condition| condition.kind == "backup"));
}

#[test]
fn a_failed_backup_is_due_again_soon_and_a_good_one_a_day_later() {
    let plan = Plan::of(&settings()).unwrap();
    let now = 1_800_000_000;
    let due = |records: &[BackupRecord]| plan.next_full("DW", records, now).unwrap().at - now;
    let good = record("DW", now - 3_600, BackupStatus::Verified);
    let bad = |ago| record("DW", now - ago, BackupStatus::Failed);
    assert_eq!(due(&[]), 0);
    assert_eq!(due(std::slice::from_ref(&good)), 23 * 3_600);
    assert_eq!(due(&[bad(10)]), 50);
    assert_eq!(due(&[bad(10), bad(100), bad(400)]), 230);
    assert_eq!(due(&[bad(10), good]), 23 * 3_600);
    let wrong = BackupSettings { cron: Some("61 * * * *".to_owned()), ..settings() };
    assert!(Plan::of(&wrong).unwrap_err().to_string().starts_with("backup.cron: `61 * * * *` has no minute"));
    let wrong = BackupSettings { time_zone: "Mars/Base".to_owned(), ..settings() };
    assert!(Plan::of(&wrong).unwrap_err().to_string().contains("Mars/Base"));
}
