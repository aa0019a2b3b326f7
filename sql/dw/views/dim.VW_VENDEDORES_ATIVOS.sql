-- Purpose: active sellers with team, manager and time in the company.
-- Corrected: team, regional and manager are linked. Seniority is computed from the date of hire when the view is read,
-- with its accents. Deleted sellers, inferred members and the member -1 are left out, a team that is not known is NULL.
-- Types: meses_na_empresa INT, calendar months. Seniority counts complete years: a difference of two dates written
-- YYYYMMDD, divided by 10000.
CREATE VIEW dim.VW_VENDEDORES_ATIVOS AS
SELECT
    v.vendedor_id,
    v.vendedor_original_id,
    v.nome_vendedor,
    v.nome_exibicao,
    v.email,
    v.cargo,
    CAST(CASE
        WHEN t.anos >= 8 THEN 'Especialista'
        WHEN t.anos >= 4 THEN 'Sênior'
        WHEN t.anos >= 2 THEN 'Pleno'
        ELSE 'Júnior'
    END AS VARCHAR(20)) AS nivel_senioridade,
    e.equipe_id,
    e.nome_equipe,
    e.regional,
    e.tipo_equipe,
    CAST(NULLIF(v.gerente_id, -1) AS INT) AS gerente_id,
    v.nome_gerente,
    v.eh_lider,
    v.estado_atuacao,
    v.cidade_atuacao,
    v.tipo_vendedor,
    v.meta_mensal_base,
    v.percentual_comissao_padrao,
    v.data_contratacao,
    CAST(t.meses AS INT) AS meses_na_empresa,
    CAST(CASE
        WHEN t.meses < 6 THEN 'Novato (<6m)'
        WHEN t.meses < 12 THEN 'Júnior (6-12m)'
        WHEN t.meses < 24 THEN 'Intermediário (1-2a)'
        ELSE 'Veterano (2a+)'
    END AS VARCHAR(30)) AS tempo_casa_categoria
FROM dim.DIM_VENDEDOR v
CROSS APPLY (
    SELECT
        (CAST(CONVERT(CHAR(8), CAST(SYSUTCDATETIME() AS DATE), 112) AS INT)
            - CAST(CONVERT(CHAR(8), v.data_contratacao, 112) AS INT)) / 10000 AS anos,
        DATEDIFF(MONTH, v.data_contratacao, CAST(SYSUTCDATETIME() AS DATE)) AS meses
) t
LEFT JOIN dim.DIM_EQUIPE e ON e.equipe_id = v.equipe_id AND e.equipe_id <> -1 AND e.eh_inferido = 0
WHERE v.eh_ativo = 1
    AND v.situacao = 'Ativo'
    AND v.excluido_em IS NULL
    AND v.eh_inferido = 0
    AND v.vendedor_id <> -1;
