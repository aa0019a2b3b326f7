//! An oracle for the warehouse (ruling 32): it recomputes the three facts, and what dimensions derive from sets of rows, from the
//! rows of the source, with maps and `rust_decimal`, and compares every row and every column. It uses nothing of the ETL's
//! rules or statements; the ETL is only run here.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

#[path = "../common/mod.rs"]
mod common;
mod compare;
mod dimensions;
mod discounts;
mod sales;
mod shop;
mod targets;

use common::Stack;
use dw_core::time::{self, Seconds};
use dw_etl::options::RunOptions;
use dw_sample::base::BaseOptions;
use dw_sample::load::IfFilled;
use dw_sample::olist::{self, OlistOptions};
use dw_testkit::{On, both_engines};

use compare::{Expected, assert_rows};
use shop::Shop;

const HOUR: i64 = 3_600;

/// How many rows were compared, a table each.
async fn compare(stack: &Stack, cutoff: Seconds) -> Vec<(&'static str, usize)> {
    let shop = Shop::read(&mut *stack.oltp().await, cutoff).await;
    let mut dw = stack.dw().await;
    let mut compared = Vec::new();
    let sales = sales::expected(&shop);
    let discounts = discounts::expected(&shop, &sales);
    let targets = targets::expected(&shop);
    let tables: [(&'static str, Expected); 8] = [
        ("fact.FACT_VENDAS", sales),
        ("fact.FACT_DESCONTOS", discounts),
        ("fact.FACT_METAS", targets),
        ("dim.DIM_EQUIPE", dimensions::teams(&shop)),
        ("dim.DIM_VENDEDOR", dimensions::sellers(&shop)),
        ("dim.DIM_CLIENTE", dimensions::customers(&shop)),
        ("dim.DIM_PRODUTO", dimensions::products(&shop)),
        ("dim.DIM_REGIAO", dimensions::regions(&shop)),
    ];
    for (table, expected) in tables {
        compared.push((table, expected.rows.len()));
        assert_rows(&mut *dw, table, expected).await;
    }
    compared
}

fn rows_of(compared: &[(&'static str, usize)], table: &str) -> usize {
    compared.iter().find(|(name, _)| *name == table).unwrap().1
}

#[both_engines]
async fn the_base_sample_and_three_waves_are_what_the_oracle_says(on: On) {
    let now = time::now();
    let stack = Stack::with(on, BaseOptions { scale: 0.1, ..BaseOptions::at(now - 10 * HOUR) }).await;
    let report = stack.run(&RunOptions::default()).await;
    let base = compare(&stack, report.cutoff).await;
    assert_eq!(rows_of(&base, "fact.FACT_VENDAS"), 22_500);
    assert_eq!(rows_of(&base, "fact.FACT_DESCONTOS"), 4_500);
    assert!(rows_of(&base, "fact.FACT_METAS") >= 30 * 36);
    for wave in 0..3 {
        let as_of = now - (8 - 2 * wave) * HOUR;
        // The late customer comes between this run and the next one.
        stack.wave(as_of, as_of + HOUR).await;
        let cutoff_minutes = Some((now - as_of) / 60 - 30);
        let report = stack.run(&RunOptions { cutoff_minutes, ..RunOptions::default() }).await;
        let compared = compare(&stack, report.cutoff).await;
        assert!(rows_of(&compared, "fact.FACT_VENDAS") > 22_500);
    }
}

/// Ids from 0 (ruling 2): id 0 is an id like any other.
#[both_engines]
async fn the_sample_with_ids_from_zero_is_what_the_oracle_says(on: On) {
    let as_of = time::now() - 10 * HOUR;
    let options = BaseOptions { scale: 0.1, first_id: 0, seed: 7, ..BaseOptions::at(as_of) };
    let stack = Stack::with(on, options).await;
    stack.run(&RunOptions::default()).await;
    stack.wave(as_of + HOUR, as_of + HOUR).await;
    let report = stack.run(&RunOptions::default()).await;
    compare(&stack, report.cutoff).await;
    let zero = "SELECT COUNT(*) FROM fact.FACT_VENDAS f JOIN dim.DIM_CLIENTE c ON c.cliente_id = f.cliente_id \
        JOIN dim.DIM_PRODUTO p ON p.produto_id = f.produto_id WHERE c.cliente_original_id = 0 OR p.produto_original_id = 0";
    assert!(stack.number(zero).await > 0);
    for key in ["cliente", "produto", "regiao", "equipe", "vendedor", "desconto"] {
        let sql = format!(
            "SELECT COUNT(*) FROM dim.DIM_{} WHERE {key}_original_id = 0 AND eh_inferido = 0",
            key.to_uppercase()
        );
        assert_eq!(stack.number(&sql).await, 1, "{key}");
    }
}

/// A statement with a stamp in the place of `{t}`, and earlier ones in the place of `{t-5}` and `{t-9}`.
fn stamped(sql: &str, stamp: Seconds) -> String {
    [("{t}", 0), ("{t-5}", 5), ("{t-9}", 9)]
        .into_iter()
        .fold(sql.to_owned(), |sql, (place, ago)| sql.replace(place, &(stamp - ago).to_string()))
}

/// What the samples do not have: no region at all, deletions on every level, equal ranks, a target just below 100 %, a team
/// without a leader, sellers of equal rank, a percentage that is rounded.
#[both_engines]
async fn the_edges_are_what_the_oracle_says(on: On) {
    let now = time::now();
    let stack = Stack::with(on, BaseOptions { scale: 0.02, ..BaseOptions::at(now - 10 * HOUR) }).await;
    stack.run(&RunOptions::default()).await;
    let late = now - HOUR;
    for sql in [
        // Regions go, and with them the region of orders that have none of their own; the place of another one has another case.
        "UPDATE core.regions SET deleted_at = {t}, updated_at = {t} WHERE region_id IN (3, 6)",
        "UPDATE core.customers SET city = UPPER(city) || '  ', updated_at = {t} WHERE customer_id % 5 = 0",
        "UPDATE core.customers SET country = 'Chile', updated_at = {t} WHERE customer_id % 7 = 0",
        "UPDATE core.orders SET deleted_at = {t}, updated_at = {t} WHERE order_id % 11 = 0",
        "UPDATE core.order_items SET deleted_at = {t-5}, updated_at = {t} WHERE order_item_id % 13 = 0",
        "UPDATE core.order_item_discounts SET deleted_at = {t-9}, updated_at = {t} WHERE order_item_discount_id % 17 = 0",
        "UPDATE core.orders SET order_status = 'Cancelado', updated_at = {t} WHERE customer_id % 9 = 0",
        "UPDATE core.orders SET seller_id = NULL, updated_at = {t} WHERE order_id % 19 = 0",
        "UPDATE core.order_items SET returned_amount = 1, return_quantity = 1, commission_percent = NULL, commission_amount = NULL, \
         cost_amount = 0, updated_at = {t} WHERE order_item_id % 23 = 0",
        // 99,999.99 of 100,000; exactly 120 %; twelve times the same amount; nothing sold.
        "UPDATE core.seller_targets_monthly SET target_amount = 10000000, realized_amount = 9999999, updated_at = {t} WHERE seller_target_id % 6 = 0",
        "UPDATE core.seller_targets_monthly SET target_amount = 5, realized_amount = 6, updated_at = {t} WHERE seller_target_id % 6 = 1",
        "UPDATE core.seller_targets_monthly SET realized_amount = 777, realized_quantity = 2, updated_at = {t} WHERE seller_target_id % 3 = 2",
        "UPDATE core.seller_targets_monthly SET realized_amount = 0, realized_quantity = 0, updated_at = {t} WHERE seller_target_id % 6 = 3",
        "UPDATE core.seller_targets_monthly SET deleted_at = {t}, updated_at = {t} WHERE seller_target_id % 10 = 4",
        // Sellers: one below another, one gone, one switched off, one without a team.
        "UPDATE core.sellers SET manager_seller_id = 2, team_id = 2, updated_at = {t} WHERE seller_id IN (1, 3)",
        "UPDATE core.sellers SET deleted_at = {t}, updated_at = {t} WHERE seller_id = 4",
        "UPDATE core.sellers SET seller_status = 'Inativo', updated_at = {t} WHERE seller_id = 5",
        "UPDATE core.sellers SET team_id = NULL, manager_seller_id = 4, monthly_goal_amount = NULL, updated_at = {t} WHERE seller_id = 6",
        "UPDATE core.teams SET team_name = 'Time Comercial 1', updated_at = {t} WHERE team_id IN (7, 9)",
        "UPDATE core.suppliers SET supplier_name = ' Novo Nome ', updated_at = {t} WHERE supplier_id % 3 = 0",
    ] {
        assert!(stack.change(&stamped(sql, late)).await > 0, "{sql}");
    }
    let report = stack.run(&RunOptions::default()).await;
    compare(&stack, report.cutoff).await;

    // And back: an undelete clears the mark, a promoted seller takes his team with him.
    for sql in [
        "UPDATE core.regions SET deleted_at = NULL, updated_at = {t}",
        "UPDATE core.orders SET deleted_at = NULL, updated_at = {t} WHERE deleted_at IS NOT NULL",
        "UPDATE core.sellers SET manager_seller_id = NULL, updated_at = {t} WHERE seller_id = 1",
        "UPDATE core.sellers SET deleted_at = NULL, team_id = 5, manager_seller_id = 6, updated_at = {t} WHERE seller_id = 4",
        "UPDATE core.seller_targets_monthly SET deleted_at = NULL, updated_at = {t} WHERE seller_target_id % 20 = 4",
    ] {
        assert!(stack.change(&stamped(sql, late + 60)).await > 0, "{sql}");
    }
    let report = stack.run(&RunOptions::default()).await;
    compare(&stack, report.cutoff).await;
}

/// Real data, where the folder is there.
#[both_engines(olist)]
async fn the_olist_sample_is_what_the_oracle_says(on: On) {
    let folder = dw_testkit::olist_folder!();
    let stack = Stack::empty(on).await;
    let mut oltp = stack.oltp().await;
    let options = OlistOptions { if_filled: IfFilled::Keep, ..OlistOptions::new(time::now() - HOUR) };
    olist::import(&mut *oltp, &folder, options, &mut |_| {}).await.unwrap();
    drop(oltp);
    let report = stack.run(&RunOptions::default()).await;
    let compared = compare(&stack, report.cutoff).await;
    assert!(rows_of(&compared, "fact.FACT_VENDAS") > 1_000, "{compared:?}");
    assert!(rows_of(&compared, "dim.DIM_CLIENTE") > 1_000, "{compared:?}");
}
