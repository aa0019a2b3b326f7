-- Purpose: the calendar with working days, lengths of months and a quarter label.
-- Corrected: reads dia_da_semana, the name that the table has. The member -1 (1900-01-01) is no day.
-- Types: eh_dia_util and eh_ultimo_dia_mes BIT, dias_no_mes INT, periodo_desc VARCHAR(10).
CREATE VIEW dim.VW_CALENDARIO_COMPLETO AS
SELECT
    d.data_id,
    d.data_completa,
    d.ano,
    d.trimestre,
    d.mes,
    d.nome_mes,
    d.dia_da_semana AS dia_semana,
    d.nome_dia_semana,
    d.eh_fim_de_semana,
    d.eh_feriado,
    d.nome_feriado,
    CAST(CASE WHEN d.eh_fim_de_semana = 0 AND d.eh_feriado = 0 THEN 1 ELSE 0 END AS BIT) AS eh_dia_util,
    CAST(CONCAT('Q', d.trimestre, ' ', d.ano) AS VARCHAR(10)) AS periodo_desc,
    d.semana_do_ano AS semana_ano,
    d.dia_do_ano AS dia_ano,
    CAST(CASE
        WHEN d.mes = 2 THEN 28 + CAST(d.eh_ano_bissexto AS INT)
        WHEN d.mes IN (4, 6, 9, 11) THEN 30
        ELSE 31
    END AS INT) AS dias_no_mes,
    CAST(CASE
        WHEN d.mes = 2 AND d.dia = 28 + CAST(d.eh_ano_bissexto AS INT) THEN 1
        WHEN d.mes IN (4, 6, 9, 11) AND d.dia = 30 THEN 1
        WHEN d.dia = 31 THEN 1
        ELSE 0
    END AS BIT) AS eh_ultimo_dia_mes
FROM dim.DIM_DATA d
WHERE d.data_id <> -1;
