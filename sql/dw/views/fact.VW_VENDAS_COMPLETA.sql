-- Purpose: each sale line with all its dimensions and computed measures, for analysts.
-- Corrected: dia_semana comes from dia_da_semana, the name that the table has. A line is left out by its own excluido_em
-- only, so that a deleted customer or product keeps his history (ruling 16). A line without seller or team says so.
-- Types: margem_percentual DECIMAL(15,2), no less than the smallest value of its type, and preco_medio_unitario
-- DECIMAL(15,2), rounded half away from zero. teve_devolucao and eh_venda_direta (no seller) BIT. status_pedido is an
-- addition and stands last.
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
    CAST(COALESCE(c.nome_cliente, 'Nao informado') AS VARCHAR(200)) AS nome_cliente,
    CAST(CASE
        WHEN c.cliente_id <> -1 AND c.eh_inferido = 0 THEN c.tipo_cliente ELSE 'Nao informado'
    END AS VARCHAR(20)) AS tipo_cliente,
    CAST(CASE
        WHEN c.cliente_id <> -1 AND c.eh_inferido = 0 THEN c.segmento ELSE 'Nao informado'
    END AS VARCHAR(20)) AS segmento,
    c.pais AS cliente_pais,
    c.estado AS cliente_estado,
    c.cidade AS cliente_cidade,
    f.produto_id,
    CAST(COALESCE(p.nome_produto, 'Nao informado') AS VARCHAR(200)) AS nome_produto,
    p.codigo_sku,
    CAST(COALESCE(p.categoria, 'Nao informado') AS VARCHAR(50)) AS categoria,
    CAST(COALESCE(p.subcategoria, 'Nao informado') AS VARCHAR(50)) AS subcategoria,
    CAST(COALESCE(p.marca, 'Nao informado') AS VARCHAR(50)) AS marca,
    CAST(COALESCE(p.nome_fornecedor, 'Nao informado') AS VARCHAR(150)) AS nome_fornecedor,
    f.regiao_id,
    CAST(CASE
        WHEN r.regiao_id <> -1 AND r.eh_inferido = 0 THEN r.cidade ELSE 'Nao informado'
    END AS VARCHAR(100)) AS regiao_entrega_cidade,
    CAST(COALESCE(r.estado, 'NA') AS CHAR(2)) AS regiao_entrega_estado,
    CAST(COALESCE(r.regiao_pais, 'Nao informado') AS VARCHAR(30)) AS regiao_entrega_regional,
    CAST(COALESCE(f.vendedor_id, -1) AS INT) AS vendedor_id,
    CAST(CASE WHEN v.vendedor_id <> -1 THEN v.nome_vendedor ELSE 'Sem vendedor' END AS VARCHAR(200)) AS nome_vendedor,
    CAST(CASE WHEN v.vendedor_id <> -1 THEN v.cargo END AS VARCHAR(50)) AS vendedor_cargo,
    e.equipe_id,
    CAST(COALESCE(e.nome_equipe, 'Sem equipe') AS VARCHAR(120)) AS nome_equipe,
    e.tipo_equipe,
    e.regional AS equipe_regional,
    f.quantidade_vendida,
    f.quantidade_devolvida,
    CAST(f.quantidade_vendida - f.quantidade_devolvida AS INT) AS quantidade_liquida,
    f.preco_unitario_tabela,
    f.valor_total_bruto,
    f.valor_total_descontos,
    f.valor_total_liquido,
    f.custo_total,
    f.valor_devolvido,
    CAST(f.valor_total_liquido - f.custo_total AS DECIMAL(15,2)) AS lucro_bruto,
    CAST(CASE
        WHEN q.margem < -9999999999999.99 THEN -9999999999999.99 ELSE q.margem
    END AS DECIMAL(15,2)) AS margem_percentual,
    CAST(ROUND(
        CAST(f.valor_total_liquido AS DECIMAL(38,20)) / NULLIF(f.quantidade_vendida, 0),
        2) AS DECIMAL(15,2)) AS preco_medio_unitario,
    f.percentual_comissao,
    f.valor_comissao,
    f.teve_desconto,
    CAST(CASE WHEN f.quantidade_devolvida > 0 THEN 1 ELSE 0 END AS BIT) AS teve_devolucao,
    CAST(CASE WHEN COALESCE(f.vendedor_id, -1) = -1 THEN 1 ELSE 0 END AS BIT) AS eh_venda_direta,
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
CROSS APPLY (
    SELECT
        CASE
            WHEN f.valor_total_liquido > 0
                THEN ROUND(
                    CAST(100 * (f.valor_total_liquido - f.custo_total) AS DECIMAL(38,20)) / f.valor_total_liquido,
                    2)
            ELSE 0
        END AS margem
) q
WHERE f.excluido_em IS NULL;
