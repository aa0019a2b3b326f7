//! What a run reads: the watermark's own second, the lookback, the cutoff, a window that is named, and what a stop leaves.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

mod common;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::equal::assert_equal_warehouses;
use common::wrapped::Wrapped;
use common::{Stack, of, only};
use dw_core::time::{self, Seconds};
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::{EntityStatus, Reporter, Silent};
use dw_etl::run::run;
use dw_sample::base::BaseOptions;
use dw_testkit::{On, both_engines};

const HOUR: i64 = 3_600;

/// Regions 1 to 15, all of them stamped `stamp`, and nothing else in the source that matters.
async fn regions(on: On, stamp: Seconds) -> Stack {
    Stack::with(on, BaseOptions { scale: 0.0001, ..BaseOptions::at(stamp) }).await
}

async fn touch(stack: &Stack, region: i64, name: &str, stamp: Seconds) {
    let sql =
        format!("UPDATE core.regions SET region_name = '{name}', updated_at = {stamp} WHERE region_id = {region}");
    assert_eq!(stack.change(&sql).await, 1);
}

/// How many regions carry a name.
async fn named(stack: &Stack, name: &str) -> i64 {
    stack.number(&format!("SELECT COUNT(*) FROM dim.DIM_REGIAO WHERE regiao_pais = '{name}'")).await
}

fn regions_with(lookback_minutes: i64) -> RunOptions {
    RunOptions { lookback_minutes: Some(lookback_minutes), ..only(&["dim_regiao"]) }
}

/// Defect E13: the watermark stands at (second, 15); region 3 changes once more within that second.
#[both_engines]
async fn a_smaller_key_that_changes_again_in_the_second_of_the_watermark_is_loaded(on: On) {
    let stamp = time::now() - HOUR;
    let stack = regions(on, stamp).await;
    stack.run_as_of(stamp, &regions_with(0)).await;
    let marks = stack.watermarks().await;
    touch(&stack, 3, "Outro", stamp).await;
    let report = stack.run_as_of(stamp, &regions_with(0)).await;
    assert_eq!((of(&report, "dim_regiao").updated, named(&stack, "Outro").await), (1, 1));
    assert_eq!(stack.watermarks().await, marks, "the watermark stays at the greater key");
}

#[both_engines]
async fn a_row_that_was_committed_late_is_loaded_within_the_lookback(on: On) {
    let stamp = time::now() - HOUR;
    let stack = regions(on, stamp).await;
    stack.run_as_of(stamp, &regions_with(10)).await;
    touch(&stack, 4, "Tarde", stamp - 600).await;
    touch(&stack, 5, "Tarde", stamp - 601).await;
    let report = stack.run_as_of(stamp, &regions_with(10)).await;
    assert_eq!(
        (of(&report, "dim_regiao").updated, named(&stack, "Tarde").await),
        (1, 1),
        "the lookback is ten minutes"
    );
    let report = stack.run_as_of(stamp, &regions_with(11)).await;
    assert_eq!((of(&report, "dim_regiao").updated, named(&stack, "Tarde").await), (1, 2));
}

/// The lookback counts from the time up to which all was read. A source at rest is not read again by every run, and what is
/// newer than its last row is read however late it comes.
#[both_engines]
async fn a_source_at_rest_is_not_read_again(on: On) {
    let stamp = time::now() - HOUR;
    let stack = regions(on, stamp).await;
    let extracted = async |cutoff: Seconds| {
        let report = stack.run_as_of(cutoff, &regions_with(10)).await;
        (of(&report, "dim_regiao").extracted, of(&report, "dim_regiao").updated)
    };
    assert_eq!(extracted(stamp + 60).await, (15, 0));
    assert_eq!(extracted(stamp + 600).await, (15, 0), "the lookback reaches to the last rows still");
    assert_eq!(extracted(stamp + 601).await, (15, 0), "so it did when the last run ended");
    assert_eq!(extracted(stamp + 660).await, (0, 0));
    // Stamped long before the last run, behind the last row: only a very long transaction brings that, and it is read.
    touch(&stack, 5, "Tarde", stamp + 1).await;
    assert_eq!(extracted(stamp + 1_900).await, (1, 1));
    // A part of what is new moves the watermark, and then the lookback counts from there.
    for region in 1..=3 {
        touch(&stack, region, "Novo", stamp + 1_950).await;
    }
    let part = RunOptions { batch_size: Some(1), max_batches: Some(1), ..regions_with(10) };
    let report = stack.run_as_of(stamp + 1_960, &part).await;
    assert_eq!((of(&report, "dim_regiao").extracted, of(&report, "dim_regiao").more_pending), (1, true));
    touch(&stack, 9, "Novo", stamp + 1_400).await;
    assert_eq!(extracted(stamp + 3_000).await, (4, 3), "the first one again, two more, and the late one");
    // A clock that goes back knows nothing of what was read.
    touch(&stack, 10, "Novo", stamp + 1_900).await;
    assert_eq!(extracted(stamp + 2_500).await.1, 1);
}

/// One cutoff for a run: what lies behind it waits, and moves no watermark (defects E9 and E12).
#[both_engines]
async fn a_future_change_waits_until_the_cutoff_passes_it(on: On) {
    let now = time::now();
    let stack = regions(on, now - HOUR).await;
    let engine = Wrapped::new(stack.engine.clone());
    let run_at = async |clock: Seconds, cutoff_minutes: i64| {
        engine.set_clock(clock);
        let options = RunOptions { cutoff_minutes: Some(cutoff_minutes), ..regions_with(0) };
        let report = run(engine.clone(), &options, &Silent, &StopFlag::new()).await.unwrap();
        assert_eq!(report.exit_code, 0, "{report:?}");
        assert_eq!(report.cutoff, clock - (cutoff_minutes * 60).max(1));
        of(&report, "dim_regiao").updated
    };
    run_at(now, 0).await;
    let marks = stack.watermarks().await;
    touch(&stack, 2, "Futuro", now + 500).await;
    touch(&stack, 7, "Presente", now).await;
    assert_eq!(run_at(now, 0).await, 0, "the running second is not over");
    assert_eq!(stack.watermarks().await, marks);
    assert_eq!(run_at(now + 1, 0).await, 1);
    assert_eq!((named(&stack, "Presente").await, named(&stack, "Futuro").await), (1, 0));
    let marks = stack.watermarks().await;
    assert_eq!(run_at(now + 500, 0).await, 0);
    assert_eq!(run_at(now + 619, 2).await, 0);
    assert_eq!(stack.watermarks().await, marks);
    assert_eq!(run_at(now + 620, 2).await, 1, "now two minutes lie behind it");
    assert_eq!(named(&stack, "Futuro").await, 1);
    assert_ne!(stack.watermarks().await, marks);
}

/// The cutoff is that of the whole run: a parent that is read later cannot be newer than its child.
#[both_engines]
async fn all_entities_of_a_run_share_one_cutoff(on: On) {
    let stack = regions(on, time::now() - HOUR).await;
    stack.operate("UPDATE ctl.etl_control SET cutoff_minutes = 90 WHERE entity_name = 'fact_vendas'").await;
    let report = stack.run(&RunOptions::default()).await;
    assert_eq!(of(&report, "dim_regiao").extracted, 0, "the largest margin counts for all");
    let report = stack.run(&RunOptions { cutoff_minutes: Some(2), ..RunOptions::default() }).await;
    let regions = of(&report, "dim_regiao");
    assert_eq!((regions.extracted, regions.inserted + regions.updated), (15, 15), "some were inferred for older sales");
}

#[both_engines]
async fn a_named_window_is_loaded_and_moves_no_watermark(on: On) {
    let now = time::now();
    let source = Stack::with(on, BaseOptions { scale: 0.02, ..BaseOptions::at(now - HOUR) }).await;
    let stack = source.with_the_same_source().await;
    let marks = stack.watermarks().await;
    let (from, to) = (now - 400 * 24 * HOUR, now - 100 * 24 * HOUR);
    let options = RunOptions { window: Some((from, to)), ..RunOptions::default() };
    let report = stack.run(&options).await;
    assert_eq!(stack.watermarks().await, marks);
    let count = async |table: &str| {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE updated_at BETWEEN {from} AND {to}");
        u64::try_from(source.source_number(&sql).await).unwrap()
    };
    for (entity, table) in [("dim_cliente", "core.customers"), ("dim_produto", "core.products")] {
        let rows = count(table).await;
        assert!(rows > 10);
        assert_eq!(of(&report, entity).inserted, rows, "{entity}");
    }
    let sql = format!(
        "SELECT COUNT(*) FROM core.order_items i JOIN core.orders o ON o.order_id = i.order_id \
         JOIN core.customers c ON c.customer_id = o.customer_id \
         WHERE i.updated_at BETWEEN {from} AND {to} OR o.updated_at BETWEEN {from} AND {to} \
         OR (o.region_id IS NULL AND c.updated_at BETWEEN {from} AND {to})"
    );
    let sales = u64::try_from(source.source_number(&sql).await).unwrap();
    assert!(sales > 100);
    assert_eq!(of(&report, "fact_vendas").inserted, sales);
    assert!(of(&report, "fact_vendas").inferred > 0, "their customers lie outside of the window");

    let again = stack.run(&options).await;
    assert_eq!((of(&again, "fact_vendas").unchanged, of(&again, "fact_vendas").inserted), (sales, 0));
    stack.run(&RunOptions::default()).await;
    source.run(&RunOptions::default()).await;
    assert_equal_warehouses(&source.warehouse().await, &stack.warehouse().await);
    assert_eq!(stack.watermarks().await, source.watermarks().await);
}

/// Asks for a stop when an entity has applied so many batches.
struct StopAfter {
    entity: &'static str,
    left: AtomicU64,
    stop: StopFlag,
}

impl Reporter for StopAfter {
    fn batch(&self, entity: &str, _rows: u64, _elapsed: Duration) {
        if entity == self.entity && self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.stop.stop();
        }
    }
}

#[both_engines]
async fn a_stop_ends_after_the_current_batch_and_the_next_run_goes_on(on: On) {
    let source = Stack::with(on, BaseOptions { scale: 0.02, ..BaseOptions::at(time::now() - HOUR) }).await;
    let whole = source.with_the_same_source().await;
    whole.run(&RunOptions::default()).await;
    for (entity, later) in [
        ("dim_cliente", ["dim_vendedor", "fact_vendas", "fact_metas", "fact_descontos"].as_slice()),
        ("fact_vendas", &["fact_descontos"]),
        ("fact_descontos", &[]),
    ] {
        let stack = source.with_the_same_source().await;
        let stop = StopFlag::new();
        let reporter = StopAfter { entity, left: AtomicU64::new(3), stop: stop.clone() };
        let options = RunOptions { batch_size: Some(50), ..RunOptions::default() };
        let report = run(stack.engine.clone(), &options, &reporter, &stop).await.unwrap();
        assert_eq!((report.exit_code, report.more_pending), (0, true), "{report:#?}");
        let stopped = of(&report, entity);
        assert_eq!((stopped.batches, stopped.extracted, stopped.more_pending), (3, 150, true), "{stopped:?}");
        for name in later {
            let found = of(&report, name);
            assert_eq!((found.status, found.extracted, found.more_pending), (EntityStatus::Success, 0, true), "{name}");
        }
        let closed = "SELECT COUNT(*) FROM audit.etl_run WHERE status = 'success' AND finished_at IS NOT NULL";
        assert_eq!(stack.number(closed).await, 1, "the audit trail is clean");
        let open = "SELECT COUNT(*) FROM audit.etl_run_entity WHERE status = 'running'";
        assert_eq!(stack.number(open).await, 0);
        let pending = "SELECT COUNT(*) FROM audit.etl_run_entity WHERE more_pending = 1";
        assert!(stack.number(pending).await > 0);

        let rest = stack.run(&RunOptions::default()).await;
        assert!(!rest.more_pending);
        assert_equal_warehouses(&whole.warehouse().await, &stack.warehouse().await);
        assert_eq!(stack.watermarks().await, whole.watermarks().await);
    }
}

/// A stop that comes before the first batch leaves everything for the next run.
#[both_engines]
async fn a_stop_before_the_first_batch_loads_nothing(on: On) {
    let stack = regions(on, time::now() - HOUR).await;
    let stop = StopFlag::new();
    stop.stop();
    let report = run(stack.engine.clone(), &RunOptions::default(), &Silent, &stop).await.unwrap();
    assert_eq!((report.exit_code, report.more_pending), (0, true));
    assert_eq!(report.entities.iter().map(|entity| entity.extracted).sum::<u64>(), 0, "{report:#?}");
}

/// A sale that changes to what cannot be loaded stays as it was; when it then goes from the source, it is marked, and its
/// customer has bought less (rulings 9 and 11).
#[both_engines]
async fn a_sale_that_goes_while_it_is_in_quarantine_leaves_the_totals_of_its_customer(on: On) {
    let now = time::now();
    let stack = Stack::with(on, BaseOptions { scale: 0.005, ..BaseOptions::at(now - HOUR) }).await;
    stack.run(&RunOptions::default()).await;
    let sale = stack
        .source_number(
            "SELECT MIN(i.order_item_id) FROM core.order_items i JOIN core.orders o ON o.order_id = i.order_id \
             WHERE o.order_status = 'Entregue'",
        )
        .await;
    let stamp = now - HOUR / 2;
    let wrong = "UPDATE core.order_items SET commission_percent = 15000";
    stack.change(&format!("{wrong}, updated_at = {stamp} WHERE order_item_id = {sale}")).await;
    let report = stack.run(&RunOptions::default()).await;
    assert_eq!(of(&report, "fact_vendas").rejected, 1);
    for table in ["core.order_item_discounts", "core.order_items"] {
        stack.change(&format!("DELETE FROM {table} WHERE order_item_id = {sale}")).await;
    }
    stack.run(&RunOptions::default()).await;
    let marked = "SELECT COUNT(*) FROM fact.FACT_VENDAS WHERE excluido_em IS NOT NULL AND venda_original_id";
    assert_eq!(stack.number(&format!("{marked} = {sale}")).await, 1);
    let totals = "SELECT COUNT(*) FROM dim.DIM_CLIENTE c WHERE c.valor_total_gasto_historico <> (SELECT \
        COALESCE(SUM(f.valor_total_liquido), 0) FROM fact.FACT_VENDAS f WHERE f.cliente_id = c.cliente_id \
        AND f.excluido_em IS NULL AND f.status_pedido <> 'Cancelado')";
    assert_eq!(stack.number(totals).await, 0, "customers whose total is not that of their sales");
}
