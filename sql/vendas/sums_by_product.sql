-- Purpose: the sums of each product, best first. Orders are not counted: one order has several products.
-- Parameters: @P1 and @P2 first and last data_id; those of the filters, which stand where the comment is.
-- Locks: none beyond those of reading. Keys are summed first, and names joined to the few sums.
SELECT
    n.nome_produto,
    n.categoria,
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
        v.produto_id,
        SUM(v.valor_total_liquido) AS liquido,
        SUM(v.valor_total_bruto) AS bruto,
        SUM(v.valor_total_descontos) AS descontos,
        SUM(v.custo_total) AS custo,
        SUM(v.valor_comissao) AS comissao,
        SUM(v.valor_devolvido) AS devolvido,
        SUM(CAST(v.quantidade_vendida AS BIGINT)) AS itens,
        SUM(CAST(v.quantidade_devolvida AS BIGINT)) AS devolvidas,
        CAST(0 AS BIGINT) AS pedidos
    FROM fact.VW_DASH_VENDAS_CHAVES_R1 v
    WHERE v.data_id BETWEEN @P1 AND @P2 /* filters */
    GROUP BY v.produto_id
) k
JOIN dim.VW_DASH_PRODUTOS_R1 n ON n.produto_id = k.produto_id
GROUP BY n.nome_produto, n.categoria
ORDER BY SUM(k.liquido) DESC, n.nome_produto, n.categoria
