-- Purpose: rank and quartile of the targets of a month by the realized amount that they store (ruling 18). Deleted targets and
--          those of the member -1 or of inferred sellers have none.
-- Parameters: @P1 highest group of this step.
-- Locks: none; the caller updates what differs.
SELECT f.meta_id, x.posicao AS ranking_periodo,
       CASE x.quartil WHEN 1 THEN 'Q1' WHEN 2 THEN 'Q2' WHEN 3 THEN 'Q3' WHEN 4 THEN 'Q4' ELSE NULL END AS quartil_performance
FROM ctl.etl_affected_group g
JOIN fact.FACT_METAS f ON f.data_id = g.group_id
LEFT JOIN (
    SELECT m.meta_id,
           DENSE_RANK() OVER (PARTITION BY m.data_id ORDER BY m.valor_realizado DESC) AS posicao,
           NTILE(4) OVER (PARTITION BY m.data_id ORDER BY m.valor_realizado DESC, v.vendedor_original_id) AS quartil
    FROM ctl.etl_affected_group h
    JOIN fact.FACT_METAS m ON m.data_id = h.group_id
    JOIN dim.DIM_VENDEDOR v ON v.vendedor_id = m.vendedor_id
    WHERE h.group_kind = 'mes' AND h.group_id <= @P1 AND m.excluido_em IS NULL AND v.vendedor_id <> -1 AND v.eh_inferido = 0
) x ON x.meta_id = f.meta_id
WHERE g.group_kind = 'mes' AND g.group_id <= @P1
