-- Purpose: each target as FACT_METAS stores it, with period, seller, team and performance class, for analysts.
-- Corrected: the team is linked, seniority is computed when the view is read (unknown for a member without a row of the
-- source), and deleted targets are left out. The realized amounts are those of the source. What sellers sold is in
-- VW_DASH_METAS_R1.
-- Types: percentual_atingido DECIMAL(9,2), in percent, faixa_performance VARCHAR(30). Seniority counts complete years: a
-- difference of two dates written YYYYMMDD, divided by 10000.
CREATE VIEW fact.VW_METAS_COMPLETA AS
SELECT
    m.meta_id,
    m.vendedor_id,
    m.data_id,
    d.data_completa AS data_periodo,
    d.ano,
    d.trimestre,
    d.mes,
    d.nome_mes,
    m.tipo_periodo,
    m.eh_periodo_fechado,
    CAST(CASE WHEN v.vendedor_id <> -1 THEN v.nome_vendedor ELSE 'Sem vendedor' END AS VARCHAR(200)) AS nome_vendedor,
    CAST(v.nome_exibicao AS VARCHAR(200)) AS apelido_vendedor,
    CAST(CASE WHEN v.vendedor_id <> -1 THEN v.cargo END AS VARCHAR(50)) AS cargo,
    CAST(CASE
        WHEN v.anos >= 8 THEN 'Especialista'
        WHEN v.anos >= 4 THEN 'Sênior'
        WHEN v.anos >= 2 THEN 'Pleno'
        WHEN v.anos IS NOT NULL THEN 'Júnior'
    END AS VARCHAR(20)) AS nivel_senioridade,
    e.equipe_id,
    CAST(COALESCE(e.nome_equipe, 'Sem equipe') AS VARCHAR(120)) AS nome_equipe,
    e.tipo_equipe,
    e.regional,
    m.valor_meta,
    m.quantidade_meta,
    m.valor_realizado,
    m.quantidade_realizada,
    m.percentual_atingido,
    m.gap_meta,
    m.ticket_medio_realizado,
    m.ranking_periodo,
    m.quartil_performance,
    m.meta_batida,
    m.meta_superada,
    CAST(CASE
        WHEN m.percentual_atingido >= 120 THEN 'Excepcional (120%+)'
        WHEN m.percentual_atingido >= 100 THEN 'Atingiu (100-120%)'
        WHEN m.percentual_atingido >= 80 THEN 'Próximo (80-100%)'
        WHEN m.percentual_atingido >= 50 THEN 'Abaixo (50-80%)'
        ELSE 'Crítico (<50%)'
    END AS VARCHAR(30)) AS faixa_performance,
    m.data_inclusao,
    m.data_ultima_atualizacao
FROM fact.FACT_METAS m
JOIN dim.DIM_DATA d ON d.data_id = m.data_id
LEFT JOIN (
    SELECT
        s.vendedor_id,
        s.nome_vendedor,
        s.nome_exibicao,
        s.cargo,
        s.equipe_id,
        CASE
            WHEN s.vendedor_id <> -1 AND s.eh_inferido = 0
                THEN (CAST(CONVERT(CHAR(8), CAST(SYSUTCDATETIME() AS DATE), 112) AS INT)
                    - CAST(CONVERT(CHAR(8), s.data_contratacao, 112) AS INT)) / 10000
        END AS anos
    FROM dim.DIM_VENDEDOR s
) v ON v.vendedor_id = m.vendedor_id
LEFT JOIN dim.DIM_EQUIPE e ON e.equipe_id = v.equipe_id AND e.equipe_id <> -1 AND e.eh_inferido = 0
WHERE m.excluido_em IS NULL;
