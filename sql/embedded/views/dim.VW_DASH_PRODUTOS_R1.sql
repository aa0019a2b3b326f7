-- Purpose: the names of a product as VW_DASH_VENDAS_R1 shows them, by key, for sums over VW_DASH_VENDAS_CHAVES_R1.
-- New. Deleted and inferred products stay in: their sales are still shown.
CREATE VIEW dim.VW_DASH_PRODUTOS_R1 AS
SELECT
    p.produto_id,
    COALESCE(p.nome_produto, 'Nao informado') AS nome_produto,
    COALESCE(p.categoria, 'Nao informado') AS categoria,
    COALESCE(p.subcategoria, 'Nao informado') AS subcategoria,
    COALESCE(p.marca, 'Nao informado') AS marca
FROM dim.DIM_PRODUTO p;
