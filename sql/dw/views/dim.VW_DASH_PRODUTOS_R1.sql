-- Purpose: the names of a product as VW_DASH_VENDAS_R1 shows them, by key, for sums over VW_DASH_VENDAS_CHAVES_R1.
-- New. Deleted and inferred products stay in: their sales are still shown.
CREATE VIEW dim.VW_DASH_PRODUTOS_R1 AS
SELECT
    p.produto_id,
    CAST(COALESCE(p.nome_produto, 'Nao informado') AS VARCHAR(200)) AS nome_produto,
    CAST(COALESCE(p.categoria, 'Nao informado') AS VARCHAR(50)) AS categoria,
    CAST(COALESCE(p.subcategoria, 'Nao informado') AS VARCHAR(50)) AS subcategoria,
    CAST(COALESCE(p.marca, 'Nao informado') AS VARCHAR(50)) AS marca
FROM dim.DIM_PRODUTO p;
