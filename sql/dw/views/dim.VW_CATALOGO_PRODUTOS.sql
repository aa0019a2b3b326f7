-- Purpose: the catalogue of products on sale, with availability, price range and quality seal.
-- Corrected: deleted products, inferred members and the member -1 are not on sale (rulings 6 and 16).
-- Types: prices DECIMAL(10,2), avaliacao_media DECIMAL(2,1), labels VARCHAR.
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
    CAST(CASE WHEN p.estoque_minimo > 0 THEN 'Disponivel' ELSE 'Sob Encomenda' END AS VARCHAR(20)) AS disponibilidade,
    CAST(CASE
        WHEN p.preco_sugerido < 100 THEN 'Até R$ 100'
        WHEN p.preco_sugerido < 500 THEN 'R$ 100 a R$ 500'
        WHEN p.preco_sugerido < 1000 THEN 'R$ 500 a R$ 1.000'
        WHEN p.preco_sugerido < 3000 THEN 'R$ 1.000 a R$ 3.000'
        ELSE 'Acima de R$ 3.000'
    END AS VARCHAR(30)) AS faixa_preco,
    CAST(CASE
        WHEN p.avaliacao_media >= 4.5 AND p.total_avaliacoes >= 100 THEN 'Premium'
        WHEN p.avaliacao_media >= 4.0 AND p.total_avaliacoes >= 50 THEN 'Recomendado'
        ELSE 'Padrao'
    END AS VARCHAR(20)) AS selo_qualidade
FROM dim.DIM_PRODUTO p
WHERE p.situacao = 'Ativo'
    AND p.excluido_em IS NULL
    AND p.eh_inferido = 0
    AND p.produto_id <> -1;
