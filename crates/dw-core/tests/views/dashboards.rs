//! Rows of the views of the dashboards and of the monitor.

use dw_core::catalog::control::{ETL_RUN, ETL_RUN_ENTITY};

use crate::fixture::{Dw, put};

/// `count` connection events.
pub async fn events(dw: &mut Dw, count: i64) {
    dw.execute(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
         INSERT INTO audit.connection_login_events (event_time_utc, login_name, session_id) SELECT 1000 - i, 'etl', i FROM n"
    ))
    .await;
}

#[tokio::test]
async fn a_sale_has_its_members_and_its_status() {
    let mut dw = Dw::new().await;
    let rows = dw.rows("SELECT * FROM fact.VW_DASH_VENDAS_R1 WHERE venda_id = 1").await;
    assert_eq!(
        rows,
        [
            "1|1|A|20260105|20458|2026|1|1|mes 1|1|Ana|VIP|Pessoa Fisica|1|Notebook|Informatica|Portateis|Acme|1|SP|Sao Paulo|\
             Sudeste|1|Lia|Alpha|2|0|100000|0|100000|60000|40000|0|0|NULL|NULL|0|1000|1000|Entregue"
        ]
    );
    let rows = dw
        .rows(
            "SELECT venda_id, cliente_id, nome_cliente, tipo_cliente, segmento, produto_id, nome_produto, categoria, regiao_id, \
             estado, cidade, regiao_pais, vendedor_id, nome_vendedor, nome_equipe, margem_bruta, quantidade_devolvida, \
             status_pedido FROM fact.VW_DASH_VENDAS_R1 WHERE venda_id > 3 AND venda_id < 9 ORDER BY venda_id",
        )
        .await;
    assert_eq!(
        rows,
        [
            "4|3|Nao informado|Nao informado|Nao informado|-1|Nao informado|Nao informado|-1|NA|Nao informado|Nao informado|-1|\
             Sem vendedor|Sem equipe|7000|0|Pendente",
            "5|1|Ana|VIP|Pessoa Fisica|5|Acima|categoria|4|NA|Nao informado|Nao informado|5|Ivo|Alpha|3000|0|Enviado",
            "6|1|Ana|VIP|Pessoa Fisica|1|Notebook|Informatica|1|SP|Sao Paulo|Sudeste|1|Lia|Alpha|999900|0|Cancelado",
            "8|2|Bia|Novo|Pessoa Fisica|6|Velho|Casa|3|RJ|Rio|Nao informado|7|Nao informado|Alpha|4000|1|Devolvido",
        ]
    );
}

/// Ruling 16.
#[tokio::test]
async fn revenue_is_the_same_before_and_after_members_are_deleted() {
    let mut dw = Dw::new().await;
    let sum = "SELECT COUNT(*), SUM(valor_total_liquido), SUM(margem_bruta) FROM fact.VW_DASH_VENDAS_R1";
    let before = dw.rows(sum).await;
    assert_eq!(before, ["9|11187899|11067898"]);
    for table in ["CLIENTE", "PRODUTO", "REGIAO", "EQUIPE", "VENDEDOR"] {
        dw.execute(&format!("UPDATE dim.DIM_{table} SET excluido_em = 1700000000")).await;
    }
    assert_eq!(dw.rows(sum).await, before);
    dw.execute("UPDATE fact.FACT_VENDAS SET excluido_em = NULL WHERE venda_id = 7").await;
    assert_eq!(dw.rows(sum).await, ["10|12076699|11956698"]);
}

/// Ruling 18; defects S27 and D1.
#[tokio::test]
async fn targets_meet_sales_by_month_and_seller() {
    let mut dw = Dw::new().await;
    let rows = dw
        .rows(
            "SELECT meta_snapshot_id, data_id, mes, vendedor_id, vendedor_original_id, nome_vendedor, nome_equipe, equipe_id, \
             regional, tipo_equipe, estado_atuacao, cidade_atuacao, valor_meta, valor_realizado, gap_meta, percentual_atingido, \
             meta_batida, meta_superada, ranking_periodo, quartil_performance, itens_realizados, pedidos_realizados, \
             data_atualizacao FROM fact.VW_DASH_METAS_R1 ORDER BY meta_snapshot_id",
        )
        .await;
    assert_eq!(
        rows,
        [
            "1|20260101|1|-1|-1|Sem vendedor|Sem equipe|NULL|Sem regional|Nao informado|NA|Nao informado|0|7000|7000|0|0|0|NULL|NULL|3|1|4000",
            "2|20260101|1|1|1|Lia|Alpha|1|Sudeste|Field Sales|SP|Sao Paulo|100000|150000|50000|15000|1|1|2|Q2|3|1|5500",
            "3|20260101|1|2|2|Rui|Alpha|1|Sudeste|Field Sales|NA|Nao informado|10000000|9999999|-1|9999|0|0|1|Q1|1|1|5500",
            "4|20260101|1|4|4|Tom|Beta|2|Sudeste|Vendas Diretas|NA|Nao informado|20000|0|-20000|0|0|0|4|Q4|0|0|5500",
            "5|20260101|1|5|5|Ivo|Alpha|1|Sudeste|Field Sales|NA|Nao informado|0|3000|3000|0|0|0|3|Q3|1|1|5000",
            "6|20260201|2|3|3|Eva|Alpha|1|Sudeste|Field Sales|NA|Nao informado|0|12000|12000|0|0|0|1|Q1|1|1|9000",
            "7|20260201|2|4|4|Tom|Beta|2|Sudeste|Vendas Diretas|NA|Nao informado|10000|12000|2000|12000|1|1|2|Q2|1|1|10000",
            "8|20260201|2|7|7|Nao informado|Sem equipe|NULL|Sem regional|Nao informado|NA|Nao informado|0|4000|4000|0|0|0|NULL|NULL|2|1|8000",
            "9|20260201|2|8|8|Noa|Sem equipe|NULL|Sem regional|Nao informado|NA|Nao informado|10000|0|-10000|0|0|0|3|Q3|0|0|5500",
        ]
    );
    let days =
        dw.rows("SELECT DISTINCT data_completa, ano, trimestre, nome_mes FROM fact.VW_DASH_METAS_R1 ORDER BY 1").await;
    assert_eq!(days, ["20454|2026|1|mes 1", "20485|2026|1|mes 2"]);
}

/// Defect S27: the targets dashboard reconciles with the sales dashboard, month by month.
#[tokio::test]
async fn a_month_of_targets_sums_to_net_revenue() {
    let mut dw = Dw::new().await;
    let targets = dw
        .rows(
            "SELECT ano, mes, SUM(valor_realizado), SUM(itens_realizados), SUM(pedidos_realizados) FROM fact.VW_DASH_METAS_R1 \
             GROUP BY ano, mes ORDER BY ano, mes",
        )
        .await;
    let sales = dw
        .rows(
            "SELECT ano, mes, SUM(valor_total_liquido), SUM(quantidade_vendida), COUNT(DISTINCT numero_pedido) \
             FROM fact.VW_DASH_VENDAS_R1 WHERE status_pedido <> 'Cancelado' GROUP BY ano, mes ORDER BY ano, mes",
        )
        .await;
    assert_eq!(targets, sales);
    assert_eq!(targets, ["2026|1|10159999|8|4", "2026|2|28000|4|3"]);
}

/// The views of keys and names are the wide views, taken apart.
#[tokio::test]
async fn keys_and_names_together_are_the_wide_views() {
    let mut dw = Dw::new().await;
    let wide = dw
        .rows(
            "SELECT venda_id, numero_pedido, data_id, nome_produto, categoria, estado, regiao_pais, nome_vendedor, nome_equipe, \
             status_pedido, valor_total_liquido, custo_total, quantidade_devolvida FROM fact.VW_DASH_VENDAS_R1 ORDER BY venda_id",
        )
        .await;
    let apart = dw
        .rows(
            "SELECT k.venda_id, k.numero_pedido, k.data_id, p.nome_produto, p.categoria, r.estado, r.regiao_pais, \
             v.nome_vendedor, v.nome_equipe, k.status_pedido, k.valor_total_liquido, k.custo_total, k.quantidade_devolvida \
             FROM fact.VW_DASH_VENDAS_CHAVES_R1 k JOIN dim.VW_DASH_PRODUTOS_R1 p ON p.produto_id = k.produto_id \
             JOIN dim.VW_DASH_REGIOES_R1 r ON r.regiao_id = k.regiao_id \
             JOIN dim.VW_DASH_VENDEDORES_R1 v ON v.vendedor_id = k.vendedor_id ORDER BY k.venda_id",
        )
        .await;
    assert!(!wide.is_empty());
    assert_eq!(wide, apart);
    let wide = dw
        .rows(
            "SELECT data_id, vendedor_id, nome_vendedor, nome_equipe, regional, valor_meta FROM fact.VW_DASH_METAS_R1 \
             WHERE valor_meta > 0 ORDER BY data_id, vendedor_id",
        )
        .await;
    let apart = dw
        .rows(
            "SELECT k.data_id, k.vendedor_id, v.nome_vendedor, v.nome_equipe, v.regional, SUM(k.valor_meta) \
             FROM fact.VW_DASH_METAS_CHAVES_R1 k JOIN dim.VW_DASH_VENDEDORES_R1 v ON v.vendedor_id = k.vendedor_id \
             GROUP BY k.data_id, k.vendedor_id, v.nome_vendedor, v.nome_equipe, v.regional ORDER BY k.data_id, k.vendedor_id",
        )
        .await;
    assert!(!wide.is_empty());
    assert_eq!(wide, apart);
}

/// Product decision 9: 120 % is superada, and the amounts decide, not a rounded percentage (ruling 14).
#[tokio::test]
async fn met_and_beaten_compare_amounts() {
    let mut dw = Dw::new().await;
    for (realized, expected) in
        [(9_999_999, "9999|0|0"), (10_000_000, "10000|1|0"), (11_999_999, "11999|1|0"), (12_000_000, "12000|1|1")]
    {
        dw.execute(&format!("UPDATE fact.FACT_VENDAS SET valor_total_liquido = {realized} WHERE venda_id = 3")).await;
        let rows = dw
            .rows("SELECT percentual_atingido, meta_batida, meta_superada FROM fact.VW_DASH_METAS_R1 WHERE vendedor_id = 2")
            .await;
        assert_eq!(rows, [expected], "{realized}");
    }
    // A target of a cent cannot overflow DECIMAL(9,2).
    dw.execute("UPDATE fact.FACT_METAS SET valor_meta = 1 WHERE meta_id = 2").await;
    let rows = dw.rows("SELECT percentual_atingido FROM fact.VW_DASH_METAS_R1 WHERE vendedor_id = 2").await;
    assert_eq!(rows, ["999999999"]);
}

#[tokio::test]
async fn a_discount_has_its_return_and_its_margin_class() {
    let mut dw = Dw::new().await;
    crate::facts::discounts(&mut dw).await;
    let rows = dw.rows("SELECT * FROM fact.VW_DASH_DESCONTOS_R1 WHERE desconto_aplicado_id = 1").await;
    assert_eq!(
        rows,
        [
            "1|1|1|1|P|20260115|20468|2026|1|1|mes 1|1|1|SEMPRE|Sempre|Cupom|Percentual|Nao informado|Nao informado|1|Ana|VIP|\
             Pessoa Fisica|1|Notebook|Informatica|Portateis|Acme|1|SP|Sao Paulo|Sudeste|1|Lia|Alpha|Item|10000|1000|9000|1000|\
             4000|3000|1000|Margem saudavel|1|NULL|80000|1111|1000|2000"
        ]
    );
    let rows = dw
        .rows(
            "SELECT desconto_aplicado_id, venda_original_id, codigo_desconto, nome_campanha, tipo_desconto, nome_cliente, \
             nome_produto, marca, estado, cidade, nome_vendedor, nome_equipe, status_margem, roi_desconto, \
             impacto_margem_pct_receita FROM fact.VW_DASH_DESCONTOS_R1 WHERE desconto_aplicado_id > 1 ORDER BY 1",
        )
        .await;
    assert_eq!(
        rows,
        [
            "2|2|PASSADA|Nao informado|Cupom|Ana|Abaixo|marca|SP|Sao Paulo|Lia|Alpha|Margem critica|313|9697",
            "3|3|PAUSADA|Nao informado|Cupom|Ana|Notebook|Acme|SP|Campinas|Rui|Alpha|Margem reduzida|-313|10323",
            "4|3|ATUAL|Nao informado|Cashback|Ana|Notebook|Acme|SP|Campinas|Rui|Alpha|Margem reduzida|-7500|40000",
            "5|3|ATUAL|Nao informado|Cashback|Ana|Notebook|Acme|SP|Campinas|Rui|Alpha|Margem saudavel|0|0",
            "6|3|ATUAL|Nao informado|Cashback|Ana|Notebook|Acme|SP|Campinas|Rui|Alpha|Prejuizo|-10000|0",
            "7|5|ATUAL|Nao informado|Cashback|Bia|Velho|marca|NA|Nao informado|Ivo|Alpha|Nao informado|13333|NULL",
            "9|4|Nao informado|Nao informado|Nao informado|Nao informado|Nao informado|Nao informado|NA|Nao informado|\
             Sem vendedor|Sem equipe|Margem saudavel|-5714|23333",
        ]
    );
}

#[tokio::test]
async fn freshness_is_that_of_the_control_rows() {
    let mut dw = Dw::new().await;
    put!(dw, ETL_RUN, { run_id: 5, entities_requested: "all" });
    put!(dw, ETL_RUN_ENTITY, { run_entity_id: 1, run_id: 5, entity_name: "fact_vendas", upserted_count: 12 });
    put!(dw, ETL_RUN_ENTITY, { run_entity_id: 2, run_id: 5, entity_name: "dim_cliente", upserted_count: 3 });
    dw.execute(
        "UPDATE ctl.etl_control SET last_run_id = 5, last_status = 'success', last_success_at = 1700000100, \
         watermark_updated_at = 1700000000 WHERE entity_name = 'fact_vendas'",
    )
    .await;
    dw.execute("UPDATE ctl.etl_control SET last_run_id = 5, last_status = 'failed', is_active = 0, last_success_at = 1700000100, read_until = 1699999980 WHERE entity_name = 'dim_cliente'")
        .await;
    let rows = dw
        .rows("SELECT * FROM fact.VW_DASH_ATUALIZACAO_R1 WHERE entidade IN ('fact_vendas', 'fact_metas', 'dim_cliente') ORDER BY entidade")
        .await;
    assert_eq!(
        rows,
        [
            "dim_cliente|dim.DIM_CLIENTE|1700000100|NULL|failed|0|3|NULL|1699999980",
            "fact_metas|fact.FACT_METAS|NULL|NULL|never_run|1|NULL|NULL|NULL",
            "fact_vendas|fact.FACT_VENDAS|1700000100|1700000000|success|1|12|NULL|1700000100",
        ]
    );
    assert_eq!(dw.number("SELECT COUNT(*) FROM fact.VW_DASH_ATUALIZACAO_R1").await, 9);
}

#[tokio::test]
async fn recent_events_are_the_newest_thousand() {
    let mut dw = Dw::empty().await;
    events(&mut dw, 1_005).await;
    let rows = dw
        .rows("SELECT COUNT(*), MIN(connection_event_id), MAX(connection_event_id) FROM audit.vw_connection_login_events_recent")
        .await;
    assert_eq!(rows, ["1000|6|1005"]);
    let rows = dw.rows("SELECT * FROM audit.vw_connection_login_events_recent WHERE connection_event_id = 7").await;
    assert_eq!(rows, ["7|993|SNAPSHOT_DMV|7|etl|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL"]);
}

/// A range of days is a range of the index of the fact, not a scan of it.
#[tokio::test]
async fn a_range_of_days_is_sought_by_index() {
    let mut dw = Dw::empty().await;
    for (view, index) in
        [("VW_DASH_VENDAS_R1", "IX_FACT_VENDAS_data"), ("VW_DASH_DESCONTOS_R1", "IX_FACT_DESCONTOS_data")]
    {
        let plan = dw
            .rows(&format!(
                "EXPLAIN QUERY PLAN SELECT estado, SUM(quantidade) FROM (SELECT estado, 1 AS quantidade FROM fact.{view} \
                 WHERE data_completa BETWEEN 20400 AND 20430) GROUP BY estado"
            ))
            .await
            .join("\n");
        assert!(plan.contains(index), "{view}:\n{plan}");
        assert!(!plan.contains("SCAN f"), "{view}:\n{plan}");
    }
}
