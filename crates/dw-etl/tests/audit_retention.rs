//! The audit trail forgets what is old, and keeps what is open, what runs and the newest row of each entity (defect O9).
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

mod common;

use common::Stack;
use dw_audit::retention::AuditRetention;
use dw_core::time::{self, DAY};
use dw_etl::options::RunOptions;
use dw_testkit::{On, both_engines};

#[both_engines]
async fn o9_the_audit_trail_forgets_what_is_old_and_keeps_what_is_open(on: On) {
    let stack = Stack::sample(on, 0.01).await;
    for _ in 0..3 {
        stack.run(&RunOptions::default()).await;
    }
    let now = time::now();
    let old = now - 100 * DAY;
    stack.operate(&format!("UPDATE audit.etl_run SET started_at = {old}")).await;
    // Another one that never ended: nobody takes its row away.
    stack.operate("UPDATE audit.etl_run SET status = 'running' WHERE run_id = 1").await;
    let reject = |key: i64, resolved: &str| {
        format!(
            "INSERT INTO audit.etl_reject (entity_name, source_key, reason_code, reason, payload, first_run_id, \
             last_run_id) SELECT 'dim_cliente', {key}, 'too_long', '{resolved}', '', 1, 1"
        )
    };
    for (key, resolved) in [(-5, "open"), (-6, "resolved")] {
        stack.operate(&reject(key, resolved)).await;
    }
    stack.operate(&format!("UPDATE audit.etl_reject SET resolved_at = {old} WHERE reason = 'resolved'")).await;
    // By default everything is kept.
    stack.run(&RunOptions::default()).await;
    assert_eq!(stack.number("SELECT COUNT(*) FROM audit.etl_run").await, 4);
    let keep = AuditRetention { run_days: 99, reject_days: 99 };
    stack.run(&RunOptions { audit_retention: keep, ..RunOptions::default() }).await;
    // Run 1 was closed by the run after it. The new ones are the newest of each entity, so that all old ones may go.
    assert_eq!(stack.number("SELECT COUNT(*) FROM audit.etl_run").await, 2);
    assert_eq!(stack.number("SELECT COUNT(*) FROM audit.etl_run_entity").await, 18);
    assert_eq!(stack.number("SELECT COUNT(*) FROM audit.etl_reject WHERE reason = 'resolved'").await, 0);
}
