-- Purpose: whether a seller leads, and his title, for sellers who gained or lost a subordinate (ruling 11).
-- Parameters: @P1 highest group of this step.
-- Locks: none; the caller updates what differs.
SELECT v.vendedor_id,
       CASE WHEN EXISTS (SELECT 1 FROM dim.DIM_VENDEDOR q WHERE q.gerente_id = v.vendedor_id AND q.excluido_em IS NULL) THEN 1 ELSE 0 END AS eh_lider,
       CASE WHEN EXISTS (SELECT 1 FROM dim.DIM_VENDEDOR q WHERE q.gerente_id = v.vendedor_id AND q.excluido_em IS NULL) THEN 'Lider Comercial'
            WHEN v.tipo_vendedor = 'Interno' THEN 'Executivo Inside Sales'
            WHEN v.tipo_vendedor = 'Externo' THEN 'Executivo Field Sales'
            ELSE 'Consultor Comercial' END AS cargo
FROM ctl.etl_affected_group g
JOIN dim.DIM_VENDEDOR v ON v.vendedor_id = g.group_id
WHERE g.group_kind = 'gerente' AND g.group_id <= @P1 AND v.vendedor_id <> -1 AND v.eh_inferido = 0
