-- Purpose: the sums of each state, best first. An order has one region.
-- Parameters: @P1 and @P2 first and last data_id; those of the filters, which stand where the comment is.
-- Locks: none beyond those of reading. Keys are summed first, and names joined to the few sums.
SELECT
    n.estado,
    n.regiao_pais,
    SUM(k.liquido) AS liquido,
    SUM(k.bruto) AS bruto,
    SUM(k.descontos) AS descontos,
    SUM(k.custo) AS custo,
    SUM(k.comissao) AS comissao,
    SUM(k.devolvido) AS devolvido,
    SUM(k.itens) AS itens,
    SUM(k.devolvidas) AS devolvidas,
    SUM(k.pedidos) AS pedidos
FROM (
    SELECT
        v.regiao_id,
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
    GROUP BY v.regiao_id
) k
JOIN dim.VW_DASH_REGIOES_R1 n ON n.regiao_id = k.regiao_id
GROUP BY n.estado, n.regiao_pais
ORDER BY SUM(k.liquido) DESC, n.estado, n.regiao_pais
