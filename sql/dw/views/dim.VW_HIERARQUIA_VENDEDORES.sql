-- Purpose: each seller with the two managers above.
-- Corrected: gerente_id and equipe_id are filled, so that the links exist. Seniority is computed when the view is read.
-- Deleted sellers, inferred members and the member -1 have no row of their own. They still show as a manager above.
-- Types: nivel_hierarquico INT, 1 (nobody above) to 4 (three or more above). Seniority counts complete years: a
-- difference of two dates written YYYYMMDD, divided by 10000.
CREATE VIEW dim.VW_HIERARQUIA_VENDEDORES AS
SELECT
    v.vendedor_id,
    v.nome_vendedor,
    v.cargo,
    CAST(CASE
        WHEN t.anos >= 8 THEN 'Especialista'
        WHEN t.anos >= 4 THEN 'Sênior'
        WHEN t.anos >= 2 THEN 'Pleno'
        ELSE 'Júnior'
    END AS VARCHAR(20)) AS nivel_senioridade,
    e.equipe_id,
    e.nome_equipe,
    g1.vendedor_id AS gerente_direto_id,
    g1.nome_vendedor AS gerente_direto_nome,
    g1.cargo AS gerente_direto_cargo,
    g2.vendedor_id AS gerente_nivel2_id,
    g2.nome_vendedor AS gerente_nivel2_nome,
    CAST(CASE
        WHEN g1.vendedor_id IS NULL THEN 1
        WHEN g2.vendedor_id IS NULL THEN 2
        WHEN NULLIF(g2.gerente_id, -1) IS NULL THEN 3
        ELSE 4
    END AS INT) AS nivel_hierarquico,
    v.eh_lider,
    v.eh_ativo
FROM dim.DIM_VENDEDOR v
CROSS APPLY (
    SELECT
        (CAST(CONVERT(CHAR(8), CAST(SYSUTCDATETIME() AS DATE), 112) AS INT)
            - CAST(CONVERT(CHAR(8), v.data_contratacao, 112) AS INT)) / 10000 AS anos
) t
LEFT JOIN dim.DIM_EQUIPE e ON e.equipe_id = v.equipe_id AND e.equipe_id <> -1 AND e.eh_inferido = 0
LEFT JOIN dim.DIM_VENDEDOR g1 ON g1.vendedor_id = v.gerente_id AND g1.vendedor_id <> -1
LEFT JOIN dim.DIM_VENDEDOR g2 ON g2.vendedor_id = g1.gerente_id AND g2.vendedor_id <> -1
WHERE v.excluido_em IS NULL
    AND v.eh_inferido = 0
    AND v.vendedor_id <> -1;
