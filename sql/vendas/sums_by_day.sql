-- Purpose: the sums of each day of a period. An order has one day, so its distinct number adds up over days.
-- Parameters: @P1 and @P2 first and last data_id; those of the filters, which stand where the comment is.
-- Locks: none beyond those of reading.
SELECT
    v.data_id,
    SUM(v.valor_total_liquido) AS liquido,
    SUM(v.valor_total_bruto) AS bruto,
    SUM(v.valor_total_descontos) AS descontos,
    SUM(v.custo_total) AS custo,
    SUM(v.valor_comissao) AS comissao,
    SUM(v.valor_devolvido) AS devolvido,
    SUM(CAST(v.quantidade_vendida AS BIGINT)) AS itens,
    SUM(CAST(v.quantidade_devolvida AS BIGINT)) AS devolvidas,
    COUNT(DISTINCT v.numero_pedido) AS pedidos
FROM fact.VW_DASH_VENDAS_CHAVES_R1 v
WHERE v.data_id BETWEEN @P1 AND @P2 /* filters */
GROUP BY v.data_id
ORDER BY v.data_id
