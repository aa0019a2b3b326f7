-- Purpose: the discounts of each day.
-- Parameters: @P1 and @P2 first and last data_id; those of the filters, which stand where the comment is.
-- Locks: none beyond those of reading.
SELECT
    d.data_aplicacao_id AS dia,
    CAST(COUNT(*) AS BIGINT) AS aplicacoes,
    SUM(d.valor_desconto_aplicado) AS desconto,
    SUM(d.valor_com_desconto) AS receita,
    SUM(d.roi_desconto) AS soma_roi,
    SUM(d.impacto_margem) AS impacto,
    SUM(CAST(d.desconto_aprovado AS BIGINT)) AS aprovados
FROM fact.VW_DASH_DESCONTOS_R1 d
WHERE d.data_aplicacao_id BETWEEN @P1 AND @P2 /* filters */
GROUP BY d.data_aplicacao_id
ORDER BY d.data_aplicacao_id
