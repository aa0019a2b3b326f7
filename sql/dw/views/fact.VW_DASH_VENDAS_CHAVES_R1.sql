-- Purpose: each sale line with keys and measures alone, for sums over many lines: what VW_DASH_VENDAS_R1 shows, without the
-- joins to the names, which a sum does not need and an engine would carry out all the same. The names of the keys are in
-- dim.VW_DASH_PRODUTOS_R1, dim.VW_DASH_REGIOES_R1 and dim.VW_DASH_VENDEDORES_R1.
-- New. The same lines as VW_DASH_VENDAS_R1: every status, without deleted lines.
CREATE VIEW fact.VW_DASH_VENDAS_CHAVES_R1 AS
SELECT
    f.venda_id,
    f.numero_pedido,
    f.data_id,
    f.produto_id,
    f.regiao_id,
    CAST(COALESCE(f.vendedor_id, -1) AS INT) AS vendedor_id,
    f.status_pedido,
    f.quantidade_vendida,
    f.valor_total_bruto,
    f.valor_total_descontos,
    f.valor_total_liquido,
    f.custo_total,
    f.quantidade_devolvida,
    f.valor_devolvido,
    f.valor_comissao
FROM fact.FACT_VENDAS f
WHERE f.excluido_em IS NULL;
