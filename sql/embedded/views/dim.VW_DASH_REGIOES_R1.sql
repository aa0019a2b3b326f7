-- Purpose: the names of a region as VW_DASH_VENDAS_R1 shows them, by key, for sums over VW_DASH_VENDAS_CHAVES_R1.
-- New. Deleted and inferred regions stay in: their sales are still shown.
CREATE VIEW dim.VW_DASH_REGIOES_R1 AS
SELECT
    r.regiao_id,
    COALESCE(r.estado, 'NA') AS estado,
    COALESCE(r.regiao_pais, 'Nao informado') AS regiao_pais
FROM dim.DIM_REGIAO r;
