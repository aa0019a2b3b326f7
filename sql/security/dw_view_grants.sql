-- Purpose: the role `dw_reader` and the views that it may read: no table, and no column that names a customer. It stands
--          at the end of the script `dw/views`, in one transaction with the views, because a view that is replaced loses its
--          grants. Names, e-mail addresses and numbers of customers, and addresses of sellers, stand in tables and in the
--          views for analysts, none of which is granted. `dw_reader_names` adds the names of customers to the sales and
--          discounts views, for a company that wants to show them; it has no member until somebody gives it one.
-- Parameters: none.
-- Locks: schema locks for a moment. A grant on columns, so that SELECT * on these two views is refused to `dw_reader`.
IF DATABASE_PRINCIPAL_ID(N'dw_reader') IS NULL CREATE ROLE dw_reader;
GO
IF DATABASE_PRINCIPAL_ID(N'dw_reader_names') IS NULL CREATE ROLE dw_reader_names;
GO

GRANT SELECT ON dim.VW_FILTROS_R1 TO dw_reader;
GRANT SELECT ON dim.VW_DASH_PRODUTOS_R1 TO dw_reader;
GRANT SELECT ON dim.VW_DASH_REGIOES_R1 TO dw_reader;
GRANT SELECT ON dim.VW_DASH_VENDEDORES_R1 TO dw_reader;
GRANT SELECT ON fact.VW_DASH_ATUALIZACAO_R1 TO dw_reader;
GRANT SELECT ON fact.VW_DASH_METAS_CHAVES_R1 TO dw_reader;
GRANT SELECT ON fact.VW_DASH_VENDAS_CHAVES_R1 TO dw_reader;
GRANT SELECT ON fact.VW_DASH_METAS_R1 TO dw_reader;
GO

GRANT SELECT (
    venda_id, venda_original_id, numero_pedido, data_id, data_completa, ano, trimestre, mes, nome_mes, cliente_id,
    tipo_cliente, segmento, produto_id, nome_produto, categoria, subcategoria, marca, regiao_id, estado, cidade,
    regiao_pais, vendedor_id, nome_vendedor, nome_equipe, quantidade_vendida, preco_unitario_tabela, valor_total_bruto,
    valor_total_descontos, valor_total_liquido, custo_total, margem_bruta, quantidade_devolvida, valor_devolvido,
    percentual_comissao, valor_comissao, teve_desconto, data_inclusao, data_atualizacao, status_pedido
) ON fact.VW_DASH_VENDAS_R1 TO dw_reader;
GRANT SELECT (nome_cliente) ON fact.VW_DASH_VENDAS_R1 TO dw_reader_names;
GO

GRANT SELECT (
    desconto_aplicado_id, desconto_aplicado_original_id, venda_id, venda_original_id, numero_pedido, data_aplicacao_id,
    data_completa, ano, trimestre, mes, nome_mes, desconto_id, desconto_original_id, codigo_desconto, nome_campanha,
    tipo_desconto, metodo_desconto, origem_campanha, canal_divulgacao, cliente_id, tipo_cliente, segmento, produto_id,
    nome_produto, categoria, subcategoria, marca, regiao_id, estado, cidade, regiao_pais, vendedor_id, nome_vendedor,
    nome_equipe, nivel_aplicacao, valor_sem_desconto, valor_desconto_aplicado, valor_com_desconto,
    percentual_desconto_efetivo, margem_antes_desconto, margem_apos_desconto, impacto_margem, status_margem,
    desconto_aprovado, motivo_rejeicao, roi_desconto, impacto_margem_pct_receita, data_inclusao, data_atualizacao
) ON fact.VW_DASH_DESCONTOS_R1 TO dw_reader;
GRANT SELECT (nome_cliente) ON fact.VW_DASH_DESCONTOS_R1 TO dw_reader_names;
GO
