-- Purpose: active regions with their place in country, region and state, and classes of size and HDI.
-- Corrected: an unknown population or HDI is Nao informado instead of the lowest class, missing parts leave no empty
-- steps in the hierarchy, and deleted regions, inferred members and the member -1 are left out.
-- Types: eh_capital BIT, idh DECIMAL(4,3), hierarquia_completa VARCHAR(310), codigo_estado_ddd VARCHAR(5).
CREATE VIEW dim.VW_HIERARQUIA_GEOGRAFICA AS
SELECT
    r.regiao_id,
    r.regiao_original_id,
    r.pais,
    r.regiao_pais,
    r.estado,
    r.nome_estado,
    r.cidade,
    r.codigo_ibge,
    r.cep_inicial,
    r.cep_final,
    r.ddd,
    r.tipo_municipio,
    r.porte_municipio,
    r.populacao_estimada,
    r.area_km2,
    r.densidade_demografica,
    r.pib_per_capita,
    r.idh,
    r.latitude,
    r.longitude,
    r.fuso_horario,
    CAST(CONCAT(
        r.pais, CASE WHEN r.regiao_pais IS NULL THEN '' ELSE ' > ' END, r.regiao_pais,
        ' > ', r.estado, ' > ', r.cidade) AS VARCHAR(310)) AS hierarquia_completa,
    CAST(CASE
        WHEN r.populacao_estimada IS NULL THEN 'Nao informado'
        WHEN r.populacao_estimada > 1000000 THEN 'Metrópole (>1M)'
        WHEN r.populacao_estimada > 500000 THEN 'Grande (500k-1M)'
        WHEN r.populacao_estimada > 100000 THEN 'Médio (100k-500k)'
        ELSE 'Pequeno (<100k)'
    END AS VARCHAR(30)) AS classificacao_populacional,
    CAST(CASE
        WHEN r.idh IS NULL THEN 'Nao informado'
        WHEN r.idh >= 0.800 THEN 'Muito Alto (>=0.800)'
        WHEN r.idh >= 0.700 THEN 'Alto (0.700-0.799)'
        WHEN r.idh >= 0.600 THEN 'Médio (0.600-0.699)'
        ELSE 'Baixo (<0.600)'
    END AS VARCHAR(30)) AS classificacao_idh,
    CAST(CASE WHEN r.tipo_municipio = 'Capital' THEN 1 ELSE 0 END AS BIT) AS eh_capital,
    CAST(CONCAT(r.estado, CASE WHEN r.ddd IS NULL THEN '' ELSE '-' END, r.ddd) AS VARCHAR(5)) AS codigo_estado_ddd
FROM dim.DIM_REGIAO r
WHERE r.eh_ativo = 1
    AND r.excluido_em IS NULL
    AND r.eh_inferido = 0
    AND r.regiao_id <> -1;
