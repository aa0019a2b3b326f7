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
    CAST(COALESCE(c.nome_cliente, 'Nao informado') AS VARCHAR(200)) AS nome_cliente,
    CAST(CASE
        WHEN c.cliente_id <> -1 AND c.eh_inferido = 0 THEN c.tipo_cliente ELSE 'Nao informado'
    END AS VARCHAR(20)) AS tipo_cliente,
    CAST(CASE
        WHEN c.cliente_id <> -1 AND c.eh_inferido = 0 THEN c.segmento ELSE 'Nao informado'
    END AS VARCHAR(20)) AS segmento,
    f.produto_id,
    CAST(COALESCE(p.nome_produto, 'Nao informado') AS VARCHAR(200)) AS nome_produto,
    CAST(COALESCE(p.categoria, 'Nao informado') AS VARCHAR(50)) AS categoria,
    CAST(COALESCE(p.subcategoria, 'Nao informado') AS VARCHAR(50)) AS subcategoria,
    CAST(COALESCE(p.marca, 'Nao informado') AS VARCHAR(50)) AS marca,
    f.regiao_id,
    CAST(COALESCE(r.estado, 'NA') AS CHAR(2)) AS estado,
    CAST(CASE
        WHEN r.regiao_id <> -1 AND r.eh_inferido = 0 THEN r.cidade ELSE 'Nao informado'
    END AS VARCHAR(100)) AS cidade,
    CAST(COALESCE(r.regiao_pais, 'Nao informado') AS VARCHAR(30)) AS regiao_pais,
    CAST(COALESCE(f.vendedor_id, -1) AS INT) AS vendedor_id,
    CAST(CASE WHEN v.vendedor_id <> -1 THEN v.nome_vendedor ELSE 'Sem vendedor' END AS VARCHAR(200)) AS nome_vendedor,
    CAST(COALESCE(e.nome_equipe, 'Sem equipe') AS VARCHAR(120)) AS nome_equipe,
    f.quantidade_vendida,
    f.preco_unitario_tabela,
    f.valor_total_bruto,
    f.valor_total_descontos,
    f.valor_total_liquido,
    f.custo_total,
    CAST(f.valor_total_liquido - f.custo_total AS DECIMAL(15,2)) AS margem_bruta,
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
