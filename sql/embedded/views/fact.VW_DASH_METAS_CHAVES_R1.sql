-- Purpose: each monthly target with keys alone: the targets that VW_DASH_METAS_R1 compares with sales. data_id is the first of
-- the month. New: so that a page compares a few months without the ranking of all of them.
CREATE VIEW fact.VW_DASH_METAS_CHAVES_R1 AS
SELECT
    m.meta_id,
    CASE WHEN m.data_id > 0 THEN m.data_id / 100 * 100 + 1 ELSE m.data_id END AS data_id,
    m.vendedor_id,
    m.valor_meta
FROM fact.FACT_METAS m
WHERE m.excluido_em IS NULL AND m.tipo_periodo = 'Mensal';
