-- Purpose: active teams with targets, head count and leader.
-- Corrected: deleted teams, inferred members and the member -1 are left out, the leader is linked, and the target a
-- head is rounded half away from zero.
-- Types: meta_mensal_per_capita DECIMAL(15,2), NULL without members. meses_ativa INT, calendar months.
CREATE VIEW dim.VW_EQUIPES_ATIVAS AS
SELECT
    e.equipe_id,
    e.equipe_original_id,
    e.nome_equipe,
    e.codigo_equipe,
    e.tipo_equipe,
    e.categoria_equipe,
    e.regional,
    e.estado_sede,
    e.cidade_sede,
    e.meta_mensal_equipe,
    e.meta_trimestral_equipe,
    e.meta_anual_equipe,
    e.qtd_meta_vendas_mes,
    e.qtd_membros_atual,
    e.qtd_membros_ideal,
    CAST(e.qtd_membros_ideal - e.qtd_membros_atual AS INT) AS vagas_em_aberto,
    CAST(ROUND(
        CAST(e.meta_mensal_equipe AS DECIMAL(38,20)) / NULLIF(e.qtd_membros_atual, 0),
        2) AS DECIMAL(15,2)) AS meta_mensal_per_capita,
    CAST(CASE
        WHEN e.qtd_membros_atual >= 10 THEN 'Grande (10+)'
        WHEN e.qtd_membros_atual >= 5 THEN 'Média (5-9)'
        WHEN e.qtd_membros_atual >= 1 THEN 'Pequena (1-4)'
        ELSE 'Vazia (0)'
    END AS VARCHAR(20)) AS porte_equipe,
    CAST(NULLIF(e.lider_equipe_id, -1) AS INT) AS lider_equipe_id,
    e.nome_lider,
    e.email_lider,
    e.data_criacao,
    CAST(DATEDIFF(MONTH, e.data_criacao, CAST(SYSUTCDATETIME() AS DATE)) AS INT) AS meses_ativa
FROM dim.DIM_EQUIPE e
WHERE e.eh_ativa = 1
    AND e.situacao = 'Ativa'
    AND e.excluido_em IS NULL
    AND e.eh_inferido = 0
    AND e.equipe_id <> -1;
