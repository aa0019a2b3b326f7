-- Purpose: freshness for the dashboards: per entity when it was last loaded with success and how far the source is read.
-- New: so that bi_reader needs neither ctl nor audit (ruling 17).
-- Types: ultima_carga_utc and watermark_utc DATETIME2(0), NULL before the first load (a watermark of 1900-01-01). status
-- is success, failed or partial, as ctl has it, or never_run. eh_ativa BIT. linhas_gravadas INT: rows that the last run
-- inserted or updated.
-- em_execucao_utc DATETIME2(0) is the last sign of life of a run that is loading the entity, NULL without one; a process that
-- was killed leaves an old one. lida_ate_utc DATETIME2(0) is the cutoff of the last run that read everything, or, while a
-- run moves the watermark, the end of the last one that went well.
CREATE VIEW fact.VW_DASH_ATUALIZACAO_R1 AS
SELECT
    c.entity_name AS entidade,
    c.target_table AS tabela,
    c.last_success_at AS ultima_carga_utc,
    CAST(NULLIF(c.watermark_updated_at, CAST('19000101' AS DATETIME2(0))) AS DATETIME2(0)) AS watermark_utc,
    CAST(COALESCE(c.last_status, 'never_run') AS VARCHAR(20)) AS status,
    c.is_active AS eh_ativa,
    r.upserted_count AS linhas_gravadas,
    CAST((
        SELECT MAX(COALESCE(u.heartbeat_at, u.started_at))
        FROM audit.etl_run_entity e
        JOIN audit.etl_run u ON u.run_id = e.run_id
        WHERE e.run_id > COALESCE(c.last_run_id, 0)
            AND e.entity_name = c.entity_name
            AND e.status = 'running'
            AND u.status = 'running'
    ) AS DATETIME2(0)) AS em_execucao_utc,
    CAST(COALESCE(c.read_until, c.last_success_at) AS DATETIME2(0)) AS lida_ate_utc
FROM ctl.etl_control c
LEFT JOIN audit.etl_run_entity r ON r.run_id = c.last_run_id AND r.entity_name = c.entity_name;
