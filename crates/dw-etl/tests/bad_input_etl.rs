//! Bad input at the level of the library: each kind has one clear message, the right exit code, and nothing is lost: once it
//! is put right, a run completes and the warehouse equals one that never saw it.
#![allow(clippy::unwrap_used, reason = "tests and their helpers")]

mod common;
#[path = "defects/shop.rs"]
mod shop;

use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

use common::of;
use common::wrapped::Wrapped;
use dw_core::error::{Database, DwError};
use dw_core::sql_type::SqlType;
use dw_core::value::Value;
use dw_core::{exit, time};
use dw_etl::feed::StopFlag;
use dw_etl::options::{RunOptions, Selection};
use dw_etl::report::{RunReport, Silent};
use dw_etl::run::run;
use dw_testkit::{On, both_engines};
use shop::{Shop, batches_of, failed, only, written};

/// What the warehouse says about the shop, without surrogate keys and stamps of the load.
const ESSENCE: &[&str] = &[
    "SELECT f.venda_original_id, f.data_id, c.cliente_original_id, c.nome_cliente, c.total_compras_historico, p.produto_original_id, p.codigo_sku, r.regiao_original_id, v.vendedor_original_id, f.quantidade_vendida, f.valor_total_liquido, f.excluido_em \
     FROM fact.FACT_VENDAS f JOIN dim.DIM_CLIENTE c ON c.cliente_id = f.cliente_id JOIN dim.DIM_PRODUTO p ON p.produto_id = f.produto_id JOIN dim.DIM_REGIAO r ON r.regiao_id = f.regiao_id JOIN dim.DIM_VENDEDOR v ON v.vendedor_id = f.vendedor_id ORDER BY 1",
    "SELECT cliente_original_id, nome_cliente, bairro, eh_inferido, excluido_em, total_compras_historico FROM dim.DIM_CLIENTE ORDER BY 1",
    "SELECT d.desconto_aplicado_original_id, c.codigo_desconto, f.venda_original_id FROM fact.FACT_DESCONTOS d JOIN dim.DIM_DESCONTO c ON c.desconto_id = d.desconto_id JOIN fact.FACT_VENDAS f ON f.venda_id = d.venda_id ORDER BY 1",
    "SELECT meta_original_id, data_id, valor_meta, ranking_periodo FROM fact.FACT_METAS ORDER BY 1",
    "SELECT entity_name, source_key, reason_code FROM audit.etl_reject WHERE resolved_at IS NULL ORDER BY 1, 2",
];

async fn essence(shop: &Shop) -> Vec<String> {
    let mut all = Vec::new();
    for sql in ESSENCE {
        all.extend(shop.rows(sql).await);
    }
    all
}

/// A shop with 40 customers, each with an order of one item.
async fn busy_shop(on: On) -> Shop {
    let mut shop = Shop::stocked(on).await;
    let keys = 2..=40;
    let rows: Vec<_> =
        keys.clone().map(|id| [("customer_id", Value::Int(id)), ("district", format!("Bairro {id}").into())]).collect();
    shop.insert_all("customers", &rows).await;
    let rows: Vec<_> = keys
        .clone()
        .map(|id| {
            [("order_id", Value::Int(id)), ("customer_id", id.into()), ("seller_id", 1.into()), ("region_id", 1.into())]
        })
        .collect();
    shop.insert_all("orders", &rows).await;
    let rows: Vec<_> = keys.map(|id| [("order_item_id", Value::Int(id)), ("order_id", id.into())]).collect();
    shop.insert_all("order_items", &rows).await;
    shop
}

/// The essence of a shop like [`busy_shop`] whose only run met nothing.
async fn untroubled(on: On) -> Vec<String> {
    let shop = busy_shop(on).await;
    shop.run().await;
    essence(&shop).await
}

fn file(shop: &Shop, database: Database) -> PathBuf {
    PathBuf::from(shop.stack.engine.location(database))
}

#[both_engines]
async fn a_value_that_does_not_fit_rejects_its_row_and_nothing_else(on: On) {
    let mut shop = busy_shop(on).await;
    shop.set("customers", 7, &format!("district = '{}'", "d".repeat(80)), 0).await;
    let report = shop.run().await;
    assert_eq!((of(&report, "dim_cliente").inserted, of(&report, "dim_cliente").rejected), (39, 1));
    let reason = shop.row("SELECT reason FROM audit.etl_reject").await;
    assert_eq!(reason, "bairro: 80 bytes do not fit VARCHAR(50)");
    assert_eq!(of(&report, "fact_vendas").inserted, 40, "his order is loaded");
    shop.set("customers", 7, "district = 'Bairro 7'", 1).await;
    shop.run().await;
    assert_eq!(essence(&shop).await, untroubled(on).await);
}

#[both_engines]
async fn a_stamp_in_the_future_is_read_when_its_time_has_come(on: On) {
    let mut shop = busy_shop(on).await;
    let future = time::now() + 10 * 365 * 86_400;
    shop.set_at("customers", 7, "district = district", future).await;
    let report = shop.run().await;
    assert_eq!((of(&report, "dim_cliente").inserted, of(&report, "fact_vendas").inferred), (39, 1));
    assert!(shop.watermark("dim_cliente").await < future.to_string());
    shop.set("customers", 7, "district = district", 1).await;
    shop.run().await;
    assert_eq!(essence(&shop).await, untroubled(on).await);
}

#[both_engines]
async fn a_missing_control_row_is_told_by_name_and_init_brings_it_back(on: On) {
    let shop = busy_shop(on).await;
    shop.operate("DELETE FROM ctl.etl_control WHERE entity_name = 'fact_metas'").await;
    let error = shop.attempt(&only("dim_cliente,fact_metas")).await.unwrap_err();
    assert_eq!(error.to_string(), "fact_metas has no row in ctl.etl_control");
    assert_eq!(error.exit_code(), exit::SCHEMA_MISMATCH);
    assert!(error.hint().contains("`init`"), "{}", error.hint());
    shop.operate("INSERT INTO ctl.etl_control (entity_name, source_table, target_table, source_pk_column) VALUES ('fact_metas', 'a', 'b', 'c')").await;
    shop.run().await;
    assert_eq!(essence(&shop).await, untroubled(on).await);
}

#[both_engines]
async fn impossible_options_are_refused_before_anything_is_touched(on: On) {
    let shop = busy_shop(on).await;
    for (options, message) in [
        (batches_of(0), "--batch-size is 0, which is outside of 1 to 100000"),
        (batches_of(1_000_000_000), "--batch-size is 1000000000, which is outside of 1 to 100000"),
        (batches_of(usize::MAX), "--batch-size is 9223372036854775807, which is outside of 1 to 100000"),
        (RunOptions { window: Some((2, 1)), ..RunOptions::default() }, "--from lies after --to"),
        (RunOptions { entities: Selection::Named(vec![]), ..RunOptions::default() }, "no entity is named"),
        (
            RunOptions { entities: Selection::Named(vec!["dim_x".into()]), ..RunOptions::default() },
            "unknown entity `dim_x`",
        ),
    ] {
        let error = shop.attempt(&options).await.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.exit_code()), (message, exit::USAGE));
        assert!(!error.hint().is_empty());
    }
    assert_eq!(shop.row("SELECT COUNT(*) FROM audit.etl_run").await, "0");
    for batch_size in [1, 100_000] {
        shop.run_with(&batches_of(batch_size)).await;
        assert_eq!(essence(&shop).await, untroubled(on).await);
    }
}

#[both_engines]
async fn a_database_of_a_newer_version_is_left_alone(on: On) {
    let shop = busy_shop(on).await;
    let zero = shop.stack.engine.dialect().literal(SqlType::DateTime2(0), &0.into());
    shop.operate(&format!("INSERT INTO ctl.schema_version (version, name, applied_at) VALUES (999, 'later', {zero})"))
        .await;
    // As a process that starts later: a version is looked at once.
    let error = run_on(shop.stack.home.another_engine(), &RunOptions::default()).await.unwrap_err();
    assert_eq!(error.exit_code(), exit::SCHEMA_MISMATCH);
    assert!(error.to_string().contains("999") && error.to_string().contains("DW_ECOMMERCE"), "{error}");
    // `create` opens a file of any version.
    let mut dw = shop.stack.engine.create(Database::Dw).await.unwrap();
    let sql = dw.dialect().translate("DELETE FROM ctl.schema_version WHERE version = 999");
    assert_eq!(dw.execute(&sql, &[]).await.unwrap(), 1);
    drop(dw);
    shop.run().await;
    assert_eq!(essence(&shop).await, untroubled(on).await);
}

#[tokio::test]
async fn missing_databases_have_the_codes_of_source_and_target_and_the_command_that_makes_them() {
    for (database, code) in [(Database::Oltp, exit::SOURCE_UNREACHABLE), (Database::Dw, exit::TARGET_UNREACHABLE)] {
        let shop = busy_shop(On::Embedded).await;
        let (path, aside) = (file(&shop, database), file(&shop, database).with_extension("aside"));
        std::fs::rename(&path, &aside).unwrap();
        let error = shop.attempt(&RunOptions::default()).await.unwrap_err();
        assert_eq!(error.exit_code(), code, "{error}");
        assert!(
            error.to_string().contains(database.name()) && error.hint().contains("init"),
            "{error} {}",
            error.hint()
        );
        std::fs::rename(&aside, &path).unwrap();
        shop.run().await;
        assert_eq!(essence(&shop).await, untroubled(On::Embedded).await);
    }
}

async fn run_on(engine: dw_core::engine::SharedEngine, options: &RunOptions) -> dw_core::error::DwResult<RunReport> {
    run(engine, options, &Silent, &StopFlag::new()).await
}

/// The disk is full at every possible moment of a first load: whatever was committed stays, the message says what is full, and
/// the next run completes.
#[tokio::test]
async fn a_full_disk_loses_nothing_wherever_it_strikes() {
    let expected = untroubled(On::Embedded).await;
    let shop = busy_shop(On::Embedded).await;
    let pages = shop.row("SELECT page_count FROM pragma_page_count").await.parse::<i64>().unwrap();
    let engine = Wrapped::new(shop.stack.engine.clone());
    let mut struck = Vec::new();
    for more in 0..200 {
        engine.fill_disk(Some(pages + more));
        let errors: Vec<(String, u8)> = match run_on(engine.clone(), &batches_of(10)).await {
            Ok(report) if report.exit_code == 0 => break,
            Ok(report) => {
                report.entities.iter().filter_map(|e| e.error.clone().map(|error| (error, e.exit_code))).collect()
            }
            Err(error) => vec![(error.to_string(), error.exit_code())],
        };
        for (error, code) in &errors {
            let is_full = error.contains("the disk of DW_ECOMMERCE")
                && error.ends_with("is full")
                && *code == exit::TARGET_UNREACHABLE;
            assert!(is_full || error.contains("fact_vendas"), "{error}");
        }
        struck.push(errors.len());
    }
    assert!(struck.len() > 3, "the disk was full at several moments: {struck:?}");
    engine.fill_disk(None);
    run_on(engine, &RunOptions::default()).await.unwrap();
    assert_eq!(shop.row("SELECT COUNT(*) FROM audit.etl_run WHERE status = 'running'").await, "0");
    assert_eq!(essence(&shop).await, expected);
}

/// A file that is no database, and one that is damaged in the middle.
#[tokio::test]
async fn a_damaged_file_is_told_and_left_alone() {
    for (database, code) in [(Database::Oltp, exit::SOURCE_UNREACHABLE), (Database::Dw, exit::TARGET_UNREACHABLE)] {
        let shop = busy_shop(On::Embedded).await;
        shop.run().await;
        let healthy = essence(&shop).await;
        let path = file(&shop, database);
        checkpoint(&shop, database).await;
        let copy = std::fs::read(&path).unwrap();
        let mut damaged = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        damaged.seek(SeekFrom::Start(0)).unwrap();
        damaged.write_all(&[0x5a; 4_096]).unwrap();
        drop(damaged);
        let error = shop.attempt(&RunOptions::default()).await.unwrap_err();
        assert!(matches!(error, DwError::Corrupt { .. }), "{error}");
        assert_eq!(error.exit_code(), code, "{error}");
        assert!(error.to_string().contains(&path.display().to_string()) && error.hint().contains("backup"), "{error}");
        restore(&path, &copy);
        let report = shop.run().await;
        assert_eq!((written(&report), essence(&shop).await), (0, healthy));
    }
}

/// Pages in the middle of a file are damaged: the run ends with a message and an exit code, and never in silence.
#[tokio::test]
async fn damage_in_the_middle_of_a_file_fails_what_meets_it() {
    for database in [Database::Oltp, Database::Dw] {
        let shop = busy_shop(On::Embedded).await;
        shop.run().await;
        let healthy = essence(&shop).await;
        let path = file(&shop, database);
        checkpoint(&shop, database).await;
        let copy = std::fs::read(&path).unwrap();
        let mut broken = copy.clone();
        // All pages but the first ones, which hold the schema.
        let schema = broken.len() / 3;
        broken[schema..].fill(0x5a);
        restore(&path, &broken);
        let options = RunOptions { full_refresh: true, ..RunOptions::default() };
        match shop.attempt(&options).await {
            Err(error) => assert_ne!(error.exit_code(), 0),
            Ok(report) => {
                assert_ne!(report.exit_code, 0, "{report:#?}");
                let first = report.entities.iter().find(|entity| entity.error.is_some()).unwrap();
                assert!(first.error.as_deref().unwrap().contains(database.name()), "{first:?}");
                assert!(!failed(&report).is_empty());
            }
        }
        restore(&path, &copy);
        shop.run().await;
        assert_eq!(essence(&shop).await, healthy);
    }
}

/// Moves what the write-ahead log holds into the file, so that the file alone is the database.
async fn checkpoint(shop: &Shop, database: Database) {
    let mut session = shop.stack.engine.create(database).await.unwrap();
    session.query("PRAGMA wal_checkpoint(TRUNCATE)", &[]).await.unwrap();
}

/// Puts a file into the place of another one, without the log of that one.
fn restore(path: &PathBuf, bytes: &[u8]) {
    for log in ["-wal", "-shm"] {
        let _may_be_absent = std::fs::remove_file(format!("{}{log}", path.display()));
    }
    std::fs::write(path, bytes).unwrap();
}

async fn rename_campaign_name(shop: &mut Shop, from: &str, to: &str) {
    let sql = match shop.stack.home.on() {
        On::Embedded => format!("ALTER TABLE core.discount_campaigns RENAME COLUMN {from} TO {to}"),
        On::SqlServer => format!("EXEC sp_rename 'core.discount_campaigns.{from}', '{to}', 'COLUMN'"),
    };
    shop.change(&sql).await;
}

/// A column that somebody renamed: the entities that need it fail with the name, the others load.
#[both_engines]
async fn a_column_that_is_gone_fails_its_entity_by_name(on: On) {
    let mut shop = busy_shop(on).await;
    rename_campaign_name(&mut shop, "campaign_name", "title").await;
    let report = shop.attempt(&RunOptions::default()).await.unwrap();
    assert_eq!((failed(&report), report.exit_code), (vec!["dim_desconto"], exit::PARTIAL));
    let desconto = of(&report, "dim_desconto");
    assert!(desconto.error.as_deref().unwrap().contains("campaign_name"), "{desconto:?}");
    assert_eq!(desconto.error_code, Some("DW-E0020"));
    assert_eq!(of(&report, "fact_descontos").inserted, 1, "its campaign is inferred meanwhile");
    rename_campaign_name(&mut shop, "title", "campaign_name").await;
    shop.run().await;
    assert_eq!(essence(&shop).await, untroubled(on).await);
}

/// A value of another kind than the contract says, which only a file that somebody else wrote can hold.
#[tokio::test]
async fn a_text_where_the_contract_has_a_number_is_told_with_its_column() {
    let mut shop = busy_shop(On::Embedded).await;
    shop.change("UPDATE core.products SET minimum_age = 'many'").await;
    let report = shop.attempt(&RunOptions::default()).await.unwrap();
    assert_eq!(failed(&report), ["dim_produto"]);
    let error = of(&report, "dim_produto").error.clone().unwrap();
    assert!(error.contains("minimum_age") && error.contains("many"), "{error}");
    shop.change("UPDATE core.products SET minimum_age = NULL").await;
    shop.run().await;
    assert_eq!(essence(&shop).await, untroubled(On::Embedded).await);
}
