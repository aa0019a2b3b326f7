-- Purpose: active products with size, margin, markup and price range.
-- Corrected: margin and markup are DECIMAL(15,2), which the largest price over the smallest cost still fits, so that
-- one product cannot fail the view. Deleted products, inferred members and the member -1 are left out.
-- Types: margem_sugerida and markup_percentual DECIMAL(15,2), rounded half away from zero, 0 where there is no divisor.
-- dimensoes VARCHAR(40), each length with its two digits after the point.
-- A dividend is cast to DECIMAL(38,20), so that every server divides to more digits than can change the rounding.
CREATE VIEW dim.VW_PRODUTOS_ATIVOS AS
SELECT
    p.produto_id,
    p.produto_original_id,
    p.codigo_sku,
    p.nome_produto,
    p.marca,
    p.categoria,
    p.subcategoria,
    p.fornecedor_id,
    p.nome_fornecedor,
    p.peso_kg,
    CAST(CASE
        WHEN p.altura_cm IS NOT NULL AND p.largura_cm IS NOT NULL AND p.profundidade_cm IS NOT NULL
            THEN CONCAT(
                CAST(p.altura_cm AS VARCHAR(10)), 'x',
                CAST(p.largura_cm AS VARCHAR(10)), 'x',
                CAST(p.profundidade_cm AS VARCHAR(10)), ' cm')
    END AS VARCHAR(40)) AS dimensoes,
    p.preco_sugerido,
    p.preco_custo AS custo_medio,
    CAST(CASE
        WHEN p.preco_sugerido > 0
            THEN ROUND(CAST(100 * (p.preco_sugerido - p.preco_custo) AS DECIMAL(38,20)) / p.preco_sugerido, 2)
        ELSE 0
    END AS DECIMAL(15,2)) AS margem_sugerida,
    CAST(CASE
        WHEN p.preco_custo > 0
            THEN ROUND(CAST(100 * (p.preco_sugerido - p.preco_custo) AS DECIMAL(38,20)) / p.preco_custo, 2)
        ELSE 0
    END AS DECIMAL(15,2)) AS markup_percentual,
    CAST(CONCAT(p.categoria, ' > ', p.subcategoria, ' > ', p.nome_produto) AS VARCHAR(310)) AS hierarquia_completa,
    CAST(CASE
        WHEN p.preco_sugerido > 5000 THEN 'Premium'
        WHEN p.preco_sugerido > 1000 THEN 'Alto'
        WHEN p.preco_sugerido > 100 THEN 'Médio'
        ELSE 'Baixo'
    END AS VARCHAR(30)) AS faixa_preco,
    p.data_cadastro,
    p.data_ultima_atualizacao
FROM dim.DIM_PRODUTO p
WHERE p.situacao = 'Ativo'
    AND p.excluido_em IS NULL
    AND p.eh_inferido = 0
    AND p.produto_id <> -1;
