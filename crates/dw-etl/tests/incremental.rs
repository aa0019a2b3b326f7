//! However the changes of a source reach the warehouse, it ends up the same (ruling 31): in one run or many, in batches of any
//! size, entity by entity in any order, again or anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::equal::assert_equal_warehouses;
use common::{Stack, of, only, scalar};
use dw_core::catalog::{dims, facts};
use dw_core::engine::SharedEngine;
use dw_core::time::{self, Seconds};
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::{Reporter, Silent};
use dw_etl::run::run;
use dw_sample::base::BaseOptions;
use dw_testkit::{On, both_engines};

const HOUR: i64 = 3_600;

/// Ends ten hours ago, so that waves have room.
fn base(scale: f64, now: Seconds) -> BaseOptions {
    BaseOptions { scale, ..BaseOptions::at(now - 10 * HOUR) }
}

/// Three waves, with a run after each if wanted. The late customer of a wave comes after its run and before the next one.
async fn three_waves(stack: &Stack, now: Seconds, run_after_each: bool) {
    for wave in 0..3 {
        let as_of = now - (8 - 2 * wave) * HOUR;
        let report = stack.wave(as_of, as_of + HOUR).await;
        let late = report.late_customer.unwrap().customer_id;
        if run_after_each {
            let minutes = (now - as_of) / 60 - 30;
            stack.run(&RunOptions { cutoff_minutes: Some(minutes), ..RunOptions::default() }).await;
            let sql = format!("SELECT eh_inferido FROM dim.DIM_CLIENTE WHERE cliente_original_id = {late}");
            assert_eq!(stack.number(&sql).await, 1, "the customer of wave {wave} is inferred until he arrives");
        }
    }
}

/// Notes every row of dim and fact that is written from now on.
async fn watch(stack: &Stack) {
    let mut dw = stack.dw().await;
    dw.execute("CREATE TABLE touched (what VARCHAR(100))", &[]).await.unwrap();
    for table in dims::TABLES.iter().chain(facts::TABLES) {
        let name = table.full_name();
        for event in ["INSERT", "UPDATE", "DELETE"] {
            let rows = if event == "DELETE" { "deleted" } else { "inserted" };
            let sql = match stack.home.on() {
                On::Embedded => format!(
                    "CREATE TRIGGER \"watch_{name}_{event}\" AFTER {event} ON \"{name}\" \
                     BEGIN INSERT INTO touched VALUES ('{event} {name}'); END"
                ),
                On::SqlServer => format!(
                    "CREATE TRIGGER {}.watch_{}_{event} ON {name} AFTER {event} AS \
                     BEGIN SET NOCOUNT ON; INSERT INTO dbo.touched SELECT '{event} {name}' FROM {rows} END",
                    table.schema, table.name
                ),
            };
            dw.execute(&sql, &[]).await.unwrap();
        }
    }
}

async fn assert_untouched(stack: &Stack) {
    let mut dw = stack.dw().await;
    let touched = dw.query("SELECT what, COUNT(*) FROM touched GROUP BY what", &[]).await.unwrap();
    assert!(touched.is_empty(), "{touched:?}");
}

/// Runs once more, reading everything again, and expects that nothing is written.
async fn assert_settled(stack: &Stack) {
    let marks = stack.watermarks().await;
    watch(stack).await;
    for full_refresh in [false, true] {
        let lookback_minutes = Some(if full_refresh { 0 } else { 44_640 });
        let options = RunOptions { full_refresh, lookback_minutes, ..RunOptions::default() };
        let report = stack.run(&options).await;
        for entity in &report.entities {
            assert!(entity.extracted > 0, "{entity:?}");
            assert_eq!(entity.extracted, entity.unchanged, "{entity:?}");
            assert_eq!((entity.soft_deleted, entity.rejected, entity.inferred), (0, 0, 0), "{entity:?}");
        }
        assert_untouched(stack).await;
        assert_eq!(stack.watermarks().await, marks);
    }
}

#[both_engines]
async fn a_second_run_writes_no_row_and_moves_no_watermark(on: On) {
    let now = time::now();
    let stack = Stack::with(on, base(0.1, now)).await;
    stack.run(&RunOptions::default()).await;
    assert_settled(&stack.twin().await).await;
    three_waves(&stack, now, false).await;
    stack.run(&RunOptions::default()).await;
    assert_settled(&stack).await;
}

#[both_engines]
async fn many_small_runs_equal_one_run_equal_a_full_refresh(on: On) {
    let now = time::now();
    let stack = Stack::with(on, base(0.1, now)).await;
    stack.run(&RunOptions::default()).await;
    three_waves(&stack, now, true).await;
    let last = stack.run(&RunOptions::default()).await;
    assert!(of(&last, "dim_cliente").updated > 0, "the last late customer arrives");
    let incremental = stack.warehouse().await;
    assert_eq!(stack.number("SELECT COUNT(*) FROM dim.DIM_CLIENTE WHERE eh_inferido = 1").await, 0);

    let once = stack.with_the_same_source().await;
    once.run(&RunOptions::default()).await;
    assert_equal_warehouses(&incremental, &once.warehouse().await);

    let anew = stack.with_the_same_source().await;
    anew.run(&RunOptions { full_refresh: true, ..RunOptions::default() }).await;
    assert_equal_warehouses(&incremental, &anew.warehouse().await);
    assert_eq!(anew.watermarks().await, once.watermarks().await);

    stack.run(&RunOptions { full_refresh: true, ..RunOptions::default() }).await;
    assert_equal_warehouses(&incremental, &stack.warehouse().await);
    assert_eq!(stack.watermarks().await, once.watermarks().await);
}

#[both_engines]
async fn the_size_of_a_batch_does_not_show(on: On) {
    let now = time::now();
    let source = Stack::with(on, base(0.005, now)).await;
    let mut before = None;
    for size in [100_000, 1_000, 7, 1] {
        let stack = source.with_the_same_source().await;
        let options = RunOptions { batch_size: Some(size), ..RunOptions::default() };
        stack.run(&options).await;
        three_waves(&stack, now, false).await;
        stack.run(&options).await;
        let warehouse = stack.warehouse().await;
        assert!(warehouse.rows("fact.FACT_VENDAS") > 1_000);
        let before = before.get_or_insert_with(|| warehouse.clone());
        assert_equal_warehouses(before, &warehouse);
    }
}

/// Runs one batch an entity until nothing is pending; returns how many runs it took.
async fn batch_by_batch(stack: &Stack, batch_size: usize) -> usize {
    let options = RunOptions { batch_size: Some(batch_size), max_batches: Some(1), ..RunOptions::default() };
    for runs in 1..200 {
        let report = stack.run(&options).await;
        for entity in report.entities.iter().filter(|entity| entity.more_pending) {
            assert!(entity.extracted >= u64::try_from(batch_size).unwrap(), "{entity:?}");
        }
        if !report.more_pending {
            return runs;
        }
    }
    panic!("batches without an end");
}

#[both_engines]
async fn one_batch_a_run_until_nothing_is_pending_equals_one_run(on: On) {
    let now = time::now();
    let source = Stack::with(on, base(0.005, now)).await;
    let once = source.with_the_same_source().await;
    once.run(&RunOptions::default()).await;
    let steps = source.with_the_same_source().await;
    assert!(batch_by_batch(&steps, 100).await > 10);
    assert_equal_warehouses(&once.warehouse().await, &steps.warehouse().await);
    assert_eq!(once.watermarks().await, steps.watermarks().await);
}

/// Every row of the source carries one stamp: only the key tells how far a run is (defect E9).
#[both_engines]
async fn a_tie_of_all_rows_is_cut_by_the_key_and_loses_none(on: On) {
    let now = time::now();
    let source = Stack::with(on, base(0.005, now)).await;
    let stamp = time::now() - HOUR;
    for table in dw_core::catalog::oltp::TABLES {
        let sql = format!("UPDATE {} SET created_at = {stamp}, updated_at = {stamp}", table.full_name());
        assert!(source.change(&sql).await > 0);
    }
    let once = source.with_the_same_source().await;
    once.run(&RunOptions::default()).await;
    let steps = source.with_the_same_source().await;
    assert!(batch_by_batch(&steps, 100).await > 10);
    assert_equal_warehouses(&once.warehouse().await, &steps.warehouse().await);
    assert_eq!(once.watermarks().await, steps.watermarks().await);
    assert_settled(&steps).await;
}

/// The strange order: every fact before its dimensions, every dimension before what it points to.
#[both_engines]
async fn facts_before_their_dimensions_infer_members_that_heal(on: On) {
    let now = time::now();
    let source = Stack::with(on, base(0.1, now)).await;
    three_waves(&source, now, false).await;
    let normal = source.with_the_same_source().await;
    normal.run(&RunOptions::default()).await;

    let strange = source.with_the_same_source().await;
    let report = strange.run(&only(&["fact_descontos"])).await;
    let orphans = of(&report, "fact_descontos").rejected;
    assert!(orphans > 500, "a discount needs its sale: {report:?}");
    for entity in [
        "fact_metas",
        "fact_vendas",
        "dim_vendedor",
        "dim_desconto",
        "dim_equipe",
        "dim_regiao",
        "dim_produto",
        "dim_cliente",
    ] {
        let report = strange.run(&only(&[entity])).await;
        let points_to_what_is_not_there = ["fact_metas", "fact_vendas", "dim_vendedor"].contains(&entity);
        assert_eq!(of(&report, entity).inferred > 0, points_to_what_is_not_there, "{report:?}");
    }
    let mut dw = strange.dw().await;
    for table in dims::TABLES.iter().filter(|table| table.column("eh_inferido").is_some()) {
        let sql = format!("SELECT COUNT(*) FROM {} WHERE eh_inferido = 1", table.full_name());
        assert_eq!(scalar(&mut *dw, &sql).await, 0, "{}", table.full_name());
    }
    let last = strange.run(&RunOptions::default()).await;
    assert_eq!(of(&last, "fact_descontos").inserted, orphans, "the orphans have found their sales");
    let healed = "SELECT COUNT(*) FROM audit.etl_reject WHERE resolution = 'loaded'";
    assert_eq!(u64::try_from(strange.number(healed).await).unwrap(), orphans);
    assert_equal_warehouses(&normal.warehouse().await, &strange.warehouse().await);
    assert_settled(&strange).await;
}

/// Runs another entity when the first batch of one has been applied, as another process may: locks are an entity's own.
struct Meanwhile {
    engine: SharedEngine,
    other: &'static str,
    done: AtomicBool,
}

impl Reporter for Meanwhile {
    fn batch(&self, _entity: &str, _rows: u64, _elapsed: Duration) {
        if self.done.swap(true, Ordering::Relaxed) {
            return;
        }
        let (engine, options) = (self.engine.clone(), only(&[self.other]));
        let other = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run(engine, &options, &Silent, &StopFlag::new())).unwrap()
        });
        assert_eq!(other.join().unwrap().exit_code, 0);
    }
}

/// What is derived from sets may be derived by another process between two batches of a first load, and again after it.
#[both_engines]
async fn two_entities_of_two_processes_side_by_side_lose_no_group(on: On) {
    let now = time::now();
    let source = Stack::with(on, base(0.02, now)).await;
    let normal = source.with_the_same_source().await;
    normal.run(&RunOptions::default()).await;
    for (first, loaded, meanwhile) in [
        (["dim_equipe", "dim_vendedor"].as_slice(), "fact_metas", "dim_vendedor"),
        (&["dim_equipe"], "dim_vendedor", "dim_equipe"),
        (&["dim_vendedor"], "dim_equipe", "dim_vendedor"),
        (&[], "fact_metas", "dim_vendedor"),
    ] {
        let stack = source.with_the_same_source().await;
        if !first.is_empty() {
            stack.run(&only(first)).await;
        }
        let reporter = Meanwhile { engine: stack.engine.clone(), other: meanwhile, done: AtomicBool::new(false) };
        let options = RunOptions { batch_size: Some(2), ..only(&[loaded]) };
        let report = run(stack.engine.clone(), &options, &reporter, &StopFlag::new()).await.unwrap();
        assert_eq!((report.exit_code, reporter.done.into_inner()), (0, true), "{report:#?}");
        stack.run(&RunOptions::default()).await;
        assert_equal_warehouses(&normal.warehouse().await, &stack.warehouse().await);
    }
}

#[both_engines]
async fn a_dry_run_counts_everything_and_changes_nothing_at_all(on: On) {
    let now = time::now();
    let stack = Stack::with(on, base(0.01, now)).await;
    let dry = RunOptions { dry_run: true, ..RunOptions::default() };
    for _ in 0..2 {
        // Once before the first run, and once more when there are rows to update, to mark and to infer.
        let (before, marks) = (stack.everything().await, stack.watermarks().await);
        let rehearsal = stack.run(&dry).await;
        assert_eq!((rehearsal.run_id, rehearsal.dry_run), (None, true));
        assert_eq!(stack.watermarks().await, marks);
        assert_eq!(stack.everything().await, before);

        let real = stack.run(&RunOptions::default()).await;
        for (counted, done) in rehearsal.entities.iter().zip(&real.entities) {
            assert_eq!(
                (counted.extracted, counted.inserted, counted.updated, counted.unchanged, counted.soft_deleted),
                (done.extracted, done.inserted, done.updated, done.unchanged, done.soft_deleted),
                "{}",
                done.entity
            );
            assert!(done.inserted + done.updated > 0, "{done:?}");
            assert_eq!((counted.rejected, counted.inferred), (done.rejected, done.inferred), "{}", done.entity);
        }
        assert_ne!(stack.everything().await, before);
        stack.change(&format!("UPDATE core.regions SET is_active = 0, updated_at = {}", now - 9 * HOUR)).await;
        three_waves(&stack, now, false).await;
    }
}
