-- Purpose: active teams ranked by monthly target, over all and within their regional.
-- Corrected: equal targets are ranked by equipe_id, so that the ranking does not change from one read to the next.
-- Deleted teams, inferred members and the member -1 are not ranked. Teams without a target come last.
-- Types: both rankings BIGINT, meta_per_capita DECIMAL(15,2) rounded half away from zero, NULL without members.
CREATE VIEW dim.VW_RANKING_EQUIPES_META AS
SELECT
    CAST(ROW_NUMBER() OVER (ORDER BY e.meta_mensal_equipe DESC, e.equipe_id) AS BIGINT) AS ranking_geral,
    CAST(ROW_NUMBER() OVER (
        PARTITION BY e.regional
        ORDER BY e.meta_mensal_equipe DESC, e.equipe_id) AS BIGINT) AS ranking_regional,
    e.equipe_id,
    e.nome_equipe,
    e.tipo_equipe,
    e.regional,
    e.meta_mensal_equipe,
    e.qtd_membros_atual,
    CAST(ROUND(
        CAST(e.meta_mensal_equipe AS DECIMAL(38,20)) / NULLIF(e.qtd_membros_atual, 0),
        2) AS DECIMAL(15,2)) AS meta_per_capita,
    CAST(CASE
        WHEN e.meta_mensal_equipe >= 500000 THEN 'Top (500k+)'
        WHEN e.meta_mensal_equipe >= 300000 THEN 'Alto (300k-500k)'
        WHEN e.meta_mensal_equipe >= 150000 THEN 'Médio (150k-300k)'
        ELSE 'Baixo (<150k)'
    END AS VARCHAR(30)) AS faixa_meta
FROM dim.DIM_EQUIPE e
WHERE e.eh_ativa = 1
    AND e.situacao = 'Ativa'
    AND e.excluido_em IS NULL
    AND e.eh_inferido = 0
    AND e.equipe_id <> -1;
