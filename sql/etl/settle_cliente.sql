-- Purpose: what a customer has bought so far: orders, amount, mean ticket; not Cancelado, not deleted (defect S18).
-- Parameters: @P1 highest group of this step.
-- Locks: none; the caller updates what differs.
SELECT g.group_id AS cliente_id,
       COUNT(DISTINCT f.numero_pedido) AS total_compras_historico,
       COALESCE(SUM(f.valor_total_liquido), 0) AS valor_total_gasto_historico
FROM ctl.etl_affected_group g
LEFT JOIN fact.FACT_VENDAS f ON f.cliente_id = g.group_id AND f.excluido_em IS NULL AND f.status_pedido <> 'Cancelado'
WHERE g.group_kind = 'cliente' AND g.group_id <= @P1 AND g.group_id <> -1
GROUP BY g.group_id
