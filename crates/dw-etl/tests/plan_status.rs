//! `plan` says what a run then does, `status` what it has done; neither writes.
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are no tests themselves")]

mod common;

use common::{Stack, of};
use dw_audit::freshness;
use dw_core::engine::{Access, Session};
use dw_core::error::Database;
use dw_core::{entities, time};
use dw_etl::control;
use dw_etl::options::{RunOptions, Selection};
use dw_etl::plan::{Plan, PlannedEntity, plan};
use dw_etl::source::{SqlSource, Window};
use dw_etl::status::{EntityState, Status, status};
use dw_sample::wave::{self, WaveOptions};
use dw_testkit::{On, both_engines};

fn planned<'p>(plan: &'p Plan, name: &str) -> &'p PlannedEntity {
    plan.entities.iter().find(|entity| entity.entity == name).unwrap()
}

fn state<'s>(status: &'s Status, name: &str) -> &'s EntityState {
    status.entities.iter().find(|entity| entity.entity == name).unwrap()
}

async fn wave(stack: &Stack, as_of: i64) {
    let mut oltp = stack.oltp().await;
    wave::run(&mut *oltp, WaveOptions { count: 1, as_of, now: time::now(), seed: 0 }).await.unwrap();
}

/// Everything that a reader must not change.
async fn fingerprint(stack: &Stack) -> Vec<String> {
    let mut dw = stack.dw().await;
    let mut all = common::rows(&mut *dw, "SELECT * FROM ctl.etl_control", &[]).await;
    all.extend(common::rows(&mut *dw, "SELECT * FROM audit.etl_run_entity", &[]).await);
    all.extend(common::rows(&mut *dw, "SELECT COUNT(*) FROM fact.FACT_VENDAS", &[]).await);
    all
}

#[both_engines]
async fn a_plan_is_what_the_run_then_does(on: On) {
    let stack = Stack::sample(on, 0.05).await;
    let options = RunOptions { batch_size: Some(1_000), ..RunOptions::default() };
    let before = fingerprint(&stack).await;
    let first = plan(&*stack.engine, &options).await.unwrap();
    assert_eq!(fingerprint(&stack).await, before);
    assert_eq!(first.guard, stack.engine.open_transaction_guard());
    assert_eq!(first.entities.len(), 9);
    let report = stack.run(&options).await;
    for entity in &first.entities {
        let ran = of(&report, entity.entity);
        assert_eq!((entity.rows.total(), entity.batches), (ran.extracted, ran.batches), "{}", entity.entity);
        assert_eq!((entity.rows.again, entity.rows.lookback), (0, 0));
        assert!(entity.warnings.is_empty() && entity.statements.len() > 8, "{entity:?}");
    }

    wave(&stack, time::now() - 240).await;
    stack.change(&format!("UPDATE core.customers SET district = '{}' WHERE customer_id = 5", "d".repeat(80))).await;
    stack.run(&options).await;
    let second = plan(&*stack.engine, &options).await.unwrap();
    let report = stack.run(&options).await;
    for entity in &second.entities {
        let ran = of(&report, entity.entity);
        assert_eq!((entity.rows.total(), entity.rows.new, entity.batches), (ran.extracted, 0, ran.batches));
    }

    let everything = RunOptions { full_refresh: true, ..options.clone() };
    let sales = planned(&plan(&*stack.engine, &everything).await.unwrap(), "fact_vendas").clone();
    assert_eq!((sales.rows.lookback, sales.lower), (0, time::WATERMARK_START));
    assert!(sales.batches > 2, "{sales:?}");
    let limited = RunOptions { max_batches: Some(2), window: Some((0, time::now())), ..options.clone() };
    assert_eq!(planned(&plan(&*stack.engine, &limited).await.unwrap(), "fact_vendas").batches, 2);
    let named = RunOptions { entities: Selection::parse("dim_regiao").unwrap(), ..options };
    assert_eq!(plan(&*stack.engine, &named).await.unwrap().entities.len(), 1);
}

#[both_engines]
async fn a_plan_warns_of_missing_indexes_future_stamps_and_a_guard_that_is_off(on: On) {
    let stack = Stack::sample(on, 0.01).await;
    for (index, table) in
        [("IX_core_order_item_discounts_item", "order_item_discounts"), ("IX_core_suppliers_updated_id", "suppliers")]
    {
        let of_table = if on == On::Embedded { String::new() } else { format!(" ON core.{table}") };
        stack.change(&format!("DROP INDEX {index}{of_table}")).await;
    }
    let future = time::parse_timestamp("2999-01-01").unwrap();
    stack.change(&format!("UPDATE core.regions SET updated_at = {future} WHERE region_id = 1")).await;
    let options = RunOptions { lookback_minutes: Some(0), ..RunOptions::default() };
    let found = plan(&*stack.engine, &options).await.unwrap();
    let has = |name: &str, text: &str| planned(&found, name).warnings.iter().any(|warning| warning.contains(text));
    assert!(has("fact_descontos", "core.order_item_discounts has no index that begins with order_item_id"));
    assert!(has("fact_descontos", "`init` creates IX_core_order_item_discounts_item"));
    assert!(has("dim_produto", "core.suppliers has no index that begins with updated_at"));
    assert!(has("dim_regiao", "1 row of core.regions with an updated_at in the future, up to 2999-01-01T00:00:00"));
    assert!(has("dim_cliente", "the lookback is 0 minutes"));
    assert_eq!(planned(&found, "dim_cliente").warnings.len(), 1);
}

#[both_engines]
async fn status_before_during_and_after_runs(on: On) {
    let stack = Stack::sample(on, 0.05).await;
    let before = status(&*stack.engine).await.unwrap();
    assert_eq!(before.entities.len(), entities::ALL.len());
    let sales = state(&before, "fact_vendas");
    assert_eq!((sales.pending, sales.lag_seconds, sales.last_run), (11_250, None, None));

    stack.change(&format!("UPDATE core.customers SET district = '{}' WHERE customer_id = 5", "d".repeat(80))).await;
    let report = stack.run(&RunOptions::default()).await;
    let after = status(&*stack.engine).await.unwrap();
    for entity in &after.entities {
        assert_eq!((entity.pending, entity.last_status.as_deref()), (0, Some("success")), "{}", entity.entity);
        assert_eq!((entity.last_run, entity.running.as_ref()), (report.run_id, None));
        assert!(entity.last_finished.is_some() && entity.last_success.is_some());
        assert!(entity.lag_seconds.is_some_and(|lag| lag >= 120), "{entity:?}");
    }
    assert_eq!((state(&after, "dim_cliente").rejects, state(&after, "dim_produto").rejects), (1, 0));

    wave(&stack, time::now() - 240).await;
    stack.operate("UPDATE ctl.etl_control SET is_active = 0 WHERE entity_name = 'dim_cliente'").await;
    let lock = stack.engine.lock("fact_metas", "process 42").await.unwrap();
    let during = status(&*stack.engine).await.unwrap();
    assert!(!state(&during, "dim_cliente").is_active);
    assert!(state(&during, "fact_vendas").pending > 0);
    assert_eq!(state(&during, "fact_metas").running.as_ref().unwrap().holder, "process 42");
    assert_eq!(state(&during, "fact_vendas").running, None);
    drop(lock);
}

/// The rule of `dw-audit` and what a run extracts as new agree, for every entity.
#[both_engines]
async fn pending_rows_are_those_that_a_run_reads_as_new(on: On) {
    let stack = Stack::sample(on, 0.05).await;
    let limited = RunOptions { max_batches: Some(2), batch_size: Some(60), ..RunOptions::default() };
    stack.run(&limited).await;
    wave(&stack, time::now() - 240).await;
    wave(&stack, time::now() - 30).await;
    let cutoff = time::now() - 120;
    let mut dw: Box<dyn Session> = stack.dw().await;
    for control in control::read(&mut *dw).await.unwrap() {
        let entity = dw_etl::entities::find(&control.entity).unwrap();
        let window = Window::incremental((control.watermark, control.read_until), 10, cutoff, Vec::new());
        let mut session = stack.engine.open(Database::Oltp, Access::ReadOnly, "test").await.unwrap();
        let pending =
            freshness::pending_rows(&mut *session, entity.descriptor(), control.watermark, cutoff).await.unwrap();
        let [_, _, new] = SqlSource::new(session, entity, window).prepare().await.unwrap();
        assert_eq!(pending, new, "{}", control.entity);
    }
}

/// No pending rule reads a whole table where there is an index to seek on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pending_rows_are_found_by_seeks() {
    let stack = Stack::sample(On::Embedded, 0.05).await;
    let mut oltp = stack.oltp().await;
    for entity in entities::ALL {
        let sql = freshness::pending_keys(oltp.dialect(), entity, freshness::Horizon::Cutoff);
        let params = [time::now().into(), 0.into(), time::now().into()];
        let steps = oltp.query(&format!("EXPLAIN QUERY PLAN {sql}"), &params).await.unwrap();
        for step in steps.rows() {
            let text = step[3].text().unwrap().unwrap();
            assert!(!text.starts_with("SCAN d"), "{}: {text}", entity.name);
        }
    }
}
