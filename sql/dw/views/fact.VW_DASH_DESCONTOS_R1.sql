-- Purpose: the discounts dashboard: each discount with what it is filtered and grouped by, and its return.
-- Corrected: a discount is left out by its own excluido_em only. Missing members show as Sem vendedor, Sem equipe and
-- Nao informado. An unknown margin is Nao informado instead of healthy. The team is the one that the seller links to.
-- Types: roi_desconto and impacto_margem_pct_receita (a share, not a percentage) DECIMAL(12,4), rounded half away from
-- zero, 0 where there is no divisor, at most the largest value of their type, so that one discount cannot fail the view.
CREATE VIEW fact.VW_DASH_DESCONTOS_R1 AS
SELECT
    f.desconto_aplicado_id,
    f.desconto_aplicado_original_id,
    f.venda_id,
    s.venda_original_id,
    f.numero_pedido,
    f.data_aplicacao_id,
    d.data_completa,
    d.ano,
    d.trimestre,
    d.mes,
    d.nome_mes,
    f.desconto_id,
    c.desconto_original_id,
    CAST(CASE
        WHEN c.desconto_id <> -1 THEN c.codigo_desconto ELSE 'Nao informado'
    END AS VARCHAR(50)) AS codigo_desconto,
    CAST(COALESCE(c.nome_campanha, 'Nao informado') AS VARCHAR(150)) AS nome_campanha,
    CAST(CASE
        WHEN c.desconto_id <> -1 AND c.eh_inferido = 0 THEN c.tipo_desconto ELSE 'Nao informado'
    END AS VARCHAR(30)) AS tipo_desconto,
    CAST(CASE
        WHEN c.desconto_id <> -1 AND c.eh_inferido = 0 THEN c.metodo_desconto ELSE 'Nao informado'
    END AS VARCHAR(30)) AS metodo_desconto,
    CAST(COALESCE(c.origem_campanha, 'Nao informado') AS VARCHAR(50)) AS origem_campanha,
    CAST(COALESCE(c.canal_divulgacao, 'Nao informado') AS VARCHAR(50)) AS canal_divulgacao,
    f.cliente_id,
    CAST(COALESCE(k.nome_cliente, 'Nao informado') AS VARCHAR(200)) AS nome_cliente,
    CAST(CASE
        WHEN k.cliente_id <> -1 AND k.eh_inferido = 0 THEN k.tipo_cliente ELSE 'Nao informado'
    END AS VARCHAR(20)) AS tipo_cliente,
    CAST(CASE
        WHEN k.cliente_id <> -1 AND k.eh_inferido = 0 THEN k.segmento ELSE 'Nao informado'
    END AS VARCHAR(20)) AS segmento,
    CAST(COALESCE(f.produto_id, -1) AS INT) AS produto_id,
    CAST(COALESCE(p.nome_produto, 'Nao informado') AS VARCHAR(200)) AS nome_produto,
    CAST(COALESCE(p.categoria, 'Nao informado') AS VARCHAR(50)) AS categoria,
    CAST(COALESCE(p.subcategoria, 'Nao informado') AS VARCHAR(50)) AS subcategoria,
    CAST(COALESCE(p.marca, 'Nao informado') AS VARCHAR(50)) AS marca,
    s.regiao_id,
    CAST(COALESCE(r.estado, 'NA') AS CHAR(2)) AS estado,
    CAST(CASE
        WHEN r.regiao_id <> -1 AND r.eh_inferido = 0 THEN r.cidade ELSE 'Nao informado'
    END AS VARCHAR(100)) AS cidade,
    CAST(COALESCE(r.regiao_pais, 'Nao informado') AS VARCHAR(30)) AS regiao_pais,
    CAST(COALESCE(s.vendedor_id, -1) AS INT) AS vendedor_id,
    CAST(CASE WHEN v.vendedor_id <> -1 THEN v.nome_vendedor ELSE 'Sem vendedor' END AS VARCHAR(200)) AS nome_vendedor,
    CAST(COALESCE(e.nome_equipe, 'Sem equipe') AS VARCHAR(120)) AS nome_equipe,
    f.nivel_aplicacao,
    f.valor_sem_desconto,
    f.valor_desconto_aplicado,
    f.valor_com_desconto,
    f.percentual_desconto_efetivo,
    f.margem_antes_desconto,
    f.margem_apos_desconto,
    f.impacto_margem,
    CAST(CASE
        WHEN f.margem_apos_desconto < 0 THEN 'Prejuizo'
        WHEN f.margem_apos_desconto IS NULL OR f.margem_antes_desconto IS NULL THEN 'Nao informado'
        WHEN 10 * f.margem_apos_desconto < 3 * f.margem_antes_desconto THEN 'Margem critica'
        WHEN 10 * f.margem_apos_desconto < 6 * f.margem_antes_desconto THEN 'Margem reduzida'
        ELSE 'Margem saudavel'
    END AS VARCHAR(20)) AS status_margem,
    f.desconto_aprovado,
    f.motivo_rejeicao,
    CAST(CASE WHEN q.roi > 99999999.9999 THEN 99999999.9999 ELSE q.roi END AS DECIMAL(12,4)) AS roi_desconto,
    CAST(CASE
        WHEN q.impacto > 99999999.9999 THEN 99999999.9999
        WHEN q.impacto < -99999999.9999 THEN -99999999.9999
        ELSE q.impacto
    END AS DECIMAL(12,4)) AS impacto_margem_pct_receita,
    f.data_inclusao,
    f.data_atualizacao
FROM fact.FACT_DESCONTOS f
JOIN dim.DIM_DATA d ON d.data_id = f.data_aplicacao_id
LEFT JOIN dim.DIM_DESCONTO c ON c.desconto_id = f.desconto_id
LEFT JOIN dim.DIM_CLIENTE k ON k.cliente_id = f.cliente_id
LEFT JOIN dim.DIM_PRODUTO p ON p.produto_id = f.produto_id
LEFT JOIN fact.FACT_VENDAS s ON s.venda_id = f.venda_id
LEFT JOIN dim.DIM_REGIAO r ON r.regiao_id = s.regiao_id
LEFT JOIN dim.DIM_VENDEDOR v ON v.vendedor_id = s.vendedor_id
LEFT JOIN dim.DIM_EQUIPE e ON e.equipe_id = v.equipe_id AND e.equipe_id <> -1 AND e.eh_inferido = 0
CROSS APPLY (
    SELECT
        CASE
            WHEN f.valor_desconto_aplicado > 0
                THEN ROUND(
                    CAST(f.valor_com_desconto - f.valor_desconto_aplicado AS DECIMAL(38,20)) / f.valor_desconto_aplicado,
                    4)
            ELSE 0
        END AS roi,
        CASE
            WHEN f.valor_com_desconto > 0
                THEN ROUND(CAST(f.impacto_margem AS DECIMAL(38,20)) / f.valor_com_desconto, 4)
            ELSE 0
        END AS impacto
) q
WHERE f.excluido_em IS NULL;
