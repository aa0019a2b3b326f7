//! Quarantine: what cannot be loaded is counted, kept with its reason, retried by key and healed (rulings 9 and 27; defects S5,
//! S7, S15 and S25, product decision 10).
#![allow(clippy::unwrap_used, reason = "tests and their helpers")]

mod common;
#[path = "defects/shop.rs"]
mod shop;

use common::of;
use dw_core::exit;
use dw_core::time;
use dw_etl::options::RunOptions;
use dw_testkit::{On, both_engines};
use shop::{Shop, counts, failed, only, put};

const OPEN: &str = "SELECT entity_name, source_key, reason_code, attempts FROM audit.etl_reject WHERE resolved_at IS NULL ORDER BY 1, 2";
const CLOSED: &str = "SELECT entity_name, source_key, resolution, attempts FROM audit.etl_reject WHERE resolved_at IS NOT NULL ORDER BY 1, 2";

#[both_engines]
async fn s7_a_text_that_does_not_fit_is_rejected_kept_retried_and_healed(on: On) {
    let mut shop = Shop::stocked(on).await;
    let long = "d".repeat(80);
    put!(shop, customers { customer_id: 2, district: long.as_str() });
    put!(shop, customers { customer_id: 3 });
    let report = shop.run().await;
    assert_eq!(counts(&report, "dim_cliente"), [2, 0, 0, 1]);
    assert_eq!(of(&report, "dim_cliente").extracted, 3);
    assert_eq!(shop.rows(OPEN).await, ["dim_cliente|2|too_long|1"]);
    let kept = shop.row("SELECT reason, payload, source_updated_at, first_run_id FROM audit.etl_reject").await;
    assert!(kept.contains("bairro") && kept.contains("80 bytes") && kept.contains(&long), "{kept}");
    assert!(kept.ends_with(&format!("|{}|1", shop.at(0))), "{kept}");
    let audited = "SELECT extracted_count, inserted_count, rejected_count FROM audit.etl_run_entity WHERE entity_name = 'dim_cliente' ORDER BY run_id DESC";
    assert_eq!(shop.rows(audited).await[0], "3|2|1");
    // The watermark went on behind the row: it is found again by its key, by every run, until it fits.
    for attempts in [2, 3] {
        let report = shop.run().await;
        assert_eq!(of(&report, "dim_cliente").rejected, 1, "rejects stay counted");
        assert_eq!(shop.rows(OPEN).await, [format!("dim_cliente|2|too_long|{attempts}")]);
    }
    assert_eq!(shop.row("SELECT COUNT(*) FROM audit.etl_reject").await, "1");
    // Even a writer who forgets the stamp heals it.
    shop.change("UPDATE core.customers SET district = 'Centro' WHERE customer_id = 2").await;
    let report = shop.run().await;
    assert_eq!(counts(&report, "dim_cliente")[0], 1);
    assert_eq!(of(&report, "dim_cliente").rejected, 0);
    assert_eq!(shop.rows(OPEN).await, [""; 0]);
    assert_eq!(shop.rows(CLOSED).await, ["dim_cliente|2|loaded|3"]);
    assert_eq!(shop.row("SELECT bairro FROM dim.DIM_CLIENTE WHERE cliente_original_id = 2").await, "Centro");
}

#[both_engines]
async fn s15_a_foreign_character_is_rejected_and_every_one_of_windows_1252_fits(on: On) {
    let mut shop = Shop::stocked(on).await;
    if on == On::SqlServer {
        // A VARCHAR of this collation cannot hold such a character. Many shops have NVARCHAR where the contract says VARCHAR.
        shop.change("ALTER TABLE core.customers ALTER COLUMN full_name NVARCHAR(200)").await;
    }
    put!(shop, customers { customer_id: 2, full_name: "Łukasz" });
    put!(shop, customers { customer_id: 3, full_name: "Žofie Œuvre € – São" });
    let report = shop.run().await;
    assert_eq!(counts(&report, "dim_cliente"), [2, 0, 0, 1]);
    assert_eq!(shop.rows(OPEN).await, ["dim_cliente|2|not_encodable|1"]);
    let payload = shop.row("SELECT reason, payload FROM audit.etl_reject").await;
    assert!(payload.contains("\\u0141ukasz") && payload.contains("(U+0141)"), "{payload}");
    assert_eq!(
        shop.row("SELECT nome_cliente FROM dim.DIM_CLIENTE WHERE cliente_original_id = 3").await,
        "Žofie Œuvre € – São"
    );
}

#[both_engines]
async fn s5_a_date_outside_of_the_calendar_is_rejected_in_each_fact(on: On) {
    let mut shop = Shop::stocked(on).await;
    let stamp = |text: &str| time::parse_timestamp(text).unwrap();
    put!(shop, orders { order_id: 2, order_date: stamp("1985-06-01") });
    put!(shop, order_items { order_item_id: 2, order_id: 2 });
    put!(shop, seller_targets_monthly { seller_target_id: 2, target_month: time::parse_date("2099-01-01").unwrap() });
    put!(
        shop,
        order_item_discounts { order_item_discount_id: 2, order_item_id: 1, applied_at: stamp("1989-12-31T23:59:59") }
    );
    put!(shop, order_item_discounts { order_item_discount_id: 3, order_item_id: 1, applied_at: stamp("1990-01-01") });
    let report = shop.run().await;
    assert_eq!(
        shop.rows(OPEN).await,
        [
            "fact_descontos|2|date_outside_calendar|1",
            "fact_metas|2|date_outside_calendar|1",
            "fact_vendas|2|date_outside_calendar|1"
        ]
    );
    assert_eq!(counts(&report, "fact_descontos"), [2, 0, 0, 1]);
    assert_eq!(
        shop.row("SELECT MIN(data_id), COUNT(DISTINCT ano) FROM dim.DIM_DATA WHERE data_id > 0")
            .await
            .split('|')
            .next(),
        Some("19900101")
    );
}

#[both_engines]
async fn s5_a_discount_before_its_sale_waits_and_is_healed_by_the_run_that_loads_the_sale(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, order_items { order_item_id: 2, order_id: 1, item_number: 2 });
    put!(shop, order_item_discounts { order_item_discount_id: 2, order_item_id: 2 });
    let alone = only("fact_descontos");
    let report = shop.run_with(&alone).await;
    assert_eq!(counts(&report, "fact_descontos"), [0, 0, 0, 2]);
    let payload = shop.rows("SELECT reason, payload FROM audit.etl_reject").await;
    assert!(
        payload.iter().all(|row| row.contains("venda_original_id") && row.contains("desconto_aplicado_original_id")),
        "{payload:?}"
    );
    let report = shop.run_with(&alone).await;
    assert_eq!(of(&report, "fact_descontos").rejected, 2);
    assert_eq!(
        shop.rows(OPEN).await,
        ["fact_descontos|1|dependency_missing|2", "fact_descontos|2|dependency_missing|2"]
    );
    let watermark = shop.watermark("fact_descontos").await;
    let report = shop.run().await;
    assert_eq!(counts(&report, "fact_descontos"), [2, 0, 0, 0]);
    assert_eq!(shop.rows(CLOSED).await, ["fact_descontos|1|loaded|2", "fact_descontos|2|loaded|2"]);
    assert_eq!(shop.watermark("fact_descontos").await, watermark);
    assert_eq!(
        shop.row("SELECT COUNT(*) FROM fact.FACT_DESCONTOS d JOIN fact.FACT_VENDAS f ON f.venda_id = d.venda_id").await,
        "2"
    );
}

/// The sale itself is rejected: its discount waits for it, and both come with one run once the sale is put right.
#[both_engines]
async fn s5_a_rejected_sale_holds_its_discount_back_and_both_heal_in_one_run(on: On) {
    let mut shop = Shop::stocked(on).await;
    shop.change("UPDATE core.orders SET order_date = 0 WHERE order_id = 1").await;
    shop.run().await;
    assert_eq!(
        shop.rows(OPEN).await,
        ["fact_descontos|1|dependency_missing|1", "fact_vendas|1|date_outside_calendar|1"]
    );
    let day = shop.at(0);
    shop.change(&format!("UPDATE core.orders SET order_date = {day} WHERE order_id = 1")).await;
    let report = shop.run().await;
    assert_eq!((counts(&report, "fact_vendas"), counts(&report, "fact_descontos")), ([1, 0, 0, 0], [1, 0, 0, 0]));
    assert_eq!(shop.rows(OPEN).await, [""; 0]);
}

/// One bad row keeps neither its entity nor those behind it: the watermark passes it (the reference failed for ever).
#[both_engines]
async fn s5_one_bad_row_does_not_stop_its_entity(on: On) {
    let mut shop = Shop::stocked(on).await;
    for id in 2..=6 {
        let name = if id == 4 { " " } else { "Seller" };
        put!(shop, sellers { seller_id: id, seller_name: name, updated_at: shop.at(id) });
    }
    let report = shop.run_with(&RunOptions { batch_size: Some(2), ..RunOptions::default() }).await;
    assert_eq!(failed(&report), [""; 0]);
    assert_eq!(counts(&report, "dim_vendedor"), [5, 0, 0, 1]);
    assert_eq!(shop.watermark("dim_vendedor").await, format!("{}/6", shop.at(6)));
}

/// A row that was loaded before keeps its values when its new ones do not fit: nothing is cut, nothing is lost.
#[both_engines]
async fn s15_a_change_that_does_not_fit_leaves_the_row_as_it_was(on: On) {
    let mut shop = Shop::stocked(on).await;
    shop.set("customers", 1, "district = 'Centro'", 0).await;
    shop.run().await;
    let before = shop.contents().await;
    shop.set("customers", 1, &format!("district = '{}', full_name = 'New'", "d".repeat(51)), 1).await;
    let report = shop.run().await;
    assert_eq!(counts(&report, "dim_cliente"), [0, 0, 0, 1]);
    assert_eq!(shop.contents().await, before);
    assert_eq!(shop.rows(OPEN).await, ["dim_cliente|1|too_long|1"]);
}

/// The widest values that a source can hold and the warehouse has a place for (defects S7, S15, S21 and S25).
#[both_engines]
async fn s15_the_widest_values_of_the_source_load_unchanged(on: On) {
    let mut shop = Shop::empty(on).await;
    let id = 5_000_000_000_i64;
    let text = |width: usize| "w".repeat(width);
    put!(shop, regions { region_id: id });
    put!(shop, suppliers { supplier_id: id, supplier_name: text(150) });
    put!(shop, teams { team_id: id, team_name: text(120) });
    put!(shop, customers { customer_id: id, full_name: text(200), email: text(200) });
    put!(shop, products { product_id: id, product_name: text(200), sku: text(50), supplier_id: id });
    put!(
        shop,
        sellers {
            seller_id: id,
            seller_name: text(200),
            seller_code: text(50),
            team_id: id,
            home_state: "SP",
            home_city: text(100)
        }
    );
    put!(shop, discount_campaigns { discount_id: id });
    let most = 999_999_999_999_999_i64;
    put!(shop, orders { order_id: id, customer_id: id, seller_id: id, region_id: id, order_number: text(50) });
    put!(
        shop,
        order_items {
            order_item_id: id,
            item_number: 1,
            order_id: id,
            product_id: id,
            unit_price: most,
            gross_amount: most,
            net_amount: most
        }
    );
    put!(
        shop,
        order_item_discounts {
            order_item_discount_id: id,
            order_item_id: id,
            order_id: id,
            discount_id: id,
            base_amount: most,
            final_amount: most
        }
    );
    put!(
        shop,
        seller_targets_monthly {
            seller_target_id: id,
            seller_id: id,
            target_amount: 20_000_000_000_i64,
            realized_amount: most,
            realized_quantity: 1
        }
    );
    let report = shop.run().await;
    for entity in &report.entities {
        assert_eq!(
            (entity.inserted, entity.rejected),
            (1, 0),
            "{entity:?} {:?}",
            shop.rows("SELECT reason FROM audit.etl_reject").await
        );
    }
    let row = shop.row("SELECT venda_original_id, preco_unitario_tabela, valor_total_liquido, LENGTH(numero_pedido) FROM fact.FACT_VENDAS").await;
    assert_eq!(row, format!("{id}|{most}|{most}|50"));
    let row = shop.row("SELECT LENGTH(nome_cliente), LENGTH(email) FROM dim.DIM_CLIENTE WHERE cliente_id > 0").await;
    assert_eq!(row, "200|200");
    let row = shop.row("SELECT LENGTH(nome_exibicao), LENGTH(territorio_vendas), LENGTH(nome_equipe) FROM dim.DIM_VENDEDOR WHERE vendedor_id > 0").await;
    assert_eq!(row, "200|105|120");
    let row = shop.row("SELECT ticket_medio_realizado, percentual_atingido FROM fact.FACT_METAS").await;
    assert_eq!(row, format!("{most}|499999999"), "a mean of the largest amount, and 4,999,999.99 %");
}

/// Ruling 27: rejects alone are no failure, unless the operator allows fewer.
#[both_engines]
async fn s5_more_rejects_than_allowed_give_exit_code_10(on: On) {
    let mut shop = Shop::stocked(on).await;
    for id in [2, 3] {
        put!(shop, customers { customer_id: id, phone: "1".repeat(30) });
    }
    let allow = |max_rejects| RunOptions { max_rejects, ..RunOptions::default() };
    for (limit, code) in [(None, exit::OK), (Some(2), exit::OK), (Some(1), exit::PARTIAL), (Some(0), exit::PARTIAL)] {
        let report = shop.attempt(&allow(limit)).await.unwrap();
        assert_eq!(
            (report.exit_code, report.status, of(&report, "dim_cliente").rejected),
            (code, "success", 2),
            "{limit:?}"
        );
    }
    assert_eq!(shop.rows(OPEN).await, ["dim_cliente|2|too_long|4", "dim_cliente|3|too_long|4"]);
}

#[both_engines]
async fn s5_a_row_that_leaves_the_source_leaves_quarantine(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, customers { customer_id: 2, phone: "1".repeat(30) });
    shop.run().await;
    shop.change("DELETE FROM core.customers WHERE customer_id = 2").await;
    let report = shop.run().await;
    assert_eq!(of(&report, "dim_cliente").rejected, 0);
    assert_eq!(shop.rows(CLOSED).await, ["dim_cliente|2|gone_from_source|1"]);
    // The same key may be rejected again later: that is a new reject.
    put!(shop, customers { customer_id: 2, phone: "1".repeat(30), updated_at: shop.at(1) });
    shop.run().await;
    assert_eq!(shop.rows(OPEN).await, ["dim_cliente|2|too_long|1"]);
    assert_eq!(shop.row("SELECT COUNT(*) FROM audit.etl_reject").await, "2");
}

/// -1 is the key of `Nao informado`: a source row with it is refused instead of overwriting the member.
#[both_engines]
async fn s3_a_source_row_with_key_minus_one_is_refused(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, customers { customer_id: -1, full_name: "Nobody" });
    shop.run().await;
    assert_eq!(shop.rows(OPEN).await, ["dim_cliente|-1|reserved_key|1"]);
    assert_eq!(shop.row("SELECT nome_cliente FROM dim.DIM_CLIENTE WHERE cliente_id = -1").await, "Nao informado");
}

/// Two rows of the source may become one value here, a blank SKU and the code that stands in for it: that blocks nothing else.
#[both_engines]
async fn s20_two_rows_that_become_one_value_do_not_block_the_others(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, products { product_id: 2, sku: " ", product_code: "X" });
    put!(shop, products { product_id: 3, sku: "X" });
    put!(shop, products { product_id: 4 });
    let report = shop.attempt(&RunOptions::default()).await.unwrap();
    assert_eq!(of(&report, "fact_vendas").inserted, 1);
    let loaded = shop
        .rows("SELECT produto_original_id FROM dim.DIM_PRODUTO WHERE produto_id > 0 AND eh_inferido = 0 ORDER BY 1")
        .await;
    assert!(loaded.contains(&"4".to_owned()), "{loaded:?} {:?}", of(&report, "dim_produto").error);
}
