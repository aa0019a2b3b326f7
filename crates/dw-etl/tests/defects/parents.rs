//! S1, S10 and S13: what a row takes from others follows them, what is deleted is marked, what an operator wrote stays.

use dw_etl::options::RunOptions;
use dw_testkit::{On, both_engines};

use crate::common::of;
use crate::shop::{Shop, batches_of, counts, put, written};

const SELLERS: &str = "SELECT vendedor_original_id, nome_equipe, nome_gerente, eh_lider, cargo FROM dim.DIM_VENDEDOR WHERE vendedor_id > 0 ORDER BY 1";

#[both_engines]
async fn s13_a_renamed_supplier_reaches_his_products_and_no_other(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, suppliers { supplier_id: 2 });
    put!(shop, products { product_id: 2, supplier_id: 2 });
    put!(shop, products { product_id: 3 });
    shop.load().await;
    shop.set("suppliers", 1, "supplier_name = 'Casa Nova'", 1).await;
    let report = shop.load().await;
    assert_eq!(counts(&report, "dim_produto"), [0, 2, 0, 0]);
    let names = shop
        .rows("SELECT nome_fornecedor FROM dim.DIM_PRODUTO WHERE produto_id > 0 ORDER BY produto_original_id")
        .await;
    assert_eq!(names, ["Casa Nova", "supplier_name 2", "Casa Nova"]);
    // Touching him without a change rewrites nothing (P2).
    shop.set("suppliers", 1, "country = 'Chile'", 2).await;
    let report = shop.load().await;
    assert_eq!(counts(&report, "dim_produto"), [0, 0, 2, 0]);
}

#[both_engines]
async fn s13_a_renamed_region_reaches_its_teams_and_a_renamed_team_its_sellers(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, sellers { seller_id: 2 });
    shop.load().await;
    shop.set("regions", 1, "region_name = 'Sudeste', city = 'Campinas'", 1).await;
    shop.set("teams", 1, "team_name = 'Onca'", 1).await;
    let report = shop.load().await;
    let team = shop
        .row("SELECT nome_equipe, regional, estado_sede, cidade_sede FROM dim.DIM_EQUIPE WHERE equipe_id > 0")
        .await;
    assert_eq!(team, "Onca|Sudeste|SP|Campinas");
    assert_eq!(counts(&report, "dim_vendedor")[1], 1);
    assert_eq!(shop.rows(SELLERS).await, ["1|Onca|NULL|0|Consultor Comercial", "2|NULL|NULL|0|Consultor Comercial"]);
    // The type of a team gives its sellers kind, title and commission.
    shop.set("teams", 1, "team_type = 'Inside Sales'", 2).await;
    shop.load().await;
    let kind = shop.row("SELECT tipo_vendedor, cargo, percentual_comissao_padrao FROM dim.DIM_VENDEDOR WHERE vendedor_original_id = 1").await;
    assert_eq!(kind, "Interno|Executivo Inside Sales|200");
}

#[both_engines]
async fn s13_a_renamed_manager_reaches_his_people_and_his_team(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, sellers { seller_id: 2, manager_seller_id: 1, team_id: 1 });
    shop.load().await;
    shop.set("sellers", 1, "seller_name = 'Bia'", 1).await;
    let report = shop.load().await;
    assert_eq!(counts(&report, "dim_vendedor"), [0, 2, 0, 0]);
    assert_eq!(shop.rows(SELLERS).await[1], "2|team_name 1|Bia|0|Consultor Comercial");
    assert_eq!(shop.row("SELECT nome_lider FROM dim.DIM_EQUIPE WHERE equipe_id > 0").await, "Bia");
}

/// Ruling 11: old and new group. Also S14: only active sellers count.
#[both_engines]
async fn s13_a_seller_who_changes_his_team_changes_both(on: On) {
    for batch_size in [1, 1_000] {
        let mut shop = Shop::stocked(on).await;
        put!(shop, teams { team_id: 2 });
        put!(shop, sellers { seller_id: 2, team_id: 1, monthly_goal_amount: 20_000_000 });
        put!(shop, sellers { seller_id: 3, team_id: 2, monthly_goal_amount: 500_000 });
        shop.set("sellers", 1, "monthly_goal_amount = 10000000", 0).await;
        shop.change("DELETE FROM core.seller_targets_monthly").await;
        shop.load().await;
        let teams = "SELECT e.equipe_original_id, e.qtd_membros_atual, e.meta_mensal_equipe, e.meta_trimestral_equipe, e.meta_anual_equipe, e.qtd_meta_vendas_mes, v.vendedor_original_id \
             FROM dim.DIM_EQUIPE e LEFT JOIN dim.DIM_VENDEDOR v ON v.vendedor_id = e.lider_equipe_id WHERE e.equipe_id > 0 ORDER BY 1";
        assert_eq!(shop.rows(teams).await, ["1|2|30000000|90000000|360000000|6|1", "2|1|500000|1500000|6000000|1|3"]);
        shop.set("sellers", 1, "team_id = 2", 1).await;
        shop.load_with(&batches_of(batch_size)).await;
        assert_eq!(
            shop.rows(teams).await,
            ["1|1|20000000|60000000|240000000|4|2", "2|2|10500000|31500000|126000000|2|1"]
        );
        // He leaves: no team, no goal; his old team is derived again.
        shop.delete("sellers", 1, 2).await;
        shop.load_with(&batches_of(batch_size)).await;
        assert_eq!(shop.rows(teams).await[1], "2|1|500000|1500000|6000000|1|3");
        // The last one leaves: the team is empty and has no leader.
        shop.set("sellers", 3, "team_id = NULL", 3).await;
        shop.load_with(&batches_of(batch_size)).await;
        assert_eq!(shop.rows(teams).await[1], "2|0|0|0|0|1|NULL");
    }
}

#[both_engines]
async fn s14_goals_leave_out_inactive_sellers_and_take_real_targets(on: On) {
    let mut shop = Shop::stocked(on).await;
    shop.set("sellers", 1, "monthly_goal_amount = 100", 0).await;
    put!(shop, sellers { seller_id: 2, team_id: 1, monthly_goal_amount: 7_000, seller_status: "Inativo" });
    put!(shop, sellers { seller_id: 3, team_id: 1, monthly_goal_amount: 9_000, deleted_at: shop.at(0) });
    let goals = "SELECT qtd_membros_atual, meta_mensal_equipe, meta_trimestral_equipe, meta_anual_equipe FROM dim.DIM_EQUIPE WHERE equipe_id > 0";
    shop.change("DELETE FROM core.seller_targets_monthly").await;
    for month in 1..=12 {
        let day = dw_core::time::days_from_ymd(2025, month, 1).unwrap();
        put!(
            shop,
            seller_targets_monthly {
                seller_target_id: i64::from(month),
                target_month: day,
                target_amount: i64::from(month) * 1_000
            }
        );
    }
    shop.load().await;
    assert_eq!(
        shop.row(goals).await,
        "1|100|33000|78000",
        "October to December, and the year; neither times 3 nor times 12"
    );
    // A target that changes reaches the team although no seller changed.
    shop.set("seller_targets_monthly", 12, "target_amount = 2000", 1).await;
    shop.load().await;
    assert_eq!(shop.row(goals).await, "1|100|23000|68000");
}

#[both_engines]
async fn s13_a_manager_who_loses_his_last_report_is_no_leader(on: On) {
    for batch_size in [1, 1_000] {
        let mut shop = Shop::stocked(on).await;
        put!(shop, sellers { seller_id: 2, manager_seller_id: 1 });
        put!(shop, sellers { seller_id: 3, manager_seller_id: 1 });
        put!(shop, sellers { seller_id: 4 });
        shop.load().await;
        let leaders = "SELECT vendedor_original_id, cargo FROM dim.DIM_VENDEDOR WHERE eh_lider = 1 ORDER BY 1";
        assert_eq!(shop.rows(leaders).await, ["1|Lider Comercial"]);
        shop.set("sellers", 2, "manager_seller_id = 4", 1).await;
        shop.load_with(&batches_of(batch_size)).await;
        assert_eq!(shop.rows(leaders).await, ["1|Lider Comercial", "4|Lider Comercial"]);
        // One report is deleted, the other one loses his manager.
        shop.delete("sellers", 3, 2).await;
        shop.set("sellers", 2, "manager_seller_id = NULL", 2).await;
        shop.load_with(&batches_of(batch_size)).await;
        assert_eq!(shop.rows(leaders).await, [""; 0]);
        assert_eq!(shop.rows(SELLERS).await[0], "1|team_name 1|NULL|0|Consultor Comercial");
        shop.set("sellers", 3, "deleted_at = NULL", 3).await;
        shop.load_with(&batches_of(batch_size)).await;
        assert_eq!(shop.rows(leaders).await, ["1|Lider Comercial"]);
    }
}

/// Ruling 7: an order without a region follows its customer; one that has a region does not.
#[both_engines]
async fn s13_an_order_without_a_region_follows_the_customer_who_moves(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, regions { region_id: 2, city: "Santos" });
    shop.set("customers", 1, "city = 'city-1'", 0).await;
    put!(shop, orders { order_id: 2 });
    for (id, order) in [(2, 2), (3, 2)] {
        put!(shop, order_items { order_item_id: id, order_id: order });
    }
    shop.load().await;
    let regions = "SELECT f.venda_original_id, r.regiao_original_id FROM fact.FACT_VENDAS f JOIN dim.DIM_REGIAO r ON r.regiao_id = f.regiao_id ORDER BY 1";
    assert_eq!(shop.rows(regions).await, ["1|1", "2|1", "3|1"]);
    shop.set("customers", 1, "city = 'SANTOS'", 1).await;
    let report = shop.load().await;
    assert_eq!(shop.rows(regions).await, ["1|1", "2|2", "3|2"]);
    assert_eq!(counts(&report, "fact_vendas"), [0, 2, 0, 0], "only his orders without a region are read again");
    // A region that opens where he lives, and one that is deleted, reach his orders too.
    shop.set("customers", 1, "city = 'Itu'", 2).await;
    shop.load().await;
    assert_eq!(shop.rows(regions).await, ["1|1", "2|-1", "3|-1"]);
    put!(shop, regions { region_id: 3, city: "Itu", updated_at: shop.at(3) });
    shop.load().await;
    assert_eq!(shop.rows(regions).await, ["1|1", "2|3", "3|3"]);
    shop.delete("regions", 3, 4).await;
    shop.load().await;
    assert_eq!(shop.rows(regions).await, ["1|1", "2|-1", "3|-1"]);
}

/// A region that takes another name is no longer the place of those who live under the old one.
#[both_engines]
async fn s13_an_order_without_a_region_leaves_a_region_that_is_renamed_away(on: On) {
    let mut shop = Shop::stocked(on).await;
    shop.set("customers", 1, "city = 'city-1'", 0).await;
    put!(shop, orders { order_id: 2 });
    put!(shop, order_items { order_item_id: 2, order_id: 2 });
    shop.load().await;
    let regions = "SELECT f.venda_original_id, r.regiao_original_id FROM fact.FACT_VENDAS f JOIN dim.DIM_REGIAO r ON r.regiao_id = f.regiao_id ORDER BY 1";
    assert_eq!(shop.rows(regions).await, ["1|1", "2|1"]);
    shop.set("regions", 1, "city = 'Elsewhere'", 1).await;
    shop.load().await;
    assert_eq!(shop.rows(regions).await, ["1|1", "2|-1"], "as a first load would have it");
}

/// S1 and ruling 16: an item or an order that is deleted takes its facts out, a customer or a product does not, and an
/// undelete brings them back.
#[both_engines]
async fn s1_deletions_are_marked_taken_out_of_views_and_undone(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, orders { order_id: 2, seller_id: 1, region_id: 1 });
    for id in [2, 3] {
        put!(shop, order_items { order_item_id: id, order_id: 2 });
        put!(shop, order_item_discounts { order_item_discount_id: id, order_item_id: id, order_id: 2 });
    }
    shop.load().await;
    // Without a CAST, Babelfish forgets the scale of a sum in a subquery.
    let sums = "SELECT (SELECT COUNT(*) FROM fact.VW_DASH_VENDAS_R1), CAST((SELECT SUM(valor_total_liquido) FROM fact.VW_DASH_VENDAS_R1) AS DECIMAL(15,2)), (SELECT COUNT(*) FROM fact.VW_DASH_DESCONTOS_R1), (SELECT COUNT(*) FROM fact.FACT_VENDAS)";
    assert_eq!(shop.row(sums).await, "3|30000|3|3");
    shop.delete("order_items", 3, 1).await;
    let report = shop.load().await;
    assert_eq!((of(&report, "fact_vendas").soft_deleted, of(&report, "fact_vendas").updated), (1, 1));
    assert_eq!(of(&report, "fact_descontos").soft_deleted, 1);
    assert_eq!(shop.row(sums).await, "2|20000|2|3");
    let kept =
        shop.row("SELECT valor_total_liquido, excluido_em FROM fact.FACT_VENDAS WHERE venda_original_id = 3").await;
    assert_eq!(kept, format!("10000|{}", shop.at(1)), "its measures stay");
    shop.delete("orders", 2, 2).await;
    shop.load().await;
    assert_eq!(shop.row(sums).await, "1|10000|1|3");
    // Nothing newly deleted: nothing is counted again.
    let report = shop.load_with(&RunOptions { full_refresh: true, ..RunOptions::default() }).await;
    assert_eq!(report.entities.iter().map(|entity| entity.soft_deleted).sum::<u64>(), 0);
    shop.set("orders", 2, "deleted_at = NULL", 3).await;
    shop.set("order_items", 3, "deleted_at = NULL", 3).await;
    shop.load().await;
    assert_eq!(shop.row(sums).await, "3|30000|3|3");
    for (table, key, hour) in [("customers", 1, 4), ("products", 1, 4), ("sellers", 1, 4), ("regions", 1, 4)] {
        shop.delete(table, key, hour).await;
    }
    let report = shop.load().await;
    for (entity, table) in [
        ("dim_cliente", "DIM_CLIENTE"),
        ("dim_produto", "DIM_PRODUTO"),
        ("dim_vendedor", "DIM_VENDEDOR"),
        ("dim_regiao", "DIM_REGIAO"),
    ] {
        assert_eq!(of(&report, entity).soft_deleted, 1, "{entity}");
        let marked = shop.rows(&format!("SELECT excluido_em FROM dim.{table} WHERE excluido_em IS NOT NULL")).await;
        assert_eq!(marked, [shop.at(4).to_string()]);
    }
    assert_eq!(shop.row(sums).await, "3|30000|3|3", "revenue is the same before and after");
    shop.set("customers", 1, "deleted_at = NULL", 5).await;
    shop.load().await;
    assert_eq!(
        shop.row("SELECT excluido_em, eh_ativo FROM dim.DIM_CLIENTE WHERE cliente_original_id = 1").await,
        "NULL|1"
    );
}

/// Columns that no source feeds belong to the operator.
#[both_engines]
async fn s10_what_an_operator_added_to_a_region_survives(on: On) {
    let mut shop = Shop::stocked(on).await;
    shop.load().await;
    let columns = [
        "cep_inicial",
        "cep_final",
        "ddd",
        "populacao_estimada",
        "area_km2",
        "densidade_demografica",
        "tipo_municipio",
        "porte_municipio",
        "pib_per_capita",
        "idh",
        "latitude",
        "longitude",
        "fuso_horario",
    ];
    let sets: Vec<String> = columns
        .iter()
        .map(|column| {
            format!(
                "{column} = {}",
                if column.contains("cep")
                    || column.contains("ddd")
                    || column.contains("municipio")
                    || column.contains("fuso")
                {
                    "'19'"
                } else {
                    "19"
                }
            )
        })
        .collect();
    assert_eq!(
        shop.operate(&format!("UPDATE dim.DIM_REGIAO SET {} WHERE regiao_original_id = 1", sets.join(", "))).await,
        1
    );
    shop.operate("UPDATE dim.DIM_EQUIPE SET observacoes = 'note' WHERE equipe_original_id = 1").await;
    shop.set("regions", 1, "state_name = 'Sao Paulo'", 1).await;
    shop.set("teams", 1, "team_category = 'A'", 1).await;
    let report = shop.load().await;
    assert_eq!(counts(&report, "dim_regiao"), [0, 1, 0, 0]);
    let kept = shop
        .row(&format!("SELECT nome_estado, {} FROM dim.DIM_REGIAO WHERE regiao_original_id = 1", columns.join(", ")))
        .await;
    assert_eq!(kept, format!("Sao Paulo{}", "|19".repeat(13)));
    assert_eq!(
        shop.row("SELECT observacoes, categoria_equipe FROM dim.DIM_EQUIPE WHERE equipe_original_id = 1").await,
        "note|A"
    );
}

/// A writer who forgets the stamp is not seen by an incremental run; a full refresh and a backfill find the change.
#[both_engines]
async fn s17_a_change_without_a_stamp_is_found_by_a_full_refresh(on: On) {
    let mut shop = Shop::stocked(on).await;
    shop.run().await;
    shop.set("customers", 1, "full_name = 'x'", 5).await;
    shop.run().await;
    put!(shop, customers { customer_id: 2 });
    shop.change("UPDATE core.order_items SET net_amount = net_amount - 1, discount_amount = discount_amount + 1").await;
    assert_eq!(
        written(&shop.run_with(&RunOptions { lookback_minutes: Some(0), ..RunOptions::default() }).await),
        0,
        "neither has a stamp that a run would look for"
    );
    shop.change("UPDATE core.customers SET full_name = 'y' WHERE customer_id = 2").await;
    assert_eq!(written(&shop.run().await), 0);
    let watermark = shop.watermark("dim_cliente").await;
    let report = shop.run_with(&RunOptions { full_refresh: true, ..RunOptions::default() }).await;
    assert_eq!(counts(&report, "dim_cliente"), [1, 0, 1, 0]);
    assert_eq!(written(&report), 2);
    assert_eq!(shop.watermark("dim_cliente").await, watermark, "the watermark does not go back");
}
