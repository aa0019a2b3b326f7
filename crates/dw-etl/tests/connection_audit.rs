//! Who was connected during a run: recorded at its start and its end, also when it fails, and never a reason to fail.

mod common;

use common::{Stack, only};
use dw_etl::options::RunOptions;
use dw_testkit::{On, both_engines, on_sql_server};

const EVENTS: &str = "SELECT COUNT(*) FROM audit.connection_login_events WHERE captured_by = 'SNAPSHOT_DMV'";

#[both_engines]
async fn a_run_records_sessions_where_there_are_any_and_a_dry_run_records_none(on: On) {
    let stack = Stack::sample(on, 0.01).await;
    let options = RunOptions { connection_retention_days: Some(30), ..only(&["dim_regiao"]) };
    stack.run(&RunOptions { dry_run: true, ..options.clone() }).await;
    assert_eq!(stack.number(EVENTS).await, 0);
    let report = stack.run(&options).await;
    let events = stack.number(EVENTS).await;
    assert_eq!(events > 0, on == On::SqlServer, "{events} events");
    assert!(report.run_id.is_some());
}

#[on_sql_server]
async fn old_events_go_at_the_end_of_a_run_that_is_told_so_also_when_it_fails() {
    let stack = Stack::sample(On::SqlServer, 0.01).await;
    let old = "SELECT COUNT(*) FROM audit.connection_login_events WHERE login_name = 'old'";
    stack
        .operate(
            "INSERT INTO audit.connection_login_events (event_time_utc, login_name) \
             SELECT DATEADD(DAY, -10, SYSUTCDATETIME()), 'old'",
        )
        .await;
    stack.run(&only(&["dim_regiao"])).await;
    assert_eq!(stack.number(old).await, 1);

    stack.change("DROP TABLE core.seller_targets_monthly").await;
    stack
        .operate("DELETE FROM audit.connection_login_events WHERE captured_by = 'SNAPSHOT_DMV' AND login_name <> 'old'")
        .await;
    let options = RunOptions { connection_retention_days: Some(9), ..only(&["fact_metas"]) };
    let report = stack.run_any(&options).await;
    assert_eq!(report.status, "failed");
    assert_eq!(stack.number(old).await, 0);
    assert!(stack.number(EVENTS).await > 0);
}

#[on_sql_server]
async fn a_warehouse_whose_sessions_cannot_be_recorded_is_loaded_all_the_same() {
    let stack = Stack::sample(On::SqlServer, 0.01).await;
    stack.operate("DROP PROCEDURE audit.sp_capture_connection_snapshot").await;
    let report = stack.run(&only(&["dim_regiao", "dim_equipe"])).await;
    assert_eq!(report.status, "success");
    assert_eq!(stack.number(EVENTS).await, 0);
}
