//! Every view of contract 02 and 04 exists with the contract's columns in the contract's order, typed here as the contract
//! lists them, not taken from the catalogue.

use dw_core::catalog::views::VIEWS;

use crate::fixture::Dw;

/// View and columns. Of 2.5 the contract names the measures alone; their lists are those of the product.
const CONTRACT: &[(&str, &str)] = &[
    (
        "dim.VW_CLIENTES_ATIVOS",
        "cliente_id, cliente_original_id, nome_cliente, email, telefone, tipo_cliente, segmento, cidade, estado, pais, \
         data_primeiro_cadastro, data_ultima_compra, total_compras_historico, valor_total_gasto_historico, \
         ticket_medio_historico, eh_cliente_vip, aceita_email_marketing, dias_desde_ultima_compra",
    ),
    (
        "dim.VW_CATALOGO_PRODUTOS",
        "produto_id, codigo_sku, nome_produto, categoria, subcategoria, marca, nome_fornecedor, preco_sugerido, \
         avaliacao_media, total_avaliacoes, disponibilidade, faixa_preco, selo_qualidade",
    ),
    (
        "dim.VW_CALENDARIO_COMPLETO",
        "data_id, data_completa, ano, trimestre, mes, nome_mes, dia_semana, nome_dia_semana, eh_fim_de_semana, eh_feriado, \
         nome_feriado, eh_dia_util, periodo_desc, semana_ano, dia_ano, dias_no_mes, eh_ultimo_dia_mes",
    ),
    (
        "dim.VW_PRODUTOS_ATIVOS",
        "produto_id, produto_original_id, codigo_sku, nome_produto, marca, categoria, subcategoria, fornecedor_id, \
         nome_fornecedor, peso_kg, dimensoes, preco_sugerido, custo_medio, margem_sugerida, markup_percentual, \
         hierarquia_completa, faixa_preco, data_cadastro, data_ultima_atualizacao",
    ),
    (
        "dim.VW_HIERARQUIA_GEOGRAFICA",
        "regiao_id, regiao_original_id, pais, regiao_pais, estado, nome_estado, cidade, codigo_ibge, cep_inicial, cep_final, \
         ddd, tipo_municipio, porte_municipio, populacao_estimada, area_km2, densidade_demografica, pib_per_capita, idh, \
         latitude, longitude, fuso_horario, hierarquia_completa, classificacao_populacional, classificacao_idh, eh_capital, \
         codigo_estado_ddd",
    ),
    (
        "dim.VW_DESCONTOS_ATIVOS",
        "desconto_id, desconto_original_id, codigo_desconto, nome_campanha, descricao, tipo_desconto, metodo_desconto, \
         valor_desconto, min_valor_compra_regra, max_valor_desconto_regra, max_usos_por_cliente, max_usos_total, aplica_em, \
         restricao_produtos, restricao_clientes, data_inicio_validade, data_fim_validade, status_validade, dias_ate_expirar, \
         total_usos_realizados, total_receita_gerada, total_desconto_concedido, origem_campanha, canal_divulgacao, \
         eh_cumulativo, requer_aprovacao, ticket_medio_com_desconto, desconto_medio_por_uso",
    ),
    (
        "dim.VW_VENDEDORES_ATIVOS",
        "vendedor_id, vendedor_original_id, nome_vendedor, nome_exibicao, email, cargo, nivel_senioridade, equipe_id, \
         nome_equipe, regional, tipo_equipe, gerente_id, nome_gerente, eh_lider, estado_atuacao, cidade_atuacao, \
         tipo_vendedor, meta_mensal_base, percentual_comissao_padrao, data_contratacao, meses_na_empresa, tempo_casa_categoria",
    ),
    (
        "dim.VW_HIERARQUIA_VENDEDORES",
        "vendedor_id, nome_vendedor, cargo, nivel_senioridade, equipe_id, nome_equipe, gerente_direto_id, \
         gerente_direto_nome, gerente_direto_cargo, gerente_nivel2_id, gerente_nivel2_nome, nivel_hierarquico, eh_lider, \
         eh_ativo",
    ),
    (
        "dim.VW_ANALISE_EQUIPE_VENDEDORES",
        "equipe_id, nome_equipe, tipo_equipe, regional, total_vendedores, total_lideres, soma_metas_individuais, \
         media_meta_por_vendedor, meta_oficial_equipe, diferenca_metas, juniors, plenos, seniors",
    ),
    (
        "dim.VW_EQUIPES_ATIVAS",
        "equipe_id, equipe_original_id, nome_equipe, codigo_equipe, tipo_equipe, categoria_equipe, regional, estado_sede, \
         cidade_sede, meta_mensal_equipe, meta_trimestral_equipe, meta_anual_equipe, qtd_meta_vendas_mes, qtd_membros_atual, \
         qtd_membros_ideal, vagas_em_aberto, meta_mensal_per_capita, porte_equipe, lider_equipe_id, nome_lider, email_lider, \
         data_criacao, meses_ativa",
    ),
    (
        "dim.VW_RANKING_EQUIPES_META",
        "ranking_geral, ranking_regional, equipe_id, nome_equipe, tipo_equipe, regional, meta_mensal_equipe, \
         qtd_membros_atual, meta_per_capita, faixa_meta",
    ),
    (
        "dim.VW_ANALISE_REGIONAL_EQUIPES",
        "regional, total_equipes, total_vendedores, meta_mensal_regional, meta_media_por_equipe, menor_meta, maior_meta, \
         meta_per_capita_regional, equipes_diretas, equipes_inside, equipes_key_accounts, equipes_ecommerce",
    ),
    (
        "fact.VW_DASH_VENDAS_R1",
        "venda_id, venda_original_id, numero_pedido, data_id, data_completa, ano, trimestre, mes, nome_mes, cliente_id, \
         nome_cliente, tipo_cliente, segmento, produto_id, nome_produto, categoria, subcategoria, marca, regiao_id, estado, \
         cidade, regiao_pais, vendedor_id, nome_vendedor, nome_equipe, quantidade_vendida, preco_unitario_tabela, \
         valor_total_bruto, valor_total_descontos, valor_total_liquido, custo_total, margem_bruta, quantidade_devolvida, \
         valor_devolvido, percentual_comissao, valor_comissao, teve_desconto, data_inclusao, data_atualizacao, status_pedido",
    ),
    (
        "fact.VW_DASH_METAS_R1",
        "meta_snapshot_id, data_id, data_completa, ano, trimestre, mes, nome_mes, vendedor_id, vendedor_original_id, \
         nome_vendedor, nome_equipe, equipe_id, regional, tipo_equipe, estado_atuacao, cidade_atuacao, valor_meta, \
         valor_realizado, gap_meta, percentual_atingido, meta_batida, meta_superada, ranking_periodo, quartil_performance, \
         itens_realizados, pedidos_realizados, data_atualizacao",
    ),
    (
        "fact.VW_DASH_DESCONTOS_R1",
        "desconto_aplicado_id, desconto_aplicado_original_id, venda_id, venda_original_id, numero_pedido, data_aplicacao_id, \
         data_completa, ano, trimestre, mes, nome_mes, desconto_id, desconto_original_id, codigo_desconto, nome_campanha, \
         tipo_desconto, metodo_desconto, origem_campanha, canal_divulgacao, cliente_id, nome_cliente, tipo_cliente, segmento, \
         produto_id, nome_produto, categoria, subcategoria, marca, regiao_id, estado, cidade, regiao_pais, vendedor_id, \
         nome_vendedor, nome_equipe, nivel_aplicacao, valor_sem_desconto, valor_desconto_aplicado, valor_com_desconto, \
         percentual_desconto_efetivo, margem_antes_desconto, margem_apos_desconto, impacto_margem, status_margem, \
         desconto_aprovado, motivo_rejeicao, roi_desconto, impacto_margem_pct_receita, data_inclusao, data_atualizacao",
    ),
    (
        "fact.VW_DASH_VENDAS_CHAVES_R1",
        "venda_id, numero_pedido, data_id, produto_id, regiao_id, vendedor_id, status_pedido, quantidade_vendida, valor_total_bruto, valor_total_descontos, valor_total_liquido, custo_total, quantidade_devolvida, valor_devolvido, valor_comissao",
    ),
    ("fact.VW_DASH_METAS_CHAVES_R1", "meta_id, data_id, vendedor_id, valor_meta"),
    ("dim.VW_DASH_PRODUTOS_R1", "produto_id, nome_produto, categoria, subcategoria, marca"),
    ("dim.VW_DASH_REGIOES_R1", "regiao_id, estado, regiao_pais"),
    ("dim.VW_DASH_VENDEDORES_R1", "vendedor_id, nome_vendedor, nome_equipe, regional"),
    (
        "audit.vw_connection_login_events_recent",
        "connection_event_id, event_time_utc, captured_by, session_id, login_name, host_name, program_name, database_name, \
         status, login_time, net_transport, protocol_type, client_net_address, client_tcp_port, encrypt_option, auth_scheme",
    ),
    (
        "fact.VW_DASH_ATUALIZACAO_R1",
        "entidade, tabela, ultima_carga_utc, watermark_utc, status, eh_ativa, linhas_gravadas, em_execucao_utc, lida_ate_utc",
    ),
    ("dim.VW_FILTROS_R1", "tipo_filtro, valor, ordem"),
    (
        "fact.VW_VENDAS_COMPLETA",
        "venda_id, numero_pedido, data_id, data_completa, ano, trimestre, mes, nome_mes, dia_semana, nome_dia_semana, \
         cliente_id, nome_cliente, tipo_cliente, segmento, cliente_pais, cliente_estado, cliente_cidade, produto_id, \
         nome_produto, codigo_sku, categoria, subcategoria, marca, nome_fornecedor, regiao_id, regiao_entrega_cidade, \
         regiao_entrega_estado, regiao_entrega_regional, vendedor_id, nome_vendedor, vendedor_cargo, equipe_id, nome_equipe, \
         tipo_equipe, equipe_regional, quantidade_vendida, quantidade_devolvida, quantidade_liquida, preco_unitario_tabela, \
         valor_total_bruto, valor_total_descontos, valor_total_liquido, custo_total, valor_devolvido, lucro_bruto, \
         margem_percentual, preco_medio_unitario, percentual_comissao, valor_comissao, teve_desconto, teve_devolucao, \
         eh_venda_direta, data_inclusao, data_atualizacao, status_pedido",
    ),
    (
        "fact.VW_METAS_COMPLETA",
        "meta_id, vendedor_id, data_id, data_periodo, ano, trimestre, mes, nome_mes, tipo_periodo, eh_periodo_fechado, \
         nome_vendedor, apelido_vendedor, cargo, nivel_senioridade, equipe_id, nome_equipe, tipo_equipe, regional, valor_meta, \
         quantidade_meta, valor_realizado, quantidade_realizada, percentual_atingido, gap_meta, ticket_medio_realizado, \
         ranking_periodo, quartil_performance, meta_batida, meta_superada, faixa_performance, data_inclusao, \
         data_ultima_atualizacao",
    ),
    (
        "fact.VW_DESCONTOS_COMPLETA",
        "desconto_aplicado_id, desconto_id, venda_id, numero_pedido, codigo_desconto, nome_campanha, tipo_desconto, \
         metodo_desconto, origem_campanha, data_aplicacao_id, data_aplicacao, ano, mes, nome_mes, cliente_id, nome_cliente, \
         tipo_cliente, segmento, produto_id, nome_produto, categoria, subcategoria, nivel_aplicacao, valor_sem_desconto, \
         valor_desconto_aplicado, valor_com_desconto, percentual_desconto_efetivo, margem_antes_desconto, \
         margem_apos_desconto, impacto_margem, status_margem, desconto_aprovado, motivo_rejeicao, roi_desconto, \
         situacao_campanha",
    ),
];

#[tokio::test]
async fn every_view_of_the_contract_has_its_columns_in_order() {
    let mut dw = Dw::empty().await;
    let mut found = dw.rows("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name").await;
    let mut expected: Vec<String> = CONTRACT.iter().map(|(view, _)| (*view).to_owned()).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    for (view, columns) in CONTRACT {
        let found = dw.rows(&format!("SELECT name FROM pragma_table_info('{view}') ORDER BY cid")).await;
        assert_eq!(found.join(", "), *columns, "{view}");
    }
}

#[tokio::test]
async fn the_catalogue_lists_the_same_columns() {
    let mut catalogue: Vec<(String, String)> = VIEWS
        .iter()
        .map(|view| {
            let columns: Vec<&str> = view.columns.iter().map(|(name, _)| *name).collect();
            (format!("{}.{}", view.schema, view.name), columns.join(", "))
        })
        .collect();
    let mut contract: Vec<(String, String)> =
        CONTRACT.iter().map(|(view, columns)| ((*view).to_owned(), (*columns).to_owned())).collect();
    catalogue.sort();
    contract.sort();
    assert_eq!(catalogue, contract);
}
