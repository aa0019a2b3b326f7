//! Rows of the views of schema `dim`.

use dw_core::catalog::dims::DIM_CLIENTE;

use crate::fixture::{Dw, before_today, put};

#[tokio::test]
async fn active_customers_are_neither_deleted_nor_inferred_nor_minus_one() {
    let mut dw = Dw::new().await;
    let rows = dw
        .rows(
            "SELECT cliente_id, cliente_original_id, nome_cliente, email, tipo_cliente, segmento, cidade, estado, pais, \
             data_primeiro_cadastro, total_compras_historico, valor_total_gasto_historico, ticket_medio_historico, \
             eh_cliente_vip, aceita_email_marketing, dias_desde_ultima_compra + data_ultima_compra - unixepoch() / 86400 \
             FROM dim.VW_CLIENTES_ATIVOS",
        )
        .await;
    assert_eq!(rows, ["1|1|Ana|ana@mail.com|VIP|Pessoa Fisica|Campinas|SP|Brasil|19000|5|123456|24691|1|0|0"]);
    put!(dw, DIM_CLIENTE, { cliente_id: 9, nome_cliente: "Sem compra" });
    let days = dw.rows("SELECT dias_desde_ultima_compra FROM dim.VW_CLIENTES_ATIVOS WHERE cliente_id = 9").await;
    assert_eq!(days, ["NULL"]);
}

#[tokio::test]
async fn the_catalogue_has_price_ranges_and_seals() {
    let mut dw = Dw::new().await;
    let rows = dw
        .rows(
            "SELECT produto_id, preco_sugerido, avaliacao_media, disponibilidade, faixa_preco, selo_qualidade \
             FROM dim.VW_CATALOGO_PRODUTOS ORDER BY produto_id",
        )
        .await;
    assert_eq!(
        rows,
        [
            "1|300000|45|Disponivel|Acima de R$ 3.000|Premium",
            "2|9999999998|44|Sob Encomenda|Acima de R$ 3.000|Recomendado",
            "3|0|NULL|Sob Encomenda|Até R$ 100|Padrao",
            "4|800|NULL|Sob Encomenda|Até R$ 100|Padrao",
            "5|800|NULL|Sob Encomenda|Até R$ 100|Padrao",
        ]
    );
    let names = dw
        .rows("SELECT codigo_sku, nome_produto, categoria, subcategoria, marca, nome_fornecedor FROM dim.VW_CATALOGO_PRODUTOS WHERE produto_id = 1")
        .await;
    assert_eq!(names, ["NB-1|Notebook|Informatica|Portateis|Acme|Casa Norte"]);
}

#[tokio::test]
async fn the_calendar_knows_working_days_and_ends_of_months() {
    let mut dw = Dw::new().await;
    let rows = dw
        .rows(
            "SELECT data_id, trimestre, dia_semana, nome_dia_semana, eh_fim_de_semana, eh_feriado, nome_feriado, eh_dia_util, \
             periodo_desc, semana_ano, dia_ano, dias_no_mes, eh_ultimo_dia_mes FROM dim.VW_CALENDARIO_COMPLETO \
             WHERE data_id NOT IN (20260105, 20260115, 20260210) ORDER BY data_id",
        )
        .await;
    assert_eq!(
        rows,
        [
            "20240228|1|4|dia 4|0|0|NULL|1|Q1 2024|7|59|29|0",
            "20240229|1|5|dia 5|0|0|NULL|1|Q1 2024|7|60|29|1",
            "20260101|1|5|dia 5|0|1|Ano Novo|0|Q1 2026|7|1|31|0",
            "20260201|1|1|dia 1|1|0|NULL|0|Q1 2026|7|32|28|0",
            "20260228|1|7|dia 7|1|0|NULL|0|Q1 2026|7|59|28|1",
            "20260430|2|5|dia 5|0|0|NULL|1|Q2 2026|7|120|30|1",
            "20260530|2|7|dia 7|1|0|NULL|0|Q2 2026|7|150|31|0",
            "20261231|4|5|dia 5|0|0|NULL|1|Q4 2026|7|365|31|1",
        ]
    );
}

/// Defect S28: one product with an extreme markup must not fail the view.
#[tokio::test]
async fn margin_and_markup_are_exact_for_every_price() {
    let mut dw = Dw::new().await;
    let rows = dw
        .rows(
            "SELECT produto_id, custo_medio, margem_sugerida, markup_percentual, faixa_preco, dimensoes \
             FROM dim.VW_PRODUTOS_ATIVOS ORDER BY produto_id",
        )
        .await;
    assert_eq!(
        rows,
        [
            "1|200000|3333|5000|Alto|10.50x20.00x5.05 cm",
            "2|1|10000|99999999970000|Premium|NULL",
            "3|500|0|-10000|Baixo|NULL",
            "4|801|-13|-12|Baixo|NULL",
            "5|799|13|13|Baixo|NULL",
        ]
    );
    let rows = dw
        .rows("SELECT produto_original_id, codigo_sku, peso_kg, hierarquia_completa FROM dim.VW_PRODUTOS_ATIVOS WHERE produto_id = 1")
        .await;
    assert_eq!(rows, ["1|NB-1|1250|Informatica > Portateis > Notebook"]);
}

#[tokio::test]
async fn geography_says_what_is_not_known() {
    let mut dw = Dw::new().await;
    let rows = dw
        .rows(
            "SELECT regiao_id, estado, cidade, hierarquia_completa, classificacao_populacional, classificacao_idh, eh_capital, \
             codigo_estado_ddd FROM dim.VW_HIERARQUIA_GEOGRAFICA ORDER BY regiao_id",
        )
        .await;
    assert_eq!(
        rows,
        [
            "1|SP|Sao Paulo|Brasil > Sudeste > SP > Sao Paulo|Metrópole (>1M)|Muito Alto (>=0.800)|1|SP-11",
            "2|SP|Campinas|Brasil > SP > Campinas|Nao informado|Nao informado|0|SP",
        ]
    );
}

/// Defect S12: validity is of the moment of reading.
#[tokio::test]
async fn active_campaigns_are_valid_now() {
    let mut dw = Dw::new().await;
    let rows = dw
        .rows(
            "SELECT desconto_id, codigo_desconto, status_validade, \
             dias_ate_expirar - (data_fim_validade / 86400000 - unixepoch() / 86400), total_usos_realizados, \
             ticket_medio_com_desconto, desconto_medio_por_uso FROM dim.VW_DESCONTOS_ATIVOS ORDER BY desconto_id",
        )
        .await;
    // 1.00 / 8 is 0.125 and 0.99 / 8 is 0.12375.
    assert_eq!(rows, ["1|SEMPRE|Sem Expiração|NULL|0|0|0", "7|ATUAL|Válido|0|8|13|12"]);
    let days = dw.number("SELECT dias_ate_expirar FROM dim.VW_DESCONTOS_ATIVOS WHERE desconto_id = 7").await;
    assert!((2..=3).contains(&days), "{days}");
    dw.execute("UPDATE dim.DIM_DESCONTO SET data_fim_validade = (unixepoch() - 5) * 1000 WHERE desconto_id = 7").await;
    assert_eq!(dw.rows("SELECT desconto_id FROM dim.VW_DESCONTOS_ATIVOS").await, ["1"]);
}

/// Defects S8, S9 and S12: links are there, seniority is accented and of today.
#[tokio::test]
async fn active_sellers_have_a_team_a_manager_and_a_seniority_of_today() {
    let mut dw = Dw::new().await;
    let rows = dw
        .rows(
            "SELECT vendedor_id, nome_vendedor, nivel_senioridade, equipe_id, nome_equipe, regional, tipo_equipe, gerente_id, \
             nome_gerente, eh_lider, meses_na_empresa, tempo_casa_categoria FROM dim.VW_VENDEDORES_ATIVOS ORDER BY vendedor_id",
        )
        .await;
    let months = |row: &str| row.split('|').nth(10).unwrap().parse::<i64>().unwrap();
    // One or two days beside eight years may be in a neighbouring month.
    assert!((96..=97).contains(&months(&rows[0])) && (95..=96).contains(&months(&rows[1])), "{rows:?}");
    let without_months: Vec<String> = rows
        .iter()
        .map(|row| {
            let mut parts: Vec<&str> = row.split('|').collect();
            parts.remove(10);
            parts.join("|")
        })
        .collect();
    assert_eq!(
        without_months,
        [
            "1|Lia|Especialista|1|Alpha|Sudeste|Field Sales|NULL|NULL|1|Veterano (2a+)",
            "2|Rui|Sênior|1|Alpha|Sudeste|Field Sales|1|Lia|0|Veterano (2a+)",
            "3|Eva|Pleno|1|Alpha|Sudeste|Field Sales|2|NULL|0|Veterano (2a+)",
            "4|Tom|Júnior|2|Beta|Sudeste|Vendas Diretas|3|NULL|0|Júnior (6-12m)",
            "8|Noa|Júnior|NULL|NULL|NULL|NULL|NULL|NULL|0|Novato (<6m)",
        ]
    );
    assert_eq!((months(&rows[3]), months(&rows[4])), (8, 0));
}

#[tokio::test]
async fn seniority_turns_on_the_anniversary() {
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
        dw.execute(&format!("UPDATE dim.DIM_VENDEDOR SET data_contratacao = {hired} WHERE vendedor_id = 3")).await;
        let rows = dw.rows("SELECT nivel_senioridade FROM dim.VW_VENDEDORES_ATIVOS WHERE vendedor_id = 3").await;
        assert_eq!(rows, [level], "{months} months and {days} days");
        let rows = dw.rows("SELECT nivel_senioridade FROM dim.VW_HIERARQUIA_VENDEDORES WHERE vendedor_id = 3").await;
        assert_eq!(rows, [level]);
    }
}

#[tokio::test]
async fn the_hierarchy_has_two_managers_and_a_level() {
    let mut dw = Dw::new().await;
    let rows = dw
        .rows(
            "SELECT vendedor_id, nome_vendedor, cargo, nivel_senioridade, equipe_id, nome_equipe, gerente_direto_id, \
             gerente_direto_nome, gerente_direto_cargo, gerente_nivel2_id, gerente_nivel2_nome, nivel_hierarquico, eh_lider, \
             eh_ativo FROM dim.VW_HIERARQUIA_VENDEDORES WHERE vendedor_id <> 5 ORDER BY vendedor_id",
        )
        .await;
    assert_eq!(
        rows,
        [
            "1|Lia|Lider Comercial|Especialista|1|Alpha|NULL|NULL|NULL|NULL|NULL|1|1|1",
            "2|Rui|Consultor|Sênior|1|Alpha|1|Lia|Lider Comercial|NULL|NULL|2|0|1",
            "3|Eva|Consultor|Pleno|1|Alpha|2|Rui|Consultor|1|Lia|3|0|1",
            "4|Tom|Consultor|Júnior|2|Beta|3|Eva|Consultor|2|Rui|4|0|1",
            "8|Noa|Consultor|Júnior|NULL|NULL|NULL|NULL|NULL|NULL|NULL|1|0|1",
        ]
    );
    let inactive =
        dw.rows("SELECT nome_vendedor, eh_ativo FROM dim.VW_HIERARQUIA_VENDEDORES WHERE vendedor_id = 5").await;
    assert_eq!(inactive, ["Ivo|0"]);
}

#[tokio::test]
async fn teams_count_their_active_sellers_by_seniority() {
    let mut dw = Dw::new().await;
    let rows = dw.rows("SELECT * FROM dim.VW_ANALISE_EQUIPE_VENDEDORES ORDER BY equipe_id").await;
    assert_eq!(
        rows,
        [
            // 100,000.00 and 50,000.01: the mean of the two targets is rounded up, Eva has none.
            "1|Alpha|Field Sales|Sudeste|3|1|15000001|7500001|50000000|34999999|0|1|2",
            "2|Beta|Vendas Diretas|Sudeste|1|0|20000|20000|30000000|29980000|1|0|0",
            "3|Gama|Inside Sales|NULL|0|0|0|NULL|NULL|NULL|0|0|0",
            "7|Nova|Key Accounts|NULL|0|0|0|NULL|NULL|NULL|0|0|0",
            "8|Eco|E-commerce|Sul|0|0|0|NULL|30000000|30000000|0|0|0",
        ]
    );
}

#[tokio::test]
async fn active_teams_have_a_size_and_a_target_a_head() {
    let mut dw = Dw::new().await;
    let rows = dw
        .rows(
            "SELECT equipe_id, nome_equipe, tipo_equipe, regional, meta_mensal_equipe, qtd_membros_atual, vagas_em_aberto, \
             meta_mensal_per_capita, porte_equipe, lider_equipe_id, nome_lider FROM dim.VW_EQUIPES_ATIVAS ORDER BY equipe_id",
        )
        .await;
    assert_eq!(
        rows,
        [
            "1|Alpha|Field Sales|Sudeste|50000000|3|2|16666667|Pequena (1-4)|1|Lia",
            "2|Beta|Vendas Diretas|Sudeste|30000000|10|0|3000000|Grande (10+)|NULL|NULL",
            "3|Gama|Inside Sales|NULL|NULL|0|NULL|NULL|Vazia (0)|NULL|NULL",
            "8|Eco|E-commerce|Sul|30000000|7|NULL|4285714|Média (5-9)|NULL|NULL",
        ]
    );
    assert_eq!(dw.rows("SELECT meses_ativa FROM dim.VW_EQUIPES_ATIVAS WHERE equipe_id = 1").await, ["7"]);
}

#[tokio::test]
async fn teams_are_ranked_by_target_and_equal_targets_by_key() {
    let mut dw = Dw::new().await;
    let rows = dw.rows("SELECT * FROM dim.VW_RANKING_EQUIPES_META ORDER BY ranking_geral").await;
    assert_eq!(
        rows,
        [
            "1|1|1|Alpha|Field Sales|Sudeste|50000000|3|16666667|Top (500k+)",
            "2|2|2|Beta|Vendas Diretas|Sudeste|30000000|10|3000000|Alto (300k-500k)",
            "3|1|8|Eco|E-commerce|Sul|30000000|7|4285714|Alto (300k-500k)",
            "4|1|3|Gama|Inside Sales|NULL|NULL|0|NULL|Baixo (<150k)",
        ]
    );
}

/// Defect S29: Field Sales is counted.
#[tokio::test]
async fn regionals_count_every_type_of_team() {
    let mut dw = Dw::new().await;
    let rows = dw.rows("SELECT * FROM dim.VW_ANALISE_REGIONAL_EQUIPES ORDER BY regional").await;
    assert_eq!(
        rows,
        [
            "Sem regional|1|0|0|NULL|NULL|NULL|NULL|0|1|0|0",
            "Sudeste|2|13|80000000|40000000|30000000|50000000|6153846|2|0|0|0",
            "Sul|1|7|30000000|30000000|30000000|30000000|4285714|0|0|0|1",
        ]
    );
}

#[tokio::test]
async fn filters_offer_what_the_dashboards_show() {
    let mut dw = Dw::new().await;
    let mut list = Vec::new();
    for kind in [
        "estado",
        "regiao",
        "equipe",
        "regional",
        "tipo_equipe",
        "vendedor",
        "tipo_desconto",
        "metodo_desconto",
        "status_pedido",
    ] {
        let rows =
            dw.rows(&format!("SELECT valor FROM dim.VW_FILTROS_R1 WHERE tipo_filtro = '{kind}' ORDER BY ordem")).await;
        list.push(format!("{kind}: {}", rows.join(", ")));
    }
    assert_eq!(
        list,
        [
            "estado: MG, RJ, SP, NA",
            "regiao: Sudeste, Nao informado",
            "equipe: Alpha, Beta, Delta, Eco, Fim, Gama, Nova, Sem equipe",
            "regional: Sudeste, Sul, Sem regional",
            "tipo_equipe: E-commerce, Field Sales, Inside Sales, Key Accounts, Vendas Diretas, Nao informado",
            "vendedor: Eva, Ivo, Leo, Lia, Noa, Rui, Tom, Nao informado, Sem vendedor",
            "tipo_desconto: Cashback, Cupom, Nao informado",
            "metodo_desconto: Frete Grátis, Percentual, Nao informado",
            "status_pedido: Pendente, Pago, Faturado, Enviado, Entregue, Devolvido, Cancelado",
        ]
    );
    for (kind, column) in [
        ("estado", "estado"),
        ("regiao", "regiao_pais"),
        ("categoria", "categoria"),
        ("subcategoria", "subcategoria"),
        ("marca", "marca"),
        ("equipe", "nome_equipe"),
        ("vendedor", "nome_vendedor"),
        ("status_pedido", "status_pedido"),
    ] {
        let missing = dw
            .rows(&format!(
                "SELECT DISTINCT {column} FROM fact.VW_DASH_VENDAS_R1 EXCEPT SELECT valor FROM dim.VW_FILTROS_R1 WHERE tipo_filtro = '{kind}'"
            ))
            .await;
        assert!(missing.is_empty(), "{kind} lacks {missing:?}");
    }
}

/// Ruling 6: nothing but the key and the mark tells such members from others, whatever else their row says.
#[tokio::test]
async fn members_that_nobody_knows_count_nowhere() {
    let mut dw = Dw::new().await;
    let views = [
        "dim.VW_CLIENTES_ATIVOS",
        "dim.VW_CATALOGO_PRODUTOS",
        "dim.VW_CALENDARIO_COMPLETO",
        "dim.VW_PRODUTOS_ATIVOS",
        "dim.VW_HIERARQUIA_GEOGRAFICA",
        "dim.VW_DESCONTOS_ATIVOS",
        "dim.VW_VENDEDORES_ATIVOS",
        "dim.VW_HIERARQUIA_VENDEDORES",
        "dim.VW_ANALISE_EQUIPE_VENDEDORES",
        "dim.VW_EQUIPES_ATIVAS",
        "dim.VW_RANKING_EQUIPES_META",
        "dim.VW_ANALISE_REGIONAL_EQUIPES",
    ];
    let mut before = Vec::new();
    for view in views {
        before.push(dw.rows(&format!("SELECT * FROM {view} ORDER BY 1, 2")).await);
    }
    for (table, sets) in [
        ("CLIENTE", "eh_ativo = 1"),
        ("PRODUTO", "situacao = 'Ativo'"),
        ("REGIAO", "eh_ativo = 1"),
        ("EQUIPE", "eh_ativa = 1, situacao = 'Ativa', meta_mensal_equipe = 1, regional = 'Sul', qtd_membros_atual = 1"),
        ("VENDEDOR", "eh_ativo = 1, situacao = 'Ativo', equipe_id = 1, eh_lider = 1, meta_mensal_base = 1"),
        ("DESCONTO", "eh_ativo = 1, situacao = 'Ativo'"),
    ] {
        let key = format!("{}_id", table.to_ascii_lowercase());
        dw.execute(&format!("UPDATE dim.DIM_{table} SET {sets} WHERE {key} = -1 OR eh_inferido = 1")).await;
        dw.execute(&format!("UPDATE dim.DIM_{table} SET {sets} WHERE excluido_em IS NOT NULL")).await;
    }
    for (view, rows) in views.iter().zip(before) {
        assert_eq!(dw.rows(&format!("SELECT * FROM {view} ORDER BY 1, 2")).await, rows, "{view}");
    }
    // A team or a manager that nobody knows is no team and no manager.
    dw.execute("UPDATE dim.DIM_VENDEDOR SET equipe_id = -1, gerente_id = -1 WHERE vendedor_id IN (1, 2)").await;
    let rows = dw
        .rows(
            "SELECT a.vendedor_id, a.equipe_id, a.nome_equipe, a.gerente_id, h.equipe_id, h.gerente_direto_id, \
             h.gerente_nivel2_id, h.nivel_hierarquico FROM dim.VW_VENDEDORES_ATIVOS a \
             JOIN dim.VW_HIERARQUIA_VENDEDORES h ON h.vendedor_id = a.vendedor_id WHERE a.vendedor_id < 4 ORDER BY 1",
        )
        .await;
    assert_eq!(
        rows,
        ["1|NULL|NULL|NULL|NULL|NULL|NULL|1", "2|NULL|NULL|NULL|NULL|NULL|NULL|1", "3|1|Alpha|2|1|2|NULL|2"]
    );
    dw.execute("UPDATE dim.DIM_EQUIPE SET lider_equipe_id = -1 WHERE equipe_id = 1").await;
    assert_eq!(dw.rows("SELECT lider_equipe_id FROM dim.VW_EQUIPES_ATIVAS WHERE equipe_id = 1").await, ["NULL"]);
}

#[tokio::test]
async fn active_means_flag_and_status() {
    let mut dw = Dw::new().await;
    dw.execute("UPDATE dim.DIM_VENDEDOR SET situacao = 'Afastado' WHERE vendedor_id = 4").await;
    dw.execute("UPDATE dim.DIM_DESCONTO SET situacao = 'Esgotado' WHERE desconto_id = 7").await;
    assert_eq!(dw.number("SELECT COUNT(*) FROM dim.VW_VENDEDORES_ATIVOS WHERE vendedor_id = 4").await, 0);
    let team = dw.rows("SELECT total_vendedores FROM dim.VW_ANALISE_EQUIPE_VENDEDORES WHERE equipe_id = 2").await;
    assert_eq!(team, ["0"]);
    assert_eq!(dw.number("SELECT COUNT(*) FROM dim.VW_DESCONTOS_ATIVOS WHERE desconto_id = 7").await, 0);
}

#[tokio::test]
async fn classes_begin_at_their_bounds() {
    let mut dw = Dw::new().await;
    let cases = [
        (
            "PRODUTO",
            "avaliacao_media = 40, total_avaliacoes = 50",
            "selo_qualidade",
            "VW_CATALOGO_PRODUTOS",
            "Recomendado",
        ),
        ("PRODUTO", "avaliacao_media = 39", "selo_qualidade", "VW_CATALOGO_PRODUTOS", "Padrao"),
        ("PRODUTO", "preco_sugerido = 9999", "faixa_preco", "VW_CATALOGO_PRODUTOS", "Até R$ 100"),
        ("PRODUTO", "preco_sugerido = 10000", "faixa_preco", "VW_CATALOGO_PRODUTOS", "R$ 100 a R$ 500"),
        ("PRODUTO", "preco_sugerido = 50000", "faixa_preco", "VW_CATALOGO_PRODUTOS", "R$ 500 a R$ 1.000"),
        ("PRODUTO", "preco_sugerido = 100000", "faixa_preco", "VW_CATALOGO_PRODUTOS", "R$ 1.000 a R$ 3.000"),
        ("PRODUTO", "preco_sugerido = 100000", "faixa_preco", "VW_PRODUTOS_ATIVOS", "Médio"),
        ("PRODUTO", "preco_sugerido = 10000", "faixa_preco", "VW_PRODUTOS_ATIVOS", "Baixo"),
        ("PRODUTO", "preco_sugerido = 500000", "faixa_preco", "VW_PRODUTOS_ATIVOS", "Alto"),
        ("PRODUTO", "preco_sugerido = 500001", "faixa_preco", "VW_PRODUTOS_ATIVOS", "Premium"),
        ("REGIAO", "idh = 800", "classificacao_idh", "VW_HIERARQUIA_GEOGRAFICA", "Muito Alto (>=0.800)"),
        ("REGIAO", "idh = 700", "classificacao_idh", "VW_HIERARQUIA_GEOGRAFICA", "Alto (0.700-0.799)"),
        ("REGIAO", "idh = 600", "classificacao_idh", "VW_HIERARQUIA_GEOGRAFICA", "Médio (0.600-0.699)"),
        ("REGIAO", "idh = 599", "classificacao_idh", "VW_HIERARQUIA_GEOGRAFICA", "Baixo (<0.600)"),
        (
            "REGIAO",
            "populacao_estimada = 1000000",
            "classificacao_populacional",
            "VW_HIERARQUIA_GEOGRAFICA",
            "Grande (500k-1M)",
        ),
        (
            "REGIAO",
            "populacao_estimada = 500000",
            "classificacao_populacional",
            "VW_HIERARQUIA_GEOGRAFICA",
            "Médio (100k-500k)",
        ),
        (
            "REGIAO",
            "populacao_estimada = 100000",
            "classificacao_populacional",
            "VW_HIERARQUIA_GEOGRAFICA",
            "Pequeno (<100k)",
        ),
        ("EQUIPE", "qtd_membros_atual = 9", "porte_equipe", "VW_EQUIPES_ATIVAS", "Média (5-9)"),
        ("EQUIPE", "qtd_membros_atual = 5", "porte_equipe", "VW_EQUIPES_ATIVAS", "Média (5-9)"),
        ("EQUIPE", "qtd_membros_atual = 1", "porte_equipe", "VW_EQUIPES_ATIVAS", "Pequena (1-4)"),
        ("EQUIPE", "meta_mensal_equipe = 29999999", "faixa_meta", "VW_RANKING_EQUIPES_META", "Médio (150k-300k)"),
        ("EQUIPE", "meta_mensal_equipe = 15000000", "faixa_meta", "VW_RANKING_EQUIPES_META", "Médio (150k-300k)"),
        ("EQUIPE", "meta_mensal_equipe = 14999999", "faixa_meta", "VW_RANKING_EQUIPES_META", "Baixo (<150k)"),
    ];
    for (table, sets, column, view, class) in cases {
        let key = format!("{}_id", table.to_ascii_lowercase());
        dw.execute(&format!("UPDATE dim.DIM_{table} SET {sets} WHERE {key} = 1")).await;
        assert_eq!(
            dw.rows(&format!("SELECT {column} FROM dim.{view} WHERE {key} = 1")).await,
            [class],
            "{view}: {sets}"
        );
    }
    for (months, days, counted) in
        [(24, 0, "0|1|0"), (24, -1, "1|0|0"), (48, 0, "0|0|1"), (48, -1, "0|1|0"), (5, 0, "1|0|0")]
    {
        let hired = before_today(months, days);
        dw.execute(&format!("UPDATE dim.DIM_VENDEDOR SET data_contratacao = {hired} WHERE vendedor_id = 4")).await;
        let rows =
            dw.rows("SELECT juniors, plenos, seniors FROM dim.VW_ANALISE_EQUIPE_VENDEDORES WHERE equipe_id = 2").await;
        assert_eq!(rows, [counted], "{months} months and {days} days");
    }
    for (months, class) in
        [(5, "Novato (<6m)"), (6, "Júnior (6-12m)"), (12, "Intermediário (1-2a)"), (24, "Veterano (2a+)")]
    {
        let hired = before_today(months, 0);
        dw.execute(&format!("UPDATE dim.DIM_VENDEDOR SET data_contratacao = {hired} WHERE vendedor_id = 4")).await;
        let rows = dw.rows("SELECT tempo_casa_categoria FROM dim.VW_VENDEDORES_ATIVOS WHERE vendedor_id = 4").await;
        assert_eq!(rows, [class]);
    }
}

#[tokio::test]
async fn means_of_negative_amounts_are_rounded_away_from_zero() {
    let mut dw = Dw::new().await;
    dw.execute(
        "UPDATE dim.DIM_DESCONTO SET total_receita_gerada = -100, total_desconto_concedido = -100 WHERE desconto_id = 7",
    )
    .await;
    let rows = dw
        .rows("SELECT ticket_medio_com_desconto, desconto_medio_por_uso FROM dim.VW_DESCONTOS_ATIVOS WHERE desconto_id = 7")
        .await;
    assert_eq!(rows, ["-13|-13"]);
}
