-- Purpose: the sales dashboard: each sale line with what it is filtered and grouped by.
-- Corrected: a line is left out by its own excluido_em only, so that revenue is the same before and after a customer or
-- product is deleted (ruling 16). Missing members show as Sem vendedor, Sem equipe and Nao informado (ruling 7).
-- status_pedido is an addition and stands last: net revenue leaves out Cancelado, the view does not.
-- Outer joins keep the fact in front, so that a range of days is a range of its index and no line is ever lost.
CREATE VIEW fact.VW_DASH_VENDAS_R1 AS
SELECT
    f.venda_id,
    f.venda_original_id,
    f.numero_pedido,
    f.data_id,
    d.data_completa,
    d.ano,
    d.trimestre,
    d.mes,
    d.nome_mes,
    f.cliente_id,
    COALESCE(c.nome_cliente, 'Nao informado') AS nome_cliente,
    CASE WHEN c.cliente_id <> -1 AND c.eh_inferido = 0 THEN c.tipo_cliente ELSE 'Nao informado' END AS tipo_cliente,
    CASE WHEN c.cliente_id <> -1 AND c.eh_inferido = 0 THEN c.segmento ELSE 'Nao informado' END AS segmento,
    f.produto_id,
    COALESCE(p.nome_produto, 'Nao informado') AS nome_produto,
    COALESCE(p.categoria, 'Nao informado') AS categoria,
    COALESCE(p.subcategoria, 'Nao informado') AS subcategoria,
    COALESCE(p.marca, 'Nao informado') AS marca,
    f.regiao_id,
    COALESCE(r.estado, 'NA') AS estado,
    CASE WHEN r.regiao_id <> -1 AND r.eh_inferido = 0 THEN r.cidade ELSE 'Nao informado' END AS cidade,
    COALESCE(r.regiao_pais, 'Nao informado') AS regiao_pais,
    COALESCE(f.vendedor_id, -1) AS vendedor_id,
    CASE WHEN v.vendedor_id <> -1 THEN v.nome_vendedor ELSE 'Sem vendedor' END AS nome_vendedor,
    COALESCE(e.nome_equipe, 'Sem equipe') AS nome_equipe,
    f.quantidade_vendida,
    f.preco_unitario_tabela,
    f.valor_total_bruto,
    f.valor_total_descontos,
    f.valor_total_liquido,
    f.custo_total,
    f.valor_total_liquido - f.custo_total AS margem_bruta,
    f.quantidade_devolvida,
    f.valor_devolvido,
    f.percentual_comissao,
    f.valor_comissao,
    f.teve_desconto,
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
