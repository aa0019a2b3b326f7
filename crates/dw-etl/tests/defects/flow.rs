//! 10.2, E1 to E8, E16 and E17: control flow, atomicity and concurrency.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dw_core::error::DwError;
use dw_core::{exit, time};
use dw_etl::options::{RunOptions, Selection};
use dw_etl::report::EntityStatus;
use dw_testkit::{On, both_engines};

use crate::common::of;
use crate::common::wrapped::Wrapped;
use crate::shop::{Shop, Watcher, batches_of, counts, failed, only, put, wait, written};

/// A shop with customers 1 to `last`, each stamped an hour after the one before.
pub async fn customers(on: On, last: i64) -> Shop {
    let mut shop = Shop::stocked(on).await;
    for id in 2..=last {
        put!(shop, customers { customer_id: id, updated_at: shop.at(id) });
    }
    shop
}

/// Batches of so many rows, and nothing before the watermark is read again.
pub fn no_lookback(batch_size: usize) -> RunOptions {
    RunOptions { lookback_minutes: Some(0), ..batches_of(batch_size) }
}

#[both_engines]
async fn e2_a_failing_entity_does_not_end_the_others(on: On) {
    let mut shop = customers(on, 4).await;
    // Inferred products pass, so that the facts do not fail with the dimension.
    shop.obstacle("dim.DIM_PRODUTO", "INSERT", "NEW.eh_inferido = 0").await;
    let report = shop.attempt(&RunOptions::default()).await.unwrap();
    assert_eq!(failed(&report), ["dim_produto"]);
    assert_eq!((report.exit_code, report.status), (exit::PARTIAL, "partial"));
    let produto = of(&report, "dim_produto");
    // SQLite calls what a trigger refuses a broken constraint, SQL Server an error of the statement.
    let code = if on == On::Embedded { "DW-E0021" } else { "DW-E0022" };
    assert_eq!((produto.error_code, produto.watermark_to.as_deref()), (Some(code), None));
    assert!(produto.error.as_deref().unwrap().contains("obstacle"), "{produto:?}");
    assert_eq!((of(&report, "dim_cliente").inserted, of(&report, "fact_vendas").inserted), (4, 1));
    let run = shop.row("SELECT status, entities_succeeded, entities_failed, error_message FROM audit.etl_run").await;
    assert!(run.starts_with("partial|8|1|dim_produto: "), "{run}");
    let told = shop
        .rows(
            "SELECT entity_name FROM audit.etl_run_entity WHERE status = 'failed' AND error_message LIKE '%obstacle%'",
        )
        .await;
    assert_eq!(told, ["dim_produto"]);
    // The sale came with an inferred product; the next run fills it, and nothing else has to be written again.
    shop.clear_obstacle("dim.DIM_PRODUTO").await;
    let report = shop.run().await;
    assert_eq!((counts(&report, "dim_produto"), written(&report)), ([0, 1, 0, 0], 1));
    // A discount needs its sale: when the sales fail it is not tried, and both come with the next run.
    shop.obstacle("fact.FACT_VENDAS", "UPDATE", "1 = 1").await;
    shop.set("order_items", 1, "quantity = 2, cost_amount = 1", 20).await;
    let report = shop.attempt(&RunOptions::default()).await.unwrap();
    assert_eq!(failed(&report), ["fact_vendas", "fact_descontos"]);
    shop.clear_obstacle("fact.FACT_VENDAS").await;
    assert_eq!(written(&shop.run().await), 2);
}

/// The commonest mistake of an operator: a control row is missing. It fails that entity and is told in its audit row (E17).
#[both_engines]
async fn e2_e17_a_missing_control_row_fails_its_entity_alone_and_is_in_the_audit_trail(on: On) {
    let shop = customers(on, 2).await;
    shop.operate("DELETE FROM ctl.etl_control WHERE entity_name = 'dim_regiao'").await;
    let report = shop.attempt(&RunOptions::default()).await.unwrap();
    assert_eq!(failed(&report), ["dim_regiao"]);
    assert_eq!(report.exit_code, exit::PARTIAL);
    assert_eq!(of(&report, "dim_cliente").inserted, 2);
    let audited =
        shop.row("SELECT status, error_message FROM audit.etl_run_entity WHERE entity_name = 'dim_regiao'").await;
    assert!(audited.starts_with("failed|") && audited.contains("ctl.etl_control"), "{audited}");
    let error = shop.attempt(&only("dim_regiao")).await.unwrap_err();
    assert_eq!(error.exit_code(), exit::SCHEMA_MISMATCH);
    assert!(error.to_string().contains("dim_regiao") && error.hint().contains("init"), "{error}");
}

/// Also B8, as far as a run goes: the switch of an operator is respected and stays.
#[both_engines]
async fn e2_an_entity_that_is_switched_off_is_skipped_and_refused_when_named(on: On) {
    let shop = customers(on, 2).await;
    shop.operate("UPDATE ctl.etl_control SET is_active = 0 WHERE entity_name = 'dim_cliente'").await;
    let report = shop.run().await;
    assert_eq!(of(&report, "dim_cliente").status, EntityStatus::Skipped);
    assert_eq!(of(&report, "dim_cliente").extracted, 0);
    let off = shop.row("SELECT is_active, last_run_id FROM ctl.etl_control WHERE entity_name = 'dim_cliente'").await;
    assert_eq!(off, "0|NULL");
    assert_eq!(shop.row("SELECT COUNT(*) FROM dim.DIM_CLIENTE WHERE cliente_id > 0 AND eh_inferido = 0").await, "0");
    let runs = shop.row("SELECT COUNT(*) FROM audit.etl_run").await;
    let error = shop.attempt(&only("dim_cliente,dim_produto")).await.unwrap_err();
    assert_eq!(error.exit_code(), exit::USAGE);
    assert!(error.to_string().contains("dim_cliente") && error.to_string().contains("is_active"), "{error}");
    assert_eq!(shop.row("SELECT COUNT(*) FROM audit.etl_run").await, runs, "a refused run leaves no trace");
}

/// Also E16: the row says when the dead run gave its last sign of life.
#[both_engines]
async fn e3_a_run_that_was_left_running_is_closed_as_failed_with_its_reason(on: On) {
    let shop = customers(on, 2).await;
    let started = shop.at(1);
    shop.operate(&format!(
        "INSERT INTO audit.etl_run (run_id, entities_requested, started_at, heartbeat_at, status, host_name, process_id) \
         VALUES (7, 'dim_cliente,dim_regiao', {started}, {}, 'running', 'elsewhere', 4242)",
        started + 60
    ))
    .await;
    shop.operate(&format!("INSERT INTO audit.etl_run_entity (run_id, entity_name, status, watermark_from_updated_at, watermark_from_id) VALUES (7, 'dim_cliente', 'running', {started}, 1), (7, 'dim_regiao', 'success', {started}, 1)")).await;
    // A run of other entities does not know whether that one lives.
    shop.run_with(&only("dim_produto")).await;
    assert_eq!(shop.row("SELECT status FROM audit.etl_run WHERE run_id = 7").await, "running");
    shop.run_with(&only("dim_cliente")).await;
    let run = shop.row("SELECT status, entities_succeeded, entities_failed, CASE WHEN finished_at IS NULL THEN 1 ELSE 0 END, error_message FROM audit.etl_run WHERE run_id = 7").await;
    let (counts, reason) = run.rsplit_once('|').unwrap();
    assert_eq!(counts, "failed|1|1|0");
    let alive = time::format_timestamp(started + 60);
    assert!(reason.contains("4242") && reason.contains("elsewhere") && reason.contains(&alive), "{reason}");
    let entities = shop.rows("SELECT entity_name, status, CASE WHEN error_message = (SELECT error_message FROM audit.etl_run WHERE run_id = 7) THEN 1 ELSE 0 END FROM audit.etl_run_entity WHERE run_id = 7 ORDER BY 1").await;
    assert_eq!(entities, ["dim_cliente|failed|1", "dim_regiao|success|0"]);
    assert_eq!(shop.row("SELECT COUNT(*) FROM audit.etl_run WHERE status = 'running'").await, "0");
}

/// The connection dies when the run is to be closed: what was loaded stays, and the next run closes the row.
#[both_engines]
async fn e3_a_run_that_cannot_be_closed_is_closed_by_the_next(on: On) {
    let shop = customers(on, 2).await;
    let engine = Wrapped::new(shop.stack.engine.clone());
    engine.fail("SET status = @P2, entities_succeeded");
    let result =
        dw_etl::run::run(engine, &RunOptions::default(), &dw_etl::report::Silent, &dw_etl::feed::StopFlag::new()).await;
    assert!(result.is_err(), "{result:?}");
    assert_eq!(shop.row("SELECT status FROM audit.etl_run").await, "running");
    assert_eq!(shop.row("SELECT COUNT(*) FROM dim.DIM_CLIENTE WHERE cliente_id > 0").await, "2");
    let report = shop.run().await;
    assert_eq!(written(&report), 0, "nothing is repeated");
    assert_eq!(shop.rows("SELECT status FROM audit.etl_run ORDER BY run_id").await, ["failed", "success"]);
}

/// Another worker infers a member between the look and the insert: the batch is done again, once. A constraint that refuses the
/// same row again fails its entity.
#[both_engines]
async fn a_batch_that_met_another_worker_is_done_again(on: On) {
    for (times, expected) in [(1, None), (2, Some("dim_cliente"))] {
        let shop = customers(on, 2).await;
        let engine = Wrapped::new(shop.stack.engine.clone());
        let target = shop.stack.engine.dialect().table("dim", "DIM_CLIENTE");
        engine.refuse(&format!("INSERT INTO {target}"), times);
        let (options, stop) = (RunOptions::default(), dw_etl::feed::StopFlag::new());
        let report = dw_etl::run::run(engine, &options, &dw_etl::report::Silent, &stop).await.unwrap();
        assert_eq!(failed(&report), expected.into_iter().collect::<Vec<_>>(), "{report:#?}");
        if times == 1 {
            assert_eq!(shop.row("SELECT COUNT(*) FROM dim.DIM_CLIENTE WHERE cliente_id > 0").await, "2");
        }
    }
}

/// Also E5: what failed in the third batch of five leaves two batches, the watermark of the second one, and an audit row that
/// says the same; the next run reads the rest and nothing twice.
#[both_engines]
async fn e4_e5_data_watermark_and_audit_stand_still_together_when_a_batch_fails(on: On) {
    let shop = customers(on, 10).await;
    shop.obstacle("dim.DIM_CLIENTE", "INSERT", "NEW.cliente_original_id = 6").await;
    let report = shop.attempt(&no_lookback(2)).await.unwrap();
    let failed_one = of(&report, "dim_cliente");
    assert_eq!(failed_one.status, EntityStatus::Failed);
    let reached = format!("{}/4", shop.at(4));
    assert_eq!(shop.watermark("dim_cliente").await, reached);
    assert_eq!(shop.row("SELECT COUNT(*) FROM dim.DIM_CLIENTE WHERE cliente_original_id > 0").await, "4");
    let audited = "SELECT status, watermark_to_updated_at, watermark_to_id, extracted_count, inserted_count, upserted_count, batch_count FROM audit.etl_run_entity WHERE entity_name = 'dim_cliente' ORDER BY run_id DESC";
    assert_eq!(shop.rows(audited).await[0], format!("failed|{}|4|4|4|4|2", shop.at(4)));
    assert_eq!(failed_one.watermark_to, Some(format!("{}/4", time::format_timestamp(shop.at(4)))));
    let control =
        shop.row("SELECT last_status, last_success_at FROM ctl.etl_control WHERE entity_name = 'dim_cliente'").await;
    assert_eq!(control, "failed|NULL");
    shop.clear_obstacle("dim.DIM_CLIENTE").await;
    let report = shop.run_with(&no_lookback(2)).await;
    // Row 4 stands in the watermark's own second and is looked at again (E13).
    assert_eq!((of(&report, "dim_cliente").extracted, counts(&report, "dim_cliente")), (7, [6, 0, 1, 0]));
    assert_eq!(shop.rows(audited).await[0], format!("success|{}|10|7|6|6|4", shop.at(10)));
    let uninterrupted = customers(on, 10).await;
    uninterrupted.run().await;
    assert_eq!(
        shop.row("SELECT COUNT(*), SUM(cliente_original_id) FROM dim.DIM_CLIENTE").await,
        uninterrupted.row("SELECT COUNT(*), SUM(cliente_original_id) FROM dim.DIM_CLIENTE").await
    );
}

/// The report says what was kept, also for an entity that failed.
#[both_engines]
async fn e5_the_report_of_a_failed_entity_counts_what_was_kept(on: On) {
    let shop = customers(on, 10).await;
    shop.obstacle("dim.DIM_CLIENTE", "INSERT", "NEW.cliente_original_id = 6").await;
    let report = shop.attempt(&no_lookback(2)).await.unwrap();
    let found = of(&report, "dim_cliente");
    assert_eq!((found.inserted, found.batches), (4, 2), "{found:?}");
}

#[both_engines]
async fn e6_a_second_run_of_an_entity_is_told_who_holds_it(on: On) {
    let shop = customers(on, 2).await;
    let lock = shop.stack.engine.lock("fact_vendas", "process 1 on a").await.unwrap();
    let error = shop.attempt(&RunOptions::default()).await.unwrap_err();
    assert_eq!(error.exit_code(), exit::LOCK_HELD);
    assert!(error.to_string().contains("fact_vendas") && error.to_string().contains("process 1 on a"), "{error}");
    assert_eq!(shop.row("SELECT COUNT(*) FROM audit.etl_run").await, "0");
    // It took no lock that it keeps, and other entities may run meanwhile.
    shop.run_with(&only("dim_cliente,dim_produto")).await;
    drop(lock);
    shop.run().await;
}

#[both_engines]
async fn e6_a_run_holds_its_entities_from_its_first_to_its_last_batch(on: On) {
    let shop = customers(on, 3).await;
    let tried = AtomicU64::new(0);
    let watcher = Watcher {
        batch: |entity: &str, _: u64| {
            if entity != "dim_cliente" {
                return;
            }
            let second = wait(shop.attempt(&only("dim_cliente")));
            let held = second.unwrap_err();
            assert_eq!(held.exit_code(), exit::LOCK_HELD, "{held}");
            assert!(held.to_string().contains(&format!("process {}", std::process::id())), "{held}");
            assert!(wait(shop.attempt(&RunOptions { dry_run: true, ..RunOptions::default() })).is_err());
            tried.fetch_add(1, Ordering::Relaxed);
        },
    };
    let report = shop.watched(&RunOptions { batch_size: Some(1), ..only("dim_cliente") }, &watcher).await.unwrap();
    assert_eq!((report.exit_code, tried.load(Ordering::Relaxed)), (0, 3));
    shop.run().await;
}

#[both_engines]
async fn e6_a_watermark_that_somebody_else_moved_stops_the_entity_and_writes_nothing(on: On) {
    let shop = customers(on, 4).await;
    let moved = AtomicBool::new(false);
    let watcher = Watcher {
        batch: |entity: &str, _: u64| {
            if entity == "dim_cliente" && !moved.swap(true, Ordering::Relaxed) {
                wait(shop.operate("UPDATE ctl.etl_control SET watermark_id = 99 WHERE entity_name = 'dim_cliente'"));
            }
        },
    };
    let options = RunOptions { batch_size: Some(1), ..only("dim_cliente") };
    let report = shop.watched(&options, &watcher).await.unwrap();
    let cliente = of(&report, "dim_cliente");
    assert_eq!(
        (cliente.status, cliente.error_code, report.exit_code),
        (EntityStatus::Failed, Some("DW-E0031"), exit::FAILED)
    );
    assert_eq!(
        shop.row("SELECT COUNT(*) FROM dim.DIM_CLIENTE WHERE cliente_id > 0").await,
        "1",
        "the first batch alone"
    );
    assert_eq!(shop.watermark("dim_cliente").await, format!("{}/99", shop.at(0)));
    let audited = shop.row("SELECT status, watermark_to_id, inserted_count FROM audit.etl_run_entity").await;
    assert_eq!(audited, "failed|99|1", "the real watermark");
}

#[both_engines]
async fn e7_a_busy_warehouse_is_waited_for(on: On) {
    let shop = customers(on, 2).await;
    let mut other = shop.stack.dw().await;
    let started = std::time::Instant::now();
    let held = other.begin().await.unwrap();
    let (report, ()) = tokio::join!(shop.run(), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        held.rollback().await.unwrap();
    });
    assert!(started.elapsed().as_millis() >= 300);
    assert_eq!(of(&report, "dim_cliente").inserted, 2);
}

#[both_engines]
async fn e8_a_dry_run_looks_everything_up_and_leaves_nothing(on: On) {
    let mut shop = customers(on, 3).await;
    put!(shop, customers { customer_id: 4, phone: "1".repeat(30) });
    put!(shop, orders { order_id: 2, customer_id: 4 });
    put!(shop, order_items { order_item_id: 2, order_id: 2 });
    let everything = "SELECT (SELECT COUNT(*) FROM audit.etl_run) + (SELECT COUNT(*) FROM audit.etl_run_entity) + (SELECT COUNT(*) FROM audit.etl_reject) + (SELECT COUNT(*) FROM ctl.etl_affected_group) + (SELECT COUNT(*) FROM fact.FACT_VENDAS) + (SELECT COUNT(*) FROM dim.DIM_CLIENTE)";
    let (before, contents) = (shop.row(everything).await, shop.contents().await);
    let dry = RunOptions { dry_run: true, ..RunOptions::default() };
    let report = shop.run_with(&dry).await;
    assert_eq!((report.run_id, report.dry_run), (None, true));
    assert_eq!(counts(&report, "dim_cliente"), [3, 0, 0, 1]);
    assert_eq!(
        (of(&report, "fact_vendas").inserted, of(&report, "fact_vendas").inferred),
        (2, 1),
        "its lookups are real"
    );
    assert_eq!((shop.row(everything).await, shop.contents().await), (before, contents));
    assert_eq!(shop.watermark("dim_cliente").await, format!("{}/0", time::WATERMARK_START));
    let real = shop.run().await;
    for (dry, real) in report.entities.iter().zip(&real.entities) {
        assert_eq!(
            (dry.inserted, dry.rejected, dry.inferred),
            (real.inserted, real.rejected, real.inferred),
            "{}",
            dry.entity
        );
    }
}

#[both_engines]
async fn e16_a_run_gives_a_sign_of_life_with_each_batch(on: On) {
    let shop = customers(on, 12).await;
    let seen = AtomicU64::new(0);
    let watcher = Watcher {
        batch: |_: &str, _: u64| {
            let row = wait(shop.row("SELECT status, started_at, heartbeat_at FROM audit.etl_run"));
            let (status, stamps) = row.split_once('|').unwrap();
            assert_eq!(status, "running");
            let (started, heartbeat) = stamps.split_once('|').unwrap();
            let (started, heartbeat) = (started.parse::<i64>().unwrap(), heartbeat.parse::<i64>().unwrap());
            assert!((0..60).contains(&(heartbeat - started)), "{heartbeat} {started}");
            wait(shop.operate(&format!("UPDATE audit.etl_run SET heartbeat_at = {}", started - 100)));
            if seen.fetch_add(1, Ordering::Relaxed) == 0 {
                let entities = wait(shop.rows("SELECT DISTINCT status FROM audit.etl_run_entity ORDER BY 1"));
                assert!(entities.contains(&"running".to_owned()), "{entities:?}");
            }
        },
    };
    // One entity: batches of others would give their signs in between.
    let options = RunOptions { batch_size: Some(1), ..only("dim_cliente") };
    let report = shop.watched(&options, &watcher).await.unwrap();
    assert_eq!(report.exit_code, 0);
    assert_eq!(seen.load(Ordering::Relaxed), 12);
    let alive = "SELECT COUNT(*) FROM audit.etl_run WHERE heartbeat_at >= started_at AND finished_at >= started_at";
    assert_eq!(shop.row(alive).await, "1");
}

/// Unknown names are told with the known ones, before anything is touched.
#[test]
fn e17_an_unknown_entity_is_told_with_the_known_ones() {
    for text in ["dim_clientes", "dim_cliente,x", "", ","] {
        let error = Selection::parse(text).unwrap_err();
        assert!(matches!(error, DwError::Usage { .. }), "{error}");
        assert!(error.hint().contains("dim_cliente") && error.hint().contains("fact_descontos"), "{}", error.hint());
    }
    assert_eq!(Selection::parse("DIM_CLIENTE, all").unwrap(), Selection::All);
}

/// A stop ends the run after its batch and leaves a closed audit trail; the next run goes on from there (E1: what calls the
/// ETL again and again can always be stopped).
#[both_engines]
async fn e1_a_run_that_is_stopped_leaves_a_clean_trail_and_the_next_goes_on(on: On) {
    let shop = customers(on, 9).await;
    let stop = dw_etl::feed::StopFlag::new();
    let watcher = Watcher {
        batch: |entity: &str, rows: u64| {
            if entity == "dim_cliente" && rows == 2 {
                stop.stop();
            }
        },
    };
    let report = dw_etl::run::run(shop.stack.engine.clone(), &batches_of(1), &watcher, &stop).await.unwrap();
    assert_eq!((report.exit_code, report.more_pending), (0, true));
    assert_eq!(of(&report, "dim_cliente").inserted, 2);
    let trail = "SELECT COUNT(*) FROM audit.etl_run WHERE status = 'running' OR finished_at IS NULL";
    assert_eq!(shop.row(trail).await, "0");
    assert_eq!(shop.row("SELECT COUNT(*) FROM audit.etl_run_entity WHERE status = 'running'").await, "0");
    let pending = shop.row("SELECT more_pending FROM audit.etl_run_entity WHERE entity_name = 'dim_cliente'").await;
    assert_eq!(pending, "1");
    let report = shop.run().await;
    assert_eq!(of(&report, "dim_cliente").inserted, 7);
    assert_eq!(shop.row("SELECT COUNT(*) FROM fact.FACT_DESCONTOS").await, "1");
}

/// The last request of a client that is gone may reach the trail when its run is closed: the next run closes that too.
#[both_engines]
async fn e3_an_entity_that_begins_in_a_closed_run_is_closed_by_the_next(on: On) {
    let shop = customers(on, 2).await;
    shop.run().await;
    let columns = "run_id, entity_name, entity_started_at, status, created_at, updated_at";
    shop.operate("DELETE FROM audit.etl_run_entity WHERE entity_name IN ('dim_cliente', 'dim_regiao')").await;
    for entity in ["dim_cliente", "dim_regiao"] {
        shop.operate(&format!(
            "INSERT INTO audit.etl_run_entity ({columns}) VALUES (1, '{entity}', 1700000000, 'running', 1700000000, 1700000000)"
        ))
        .await;
    }
    shop.run_with(&only("dim_cliente")).await;
    let late = "SELECT entity_name, status FROM audit.etl_run_entity WHERE run_id = 1 AND entity_name IN ('dim_cliente', 'dim_regiao') ORDER BY 1";
    assert_eq!(shop.rows(late).await, ["dim_cliente|failed", "dim_regiao|running"], "of what is locked alone");
    shop.run().await;
    assert_eq!(shop.rows(late).await, ["dim_cliente|failed", "dim_regiao|failed"]);
    let why =
        shop.row("SELECT error_message FROM audit.etl_run_entity WHERE run_id = 1 AND entity_name = 'dim_regiao'");
    assert!(why.await.starts_with("interrupted: "));
}
