-- Purpose: composition of each active team: sellers, leaders, targets and seniority.
-- Corrected: sellers are linked to their team. Seniority comes from the date of hire when the view is read, so that
-- unaccented or outdated levels count too. Inferred members, the member -1 and deleted rows count nowhere. A team
-- without sellers has sums of 0, and no mean.
-- Types: soma_metas_individuais and diferenca_metas DECIMAL(18,2), media_meta_por_vendedor DECIMAL(15,2) rounded half
-- away from zero over the sellers that have a target, counts INT.
CREATE VIEW dim.VW_ANALISE_EQUIPE_VENDEDORES AS
SELECT
    e.equipe_id,
    e.nome_equipe,
    e.tipo_equipe,
    e.regional,
    CAST(COALESCE(s.total_vendedores, 0) AS INT) AS total_vendedores,
    CAST(COALESCE(s.total_lideres, 0) AS INT) AS total_lideres,
    CAST(COALESCE(s.soma_metas, 0) AS DECIMAL(18,2)) AS soma_metas_individuais,
    CAST(ROUND(
        CAST(s.soma_metas AS DECIMAL(38,20)) / NULLIF(s.com_meta, 0),
        2) AS DECIMAL(15,2)) AS media_meta_por_vendedor,
    e.meta_mensal_equipe AS meta_oficial_equipe,
    CAST(e.meta_mensal_equipe - COALESCE(s.soma_metas, 0) AS DECIMAL(18,2)) AS diferenca_metas,
    CAST(COALESCE(s.juniors, 0) AS INT) AS juniors,
    CAST(COALESCE(s.plenos, 0) AS INT) AS plenos,
    CAST(COALESCE(s.seniors, 0) AS INT) AS seniors
FROM dim.DIM_EQUIPE e
LEFT JOIN (
    SELECT
        t.equipe_id,
        COUNT(*) AS total_vendedores,
        SUM(CAST(t.eh_lider AS INT)) AS total_lideres,
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
            (CAST(CONVERT(CHAR(8), CAST(SYSUTCDATETIME() AS DATE), 112) AS INT)
                - CAST(CONVERT(CHAR(8), v.data_contratacao, 112) AS INT)) / 10000 AS anos
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
