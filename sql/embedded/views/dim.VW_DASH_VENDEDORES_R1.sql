-- Purpose: the names of a seller and his team as VW_DASH_VENDAS_R1 and VW_DASH_METAS_R1 show them, by key, for sums over
-- VW_DASH_VENDAS_CHAVES_R1. New. Deleted and inactive sellers stay in: their sales are still shown. No address of a seller.
CREATE VIEW dim.VW_DASH_VENDEDORES_R1 AS
SELECT
    v.vendedor_id,
    CASE WHEN v.vendedor_id <> -1 THEN v.nome_vendedor ELSE 'Sem vendedor' END AS nome_vendedor,
    COALESCE(e.nome_equipe, 'Sem equipe') AS nome_equipe,
    COALESCE(e.regional, 'Sem regional') AS regional
FROM dim.DIM_VENDEDOR v
LEFT JOIN dim.DIM_EQUIPE e ON e.equipe_id = v.equipe_id AND e.equipe_id <> -1 AND e.eh_inferido = 0;
