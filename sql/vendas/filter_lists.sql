-- Purpose: what can be chosen in the filters, in the order in which it is shown.
-- Parameters: none.
-- Locks: none beyond those of reading.
SELECT f.tipo_filtro, f.valor
FROM dim.VW_FILTROS_R1 f
WHERE f.tipo_filtro IN ('estado', 'regiao', 'categoria', 'equipe', 'vendedor', 'status_pedido')
ORDER BY f.tipo_filtro, f.ordem
