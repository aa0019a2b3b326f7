-- Purpose: how many sale lines a period has.
-- Parameters: @P1 and @P2 first and last data_id; those of the filters, which stand where the comment is.
-- Locks: none beyond those of reading.
SELECT CAST(COUNT(*) AS BIGINT) AS linhas
FROM fact.VW_DASH_VENDAS_CHAVES_R1 v
WHERE v.data_id BETWEEN @P1 AND @P2 /* filters */
