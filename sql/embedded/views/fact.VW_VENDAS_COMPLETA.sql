-- Purpose: each sale line with all its dimensions and computed measures, for analysts.
-- Corrected: dia_semana comes from dia_da_semana, the name that the table has. A line is left out by its own excluido_em
-- only, so that a deleted customer or product keeps his history (ruling 16). A line without seller or team says so.
-- Types: margem_percentual DECIMAL(15,2) and preco_medio_unitario DECIMAL(15,2), rounded half away from zero.
-- teve_devolucao and eh_venda_direta (no seller) BIT. status_pedido is an addition and stands last.
CREATE VIEW fact.VW_VENDAS_COMPLETA AS
SELECT
    f.venda_id,
    f.numero_pedido,
    f.data_id,
    d.data_completa,
    d.ano,
    d.trimestre,
    d.mes,
    d.nome_mes,
    d.dia_da_semana AS dia_semana,
    d.nome_dia_semana,
    f.cliente_id,
    COALESCE(c.nome_cliente, 'Nao informado') AS nome_cliente,
    CASE WHEN c.cliente_id <> -1 AND c.eh_inferido = 0 THEN c.tipo_cliente ELSE 'Nao informado' END AS tipo_cliente,
    CASE WHEN c.cliente_id <> -1 AND c.eh_inferido = 0 THEN c.segmento ELSE 'Nao informado' END AS segmento,
    c.pais AS cliente_pais,
    c.estado AS cliente_estado,
    c.cidade AS cliente_cidade,
    f.produto_id,
    COALESCE(p.nome_produto, 'Nao informado') AS nome_produto,
    p.codigo_sku,
    COALESCE(p.categoria, 'Nao informado') AS categoria,
    COALESCE(p.subcategoria, 'Nao informado') AS subcategoria,
    COALESCE(p.marca, 'Nao informado') AS marca,
    COALESCE(p.nome_fornecedor, 'Nao informado') AS nome_fornecedor,
    f.regiao_id,
    CASE WHEN r.regiao_id <> -1 AND r.eh_inferido = 0 THEN r.cidade ELSE 'Nao informado' END AS regiao_entrega_cidade,
    COALESCE(r.estado, 'NA') AS regiao_entrega_estado,
    COALESCE(r.regiao_pais, 'Nao informado') AS regiao_entrega_regional,
    COALESCE(f.vendedor_id, -1) AS vendedor_id,
    CASE WHEN v.vendedor_id <> -1 THEN v.nome_vendedor ELSE 'Sem vendedor' END AS nome_vendedor,
    CASE WHEN v.vendedor_id <> -1 THEN v.cargo END AS vendedor_cargo,
    e.equipe_id,
    COALESCE(e.nome_equipe, 'Sem equipe') AS nome_equipe,
    e.tipo_equipe,
    e.regional AS equipe_regional,
    f.quantidade_vendida,
    f.quantidade_devolvida,
    f.quantidade_vendida - f.quantidade_devolvida AS quantidade_liquida,
    f.preco_unitario_tabela,
    f.valor_total_bruto,
    f.valor_total_descontos,
    f.valor_total_liquido,
    f.custo_total,
    f.valor_devolvido,
    f.valor_total_liquido - f.custo_total AS lucro_bruto,
    CASE
        WHEN f.valor_total_liquido > 0
            THEN (20000 * (f.valor_total_liquido - f.custo_total)
                    + f.valor_total_liquido * SIGN(f.valor_total_liquido - f.custo_total))
                / (2 * f.valor_total_liquido)
        ELSE 0
    END AS margem_percentual,
    (2 * f.valor_total_liquido + f.quantidade_vendida) / (2 * f.quantidade_vendida) AS preco_medio_unitario,
    f.percentual_comissao,
    f.valor_comissao,
    f.teve_desconto,
    CASE WHEN f.quantidade_devolvida > 0 THEN 1 ELSE 0 END AS teve_devolucao,
    CASE WHEN COALESCE(f.vendedor_id, -1) = -1 THEN 1 ELSE 0 END AS eh_venda_direta,
    f.data_inclusao,
    f.data_atualizacao,
    f.status_pedido
FROM fact.FACT_VENDAS f
JOIN dim.DIM_DATA d ON d.data_id = f.data_id
LEFT JOIN dim.DIM_CLIENTE c ON c.cliente_id = f.cliente_id
LEFT JOIN dim.DIM_PRODUTO p ON p.produto_id = f.produto_id
LEFT JOIN dim.DIM_REGIAO r ON r.regiao_id = f.regiao_id
LEFT JOIN dim.DIM_VENDEDOR v ON v.vendedor_id = f.vendedor_id
LEFT JOIN dim.DIM_EQUIPE e ON e.equipe_id = v.equipe_id AND e.equipe_id <> -1 AND e.eh_inferido = 0
WHERE f.excluido_em IS NULL;
