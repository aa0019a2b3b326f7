-- Purpose: composition of each active team: sellers, leaders, targets and seniority.
-- Corrected: sellers are linked to their team. Seniority comes from the date of hire when the view is read, so that
-- unaccented or outdated levels count too. Inferred members, the member -1 and deleted rows count nowhere. A team
-- without sellers has sums of 0, and no mean.
-- Types: soma_metas_individuais and diferenca_metas DECIMAL(15,2), media_meta_por_vendedor DECIMAL(15,2) rounded half
-- away from zero over the sellers that have a target.
CREATE VIEW dim.VW_ANALISE_EQUIPE_VENDEDORES AS
SELECT
    e.equipe_id,
    e.nome_equipe,
    e.tipo_equipe,
    e.regional,
    COALESCE(s.total_vendedores, 0) AS total_vendedores,
    COALESCE(s.total_lideres, 0) AS total_lideres,
    COALESCE(s.soma_metas, 0) AS soma_metas_individuais,
    CASE WHEN s.com_meta > 0 THEN (2 * s.soma_metas + s.com_meta) / (2 * s.com_meta) END AS media_meta_por_vendedor,
    e.meta_mensal_equipe AS meta_oficial_equipe,
    e.meta_mensal_equipe - COALESCE(s.soma_metas, 0) AS diferenca_metas,
    COALESCE(s.juniors, 0) AS juniors,
    COALESCE(s.plenos, 0) AS plenos,
    COALESCE(s.seniors, 0) AS seniors
FROM dim.DIM_EQUIPE e
LEFT JOIN (
    SELECT
        t.equipe_id,
        COUNT(*) AS total_vendedores,
        SUM(t.eh_lider) AS total_lideres,
        SUM(t.meta_mensal_base) AS soma_metas,
        COUNT(t.meta_mensal_base) AS com_meta,
        SUM(CASE WHEN t.anos < 2 THEN 1 ELSE 0 END) AS juniors,
        SUM(CASE WHEN t.anos >= 2 AND t.anos < 4 THEN 1 ELSE 0 END) AS plenos,
        SUM(CASE WHEN t.anos >= 4 THEN 1 ELSE 0 END) AS seniors
    FROM (
        SELECT
            v.equipe_id,
            v.eh_lider,
            v.meta_mensal_base,
            (CAST(strftime('%Y%m%d', 'now') AS INTEGER)
                - CAST(strftime('%Y%m%d', v.data_contratacao * 86400, 'unixepoch') AS INTEGER)) / 10000 AS anos
        FROM dim.DIM_VENDEDOR v
        WHERE v.eh_ativo = 1
            AND v.situacao = 'Ativo'
            AND v.excluido_em IS NULL
            AND v.eh_inferido = 0
            AND v.vendedor_id <> -1
    ) t
    GROUP BY t.equipe_id
) s ON s.equipe_id = e.equipe_id
WHERE e.eh_ativa = 1
    AND e.excluido_em IS NULL
    AND e.eh_inferido = 0
    AND e.equipe_id <> -1;
