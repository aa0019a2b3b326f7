//! 10.4: meaning of values, derived columns, and rows that are not rewritten.

use dw_core::time;
use dw_etl::options::RunOptions;
use dw_testkit::{On, both_engines};

use crate::common::of;
use crate::shop::{Shop, batches_of, counts, failed, put, written};

/// S2: revenue leaves out `Cancelado`, and the status follows the order.
#[both_engines]
async fn s2_the_status_of_an_order_is_kept_and_followed(on: On) {
    let mut shop = Shop::stocked(on).await;
    for (id, status) in [(2, "Cancelado"), (3, "Pendente"), (4, "Devolvido")] {
        put!(shop, orders { order_id: id, order_status: status, seller_id: 1, region_id: 1 });
        put!(shop, order_items { order_item_id: id, order_id: id });
    }
    shop.load().await;
    let states = "SELECT venda_original_id, status_pedido FROM fact.FACT_VENDAS ORDER BY 1";
    assert_eq!(shop.rows(states).await, ["1|Entregue", "2|Cancelado", "3|Pendente", "4|Devolvido"]);
    let realized = "SELECT SUM(valor_realizado) FROM fact.VW_DASH_METAS_R1";
    assert_eq!(shop.row(realized).await, "30000");
    shop.set("orders", 3, "order_status = 'Cancelado'", 1).await;
    let report = shop.load().await;
    assert_eq!(counts(&report, "fact_vendas"), [0, 1, 0, 0]);
    assert_eq!(shop.row(realized).await, "20000");
    assert_eq!(shop.row("SELECT COUNT(*) FROM fact.VW_DASH_VENDAS_R1").await, "4", "all are shown, with their status");
}

#[both_engines]
async fn s6_a_target_missed_by_a_cent_loads_and_is_not_met(on: On) {
    let mut shop = Shop::stocked(on).await;
    shop.change("DELETE FROM core.seller_targets_monthly").await;
    for (month, realized) in [(1, 9_999_999), (2, 10_000_000), (3, 11_999_999), (4, 12_000_000), (5, 0)] {
        let day = time::days_from_ymd(2026, month, 1).unwrap();
        put!(
            shop,
            seller_targets_monthly { seller_target_id: i64::from(month), target_month: day, realized_amount: realized }
        );
    }
    shop.load().await;
    let rows = shop.rows("SELECT percentual_atingido, meta_batida, meta_superada, gap_meta FROM fact.FACT_METAS ORDER BY meta_original_id").await;
    assert_eq!(rows, ["9999|0|0|-1", "10000|1|0|0", "11999|1|0|1999999", "12000|1|1|2000000", "0|0|0|-10000000"]);
}

/// Seniority and the end of a campaign are of the moment of reading: no load freezes them (S9, S12).
#[both_engines]
async fn s9_s12_what_depends_on_today_is_computed_when_read(on: On) {
    let mut shop = Shop::stocked(on).await;
    let today = time::day_of(time::now());
    for (id, years) in [(2, 9), (3, 5), (4, 3), (5, 1)] {
        put!(shop, sellers { seller_id: id, team_id: 1, hire_date: today - years * 366 });
    }
    // Late enough to be read before, with the load and the questions of a server in between.
    let end = time::now() + if on == On::Embedded { 2 } else { 60 };
    put!(shop, discount_campaigns { discount_id: 2, start_at: end - 500_000, end_at: end });
    shop.load().await;
    let stored = shop.row("SELECT COUNT(*) FROM dim.DIM_VENDEDOR WHERE nivel_senioridade IS NOT NULL").await;
    assert_eq!(stored, "0");
    let levels =
        shop.rows("SELECT nivel_senioridade FROM dim.VW_VENDEDORES_ATIVOS ORDER BY vendedor_original_id").await;
    assert_eq!(levels[1..], ["Especialista", "Sênior", "Pleno", "Júnior"]);
    assert_eq!(
        shop.row("SELECT situacao, eh_ativo FROM dim.DIM_DESCONTO WHERE desconto_original_id = 2").await,
        "Ativo|1"
    );
    let valid = "SELECT desconto_original_id FROM dim.VW_DESCONTOS_ATIVOS ORDER BY 1";
    assert_eq!(shop.rows(valid).await, ["1", "2"]);
    while time::now() <= end {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(shop.rows(valid).await, ["1"], "without a load");
    assert_eq!(written(&shop.load().await), 0);
}

#[both_engines]
async fn s11_a_deleted_product_keeps_the_situation_of_its_source(on: On) {
    let mut shop = Shop::stocked(on).await;
    shop.set("products", 1, "product_status = 'Inativo'", 0).await;
    shop.load().await;
    shop.delete("products", 1, 1).await;
    shop.load().await;
    let row = shop.row("SELECT situacao, excluido_em FROM dim.DIM_PRODUTO WHERE produto_id > 0").await;
    assert_eq!(row, format!("Inativo|{}", shop.at(1)));
}

/// A stamp that lies in the future is not read before its time, hides nothing and is not lost.
#[both_engines]
async fn s16_a_stamp_in_the_future_waits_and_hides_nothing(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, customers { customer_id: 2, updated_at: time::now() + 4 * 86_400 });
    put!(shop, customers { customer_id: 3, updated_at: shop.at(2) });
    let report = shop.run().await;
    assert_eq!(counts(&report, "dim_cliente"), [2, 0, 0, 0]);
    assert_eq!(shop.watermark("dim_cliente").await, format!("{}/3", shop.at(2)));
    put!(shop, customers { customer_id: 4, updated_at: shop.at(3) });
    assert_eq!(counts(&shop.run().await, "dim_cliente")[0], 1);
    shop.set("customers", 2, "full_name = 'Now'", 4).await;
    assert_eq!(counts(&shop.run().await, "dim_cliente")[0], 1);
}

#[both_engines]
async fn s18_the_totals_of_a_customer_follow_his_orders(on: On) {
    for batch_size in [1, 1_000] {
        let mut shop = Shop::stocked(on).await;
        put!(shop, customers { customer_id: 2 });
        put!(shop, orders { order_id: 2 });
        put!(shop, orders { order_id: 3 });
        put!(shop, order_items { order_item_id: 2, order_id: 2, gross_amount: 3_333, net_amount: 3_333 });
        put!(shop, order_items { order_item_id: 3, order_id: 2 });
        put!(shop, order_items { order_item_id: 4, order_id: 3 });
        let options = batches_of(batch_size);
        shop.load_with(&options).await;
        let totals = "SELECT cliente_original_id, total_compras_historico, valor_total_gasto_historico, ticket_medio_historico FROM dim.DIM_CLIENTE WHERE cliente_id > 0 ORDER BY 1";
        assert_eq!(shop.rows(totals).await[0], "1|3|33333|11111", "by {batch_size}");
        shop.set("orders", 3, "order_status = 'Cancelado'", 1).await;
        shop.delete("order_items", 3, 1).await;
        shop.load_with(&options).await;
        assert_eq!(shop.rows(totals).await[0], "1|2|13333|6667", "half a cent is rounded up");
        // An order that is another customer's after all changes both.
        shop.set("orders", 2, "customer_id = 2", 2).await;
        shop.load_with(&options).await;
        assert_eq!(shop.rows(totals).await, ["1|1|10000|10000", "2|1|3333|3333"]);
        shop.delete("orders", 2, 3).await;
        shop.load_with(&options).await;
        assert_eq!(shop.rows(totals).await[1], "2|0|0|NULL");
    }
}

#[both_engines]
async fn s19_rank_and_quartile_follow_the_targets_of_both_months(on: On) {
    for batch_size in [1, 1_000] {
        let mut shop = Shop::stocked(on).await;
        shop.change("DELETE FROM core.seller_targets_monthly").await;
        let month = |month: u32| time::days_from_ymd(2026, month, 1).unwrap();
        for id in 1..=5 {
            if id > 1 {
                put!(shop, sellers { seller_id: id });
            }
            put!(
                shop,
                seller_targets_monthly {
                    seller_target_id: id,
                    seller_id: id,
                    target_month: month(1),
                    realized_amount: id.min(4) * 1_000
                }
            );
        }
        put!(
            shop,
            seller_targets_monthly { seller_target_id: 6, seller_id: 1, target_month: month(2), realized_amount: 500 }
        );
        let options = batches_of(batch_size);
        shop.load_with(&options).await;
        let ranks = "SELECT meta_original_id, data_id, ranking_periodo, quartil_performance FROM fact.FACT_METAS ORDER BY data_id, ranking_periodo, meta_original_id";
        assert_eq!(
            shop.rows(ranks).await,
            [
                "4|20260101|1|Q1",
                "5|20260101|1|Q1",
                "3|20260101|2|Q2",
                "2|20260101|3|Q3",
                "1|20260101|4|Q4",
                "6|20260201|1|Q1"
            ],
            "by {batch_size}"
        );
        // The best of January becomes a February; both months are ranked again.
        shop.set("seller_targets_monthly", 5, &format!("target_month = {}", month(2)), 1).await;
        shop.load_with(&options).await;
        assert_eq!(
            shop.rows(ranks).await,
            [
                "4|20260101|1|Q1",
                "3|20260101|2|Q2",
                "2|20260101|3|Q3",
                "1|20260101|4|Q4",
                "5|20260201|1|Q1",
                "6|20260201|2|Q2"
            ]
        );
        shop.delete("seller_targets_monthly", 4, 2).await;
        shop.load_with(&options).await;
        assert_eq!(shop.rows(ranks).await[..2], ["4|20260101|NULL|NULL", "3|20260101|1|Q1"]);
    }
}

/// Codes that the reference made one badge or one e-mail of.
#[both_engines]
async fn s20_codes_that_look_alike_load_in_one_batch(on: On) {
    let mut shop = Shop::empty(on).await;
    let codes = [
        "NORTHEAST-SALES-0001",
        "NORTHEAST-SALES-0002",
        "A-1",
        "A_1",
        "A.1",
        "a 1",
        "12345678901234567890A",
        "12345678901234567890B",
        "É1",
        "E1",
    ];
    for (id, code) in (0_i64..).zip(codes) {
        put!(shop, sellers { seller_id: id, seller_code: code });
    }
    let report = shop.load().await;
    assert_eq!(counts(&report, "dim_vendedor"), [10, 0, 0, 0]);
    let distinct = shop.row("SELECT COUNT(DISTINCT matricula), COUNT(DISTINCT email), CASE WHEN MAX(LENGTH(matricula)) <= 20 THEN 1 ELSE 0 END FROM dim.DIM_VENDEDOR WHERE vendedor_id > 0").await;
    assert_eq!(distinct, "10|10|1");
}

#[both_engines]
async fn s24_a_seller_who_was_deleted_before_his_first_day_loads(on: On) {
    let mut shop = Shop::stocked(on).await;
    let first = time::day_of(shop.at(0)) + 30;
    put!(shop, sellers { seller_id: 2, hire_date: first, deleted_at: shop.at(0) });
    let report = shop.load().await;
    assert_eq!(failed(&report), [""; 0]);
    let days = shop
        .row(
            "SELECT data_contratacao, data_desligamento, situacao FROM dim.DIM_VENDEDOR WHERE vendedor_original_id = 2",
        )
        .await;
    assert_eq!(days, format!("{first}|{first}|Desligado"));
}

/// S27: the sales of nobody and of inactive sellers are realized too, so that a month sums to its net revenue.
#[both_engines]
async fn s27_a_month_of_the_targets_dashboard_sums_to_the_sales_dashboard(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, sellers { seller_id: 2, seller_status: "Inativo" });
    put!(shop, orders { order_id: 2, region_id: 1 });
    put!(shop, orders { order_id: 3, seller_id: 2, region_id: 1 });
    put!(shop, orders { order_id: 4, seller_id: 1, region_id: 1, order_status: "Cancelado" });
    for id in 2..=4 {
        put!(shop, order_items { order_item_id: id, order_id: id, gross_amount: id * 1_000, net_amount: id * 1_000 });
    }
    shop.load().await;
    let sums = shop.row("SELECT CAST((SELECT SUM(valor_realizado) FROM fact.VW_DASH_METAS_R1) AS DECIMAL(15,2)), CAST((SELECT SUM(valor_total_liquido) FROM fact.VW_DASH_VENDAS_R1 WHERE status_pedido <> 'Cancelado') AS DECIMAL(15,2))").await;
    assert_eq!(sums, "15000|15000");
    let mut sellers =
        shop.rows("SELECT DISTINCT nome_vendedor FROM fact.VW_DASH_METAS_R1 WHERE valor_realizado > 0").await;
    sellers.sort();
    assert_eq!(sellers, ["Sem vendedor", "seller_name 1", "seller_name 2"]);
}

/// S29: every type of team is counted, whatever the source calls it.
#[both_engines]
async fn s29_a_field_sales_team_of_the_source_is_counted(on: On) {
    let mut shop = Shop::stocked(on).await;
    shop.set("regions", 1, "region_name = 'Sul'", 0).await;
    for (id, kind) in [(2, "Field Sales"), (3, "Inside Sales"), (4, "Field Sales")] {
        put!(shop, teams { team_id: id, team_type: kind, region_id: 1 });
    }
    shop.load().await;
    let row = shop
        .row("SELECT regional, total_equipes, equipes_diretas, equipes_inside FROM dim.VW_ANALISE_REGIONAL_EQUIPES")
        .await;
    assert_eq!(row, "Sul|4|2|1");
}

/// P2 and decision 12: a second run of the same window writes nothing, and a touched row that is equal keeps its stamp.
#[both_engines]
async fn p2_unchanged_rows_are_not_rewritten(on: On) {
    let mut shop = Shop::stocked(on).await;
    put!(shop, order_items { order_item_id: 2, order_id: 1, item_number: 2 });
    let opening = shop.at(0);
    shop.stack.run_as_of(opening, &RunOptions::default()).await;
    shop.operate("UPDATE fact.FACT_VENDAS SET data_atualizacao = 60000, data_inclusao = 60000").await;
    let contents = shop.contents().await;
    for options in [RunOptions::default(), RunOptions { full_refresh: true, ..RunOptions::default() }] {
        let report = shop.stack.run_as_of(opening, &options).await;
        for entity in &report.entities {
            assert_eq!((entity.inserted, entity.updated), (0, 0), "{entity:?}");
            assert_eq!(entity.extracted, entity.unchanged, "{entity:?}");
            assert!(entity.unchanged > 0, "{entity:?}");
        }
        assert_eq!(shop.contents().await, contents);
    }
    shop.load().await;
    // A touch without a change: read, compared, left alone. A change: this row alone has a new stamp.
    shop.set("order_items", 1, "quantity = quantity", 1).await;
    let report = shop.load().await;
    assert_eq!((counts(&report, "fact_vendas"), shop.contents().await), ([0, 0, 1, 0], contents));
    shop.set("order_items", 1, "quantity = 2", 2).await;
    shop.load().await;
    let stamps = shop
        .rows("SELECT venda_original_id, data_inclusao, CASE WHEN data_atualizacao = 60000 THEN 1 ELSE 0 END FROM fact.FACT_VENDAS ORDER BY 1")
        .await;
    assert_eq!(stamps, ["1|60000|0", "2|60000|1"]);
    // NULL and a value differ in both directions.
    shop.set("order_items", 1, "commission_percent = 500", 3).await;
    assert_eq!(counts(&shop.load().await, "fact_vendas"), [0, 1, 0, 0]);
    shop.set("order_items", 1, "commission_percent = NULL", 4).await;
    assert_eq!(counts(&shop.load().await, "fact_vendas"), [0, 1, 0, 0]);
    assert_eq!(of(&shop.load().await, "fact_vendas").updated, 0);
}
