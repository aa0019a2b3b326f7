//! The base sample in a database: all of it or nothing, repeatable, with the totals of the contract.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml exempts test functions, not their helpers")]

#[allow(dead_code)]
mod support;

use dw_core::error::DwError;
use dw_core::time::parse_timestamp;
use dw_sample::base::{Base, BaseOptions, Part};
use dw_sample::load::{self, IfFilled, LoadOutcome, Progress};
use dw_testkit::{On, both_engines};
use support::Source;

fn options(scale: f64) -> BaseOptions {
    BaseOptions { scale, ..BaseOptions::at(parse_timestamp("2026-11-23T15:00:00").unwrap()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_has_the_totals_of_the_contract() {
    let mut source = Source::filled(On::Embedded, options(1.0)).await;
    let totals = source
        .query(
            "SELECT COUNT(*), SUM(quantity), SUM(gross_amount), SUM(discount_amount), SUM(net_amount), SUM(cost_amount), \
             SUM(returned_amount), SUM(commission_amount) FROM core.order_items",
        )
        .await;
    let totals: Vec<i64> = totals.row(0).iter().map(|value| value.int().unwrap().unwrap()).collect();
    assert_eq!(
        totals,
        [225_000, 675_000, 16_253_588_866, 108_334_988, 16_145_253_878, 12_955_860_000, 90_460_200, 768_971_012]
    );
    let liquid = source
        .int(
            "SELECT SUM(i.net_amount) FROM core.order_items i JOIN core.orders o ON o.order_id = i.order_id \
             WHERE o.order_status <> 'Cancelado'",
        )
        .await;
    assert_eq!(liquid, 15_728_691_095);
    // The usage of the campaigns is what their discounts say.
    let wrong = source
        .int(
            "SELECT COUNT(*) FROM core.discount_campaigns c LEFT JOIN (SELECT discount_id, COUNT(*) AS uses, \
             SUM(final_amount) AS revenue, SUM(discount_amount) AS given FROM core.order_item_discounts GROUP BY discount_id) d \
             ON d.discount_id = c.discount_id AND d.uses = c.current_usage_count \
             AND d.revenue = c.total_revenue_generated AND d.given = c.total_discount_given WHERE d.discount_id IS NULL",
        )
        .await;
    assert_eq!(wrong, 0);
    source.assert_sound().await;
}

#[both_engines]
async fn the_rows_of_the_database_are_those_of_the_generator(on: On) {
    let base = Base::new(options(0.01)).unwrap();
    let mut source = Source::filled(on, options(0.01)).await;
    for (part, (table, rows)) in Part::ALL.into_iter().zip(source.dump().await) {
        assert_eq!(part.table().name, table);
        if part == Part::Campaigns {
            continue;
        }
        let made: Vec<_> =
            base.chunks(part).flat_map(|chunk| chunk.rows().map(<[_]>::to_vec).collect::<Vec<_>>()).collect();
        assert_eq!(rows, made, "{table}");
    }
}

#[both_engines]
async fn a_filled_source_is_kept_unless_told_otherwise(on: On) {
    let mut source = Source::filled(on, options(0.01)).await;
    let before = source.dump().await;
    let LoadOutcome::AlreadyFilled(tables) = source.load(options(0.02), IfFilled::Keep).await else {
        panic!("the source was filled again");
    };
    assert_eq!(tables.len(), 11);
    assert_eq!(source.dump().await, before);
    let LoadOutcome::Loaded(report) = source.load(options(0.02), IfFilled::Replace).await else {
        panic!("the source was not replaced");
    };
    assert_eq!(
        i64::try_from(report.rows()).unwrap(),
        Part::ALL.map(|part| Base::new(options(0.02)).unwrap().rows(part)).iter().sum::<i64>()
    );
    assert_eq!(source.int("SELECT COUNT(*) FROM core.orders").await, 1_800);
    let again = source.dump().await;
    source.load(options(0.01), IfFilled::Replace).await;
    assert_eq!(source.dump().await, before);
    source.load(BaseOptions { seed: 5, first_id: 0, ..options(0.02) }, IfFilled::Replace).await;
    assert_ne!(source.dump().await, again);
    source.assert_sound().await;
}

#[both_engines]
async fn a_load_that_is_cut_off_leaves_nothing(on: On) {
    let mut source = Source::empty(on).await;
    let (reached, at_orders) = tokio::sync::oneshot::channel();
    let mut reached = Some(reached);
    let mut progress = |progress: Progress| {
        if progress.table == "order_items"
            && let Some(reached) = reached.take()
        {
            let _ = reached.send(());
        }
    };
    // The future is dropped in the middle, as a killed process drops everything.
    let scale = if on == On::Embedded { 0.5 } else { 0.05 };
    tokio::select! {
        biased;
        _ = at_orders => {}
        outcome = load::base(&mut *source.session, options(scale), IfFilled::Keep, &mut progress) => panic!("{outcome:?}"),
    }
    source.reopen().await;
    assert_eq!(source.int("SELECT COUNT(*) FROM core.customers").await, 0);
    assert!(matches!(source.load(options(0.01), IfFilled::Keep).await, LoadOutcome::Loaded(_)));
}

#[both_engines]
async fn progress_ends_at_the_number_of_rows(on: On) {
    let mut source = Source::empty(on).await;
    let mut last = std::collections::HashMap::new();
    let mut progress = |progress: Progress| {
        last.insert(progress.table, (progress.rows, progress.of));
    };
    load::base(&mut *source.session, options(0.05), IfFilled::Keep, &mut progress).await.unwrap();
    assert_eq!(last.len(), 11);
    assert!(last.values().all(|(rows, of)| rows == of));
}

#[both_engines]
async fn impossible_options_write_nothing(on: On) {
    let mut source = Source::empty(on).await;
    let outcome = load::base(&mut *source.session, options(-1.0), IfFilled::Keep, &mut |_| {}).await;
    assert!(matches!(outcome, Err(DwError::Usage { .. })));
    assert_eq!(load::filled_tables(&mut *source.session).await.unwrap(), Vec::<&str>::new());
}

#[both_engines]
async fn every_index_is_there_again_after_a_load(on: On) {
    let mut source = Source::empty(on).await;
    let before = source.indexes().await;
    let wanted: usize = dw_core::catalog::oltp_tables().map(|table| table.indexes.len()).sum();
    assert_eq!(before.len(), wanted);
    for _ in 0..2 {
        source.load(options(0.01), IfFilled::Replace).await;
        assert_eq!(source.indexes().await, before);
    }
}
