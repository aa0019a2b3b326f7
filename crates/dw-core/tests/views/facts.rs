//! Rows of the analysts' views, and the discounts that both views of discounts read.

use dw_core::catalog::facts::FACT_DESCONTOS;

use crate::fixture::{Dw, before_today, put};

/// Row, campaign, sale, customer, product, base, discount, margin before, margin after.
type Discount = (i64, i64, i64, i64, i64, i64, i64, Option<i64>, Option<i64>);

/// Discounts around each bound of the margin classes; 8 is deleted, 9 has members that nobody knows.
pub async fn discounts(dw: &mut Dw) {
    let discounts: [Discount; 9] = [
        (1, 1, 1, 1, 1, 10_000, 1_000, Some(4_000), Some(3_000)),
        (2, 2, 2, 1, 4, 6_500, 3_200, Some(10_000), Some(2_999)),
        (3, 4, 3, 1, 1, 6_300, 3_200, Some(10_000), Some(3_000)),
        (4, 7, 3, 1, 1, 10_000, 8_000, Some(10_000), Some(5_999)),
        (5, 7, 3, 1, 1, 1_000, 0, Some(10_000), Some(6_000)),
        (6, 7, 3, 1, 1, 1_000, 1_000, Some(10_000), Some(-1)),
        (7, 7, 5, 2, 6, 1_000, 300, None, None),
        (8, 7, 3, 1, 1, 1_000, 100, Some(1), Some(1)),
        (9, -1, 4, 3, -1, 1_000, 700, Some(0), Some(0)),
    ];
    for (row, campaign, sale, customer, product, base, discount, before, after) in discounts {
        put!(dw, FACT_DESCONTOS, {
            desconto_aplicado_id: row, desconto_id: campaign, venda_id: sale, data_aplicacao_id: 20_260_115,
            cliente_id: customer, produto_id: product, valor_sem_desconto: base, valor_desconto_aplicado: discount,
            valor_com_desconto: base - discount, margem_antes_desconto: before, margem_apos_desconto: after,
            impacto_margem: before.map(|_| discount), percentual_desconto_efetivo: 10_000 * discount / base,
            numero_pedido: "P", data_inclusao: 1_000, data_atualizacao: 2_000,
        });
    }
    dw.execute("UPDATE fact.FACT_DESCONTOS SET excluido_em = 1700000000 WHERE desconto_aplicado_id = 8").await;
}

/// Defect B3: the view reads the column that exists.
#[tokio::test]
async fn complete_sales_have_measures_and_members() {
    let mut dw = Dw::new().await;
    let rows = dw
        .rows(
            "SELECT venda_id, numero_pedido, data_id, dia_semana, nome_cliente, tipo_cliente, nome_produto, regiao_entrega_cidade, \
             regiao_entrega_estado, regiao_entrega_regional, vendedor_id, nome_vendedor, vendedor_cargo, equipe_id, nome_equipe, \
             equipe_regional, quantidade_liquida, lucro_bruto, margem_percentual, preco_medio_unitario, teve_devolucao, \
             eh_venda_direta, status_pedido FROM fact.VW_VENDAS_COMPLETA WHERE venda_id IN (1, 2, 4, 5, 7, 8) ORDER BY venda_id",
        )
        .await;
    assert_eq!(
        rows,
        [
            "1|A|20260105|2|Ana|VIP|Notebook|Sao Paulo|SP|Sudeste|1|Lia|Lider Comercial|1|Alpha|Sudeste|2|40000|4000|50000|0|0|Entregue",
            "2|A|20260105|2|Ana|VIP|Abaixo|Sao Paulo|SP|Sudeste|1|Lia|Lider Comercial|1|Alpha|Sudeste|1|-10000|-2000|50000|0|0|Entregue",
            "4|C|20260115|5|Nao informado|Nao informado|Nao informado|Nao informado|NA|Nao informado|-1|Sem vendedor|NULL|NULL|Sem equipe|NULL|3|7000|10000|2333|0|1|Pendente",
            "5|D|20260115|5|Ana|VIP|Acima|Nao informado|NA|Nao informado|5|Ivo|cargo|1|Alpha|Sudeste|1|3000|10000|3000|0|0|Enviado",
            "8|G|20260210|3|Bia|Novo|Velho|Rio|RJ|Nao informado|7|Nao informado|cargo|1|Alpha|Sudeste|1|4000|10000|2000|1|0|Devolvido",
        ]
    );
    assert_eq!(dw.number("SELECT COUNT(*) FROM fact.VW_VENDAS_COMPLETA").await, 9);
}

#[tokio::test]
async fn complete_targets_are_those_of_the_fact() {
    let mut dw = Dw::new().await;
    let rows = dw
        .rows(
            "SELECT meta_id, vendedor_id, data_id, tipo_periodo, nome_vendedor, cargo, nivel_senioridade, equipe_id, nome_equipe, \
             tipo_equipe, regional, valor_meta, valor_realizado, percentual_atingido, gap_meta, ranking_periodo, \
             quartil_performance, meta_batida, meta_superada, faixa_performance FROM fact.VW_METAS_COMPLETA \
             WHERE meta_id IN (1, 4, 5, 6, 7) ORDER BY meta_id",
        )
        .await;
    assert_eq!(
        rows,
        [
            "1|1|20260101|Mensal|Lia|Lider Comercial|Especialista|1|Alpha|Field Sales|Sudeste|100000|0|0|0|NULL|NULL|0|0|Crítico (<50%)",
            "4|3|20260101|Trimestral|Eva|Consultor|Pleno|1|Alpha|Field Sales|Sudeste|999900|0|0|0|NULL|NULL|0|0|Crítico (<50%)",
            "6|4|20260201|Mensal|Tom|Consultor|Júnior|2|Beta|Vendas Diretas|Sudeste|10000|12000|12000|2000|1|Q1|1|1|Excepcional (120%+)",
            "7|8|20260201|Mensal|Noa|Consultor|Júnior|NULL|Sem equipe|NULL|NULL|10000|0|0|0|NULL|NULL|0|0|Crítico (<50%)",
        ]
    );
    // Both bounds of each class, in hundredths of a percent.
    for (percent, met, class) in [
        (11_999, 1, "Atingiu (100-120%)"),
        (10_000, 1, "Atingiu (100-120%)"),
        (9_999, 0, "Próximo (80-100%)"),
        (8_000, 0, "Próximo (80-100%)"),
        (7_999, 0, "Abaixo (50-80%)"),
        (5_000, 0, "Abaixo (50-80%)"),
        (4_999, 0, "Crítico (<50%)"),
    ] {
        dw.execute(&format!(
            "UPDATE fact.FACT_METAS SET percentual_atingido = {percent}, meta_batida = {met} WHERE meta_id = 1"
        ))
        .await;
        assert_eq!(dw.rows("SELECT faixa_performance FROM fact.VW_METAS_COMPLETA WHERE meta_id = 1").await, [class]);
    }
    dw.execute("UPDATE fact.FACT_METAS SET vendedor_id = 7 WHERE meta_id = 1").await;
    dw.execute("UPDATE fact.FACT_METAS SET vendedor_id = -1 WHERE meta_id = 2").await;
    let rows = dw
        .rows("SELECT nome_vendedor, nivel_senioridade FROM fact.VW_METAS_COMPLETA WHERE meta_id < 3 ORDER BY meta_id")
        .await;
    assert_eq!(rows, ["Nao informado|NULL", "Sem vendedor|NULL"]);
}

#[tokio::test]
async fn complete_discounts_show_the_campaign_of_today() {
    let mut dw = Dw::new().await;
    discounts(&mut dw).await;
    let rows = dw
        .rows(
            "SELECT desconto_aplicado_id, codigo_desconto, tipo_desconto, metodo_desconto, origem_campanha, nome_cliente, \
             tipo_cliente, nome_produto, valor_com_desconto, status_margem, roi_desconto, situacao_campanha \
             FROM fact.VW_DESCONTOS_COMPLETA ORDER BY desconto_aplicado_id",
        )
        .await;
    assert_eq!(
        rows,
        [
            "1|SEMPRE|Cupom|Percentual|Nao informado|Ana|VIP|Notebook|9000|Margem saudavel|80000|Ativo",
            "2|PASSADA|Cupom|Percentual|Nao informado|Ana|VIP|Abaixo|3300|Margem critica|313|Expirado",
            "3|PAUSADA|Cupom|Percentual|Nao informado|Ana|VIP|Notebook|3100|Margem reduzida|-313|Expirado",
            "4|ATUAL|Cashback|Frete Grátis|App|Ana|VIP|Notebook|2000|Margem reduzida|-7500|Ativo",
            "5|ATUAL|Cashback|Frete Grátis|App|Ana|VIP|Notebook|1000|Margem saudavel|0|Ativo",
            "6|ATUAL|Cashback|Frete Grátis|App|Ana|VIP|Notebook|0|Prejuizo|-10000|Ativo",
            "7|ATUAL|Cashback|Frete Grátis|App|Bia|Novo|Velho|700|Nao informado|13333|Ativo",
            "9|Nao informado|Nao informado|Nao informado|Nao informado|Nao informado|Nao informado|Nao informado|300|Margem saudavel|-5714|Nao informado",
        ]
    );
}

#[tokio::test]
async fn seniority_of_a_target_turns_on_the_anniversary() {
    let mut dw = Dw::new().await;
    for (months, days, level) in [
        (96, 0, "Especialista"),
        (96, -1, "Sênior"),
        (48, 0, "Sênior"),
        (48, -1, "Pleno"),
        (24, 0, "Pleno"),
        (24, -1, "Júnior"),
    ] {
        let hired = before_today(months, days);
        dw.execute(&format!("UPDATE dim.DIM_VENDEDOR SET data_contratacao = {hired} WHERE vendedor_id = 4")).await;
        let rows = dw.rows("SELECT DISTINCT nivel_senioridade FROM fact.VW_METAS_COMPLETA WHERE vendedor_id = 4").await;
        assert_eq!(rows, [level], "{months} months and {days} days");
    }
}

/// Members whose legal values a CHECK forces say in every view of a fact that nothing is known of them.
#[tokio::test]
async fn members_that_nobody_knows_show_so() {
    let mut dw = Dw::new().await;
    discounts(&mut dw).await;
    dw.execute("UPDATE fact.FACT_VENDAS SET vendedor_id = 8, cliente_id = 3, regiao_id = 4 WHERE venda_id = 9").await;
    dw.execute(
        "UPDATE fact.FACT_DESCONTOS SET desconto_id = 6, cliente_id = 3, venda_id = 9, impacto_margem = -1000 \
         WHERE desconto_aplicado_id = 1",
    )
    .await;
    let unknown = "Nao informado|Nao informado";
    for view in ["fact.VW_VENDAS_COMPLETA", "fact.VW_DASH_VENDAS_R1"] {
        let rows = dw
            .rows(&format!("SELECT tipo_cliente, segmento, nome_vendedor, nome_equipe FROM {view} WHERE venda_id = 9"))
            .await;
        assert_eq!(rows, [format!("{unknown}|Noa|Sem equipe")], "{view}");
    }
    for view in ["fact.VW_DESCONTOS_COMPLETA", "fact.VW_DASH_DESCONTOS_R1"] {
        let rows = dw
            .rows(&format!(
                "SELECT codigo_desconto, tipo_desconto, metodo_desconto, tipo_cliente, segmento FROM {view} \
                 WHERE desconto_aplicado_id = 1"
            ))
            .await;
        assert_eq!(rows, [format!("#66|{unknown}|{unknown}")], "{view}");
    }
    let rows = dw
        .rows(
            "SELECT estado, cidade, nome_vendedor, nome_equipe, impacto_margem_pct_receita FROM fact.VW_DASH_DESCONTOS_R1 \
             WHERE desconto_aplicado_id = 1",
        )
        .await;
    assert_eq!(rows, ["NA|Nao informado|Noa|Sem equipe|-1111"]);
    assert_eq!(
        dw.rows("SELECT situacao_campanha FROM fact.VW_DESCONTOS_COMPLETA WHERE desconto_aplicado_id = 1").await,
        ["Nao informado"]
    );
    // Even if such a row linked to a team, the targets would count it in none.
    dw.execute("UPDATE dim.DIM_VENDEDOR SET equipe_id = 1 WHERE vendedor_id = -1").await;
    dw.execute("UPDATE dim.DIM_VENDEDOR SET equipe_id = -1 WHERE vendedor_id = 2").await;
    let rows = dw
        .rows("SELECT DISTINCT vendedor_id, nome_equipe FROM fact.VW_DASH_METAS_R1 WHERE vendedor_id IN (-1, 2) ORDER BY 1")
        .await;
    assert_eq!(rows, ["-1|Sem equipe", "2|Sem equipe"]);
}
