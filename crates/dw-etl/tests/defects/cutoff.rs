//! 10.2, E9 to E15: which changes a run reads, and as of which moment.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dw_audit::freshness::upper_bound;
use dw_core::value::Value;
use dw_core::{exit, time};
use dw_etl::options::RunOptions;
use dw_testkit::portable::portable;
use dw_testkit::{On, both_engines};

use crate::common::of;
use crate::flow::{customers, no_lookback};
use crate::shop::{Shop, Watcher, batches_of, counts, only, put, wait, written};

/// The bound comes from the source's clock, lies behind it even with a cutoff of 0, and before an open transaction.
#[test]
fn e9_the_cutoff_lies_behind_the_clock_and_before_open_transactions() {
    assert_eq!(upper_bound(1_000, 2, None), 880);
    assert_eq!(upper_bound(1_000, 0, None), 999);
    assert_eq!(upper_bound(1_000, -5, None), 999);
    assert_eq!(upper_bound(1_000, 2, Some(500)), 499);
    assert_eq!(upper_bound(1_000, 2, Some(990)), 880);
    assert_eq!(upper_bound(1_000, i64::MAX, None), 1_000 - i64::MAX);
}

/// A transaction that commits late brings a stamp older than the watermark: the lookback finds it.
#[both_engines]
async fn e9_a_row_that_was_committed_late_is_read(on: On) {
    let mut shop = customers(on, 5).await;
    shop.stack.run_as_of(shop.at(5), &RunOptions::default()).await;
    let late = shop.at(5) - 9 * 60;
    put!(shop, customers { customer_id: 6, updated_at: late });
    let report = shop.run().await;
    assert_eq!(counts(&report, "dim_cliente"), [1, 0, 1, 0]);
    assert_eq!(shop.watermark("dim_cliente").await, format!("{}/5", shop.at(5)), "the watermark does not go back");
    let audited = shop
        .rows("SELECT batch_count FROM audit.etl_run_entity WHERE entity_name = 'dim_cliente' ORDER BY run_id")
        .await;
    assert_eq!(audited.len(), 2);
}

#[both_engines]
async fn e10_options_out_of_range_are_refused_and_the_control_row_is_the_default(on: On) {
    let shop = customers(on, 5).await;
    for (options, name) in [
        (batches_of(0), "--batch-size"),
        (batches_of(100_001), "--batch-size"),
        (RunOptions { cutoff_minutes: Some(-1), ..RunOptions::default() }, "--cutoff-minutes"),
        (RunOptions { cutoff_minutes: Some(1_441), ..RunOptions::default() }, "--cutoff-minutes"),
        (RunOptions { lookback_minutes: Some(-1), ..RunOptions::default() }, "--lookback-minutes"),
        (RunOptions { max_batches: Some(0), ..RunOptions::default() }, "--max-batches"),
    ] {
        let error = shop.attempt(&options).await.unwrap_err();
        assert_eq!(error.exit_code(), exit::USAGE, "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
    assert_eq!(shop.row("SELECT COUNT(*) FROM audit.etl_run").await, "0");
    shop.operate("UPDATE ctl.etl_control SET batch_size = 2 WHERE entity_name = 'dim_cliente'").await;
    let report = shop.run().await;
    assert_eq!((of(&report, "dim_cliente").batches, of(&report, "dim_produto").batches), (3, 1));
    let asked = shop.row("SELECT entities_requested FROM audit.etl_run").await;
    assert_eq!(asked.split(',').count(), 9, "all nine names fit the column: {asked}");
    let stamps = shop.row("SELECT started_at, cutoff_at FROM audit.etl_run").await;
    let (started, cutoff) = stamps.split_once('|').unwrap();
    let before = started.parse::<i64>().unwrap() - cutoff.parse::<i64>().unwrap();
    assert!((119..=122).contains(&before), "two minutes, as the control rows say: {before}");
}

/// One cutoff for a whole run: rows behind it are in every entity, rows after it in none, and no fact outruns its dimensions.
#[both_engines]
async fn e12_one_cutoff_for_a_whole_run(on: On) {
    let mut shop = Shop::stocked(on).await;
    let minutes = 60;
    let cutoff = time::now() - minutes * 60;
    for (id, stamp) in [(2, cutoff - 30), (3, cutoff + 30)] {
        put!(shop, regions { region_id: id, updated_at: stamp });
        put!(shop, teams { team_id: id, updated_at: stamp });
        put!(shop, customers { customer_id: id, updated_at: stamp });
        put!(shop, suppliers { supplier_id: id, updated_at: stamp });
        put!(shop, products { product_id: id, supplier_id: id, updated_at: stamp });
        put!(shop, sellers { seller_id: id, updated_at: stamp });
        put!(shop, discount_campaigns { discount_id: id, updated_at: stamp });
        put!(shop, orders { order_id: id, customer_id: id, seller_id: id, region_id: id, updated_at: stamp });
        put!(shop, order_items { order_item_id: id, order_id: id, product_id: id, updated_at: stamp });
        put!(
            shop,
            order_item_discounts {
                order_item_discount_id: id,
                order_item_id: id,
                order_id: id,
                discount_id: id,
                updated_at: stamp
            }
        );
        put!(shop, seller_targets_monthly { seller_target_id: id, seller_id: id, updated_at: stamp });
    }
    // One entity has a shorter cutoff of its own: the run still has one.
    shop.operate("UPDATE ctl.etl_control SET cutoff_minutes = 60").await;
    shop.operate("UPDATE ctl.etl_control SET cutoff_minutes = 0 WHERE entity_name = 'fact_vendas'").await;
    let report = shop.run().await;
    for entity in &report.entities {
        assert_eq!((entity.inserted, entity.inferred, entity.rejected), (2, 0, 0), "{entity:?}");
    }
    assert_eq!(shop.row("SELECT cutoff_at FROM audit.etl_run").await, report.cutoff.to_string());
}

/// The shop goes on selling while a run works: nothing of it is half loaded.
#[both_engines]
async fn e12_a_shop_that_sells_during_a_run_never_fails_it(on: On) {
    let mut shop = customers(on, 3).await;
    let oltp = tokio::sync::Mutex::new(shop.stack.oltp().await);
    let next = AtomicU64::new(100);
    let watcher = Watcher {
        batch: |_: &str, _: u64| {
            let id = next.fetch_add(1, Ordering::Relaxed);
            let now = time::now();
            let stamps = format!("{now}, {now}");
            // Of another state than the region of the shop: a region that changes brings all sales of its state along, those
            // of this second too, if the source of the facts is opened so late.
            wait(async {
                let mut oltp = oltp.lock().await;
                for sql in [
                    format!(
                        "INSERT INTO core.customers (customer_id, customer_code, full_name, city, state, first_signup_date, created_at, updated_at) VALUES ({id}, 'n{id}', 'New', 'X', 'RJ', 0, {stamps})"
                    ),
                    format!(
                        "INSERT INTO core.orders (order_id, order_number, customer_id, order_status, order_date, created_at, updated_at) VALUES ({id}, 'n{id}', {id}, 'Pago', {now}, {stamps})"
                    ),
                    format!(
                        "INSERT INTO core.order_items (order_item_id, order_id, item_number, product_id, quantity, unit_price, gross_amount, net_amount, created_at, updated_at) VALUES ({id}, {id}, 1, 1, 1, 1, 1, 1, {stamps})"
                    ),
                ] {
                    let sql = portable(oltp.dialect(), &sql);
                    oltp.execute(&sql, &[]).await.unwrap();
                }
            });
        },
    };
    let options = RunOptions { cutoff_minutes: Some(0), ..batches_of(1) };
    let report = shop.watched(&options, &watcher).await.unwrap();
    assert_eq!(report.exit_code, 0, "{report:#?}");
    assert!(next.load(Ordering::Relaxed) > 110);
    assert_eq!(of(&report, "fact_vendas").inferred, 0);
    assert_eq!(shop.row("SELECT COUNT(*) FROM fact.FACT_VENDAS").await, "1");
    // What was sold meanwhile is loaded by a later run, and only once.
    let sold = next.load(Ordering::Relaxed) - 100;
    shop.change(&format!(
        "UPDATE core.customers SET updated_at = {0}, created_at = {0} WHERE customer_id >= 100",
        shop.at(0)
    ))
    .await;
    shop.change(&format!(
        "UPDATE core.order_items SET updated_at = {0}, created_at = {0} WHERE order_item_id >= 100",
        shop.at(22)
    ))
    .await;
    shop.change(&format!(
        "UPDATE core.orders SET updated_at = {0}, created_at = {0} WHERE order_id >= 100",
        shop.at(22)
    ))
    .await;
    let report = shop.run().await;
    assert_eq!(of(&report, "fact_vendas").inserted, sold);
}

/// A row with a smaller key changes again within the watermark's own second, and the lookback is off.
#[both_engines]
async fn e13_a_change_within_the_second_of_the_watermark_is_read(on: On) {
    let mut shop = Shop::stocked(on).await;
    for id in 2..=5 {
        put!(shop, customers { customer_id: id, updated_at: shop.at(3) });
    }
    // Both runs end with that very second: once it lies further back than the lookback, nothing comes in it any more.
    let second = shop.at(3);
    shop.stack.run_as_of(second, &no_lookback(1_000)).await;
    assert_eq!(shop.watermark("dim_cliente").await, format!("{second}/5"));
    shop.set("customers", 2, "full_name = 'Again'", 3).await;
    let report = shop.stack.run_as_of(second, &no_lookback(1_000)).await;
    assert_eq!(counts(&report, "dim_cliente"), [0, 1, 3, 0]);
    assert_eq!(shop.row("SELECT nome_cliente FROM dim.DIM_CLIENTE WHERE cliente_original_id = 2").await, "Again");
}

/// All rows of an entity are those of one moment, however many batches they take.
#[both_engines]
async fn e14_an_entity_is_read_as_of_one_moment(on: On) {
    let mut shop = Shop::stocked(on).await;
    let rows: Vec<_> =
        (2..=3_000).map(|id| [("customer_id", Value::Int(id)), ("full_name", "Before".into())]).collect();
    shop.insert_all("customers", &rows).await;
    let changed = AtomicBool::new(false);
    let watcher = Watcher {
        batch: |_: &str, _: u64| {
            if !changed.swap(true, Ordering::Relaxed) {
                let sql = "UPDATE core.customers SET full_name = 'After' WHERE customer_id > 1";
                assert_eq!(wait(shop.stack.change(sql)), 2_999);
            }
        },
    };
    let options = RunOptions { batch_size: Some(100), ..only("dim_cliente") };
    shop.watched(&options, &watcher).await.unwrap();
    let names =
        "SELECT nome_cliente, COUNT(*) FROM dim.DIM_CLIENTE WHERE cliente_original_id > 1 GROUP BY nome_cliente";
    assert_eq!(shop.rows(names).await, ["Before|2999"]);
    let full = RunOptions { full_refresh: true, ..RunOptions::default() };
    shop.run_with(&full).await;
    assert_eq!(shop.rows(names).await, ["After|2999"]);
}

/// A backfill of an old window writes what the source says now, never older values, and moves no watermark.
#[both_engines]
async fn e15_a_replay_never_writes_older_values(on: On) {
    let mut shop = customers(on, 5).await;
    shop.run().await;
    shop.set("customers", 2, "full_name = 'Newer'", 6).await;
    shop.run().await;
    let (contents, watermark) = (shop.contents().await, shop.watermark("dim_cliente").await);
    for (from, to) in [(0, 5), (0, 22)] {
        let options = RunOptions { window: Some((shop.at(from), shop.at(to))), ..RunOptions::default() };
        let report = shop.run_with(&options).await;
        assert_eq!(written(&report), 0);
        assert!(of(&report, "dim_cliente").unchanged >= 4);
    }
    assert_eq!((shop.contents().await, shop.watermark("dim_cliente").await), (contents, watermark));
}
