//! 10.3: what a run costs.

use dw_core::catalog;
use dw_core::embedded::SqliteDialect;
use dw_core::error::Database;
use dw_core::time;
use dw_core::value::Value;
use dw_etl::entities;
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::{RunReport, Silent};
use dw_etl::run::run;
use dw_etl::statements::Statements;
use dw_testkit::{On, both_engines};

use crate::common::wrapped::{Call, Wrapped};
use crate::shop::{Shop, batches_of, only};

async fn with_customers(on: On, last: i64) -> Shop {
    let mut shop = Shop::stocked(on).await;
    let keys = 2..=last;
    let rows: Vec<_> = keys.clone().map(|id| [("customer_id", Value::Int(id))]).collect();
    shop.insert_all("customers", &rows).await;
    let rows: Vec<_> = keys.clone().map(|id| [("order_id", Value::Int(id)), ("customer_id", id.into())]).collect();
    shop.insert_all("orders", &rows).await;
    let rows: Vec<_> = keys.map(|id| [("order_item_id", Value::Int(id)), ("order_id", id.into())]).collect();
    shop.insert_all("order_items", &rows).await;
    shop
}

/// Runs, and tells what was asked of the warehouse: how many statements, and how many rows came back.
async fn spied(shop: &Shop, options: &RunOptions) -> (RunReport, usize, usize) {
    let engine = Wrapped::new(shop.stack.engine.clone());
    let report = run(engine.clone(), options, &Silent, &StopFlag::new()).await.unwrap();
    assert_eq!(report.exit_code, 0, "{report:#?}");
    let (mut statements, mut rows) = (0, 0);
    for entry in engine.take().into_iter().filter(|entry| entry.database == Database::Dw) {
        match entry.call {
            Call::Query(_, read) | Call::Stream(_, read) => (statements, rows) = (statements + 1, rows + read),
            Call::Execute(_) | Call::Bulk(..) => statements += 1,
            Call::Begin | Call::Commit | Call::Rollback => {}
        }
    }
    (report, statements, rows)
}

/// P1: the statements of a run are counted; ten times the rows in a batch are the same statements.
#[both_engines]
async fn p1_the_number_of_statements_a_batch_does_not_grow_with_its_rows(on: On) {
    let mut counted = Vec::new();
    for rows in [20, 200] {
        let shop = with_customers(on, rows).await;
        counted.push(spied(&shop, &batches_of(1_000)).await.1);
    }
    assert_eq!(counted[0], counted[1]);
    // And a batch more costs a handful of statements more, not one a row.
    let shop = with_customers(on, 200).await;
    let (_, four, _) = spied(&shop, &RunOptions { batch_size: Some(50), ..only("fact_vendas") }).await;
    let (_, one, _) =
        spied(&with_customers(on, 200).await, &RunOptions { batch_size: Some(1_000), ..only("fact_vendas") }).await;
    let more = four - one;
    assert!((3..=75).contains(&more), "three batches more are {more} statements more");
}

/// P3: the changed keys of each driving table are one seek on its index, and rows are then read by their keys.
#[tokio::test]
async fn p3_changes_are_found_by_one_index_seek_a_driving_table() {
    let shop = with_customers(On::Embedded, 50).await;
    let mut oltp = shop.stack.oltp().await;
    for entity in entities::ALL {
        let statements = Statements::new(*entity, &SqliteDialect);
        for sql in statements.create_work_tables() {
            oltp.execute(&sql, &[]).await.unwrap();
        }
        let name = entity.descriptor().name;
        for (index, driver) in entity.descriptor().drivers.iter().enumerate() {
            let bounds = [time::now().into(), time::now().into()];
            let plan = oltp
                .query(&format!("EXPLAIN QUERY PLAN {}", statements.changed_keys_of(index)), &bounds)
                .await
                .unwrap();
            let steps: Vec<String> = plan.rows().map(|row| row[3].text().unwrap().unwrap().to_owned()).collect();
            let seek = format!("IX_core_{}_updated_id (updated_at>? AND updated_at<?)", driver.table.name);
            assert!(
                steps.iter().any(|step| step.starts_with("SEARCH d ") && step.contains(&seek)),
                "{name}: {steps:?}"
            );
            assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{name}: {steps:?}");
        }
        let plan = oltp.query(&format!("EXPLAIN QUERY PLAN {}", statements.read_work()), &[]).await.unwrap();
        let steps: Vec<String> = plan.rows().map(|row| row[3].text().unwrap().unwrap().to_owned()).collect();
        let scans: Vec<&String> = steps.iter().filter(|step| step.starts_with("SCAN")).collect();
        assert_eq!(scans, ["SCAN w"], "{name}: {steps:?}");
        assert!(
            !steps.iter().any(|step| step.contains("TEMP B-TREE")),
            "{name}: the work table is in order: {steps:?}"
        );
    }
}

/// P3 again: a run after the first one reads what changed, however much was loaded before.
#[both_engines]
async fn p3_a_run_reads_each_changed_row_once_and_no_other(on: On) {
    let mut shop = with_customers(on, 300).await;
    shop.load().await;
    shop.set("order_items", 7, "quantity = 2", 1).await;
    shop.set("orders", 7, "notes = 'x'", 1).await;
    shop.set("order_items", 9, "quantity = 2", 1).await;
    shop.set("orders", 11, "order_status = 'Pago'", 1).await;
    let (report, ..) = spied(&shop, &batches_of(1)).await;
    let sales = crate::common::of(&report, "fact_vendas");
    assert_eq!((sales.extracted, sales.updated, sales.batches), (3, 3, 3));
}

/// P4: keys are resolved in the database: the run reads counts and control rows from the warehouse, never a dimension.
#[both_engines]
async fn p4_no_dimension_is_read_into_memory(on: On) {
    let mut shop = with_customers(on, 400).await;
    shop.load().await;
    shop.set("order_items", 7, "quantity = 2", 1).await;
    let (_, _, read) = spied(&shop, &RunOptions::default()).await;
    assert!(read < 300, "{read} rows were read from the warehouse");
}

/// P6: no index repeats a key.
#[test]
fn p6_no_index_has_the_columns_of_a_key() {
    for table in catalog::oltp_tables().chain(catalog::dw_tables()) {
        let keys: Vec<&[&str]> = table.uniques.iter().map(|unique| unique.columns).chain([table.primary_key]).collect();
        for index in table.indexes {
            assert!(!keys.contains(&index.columns), "{} repeats a key of {}", index.name, table.name);
        }
    }
}
