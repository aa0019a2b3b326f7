-- Purpose: each discount with campaign, date, customer and product, for analysts.
-- Corrected: a discount is left out by its own excluido_em only. An unknown margin is Nao informado instead of healthy.
-- situacao_campanha is an addition: a campaign that is past is Expirado from that moment, whenever it was loaded.
-- Types: roi_desconto DECIMAL(12,4), rounded half away from zero, 0 without a discount, at most the largest value of its
-- type, so that one discount cannot fail the view. desconto_aprovado BIT, labels VARCHAR.
CREATE VIEW fact.VW_DESCONTOS_COMPLETA AS
SELECT
    f.desconto_aplicado_id,
    f.desconto_id,
    f.venda_id,
    f.numero_pedido,
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
    f.data_aplicacao_id,
    d.data_completa AS data_aplicacao,
    d.ano,
    d.mes,
    d.nome_mes,
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
        WHEN c.desconto_id IS NULL OR c.desconto_id = -1 OR c.eh_inferido = 1 THEN 'Nao informado'
        WHEN c.situacao IN ('Ativo', 'Pausado') AND c.data_fim_validade < CAST(SYSUTCDATETIME() AS DATETIME)
            THEN 'Expirado'
        ELSE c.situacao
    END AS VARCHAR(20)) AS situacao_campanha
FROM fact.FACT_DESCONTOS f
JOIN dim.DIM_DATA d ON d.data_id = f.data_aplicacao_id
LEFT JOIN dim.DIM_DESCONTO c ON c.desconto_id = f.desconto_id
LEFT JOIN dim.DIM_CLIENTE k ON k.cliente_id = f.cliente_id
LEFT JOIN dim.DIM_PRODUTO p ON p.produto_id = f.produto_id
CROSS APPLY (
    SELECT
        CASE
            WHEN f.valor_desconto_aplicado > 0
                THEN ROUND(
                    CAST(f.valor_com_desconto - f.valor_desconto_aplicado AS DECIMAL(38,20)) / f.valor_desconto_aplicado,
                    4)
            ELSE 0
        END AS roi
) q
WHERE f.excluido_em IS NULL;
