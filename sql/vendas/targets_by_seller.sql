-- Purpose: targets and sales of each seller over all the months.
-- Parameters: @P1 and @P2 first and last day of whole months, as data_id; those of the filters, which stand where the comment is.
-- Locks: none beyond those of reading. The rules are those of fact.VW_DASH_METAS_R1, which ranks all months before it can be
--        asked for a few; a test compares the two.
SELECT
    n.nome_vendedor,
    n.nome_equipe,
    CAST(SUM(t.meta) AS DECIMAL(38,2)) AS meta,
    CAST(SUM(t.realizado) AS DECIMAL(38,2)) AS realizado,
    SUM(CAST(CASE WHEN t.meta > 0 THEN 1 ELSE 0 END AS BIGINT)) AS com_meta,
    SUM(CAST(CASE WHEN t.meta > 0 AND t.realizado >= t.meta THEN 1 ELSE 0 END AS BIGINT)) AS batidas,
    SUM(CAST(CASE WHEN t.meta > 0 AND 5 * t.realizado >= 6 * t.meta THEN 1 ELSE 0 END AS BIGINT)) AS superadas
FROM (
    SELECT u.data_id, u.vendedor_id, SUM(u.meta) AS meta, SUM(u.realizado) AS realizado
    FROM (
        SELECT m.data_id, m.vendedor_id, m.valor_meta AS meta, CAST(0 AS DECIMAL(15,2)) AS realizado
        FROM fact.VW_DASH_METAS_CHAVES_R1 m
        WHERE m.data_id BETWEEN @P1 AND @P2
        UNION ALL
        SELECT v.data_id / 100 * 100 + 1, v.vendedor_id, CAST(0 AS DECIMAL(15,2)), SUM(v.valor_total_liquido)
        FROM fact.VW_DASH_VENDAS_CHAVES_R1 v
        WHERE v.data_id BETWEEN @P1 AND @P2 AND v.status_pedido <> 'Cancelado'
        GROUP BY v.data_id / 100 * 100 + 1, v.vendedor_id
    ) u
    GROUP BY u.data_id, u.vendedor_id
) t
JOIN dim.VW_DASH_VENDEDORES_R1 n ON n.vendedor_id = t.vendedor_id
WHERE 1 = 1 /* filters */
GROUP BY t.vendedor_id, n.nome_vendedor, n.nome_equipe
ORDER BY SUM(t.realizado) DESC, n.nome_vendedor
