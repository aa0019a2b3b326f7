-- Purpose: the first and the last day with a sale.
-- Parameters: none.
-- Locks: none beyond those of reading. Two subqueries, because each is one seek of the index then.
SELECT
    (SELECT MIN(v.data_id) FROM fact.VW_DASH_VENDAS_CHAVES_R1 v WHERE v.data_id > 0) AS primeiro,
    (SELECT MAX(v.data_id) FROM fact.VW_DASH_VENDAS_CHAVES_R1 v WHERE v.data_id > 0) AS ultimo
