-- Purpose: what a team is by its sellers: leader, members, goals. Only active sellers count (defect S14); the goals of a quarter
--          and of a year are the real targets of the newest 3 and 12 target months, or 3 and 12 times the monthly base goal
--          where there is no target.
-- Parameters: @P1 highest group of this step.
-- Locks: none; the caller updates what differs.
SELECT e.equipe_id,
       l.vendedor_id AS lider_equipe_id,
       l.nome_vendedor AS nome_lider,
       l.email AS email_lider,
       COALESCE(m.meta, 0) AS meta_mensal_equipe,
       COALESCE(r.meta_3, 3 * COALESCE(m.meta, 0)) AS meta_trimestral_equipe,
       COALESCE(r.meta_12, 12 * COALESCE(m.meta, 0)) AS meta_anual_equipe,
       COALESCE(m.ativos, 0) AS qtd_membros_atual,
       CASE WHEN COALESCE(m.todos, 0) > 5 THEN m.todos ELSE 5 END AS qtd_membros_ideal
FROM ctl.etl_affected_group g
JOIN dim.DIM_EQUIPE e ON e.equipe_id = g.group_id
LEFT JOIN (
    SELECT v.equipe_id, COUNT(*) AS todos, SUM(CAST(v.eh_ativo AS INT)) AS ativos,
           SUM(CASE WHEN v.eh_ativo = 1 THEN COALESCE(v.meta_mensal_base, 0) ELSE 0 END) AS meta
    FROM dim.DIM_VENDEDOR v
    JOIN ctl.etl_affected_group h ON h.group_kind = 'equipe' AND h.group_id = v.equipe_id
    WHERE v.excluido_em IS NULL AND v.eh_inferido = 0
    GROUP BY v.equipe_id
) m ON m.equipe_id = e.equipe_id
LEFT JOIN (
    SELECT v.equipe_id, v.vendedor_id, v.nome_vendedor, v.email,
           ROW_NUMBER() OVER (PARTITION BY v.equipe_id ORDER BY CASE WHEN v.gerente_id IS NULL THEN 0 ELSE 1 END, v.vendedor_original_id) AS ordem
    FROM dim.DIM_VENDEDOR v
    JOIN ctl.etl_affected_group h ON h.group_kind = 'equipe' AND h.group_id = v.equipe_id
    WHERE v.excluido_em IS NULL AND v.eh_inferido = 0 AND v.eh_ativo = 1
) l ON l.equipe_id = e.equipe_id AND l.ordem = 1
LEFT JOIN (
    SELECT t.equipe_id,
           SUM(CASE WHEN t.mes_ordem <= 3 THEN t.valor_meta ELSE 0 END) AS meta_3,
           SUM(CASE WHEN t.mes_ordem <= 12 THEN t.valor_meta ELSE 0 END) AS meta_12
    FROM (
        SELECT v.equipe_id, f.valor_meta, DENSE_RANK() OVER (PARTITION BY v.equipe_id ORDER BY f.data_id DESC) AS mes_ordem
        FROM ctl.etl_affected_group h
        JOIN dim.DIM_VENDEDOR v ON v.equipe_id = h.group_id
        JOIN fact.FACT_METAS f ON f.vendedor_id = v.vendedor_id
        WHERE h.group_kind = 'equipe' AND f.excluido_em IS NULL AND v.excluido_em IS NULL AND v.eh_ativo = 1
    ) t
    GROUP BY t.equipe_id
) r ON r.equipe_id = e.equipe_id
WHERE g.group_kind = 'equipe' AND g.group_id <= @P1 AND e.equipe_id <> -1
