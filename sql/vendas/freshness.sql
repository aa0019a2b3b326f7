-- Purpose: when each entity was last loaded, and whether a run goes on. The answer changes with the data.
-- Parameters: none.
-- Locks: none beyond those of reading.
SELECT a.entidade, a.ultima_carga_utc, a.watermark_utc, a.status, a.linhas_gravadas, a.em_execucao_utc,
    a.lida_ate_utc
FROM fact.VW_DASH_ATUALIZACAO_R1 a
ORDER BY a.entidade
