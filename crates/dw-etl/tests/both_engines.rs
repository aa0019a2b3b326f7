//! The same source gives the same warehouse on both engines (ruling 31): every row of dim, fact and rejects by business keys,
//! and every view, after a first load and after each of many waves.
#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is to panic")]

mod common;

use common::Stack;
use common::equal::assert_equal_warehouses;
use dw_core::catalog::views::VIEWS;
use dw_core::exit;
use dw_core::time;
use dw_etl::options::RunOptions;
use dw_etl::reconcile::reconcile;
use dw_etl::report::Silent;
use dw_sample::base::BaseOptions;
use dw_sample::olist::{self, OlistOptions};
use dw_testkit::{On, on_sql_server};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const ENGINES: [On; 2] = [On::Embedded, On::SqlServer];

/// The two warehouses say the same.
async fn assert_same(stacks: &[Stack; 2]) {
    let [embedded, server] = stacks;
    assert_equal_warehouses(&embedded.warehouse().await, &server.warehouse().await);
}

/// The views too.
async fn assert_same_views(stacks: &[Stack; 2]) {
    let [embedded, server] = stacks;
    let (left, right) = (embedded.views().await, server.views().await);
    assert_equal_warehouses(&left, &right);
    // All but the view of connections, which is not compared, and what a sample has nothing for.
    let filled = VIEWS.iter().filter(|view| left.rows(&format!("{}.{}", view.schema, view.name)) > 0);
    assert!(filled.count() >= VIEWS.len() - 2);
}

async fn run_both(stacks: &[Stack; 2], options: &RunOptions) {
    let (embedded, server) = (stacks[0].run(options).await, stacks[1].run(options).await);
    for (left, right) in embedded.entities.iter().zip(&server.entities) {
        assert_eq!(
            (left.entity, left.extracted, left.inserted, left.updated, left.unchanged, left.soft_deleted),
            (right.entity, right.extracted, right.inserted, right.updated, right.unchanged, right.soft_deleted)
        );
        assert_eq!((left.rejected, &left.watermark_to), (right.rejected, &right.watermark_to), "{}", left.entity);
    }
}

/// Source and warehouse of the server agree in every row, every month and every cent.
async fn assert_reconciled(server: &Stack) {
    let result = reconcile(&server.engine, false, &Silent).await.unwrap();
    assert_eq!((result.exit_code(), result.hard_deleted()), (exit::OK, 0));
    for entity in &result.entities {
        assert_eq!((entity.total.rows.difference(), entity.total.different), (0, 0), "{}", entity.entity);
        for (name, sums) in entity.amounts(&entity.total) {
            assert_eq!(sums.difference(), 0, "{} {name}", entity.entity);
        }
    }
}

async fn samples(options: BaseOptions) -> [Stack; 2] {
    [Stack::with(ENGINES[0], options).await, Stack::with(ENGINES[1], options).await]
}

#[on_sql_server]
async fn a_base_sample_and_twenty_waves_are_the_same_on_both_engines() {
    let now = time::now();
    let stacks = samples(BaseOptions { scale: 0.05, ..BaseOptions::at(now - 23 * HOUR) }).await;
    run_both(&stacks, &RunOptions::default()).await;
    assert_same(&stacks).await;
    for wave in 0..20 {
        let as_of = now - (22 - wave) * HOUR;
        for stack in &stacks {
            // The late customer comes behind the cutoff of this run.
            stack.wave(as_of, as_of + 30 * MINUTE).await;
            if wave % 5 == 0 {
                let long = "d".repeat(80);
                let sql = format!("UPDATE core.customers SET district = '{long}', updated_at = {as_of}");
                stack.change(&format!("{sql} WHERE customer_id = {}", wave + 1)).await;
            }
        }
        let cutoff_minutes = Some((now - as_of) / MINUTE - 15);
        run_both(&stacks, &RunOptions { cutoff_minutes, ..RunOptions::default() }).await;
        assert_same(&stacks).await;
    }
    run_both(&stacks, &RunOptions::default()).await;
    assert_same(&stacks).await;
    assert_same_views(&stacks).await;
    assert_eq!(stacks[1].number("SELECT COUNT(*) FROM audit.etl_reject WHERE resolved_at IS NULL").await, 4);
    assert_reconciled(&stacks[1]).await;
}

#[on_sql_server]
async fn the_whole_base_sample_is_the_same_on_both_engines() {
    let stacks = samples(BaseOptions { scale: 1.0, ..BaseOptions::at(time::now() - HOUR) }).await;
    run_both(&stacks, &RunOptions::default()).await;
    assert_same(&stacks).await;
    assert_reconciled(&stacks[1]).await;
    // And once more, reading everything: nothing is written.
    run_both(&stacks, &RunOptions { full_refresh: true, ..RunOptions::default() }).await;
    let live = "FROM fact.FACT_VENDAS WHERE excluido_em IS NULL AND status_pedido <> 'Cancelado'";
    assert_eq!(stacks[1].number(&format!("SELECT SUM(valor_total_liquido) {live}")).await, 15_728_691_095);
}

#[on_sql_server(olist)]
async fn the_olist_sample_is_the_same_on_both_engines() {
    let folder = dw_testkit::olist_folder!();
    let options = OlistOptions::new(time::now() - HOUR);
    let stacks = [Stack::empty(ENGINES[0]).await, Stack::empty(ENGINES[1]).await];
    for stack in &stacks {
        let mut oltp = stack.oltp().await;
        olist::import(&mut *oltp, &folder, options, &mut |_| {}).await.unwrap();
    }
    run_both(&stacks, &RunOptions::default()).await;
    assert_same(&stacks).await;
    assert_same_views(&stacks).await;
    assert_reconciled(&stacks[1]).await;
}
