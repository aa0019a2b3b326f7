//! `reconcile` finds every mutation of either side, explains what is pending, rejected and gone, and marks hard deletes.
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are no tests themselves")]

mod common;

use common::Stack;
use dw_core::{exit, time};
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::reconcile::{EntityComparison, Reconciliation, reconcile};
use dw_etl::report::Silent;
use dw_etl::run::run;
use dw_sample::wave::{self, WaveOptions};
use dw_testkit::{On, both_engines};

async fn compare(stack: &Stack, dry_run: bool) -> Reconciliation {
    reconcile(&stack.engine, dry_run, &Silent).await.unwrap()
}

fn entity<'r>(result: &'r Reconciliation, name: &str) -> &'r EntityComparison {
    result.entities.iter().find(|entity| entity.entity == name).unwrap()
}

/// Nothing differs, in no month, by no row and by no cent.
fn assert_agrees(result: &Reconciliation) {
    for entity in &result.entities {
        assert_eq!(entity.first, [], "{}", entity.entity);
        for (month, figures) in &entity.months {
            assert_eq!(figures.rows.difference(), 0, "{} {month:?} {figures:?}", entity.entity);
            for (name, sums) in entity.amounts(figures) {
                assert_eq!(sums.difference(), 0, "{} {month:?} {name} {sums:?}", entity.entity);
            }
        }
    }
    assert_eq!(result.exit_code(), exit::OK);
}

/// Exactly this difference: entity, key, what, source, warehouse.
fn assert_found(result: &Reconciliation, expected: (&str, i64, &str, &str, &str)) {
    let found: Vec<(&str, i64, &str, &str, &str)> = result
        .entities
        .iter()
        .flat_map(|entity| entity.first.iter().map(move |row| (entity.entity, row)))
        .map(|(entity, row)| (entity, row.key, row.what, row.source.as_str(), row.warehouse.as_str()))
        .collect();
    assert_eq!(found, [expected]);
    assert_eq!((result.exit_code(), entity(result, expected.0).total.different), (exit::QUALITY, 1));
}

async fn waves(stack: &Stack, count: u32, as_of: i64) {
    let mut oltp = stack.oltp().await;
    let options = WaveOptions { count, as_of, now: time::now(), seed: 0 };
    wave::run(&mut *oltp, options).await.unwrap();
}

/// Changes the warehouse by hand.
async fn tamper(stack: &Stack, sql: &str) {
    assert_eq!(stack.operate(sql).await, 1, "{sql}");
}

/// The base sample and two waves, loaded.
async fn loaded(on: On) -> Stack {
    let stack = Stack::sample(on, 0.05).await;
    waves(&stack, 2, time::now() - 240).await;
    stack.run(&RunOptions::default()).await;
    stack
}

#[both_engines]
async fn after_a_run_nothing_differs_with_rejects_and_pending_rows(on: On) {
    let stack = Stack::sample(on, 0.05).await;
    let before = compare(&stack, false).await;
    assert_agrees(&before);
    let sales = entity(&before, "fact_vendas");
    assert_eq!((sales.total.pending, sales.total.rows.warehouse), (11_250, 0), "all of it waits");

    waves(&stack, 2, time::now() - 240).await;
    // A district that is too long is a reject, and so are two sales on a day that the calendar does not have.
    stack.change(&format!("UPDATE core.customers SET district = '{}' WHERE customer_id = 5", "d".repeat(80))).await;
    stack
        .change(&format!(
            "UPDATE core.orders SET order_date = {} WHERE order_id = (SELECT MIN(o.order_id) FROM core.orders o \
             JOIN core.order_items i ON i.order_id = o.order_id WHERE o.deleted_at IS NULL AND i.deleted_at IS NULL)",
            time::parse_timestamp("1980-05-05").unwrap()
        ))
        .await;
    stack.run(&RunOptions::default()).await;
    // And a wave that no run has seen.
    waves(&stack, 1, time::now() - 1).await;
    let result = compare(&stack, false).await;
    assert_agrees(&result);
    assert_eq!((result.run_id, result.marked), (None, 0));
    assert_eq!(entity(&result, "dim_cliente").total.rejected, 1);
    let sales = entity(&result, "fact_vendas");
    assert!(sales.total.rejected > 0 && sales.total.pending > 0 && sales.total.soft_deleted > 0, "{:?}", sales.total);
    let old = sales.months.iter().find(|(month, _)| *month == Some(198_005)).unwrap();
    assert_eq!((old.1.rejected, old.1.rows.warehouse), (old.1.rows.source.try_into().unwrap(), 0));
    assert_eq!(entity(&result, "dim_equipe").total.rows.source, entity(&result, "dim_equipe").total.rows.warehouse);

    // A limited run leaves keys behind its watermark pending, whichever of their tables carries the stamp.
    let limited = Stack::sample(on, 0.05).await;
    waves(&limited, 2, time::now() - 240).await;
    let options = RunOptions { max_batches: Some(3), batch_size: Some(40), ..RunOptions::default() };
    assert!(limited.run_any(&options).await.more_pending);
    let result = compare(&limited, false).await;
    assert_agrees(&result);
    assert!(entity(&result, "fact_vendas").total.pending > 10_000);
}

#[both_engines]
async fn one_cent_is_found(on: On) {
    let stack = loaded(on).await;
    assert_agrees(&compare(&stack, true).await);
    for (table, key, column, what, name) in [
        ("fact.FACT_VENDAS", "venda_original_id", "custo_total", "cost", "fact_vendas"),
        ("fact.FACT_METAS", "meta_original_id", "valor_realizado", "realized", "fact_metas"),
    ] {
        let row = format!("{key} = (SELECT MIN({key}) FROM {table} WHERE excluido_em IS NULL)");
        let id = stack.number(&format!("SELECT MIN({key}) FROM {table} WHERE excluido_em IS NULL")).await;
        let value = stack.number(&format!("SELECT {column} FROM {table} WHERE {row}")).await;
        tamper(&stack, &format!("UPDATE {table} SET {column} = {column} + 1 WHERE {row}")).await;
        let result = compare(&stack, false).await;
        let text = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
        assert_found(&result, (name, id, what, &text(value), &text(value + 1)));
        let found = entity(&result, name);
        let sums = found.amounts(&found.total).find(|(amount, _)| *amount == what).unwrap().1;
        assert_eq!(sums.difference(), 1);
        tamper(&stack, &format!("UPDATE {table} SET {column} = {column} - 1 WHERE {row}")).await;
    }
    assert_agrees(&compare(&stack, false).await);
}

#[both_engines]
async fn a_row_that_is_missing_marked_by_hand_or_restored_without_a_stamp_is_found(on: On) {
    let stack = loaded(on).await;
    let key = stack
        .number(
            "SELECT MIN(f.venda_original_id) FROM fact.FACT_VENDAS f WHERE f.excluido_em IS NULL \
             AND NOT EXISTS (SELECT 1 FROM fact.FACT_DESCONTOS d WHERE d.venda_id = f.venda_id)",
        )
        .await;
    tamper(&stack, &format!("UPDATE fact.FACT_VENDAS SET excluido_em = 5 WHERE venda_original_id = {key}")).await;
    assert_found(&compare(&stack, false).await, ("fact_vendas", key, "deleted", "live", "deleted"));
    tamper(&stack, &format!("DELETE FROM fact.FACT_VENDAS WHERE venda_original_id = {key}")).await;
    assert_found(&compare(&stack, false).await, ("fact_vendas", key, "row", "live", "missing"));
    stack.run(&RunOptions { full_refresh: true, ..RunOptions::default() }).await;
    assert_agrees(&compare(&stack, false).await);

    // Restored in the source, and nobody touched updated_at: no incremental run can see it.
    let dead = stack.number("SELECT MIN(venda_original_id) FROM fact.FACT_VENDAS WHERE excluido_em IS NOT NULL").await;
    stack
        .change(&format!(
            "UPDATE core.orders SET deleted_at = NULL WHERE order_id = \
             (SELECT i.order_id FROM core.order_items i WHERE i.order_item_id = {dead})"
        ))
        .await;
    stack.change(&format!("UPDATE core.order_items SET deleted_at = NULL WHERE order_item_id = {dead}")).await;
    let result = compare(&stack, false).await;
    let sales = entity(&result, "fact_vendas");
    assert!(sales.first.iter().any(|row| (row.key, row.what, row.source.as_str()) == (dead, "deleted", "live")));
    assert_eq!(result.exit_code(), exit::QUALITY);
    stack.run(&RunOptions { full_refresh: true, ..RunOptions::default() }).await;
    assert_agrees(&compare(&stack, false).await);

    let customer =
        stack.number("SELECT MIN(cliente_original_id) FROM dim.DIM_CLIENTE WHERE excluido_em IS NOT NULL").await;
    stack.change(&format!("UPDATE core.customers SET deleted_at = NULL WHERE customer_id = {customer}")).await;
    assert_found(&compare(&stack, false).await, ("dim_cliente", customer, "deleted", "live", "deleted"));
}

#[both_engines]
async fn two_changes_that_cancel_each_other_out_are_found(on: On) {
    let stack = loaded(on).await;
    let keys = [
        stack.number("SELECT MIN(venda_original_id) FROM fact.FACT_VENDAS WHERE excluido_em IS NULL").await,
        stack
            .number(
                "SELECT MAX(venda_original_id) FROM fact.FACT_VENDAS WHERE excluido_em IS NULL AND data_id / 100 = \
            (SELECT g.data_id / 100 FROM fact.FACT_VENDAS g WHERE g.venda_original_id = \
            (SELECT MIN(h.venda_original_id) FROM fact.FACT_VENDAS h WHERE h.excluido_em IS NULL))",
            )
            .await,
    ];
    for (key, cent) in keys.iter().zip([1, -1]) {
        tamper(
            &stack,
            &format!("UPDATE fact.FACT_VENDAS SET valor_total_liquido = valor_total_liquido + {cent} WHERE venda_original_id = {key}"),
        )
        .await;
    }
    let result = compare(&stack, false).await;
    let sales = entity(&result, "fact_vendas");
    assert_eq!((sales.total.amounts_of("net", sales), sales.total.different), (0, 2));
    assert_eq!(result.exit_code(), exit::QUALITY);
}

trait AmountsOf {
    fn amounts_of(&self, name: &str, entity: &EntityComparison) -> i128;
}

impl AmountsOf for dw_etl::reconcile::Figures {
    fn amounts_of(&self, name: &str, entity: &EntityComparison) -> i128 {
        entity.amounts(self).find(|(amount, _)| *amount == name).unwrap().1.difference()
    }
}

#[both_engines]
async fn hard_deletes_are_marked_once_and_what_depends_on_them_follows(on: On) {
    let stack = loaded(on).await;
    // A customer with one order, that order, its items and discounts; a target; a seller that nobody needs any more.
    let order = stack
        .number(
            "SELECT MAX(f.numero) FROM (SELECT CAST(o.venda_original_id AS BIGINT) AS numero FROM fact.FACT_VENDAS o \
             WHERE o.excluido_em IS NULL AND o.status_pedido <> 'Cancelado' AND o.cliente_id <> -1) f",
        )
        .await;
    let customer =
        stack.number(&format!("SELECT cliente_id FROM fact.FACT_VENDAS WHERE venda_original_id = {order}")).await;
    let spent = "SELECT valor_total_gasto_historico FROM dim.DIM_CLIENTE WHERE cliente_id =";
    let before = stack.number(&format!("{spent} {customer}")).await;
    let lost = stack
        .number(&format!("SELECT valor_total_liquido FROM fact.FACT_VENDAS WHERE venda_original_id = {order}"))
        .await;
    let discounts = stack.change(&format!("DELETE FROM core.order_item_discounts WHERE order_item_id = {order}")).await;
    assert_eq!(stack.change(&format!("DELETE FROM core.order_items WHERE order_item_id = {order}")).await, 1);
    let seller = stack.number("SELECT MAX(vendedor_original_id) FROM dim.DIM_VENDEDOR WHERE excluido_em IS NULL").await;
    let targets = stack.change(&format!("DELETE FROM core.seller_targets_monthly WHERE seller_id = {seller}")).await;
    assert!(targets > 0);
    stack.change(&format!("UPDATE core.orders SET seller_id = NULL WHERE seller_id = {seller}")).await;
    stack.change(&format!("UPDATE core.sellers SET manager_seller_id = NULL WHERE manager_seller_id = {seller}")).await;
    assert_eq!(stack.change(&format!("DELETE FROM core.sellers WHERE seller_id = {seller}")).await, 1);
    // An inferred member has no source row by its nature.
    let original = stack.number("SELECT produto_original_id FROM dim.DIM_PRODUTO WHERE produto_id = 3").await;
    tamper(&stack, "UPDATE dim.DIM_PRODUTO SET eh_inferido = 1, produto_original_id = 987654321 WHERE produto_id = 3")
        .await;
    let product =
        format!("UPDATE dim.DIM_PRODUTO SET eh_inferido = 0, produto_original_id = {original} WHERE produto_id = 3");

    let expected = 1 + discounts + targets + 1;
    let dry = compare(&stack, true).await;
    assert_eq!((dry.hard_deleted(), dry.marked, dry.run_id), (expected, 0, None));
    assert_eq!(
        stack
            .number(&format!(
                "SELECT COUNT(*) FROM fact.FACT_VENDAS WHERE venda_original_id = {order} AND excluido_em IS NULL"
            ))
            .await,
        1
    );
    assert_eq!(entity(&dry, "dim_produto").total.deleted, 0, "an inferred member");
    tamper(&stack, &product).await;

    let team =
        stack.number(&format!("SELECT equipe_id FROM dim.DIM_VENDEDOR WHERE vendedor_original_id = {seller}")).await;
    let goal = format!("SELECT meta_mensal_equipe FROM dim.DIM_EQUIPE WHERE equipe_id = {team}");
    let goal_before = stack.number(&goal).await;
    let result = compare(&stack, false).await;
    assert_agrees(&result);
    assert_eq!((result.hard_deleted(), result.marked), (expected, expected));
    assert_eq!(stack.number(&format!("{spent} {customer}")).await, before - lost);
    assert!(stack.number(&goal).await < goal_before, "the goal of his team");
    assert_eq!(stack.number("SELECT COUNT(*) FROM ctl.etl_affected_group").await, 0);
    let ranked = "SELECT COUNT(*) FROM fact.FACT_METAS WHERE excluido_em IS NOT NULL AND ranking_periodo IS NOT NULL";
    assert_eq!(stack.number(ranked).await, 0);

    // The run is in the audit trail, closed, and the ETL's own last run is untouched.
    let run = result.run_id.unwrap();
    let audited =
        format!("SELECT SUM(soft_deleted_count) FROM audit.etl_run_entity WHERE run_id = {run} AND status = 'success'");
    assert_eq!(stack.number(&audited).await, i64::try_from(expected).unwrap());
    assert_eq!(
        stack.number(&format!("SELECT COUNT(*) FROM audit.etl_run WHERE run_id = {run} AND status = 'success'")).await,
        1
    );
    assert_eq!(stack.number(&format!("SELECT COUNT(*) FROM ctl.etl_control WHERE last_run_id = {run}")).await, 0);

    let again = compare(&stack, false).await;
    assert_agrees(&again);
    assert_eq!((again.hard_deleted(), again.marked, again.run_id), (0, 0, None));
    stack.run(&RunOptions::default()).await;
    assert_agrees(&compare(&stack, false).await);
}

#[both_engines]
async fn an_entity_that_is_being_run_is_not_marked(on: On) {
    let stack = loaded(on).await;
    let region = stack
        .number(
            "SELECT MAX(regiao_original_id) FROM dim.DIM_REGIAO WHERE eh_inferido = 0 AND regiao_id <> -1 AND excluido_em IS NULL",
        )
        .await;
    stack.change(&format!("UPDATE core.orders SET region_id = NULL WHERE region_id = {region}")).await;
    stack.change(&format!("UPDATE core.teams SET region_id = NULL WHERE region_id = {region}")).await;
    stack.change(&format!("DELETE FROM core.regions WHERE region_id = {region}")).await;
    let lock = stack.engine.lock("dim_regiao", "a test").await.unwrap();
    let error = reconcile(&stack.engine, false, &Silent).await.unwrap_err();
    assert_eq!((error.exit_code(), error.to_string().as_str()), (exit::LOCK_HELD, "dim_regiao is being run by a test"));
    assert_eq!(compare(&stack, true).await.hard_deleted(), 1, "a dry run needs no lock");
    drop(lock);
    assert_eq!(compare(&stack, false).await.marked, 1);
}

/// Whatever a run and the source do meanwhile: a comparison sees one moment of each side, and explains all that differs.
#[both_engines]
async fn a_comparison_during_a_run_and_a_wave_finds_nothing(on: On) {
    let stack = Stack::sample(on, 0.05).await;
    let engine = stack.engine.clone();
    let running = tokio::spawn(async move {
        let options = RunOptions { batch_size: Some(20), ..RunOptions::default() };
        run(engine, &options, &Silent, &StopFlag::new()).await.unwrap()
    });
    let mut during = 0;
    while !running.is_finished() {
        if during == 1 {
            waves(&stack, 1, time::now() - 1).await;
        }
        let result = compare(&stack, true).await;
        assert_agrees(&result);
        assert_eq!(result.hard_deleted(), 0);
        during += 1;
    }
    assert!(during > 1, "{during} comparisons");
    assert_eq!(running.await.unwrap().exit_code, 0);
    assert_agrees(&compare(&stack, false).await);
}
