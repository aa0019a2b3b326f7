-- Purpose: each discount with campaign, date, customer and product, for analysts.
-- Corrected: a discount is left out by its own excluido_em only. An unknown margin is Nao informado instead of healthy.
-- situacao_campanha is an addition: a campaign that is past is Expirado from that moment, whenever it was loaded.
-- Types: roi_desconto DECIMAL(12,4), rounded half away from zero, 0 without a discount.
CREATE VIEW fact.VW_DESCONTOS_COMPLETA AS
SELECT
    f.desconto_aplicado_id,
    f.desconto_id,
    f.venda_id,
    f.numero_pedido,
    CASE WHEN c.desconto_id <> -1 THEN c.codigo_desconto ELSE 'Nao informado' END AS codigo_desconto,
    COALESCE(c.nome_campanha, 'Nao informado') AS nome_campanha,
    CASE WHEN c.desconto_id <> -1 AND c.eh_inferido = 0 THEN c.tipo_desconto ELSE 'Nao informado' END AS tipo_desconto,
    CASE
        WHEN c.desconto_id <> -1 AND c.eh_inferido = 0 THEN c.metodo_desconto ELSE 'Nao informado'
    END AS metodo_desconto,
    COALESCE(c.origem_campanha, 'Nao informado') AS origem_campanha,
    f.data_aplicacao_id,
    d.data_completa AS data_aplicacao,
    d.ano,
    d.mes,
    d.nome_mes,
    f.cliente_id,
    COALESCE(k.nome_cliente, 'Nao informado') AS nome_cliente,
    CASE WHEN k.cliente_id <> -1 AND k.eh_inferido = 0 THEN k.tipo_cliente ELSE 'Nao informado' END AS tipo_cliente,
    CASE WHEN k.cliente_id <> -1 AND k.eh_inferido = 0 THEN k.segmento ELSE 'Nao informado' END AS segmento,
    COALESCE(f.produto_id, -1) AS produto_id,
    COALESCE(p.nome_produto, 'Nao informado') AS nome_produto,
    COALESCE(p.categoria, 'Nao informado') AS categoria,
    COALESCE(p.subcategoria, 'Nao informado') AS subcategoria,
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
        WHEN c.desconto_id IS NULL OR c.desconto_id = -1 OR c.eh_inferido = 1 THEN 'Nao informado'
        WHEN c.situacao IN ('Ativo', 'Pausado') AND c.data_fim_validade < unixepoch() * 1000 THEN 'Expirado'
        ELSE c.situacao
    END AS situacao_campanha
FROM fact.FACT_DESCONTOS f
JOIN dim.DIM_DATA d ON d.data_id = f.data_aplicacao_id
LEFT JOIN dim.DIM_DESCONTO c ON c.desconto_id = f.desconto_id
LEFT JOIN dim.DIM_CLIENTE k ON k.cliente_id = f.cliente_id
LEFT JOIN dim.DIM_PRODUTO p ON p.produto_id = f.produto_id
WHERE f.excluido_em IS NULL;
