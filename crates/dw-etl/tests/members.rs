//! The member -1, inferred members and id 0 (product decisions 3 and 4, rulings 6 and 7; defects S3, S4, S5 and S8).
#![allow(clippy::unwrap_used, reason = "tests and their helpers")]

mod common;
#[path = "defects/shop.rs"]
mod shop;

use common::of;
use dw_etl::options::RunOptions;
use dw_testkit::{On, both_engines};
use shop::{Shop, batches_of, counts, only, put};

/// The keys of the source behind a sale: customer, product, region, seller.
const SALE: &str = "SELECT f.venda_original_id, c.cliente_original_id, p.produto_original_id, r.regiao_original_id, v.vendedor_original_id \
     FROM fact.FACT_VENDAS f JOIN dim.DIM_CLIENTE c ON c.cliente_id = f.cliente_id JOIN dim.DIM_PRODUTO p ON p.produto_id = f.produto_id \
     JOIN dim.DIM_REGIAO r ON r.regiao_id = f.regiao_id JOIN dim.DIM_VENDEDOR v ON v.vendedor_id = f.vendedor_id ORDER BY 1";

/// A cutoff behind which everything of the shop's hours 0 to 19 lies and nothing of the hours after it.
async fn run_before_hour_20(shop: &Shop) -> dw_etl::report::RunReport {
    let minutes = (dw_core::time::now() - shop.at(20)) / 60 + 1;
    shop.run_with(&RunOptions { cutoff_minutes: Some(minutes), ..RunOptions::default() }).await
}

#[both_engines]
async fn s4_every_dimension_has_the_member_minus_one_after_init_and_after_a_run(on: On) {
    let shop = Shop::stocked(on).await;
    let members = [
        ("dim.DIM_CLIENTE", "cliente_id", "cliente_original_id", "nome_cliente"),
        ("dim.DIM_PRODUTO", "produto_id", "produto_original_id", "nome_produto"),
        ("dim.DIM_REGIAO", "regiao_id", "regiao_original_id", "cidade"),
        ("dim.DIM_VENDEDOR", "vendedor_id", "vendedor_original_id", "nome_vendedor"),
    ];
    for after_a_run in [false, true] {
        if after_a_run {
            shop.run().await;
            let day = shop.row("SELECT data_completa, ano, eh_feriado FROM dim.DIM_DATA WHERE data_id = -1").await;
            assert_eq!(day, "-25567|1900|0", "1900-01-01");
        }
        for (table, surrogate, key, name) in members {
            let row = shop.row(&format!("SELECT {key}, {name}, eh_inferido FROM {table} WHERE {surrogate} = -1")).await;
            assert_eq!(row, "-1|Nao informado|0", "{table}");
        }
        // Names that are unique are made of the key.
        let row = shop
            .row("SELECT equipe_original_id, nome_equipe, eh_inferido FROM dim.DIM_EQUIPE WHERE equipe_id = -1")
            .await;
        assert_eq!(row, "-1|#-1|0");
        let row = shop.row("SELECT desconto_original_id, codigo_desconto, eh_inferido FROM dim.DIM_DESCONTO WHERE desconto_id = -1").await;
        assert_eq!(row, "-1|#-1|0");
    }
}

#[both_engines]
async fn s3_id_0_is_an_id_like_any_other_in_every_entity(on: On) {
    let mut shop = Shop::empty(on).await;
    put!(shop, regions { region_id: 0 });
    put!(shop, suppliers { supplier_id: 0 });
    put!(shop, teams { team_id: 0, region_id: 0 });
    put!(shop, customers { customer_id: 0 });
    put!(shop, products { product_id: 0, supplier_id: 0 });
    put!(shop, sellers { seller_id: 0, team_id: 0 });
    put!(shop, sellers { seller_id: 1, team_id: 0, manager_seller_id: 0 });
    put!(shop, discount_campaigns { discount_id: 0 });
    put!(shop, orders { order_id: 0, customer_id: 0, region_id: 0, seller_id: 0 });
    put!(shop, order_items { order_item_id: 0, order_id: 0, product_id: 0 });
    put!(shop, order_item_discounts { order_item_discount_id: 0, order_item_id: 0, order_id: 0, discount_id: 0 });
    put!(shop, seller_targets_monthly { seller_target_id: 0, seller_id: 0 });
    let report = shop.run().await;
    for entity in &report.entities {
        let rows = if entity.entity == "dim_vendedor" { 2 } else { 1 };
        assert_eq!((entity.inserted, entity.rejected, entity.inferred), (rows, 0, 0), "{entity:?}");
    }
    assert_eq!(shop.rows(SALE).await, ["0|0|0|0|0"]);
    let targets = shop.row("SELECT m.meta_original_id, v.vendedor_original_id, m.ranking_periodo FROM fact.FACT_METAS m JOIN dim.DIM_VENDEDOR v ON v.vendedor_id = m.vendedor_id").await;
    assert_eq!(targets, "0|0|1", "the target of seller 0 is there and ranked");
    let discount = shop.row("SELECT d.desconto_aplicado_original_id, c.desconto_original_id, f.venda_original_id FROM fact.FACT_DESCONTOS d JOIN dim.DIM_DESCONTO c ON c.desconto_id = d.desconto_id JOIN fact.FACT_VENDAS f ON f.venda_id = d.venda_id").await;
    assert_eq!(discount, "0|0|0");
    let sellers = shop.rows("SELECT v.vendedor_original_id, e.equipe_original_id, g.vendedor_original_id FROM dim.DIM_VENDEDOR v JOIN dim.DIM_EQUIPE e ON e.equipe_id = v.equipe_id LEFT JOIN dim.DIM_VENDEDOR g ON g.vendedor_id = v.gerente_id WHERE v.vendedor_id > 0 ORDER BY 1").await;
    assert_eq!(sellers, ["0|0|NULL", "1|0|0"]);
    let product =
        shop.row("SELECT fornecedor_id, nome_fornecedor FROM dim.DIM_PRODUTO WHERE produto_original_id = 0").await;
    assert_eq!(product, "0|supplier_name 0");
}

#[both_engines]
async fn s4_a_missing_seller_and_a_missing_region_are_minus_one(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, customers { customer_id: 2, city: "Lugar Nenhum" });
    put!(shop, orders { order_id: 2, customer_id: 2 });
    put!(shop, order_items { order_item_id: 2, order_id: 2 });
    let report = shop.run().await;
    assert_eq!(shop.rows(SALE).await, ["1|1|1|1|1", "2|2|1|-1|-1"]);
    assert_eq!(of(&report, "fact_vendas").inferred, 0, "a missing key infers nobody");
    let mut shown = shop.rows("SELECT nome_vendedor FROM fact.VW_DASH_VENDAS_R1").await;
    shown.sort();
    assert_eq!(shown, ["Sem vendedor", "seller_name 1"]);
}

/// S26 and ruling 7: the customer's place has a country.
#[both_engines]
async fn s26_an_order_without_a_region_takes_the_customers_place_with_its_country_once(on: On) {
    let mut shop = Shop::empty(on).await;
    put!(shop, suppliers { supplier_id: 1 });
    put!(shop, products { product_id: 1 });
    put!(shop, regions { region_id: 1, country: "Brasil", state: "SP", city: "Santa Cruz" });
    put!(shop, regions { region_id: 2, country: "Bolivia", state: "SP", city: "Santa Cruz" });
    put!(shop, regions { region_id: 3, state: "RJ", city: "Rio", deleted_at: shop.at(0) });
    put!(shop, customers { customer_id: 1, country: "Bolivia", city: "SANTA CRUZ " });
    put!(shop, customers { customer_id: 2, state: "RJ", city: "Rio" });
    for id in [1, 2] {
        put!(shop, orders { order_id: id, customer_id: id });
        put!(shop, order_items { order_item_id: id, order_id: id });
    }
    let report = shop.run().await;
    assert_eq!(counts(&report, "fact_vendas"), [2, 0, 0, 0], "one row an item");
    assert_eq!(shop.rows(SALE).await, ["1|1|1|2|-1", "2|2|1|-1|-1"], "a deleted region is no place");
}

/// Ruling 3 and defect E12: the customer is stamped after the cutoff, his order before it.
#[both_engines]
async fn s5_a_customer_who_arrives_after_his_order_is_inferred_and_filled_in_place(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, customers { customer_id: 2, full_name: "Late", updated_at: shop.at(21) });
    put!(shop, orders { order_id: 2, customer_id: 2, seller_id: 1, region_id: 1 });
    put!(shop, order_items { order_item_id: 2, order_id: 2 });
    let report = run_before_hour_20(&shop).await;
    assert_eq!((of(&report, "fact_vendas").inserted, of(&report, "fact_vendas").inferred), (2, 1));
    let customer = "SELECT cliente_id, nome_cliente, eh_inferido, eh_ativo, total_compras_historico FROM dim.DIM_CLIENTE WHERE cliente_original_id = 2";
    let inferred = shop.row(customer).await;
    let (surrogate, rest) = inferred.split_once('|').unwrap();
    assert_eq!(rest, "Nao informado|1|0|1");
    let report = shop.run().await;
    assert_eq!(counts(&report, "dim_cliente"), [0, 1, 0, 0]);
    assert_eq!(
        shop.row(customer).await,
        format!("{surrogate}|Late|0|1|1"),
        "the surrogate key stays, and so do his totals"
    );
    assert_eq!(shop.rows(SALE).await[1], "2|2|1|1|1");
    assert_eq!(counts(&report, "fact_vendas")[..2], [0, 0], "the sale need not change");
}

/// Every reference infers its own member, and the load of the dimensions fills all of them without a new row.
#[both_engines]
async fn s5_facts_alone_infer_all_members_and_the_dimensions_fill_them(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, sellers { seller_id: 2 });
    put!(shop, seller_targets_monthly { seller_target_id: 2, seller_id: 2 });
    let facts = shop.run_with(&only("fact_vendas,fact_metas,fact_descontos")).await;
    for (entity, inserted) in [("fact_vendas", 1), ("fact_metas", 2), ("fact_descontos", 1)] {
        assert_eq!(counts(&facts, entity), [inserted, 0, 0, 0], "{entity}");
    }
    // Both facts need seller 1 and the first of them infers him.
    assert_eq!(of(&facts, "fact_vendas").inferred + of(&facts, "fact_metas").inferred, 5);
    assert_eq!(of(&facts, "fact_descontos").inferred, 1, "the campaign");
    let members = "SELECT 'c', cliente_id, cliente_original_id FROM dim.DIM_CLIENTE UNION ALL SELECT 'p', produto_id, produto_original_id FROM dim.DIM_PRODUTO \
         UNION ALL SELECT 'r', regiao_id, regiao_original_id FROM dim.DIM_REGIAO UNION ALL SELECT 'v', vendedor_id, vendedor_original_id FROM dim.DIM_VENDEDOR \
         UNION ALL SELECT 'd', desconto_id, desconto_original_id FROM dim.DIM_DESCONTO ORDER BY 1, 3";
    let before = shop.rows(members).await;
    assert_eq!(before.len(), 5 + 6, "-1 five times, and one row a key");
    let all = shop.run().await;
    assert_eq!(shop.rows(members).await, before);
    for (entity, filled) in
        [("dim_cliente", 1), ("dim_produto", 1), ("dim_regiao", 1), ("dim_vendedor", 2), ("dim_desconto", 1)]
    {
        assert_eq!(counts(&all, entity), [0, filled, 0, 0], "{entity}");
    }
    let left = shop.row("SELECT (SELECT SUM(CAST(eh_inferido AS INT)) FROM dim.DIM_CLIENTE) + (SELECT SUM(CAST(eh_inferido AS INT)) FROM dim.DIM_PRODUTO) + (SELECT SUM(CAST(eh_inferido AS INT)) FROM dim.DIM_REGIAO) + (SELECT SUM(CAST(eh_inferido AS INT)) FROM dim.DIM_VENDEDOR) + (SELECT SUM(CAST(eh_inferido AS INT)) FROM dim.DIM_DESCONTO)").await;
    assert_eq!(left, "0");
}

/// Inferred sellers have no rank (ruling 6); when they arrive the months of their targets are ranked again.
#[both_engines]
async fn s19_a_seller_who_arrives_after_his_target_is_ranked(on: On) {
    let shop = Shop::stocked(on).await;
    shop.run_with(&only("fact_metas")).await;
    let rank = "SELECT ranking_periodo, quartil_performance FROM fact.FACT_METAS";
    assert_eq!(shop.row(rank).await, "NULL|NULL");
    shop.run().await;
    assert_eq!(shop.row(rank).await, "1|Q1");
}

#[both_engines]
async fn s8_team_manager_and_leader_are_linked(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, sellers { seller_id: 2, team_id: 1, manager_seller_id: 1 });
    put!(shop, sellers { seller_id: 3 });
    shop.run().await;
    let sellers = "SELECT v.vendedor_original_id, e.equipe_original_id, v.nome_equipe, g.vendedor_original_id, v.nome_gerente, v.eh_lider, v.cargo \
         FROM dim.DIM_VENDEDOR v LEFT JOIN dim.DIM_EQUIPE e ON e.equipe_id = v.equipe_id LEFT JOIN dim.DIM_VENDEDOR g ON g.vendedor_id = v.gerente_id \
         WHERE v.vendedor_id > 0 ORDER BY 1";
    assert_eq!(
        shop.rows(sellers).await,
        [
            "1|1|team_name 1|NULL|NULL|1|Lider Comercial",
            "2|1|team_name 1|1|seller_name 1|0|Consultor Comercial",
            "3|NULL|NULL|NULL|NULL|0|Consultor Comercial",
        ]
    );
    let leader = shop.row("SELECT v.vendedor_original_id, e.nome_lider, CASE WHEN e.email_lider = v.email THEN 1 ELSE 0 END FROM dim.DIM_EQUIPE e JOIN dim.DIM_VENDEDOR v ON v.vendedor_id = e.lider_equipe_id").await;
    assert_eq!(leader, "1|seller_name 1|1");
    let dash = shop.rows("SELECT DISTINCT nome_equipe, regional FROM fact.VW_DASH_METAS_R1").await;
    assert_eq!(dash, ["team_name 1|Sem regional"], "the region of the shop has no name of its own");
}

/// A manager who comes later in the batch, in a later batch, or not at all because his row was rejected.
#[both_engines]
async fn s8_a_manager_is_found_wherever_he_comes_and_an_absent_one_is_inferred(on: On) {
    for batch_size in [1_000, 1] {
        let mut shop = Shop::empty(on).await;
        put!(shop, sellers { seller_id: 3, updated_at: shop.at(1) });
        put!(shop, sellers { seller_id: 1, manager_seller_id: 3 });
        put!(shop, sellers { seller_id: 2, manager_seller_id: 1 });
        put!(shop, sellers { seller_id: 4, seller_name: " " });
        put!(shop, sellers { seller_id: 5, manager_seller_id: 4 });
        let report = shop.run_with(&batches_of(batch_size)).await;
        let managers = "SELECT v.vendedor_original_id, g.vendedor_original_id FROM dim.DIM_VENDEDOR v LEFT JOIN dim.DIM_VENDEDOR g ON g.vendedor_id = v.gerente_id WHERE v.vendedor_id > 0 ORDER BY 1";
        assert_eq!(shop.rows(managers).await, ["1|3", "2|1", "3|NULL", "4|NULL", "5|4"], "by {batch_size}");
        assert!(of(&report, "dim_vendedor").inferred >= 1);
        let manager = "SELECT vendedor_id, nome_vendedor, eh_inferido, eh_lider FROM dim.DIM_VENDEDOR WHERE vendedor_original_id = 4";
        let inferred = shop.row(manager).await;
        assert!(inferred.ends_with("|Nao informado|1|0"), "{inferred}");
        shop.change("UPDATE core.sellers SET seller_name = 'Later' WHERE seller_id = 4").await;
        shop.run().await;
        let surrogate = inferred.split('|').next().unwrap();
        assert_eq!(shop.row(manager).await, format!("{surrogate}|Later|0|1"));
        assert_eq!(shop.row("SELECT SUM(CAST(eh_inferido AS INT)) FROM dim.DIM_VENDEDOR").await, "0");
    }
}

#[both_engines]
async fn s5_a_rejected_customer_is_inferred_by_his_order_and_never_marked_as_deleted(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, customers { customer_id: 2, district: "d".repeat(80) });
    put!(shop, orders { order_id: 2, customer_id: 2, seller_id: 1, region_id: 1 });
    put!(shop, order_items { order_item_id: 2, order_id: 2 });
    let report = shop.run().await;
    assert_eq!((of(&report, "dim_cliente").rejected, of(&report, "fact_vendas").inferred), (1, 1));
    for sql in [
        "DELETE FROM core.order_items WHERE order_id = 2",
        "DELETE FROM core.orders WHERE order_id = 2",
        "DELETE FROM core.customers WHERE customer_id = 2",
    ] {
        assert_eq!(shop.change(sql).await, 1);
    }
    shop.run().await;
    let member = shop.row("SELECT eh_inferido, excluido_em FROM dim.DIM_CLIENTE WHERE cliente_original_id = 2").await;
    assert_eq!(member, "1|NULL", "ruling 16");
    let reject =
        shop.row("SELECT entity_name, source_key, resolution, CASE WHEN resolved_at IS NULL THEN 1 ELSE 0 END FROM audit.etl_reject").await;
    assert_eq!(reject, "dim_cliente|2|gone_from_source|0");
}

/// A seller of a team that has not arrived: the team is inferred, and named when it comes.
#[both_engines]
async fn s8_a_team_that_arrives_after_its_sellers_is_inferred_and_filled(on: On) {
    let mut shop = Shop::empty(on).await;
    put!(shop, teams { team_id: 7, team_name: "Late Team", updated_at: shop.at(21) });
    put!(shop, sellers { seller_id: 1, team_id: 7 });
    let report = run_before_hour_20(&shop).await;
    assert_eq!(of(&report, "dim_vendedor").inferred, 1);
    let team = "SELECT e.equipe_id, e.nome_equipe, e.eh_inferido, v.vendedor_original_id, e.qtd_membros_atual FROM dim.DIM_EQUIPE e LEFT JOIN dim.DIM_VENDEDOR v ON v.vendedor_id = e.lider_equipe_id WHERE e.equipe_original_id = 7";
    let inferred = shop.row(team).await;
    let (surrogate, rest) = inferred.split_once('|').unwrap();
    assert_eq!(rest, "#7|1|1|1");
    shop.run().await;
    assert_eq!(shop.row(team).await, format!("{surrogate}|Late Team|0|1|1"));
}
