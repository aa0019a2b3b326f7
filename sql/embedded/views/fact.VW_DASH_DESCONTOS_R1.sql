-- Purpose: the discounts dashboard: each discount with what it is filtered and grouped by, and its return.
-- Corrected: a discount is left out by its own excluido_em only. Missing members show as Sem vendedor, Sem equipe and
-- Nao informado. An unknown margin is Nao informado instead of healthy. The team is the one that the seller links to.
-- Types: roi_desconto and impacto_margem_pct_receita (a share, not a percentage) DECIMAL(12,4), rounded half away from
-- zero, 0 where there is no divisor.
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
    CASE WHEN c.desconto_id <> -1 THEN c.codigo_desconto ELSE 'Nao informado' END AS codigo_desconto,
    COALESCE(c.nome_campanha, 'Nao informado') AS nome_campanha,
    CASE WHEN c.desconto_id <> -1 AND c.eh_inferido = 0 THEN c.tipo_desconto ELSE 'Nao informado' END AS tipo_desconto,
    CASE
        WHEN c.desconto_id <> -1 AND c.eh_inferido = 0 THEN c.metodo_desconto ELSE 'Nao informado'
    END AS metodo_desconto,
    COALESCE(c.origem_campanha, 'Nao informado') AS origem_campanha,
    COALESCE(c.canal_divulgacao, 'Nao informado') AS canal_divulgacao,
    f.cliente_id,
    COALESCE(k.nome_cliente, 'Nao informado') AS nome_cliente,
    CASE WHEN k.cliente_id <> -1 AND k.eh_inferido = 0 THEN k.tipo_cliente ELSE 'Nao informado' END AS tipo_cliente,
    CASE WHEN k.cliente_id <> -1 AND k.eh_inferido = 0 THEN k.segmento ELSE 'Nao informado' END AS segmento,
    COALESCE(f.produto_id, -1) AS produto_id,
    COALESCE(p.nome_produto, 'Nao informado') AS nome_produto,
    COALESCE(p.categoria, 'Nao informado') AS categoria,
    COALESCE(p.subcategoria, 'Nao informado') AS subcategoria,
    COALESCE(p.marca, 'Nao informado') AS marca,
    s.regiao_id,
    COALESCE(r.estado, 'NA') AS estado,
    CASE WHEN r.regiao_id <> -1 AND r.eh_inferido = 0 THEN r.cidade ELSE 'Nao informado' END AS cidade,
    COALESCE(r.regiao_pais, 'Nao informado') AS regiao_pais,
    COALESCE(s.vendedor_id, -1) AS vendedor_id,
    CASE WHEN v.vendedor_id <> -1 THEN v.nome_vendedor ELSE 'Sem vendedor' END AS nome_vendedor,
    COALESCE(e.nome_equipe, 'Sem equipe') AS nome_equipe,
    f.nivel_aplicacao,
    f.valor_sem_desconto,
    f.valor_desconto_aplicado,
    f.valor_com_desconto,
    f.percentual_desconto_efetivo,
    f.margem_antes_desconto,
    f.margem_apos_desconto,
    f.impacto_margem,
    CASE
        WHEN f.margem_apos_desconto < 0 THEN 'Prejuizo'
        WHEN f.margem_apos_desconto IS NULL OR f.margem_antes_desconto IS NULL THEN 'Nao informado'
        WHEN 10 * f.margem_apos_desconto < 3 * f.margem_antes_desconto THEN 'Margem critica'
        WHEN 10 * f.margem_apos_desconto < 6 * f.margem_antes_desconto THEN 'Margem reduzida'
        ELSE 'Margem saudavel'
    END AS status_margem,
    f.desconto_aprovado,
    f.motivo_rejeicao,
    CASE
        WHEN f.valor_desconto_aplicado > 0
            THEN (20000 * (f.valor_com_desconto - f.valor_desconto_aplicado)
                    + f.valor_desconto_aplicado * SIGN(f.valor_com_desconto - f.valor_desconto_aplicado))
                / (2 * f.valor_desconto_aplicado)
        ELSE 0
    END AS roi_desconto,
    CASE
        WHEN f.valor_com_desconto > 0
            THEN (20000 * f.impacto_margem + f.valor_com_desconto * SIGN(f.impacto_margem))
                / (2 * f.valor_com_desconto)
        ELSE 0
    END AS impacto_margem_pct_receita,
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
WHERE f.excluido_em IS NULL;
