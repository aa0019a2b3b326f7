//! The load over a scripted session: the ports need no engine behind them (ruling 19), and what a load does with the answers
//! of an engine can be shown without one.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of these tests are no tests themselves")]

use dw_core::engine::Session;
use dw_core::error::{Database, DwError};
use dw_core::fake::{Answer, Call, FakeSession};
use dw_core::time;
use dw_core::value::{RowBatch, Value};
use dw_etl::entities::dim_regiao::DimRegiao;
use dw_etl::entity::Entity;
use dw_etl::feed::StagedBatch;
use dw_etl::sink::{Sink, WarehouseSink};
use dw_etl::writers::Writers;

/// A batch of one region whose values do not matter: nothing is evaluated.
fn batch() -> StagedBatch {
    // The last value is the hash of the row.
    let mut rows = RowBatch::new(DimRegiao.target_columns().len() + 1);
    rows.push_row((0..=DimRegiao.target_columns().len()).map(|_| Value::Int(1)));
    StagedBatch { rows, extracted: 1, last: Some((100, 1)), ..StagedBatch::default() }
}

fn counts(new: i64) -> Answer {
    let mut rows = RowBatch::new(3);
    rows.push_row([Value::Int(1), Value::Int(new), Value::Int(0)]);
    Answer::Rows(rows)
}

/// Applies the batch and returns the result with what was asked of the session.
async fn apply(script: &FakeSession) -> (Result<dw_audit::counters::Counters, DwError>, Vec<Call>) {
    let mut session: Box<dyn Session> = Box::new(script.clone());
    let writers = Writers::dry(&mut session).await.unwrap();
    let watermark = Some((time::WATERMARK_START, 0));
    let result = WarehouseSink::new(&DimRegiao, &writers, Some(7), watermark).apply(batch()).await;
    drop(writers);
    (result, script.calls())
}

fn position(calls: &[Call], pattern: &str) -> usize {
    let has = |call: &Call| match call {
        Call::Read(sql, _) | Call::Execute(sql, _) => sql.contains(pattern),
        Call::Bulk(table, _) => table.contains(pattern),
        Call::Begin | Call::Commit | Call::Rollback => false,
    };
    calls.iter().position(has).unwrap_or_else(|| panic!("`{pattern}` was not run: {calls:#?}"))
}

#[tokio::test]
async fn a_batch_is_staged_inserted_and_counted_before_its_watermark_moves() {
    let script = FakeSession::new();
    script.answer("SELECT COUNT(*), COALESCE(SUM", counts(1));
    script.answer("INSERT INTO \"dim.DIM_REGIAO\"", Answer::Changed(1));
    script.answer("UPDATE \"ctl.etl_control\"", Answer::Changed(1));
    let (result, calls) = apply(&script).await;
    let counters = result.unwrap();
    assert_eq!((counters.extracted, counters.inserted, counters.updated, counters.unchanged), (1, 1, 0, 0));
    let order = [
        position(&calls, "temp.stage_dim_regiao"),
        position(&calls, "INSERT INTO \"dim.DIM_REGIAO\""),
        position(&calls, "UPDATE \"ctl.etl_control\""),
        position(&calls, "UPDATE \"audit.etl_run_entity\""),
    ];
    assert!(order.is_sorted(), "{order:?}: {calls:#?}");
    assert_eq!((calls.first(), calls.last()), (Some(&Call::Begin), Some(&Call::Rollback)), "a dry run keeps nothing");
}

#[tokio::test]
async fn a_watermark_that_somebody_else_moved_fails_the_batch() {
    let script = FakeSession::new();
    script.answer("SELECT COUNT(*), COALESCE(SUM", counts(1));
    script.answer("INSERT INTO \"dim.DIM_REGIAO\"", Answer::Changed(1));
    script.answer("UPDATE \"ctl.etl_control\"", Answer::Changed(0));
    let (result, calls) = apply(&script).await;
    assert!(matches!(result, Err(DwError::WatermarkMoved { .. })), "{result:?}");
    assert!(!calls.contains(&Call::Commit));
}

#[tokio::test]
async fn an_error_of_the_engine_ends_the_batch_where_it_happens() {
    let script = FakeSession::new();
    let full = DwError::DiskFull { database: Database::Dw, location: "here".to_owned() };
    script.answer("SELECT COUNT(*), COALESCE(SUM", counts(1));
    script.answer("INSERT INTO \"dim.DIM_REGIAO\"", Answer::Error(full));
    let (result, calls) = apply(&script).await;
    assert!(matches!(result, Err(DwError::DiskFull { .. })), "{result:?}");
    let moved = |call: &Call| matches!(call, Call::Execute(sql, _) if sql.contains("ctl.etl_control"));
    assert!(!calls.iter().any(moved), "{calls:#?}");
}
