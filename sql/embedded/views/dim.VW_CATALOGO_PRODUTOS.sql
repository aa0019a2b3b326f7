-- Purpose: the catalogue of products on sale, with availability, price range and quality seal.
-- Corrected: deleted products, inferred members and the member -1 are not on sale (rulings 6 and 16).
-- Prices are scaled by 100, ratings by 10.
CREATE VIEW dim.VW_CATALOGO_PRODUTOS AS
SELECT
    p.produto_id,
    p.codigo_sku,
    p.nome_produto,
    p.categoria,
    p.subcategoria,
    p.marca,
    p.nome_fornecedor,
    p.preco_sugerido,
    p.avaliacao_media,
    p.total_avaliacoes,
    CASE WHEN p.estoque_minimo > 0 THEN 'Disponivel' ELSE 'Sob Encomenda' END AS disponibilidade,
    CASE
        WHEN p.preco_sugerido < 10000 THEN 'Até R$ 100'
        WHEN p.preco_sugerido < 50000 THEN 'R$ 100 a R$ 500'
        WHEN p.preco_sugerido < 100000 THEN 'R$ 500 a R$ 1.000'
        WHEN p.preco_sugerido < 300000 THEN 'R$ 1.000 a R$ 3.000'
        ELSE 'Acima de R$ 3.000'
    END AS faixa_preco,
    CASE
        WHEN p.avaliacao_media >= 45 AND p.total_avaliacoes >= 100 THEN 'Premium'
        WHEN p.avaliacao_media >= 40 AND p.total_avaliacoes >= 50 THEN 'Recomendado'
        ELSE 'Padrao'
    END AS selo_qualidade
FROM dim.DIM_PRODUTO p
WHERE p.situacao = 'Ativo'
    AND p.excluido_em IS NULL
    AND p.eh_inferido = 0
    AND p.produto_id <> -1;
