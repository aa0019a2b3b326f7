-- Purpose: active products with size, margin, markup and price range.
-- Corrected: margin and markup are DECIMAL(15,2), which the largest price over the smallest cost still fits, so that
-- one product cannot fail the view. Deleted products, inferred members and the member -1 are left out.
-- Types: margem_sugerida and markup_percentual DECIMAL(15,2), rounded half away from zero, 0 where there is no divisor.
-- Rounding of a / b with b > 0: (2 * a + b * SIGN(a)) / (2 * b), since integer division cuts toward zero.
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
    CASE
        WHEN p.altura_cm IS NOT NULL AND p.largura_cm IS NOT NULL AND p.profundidade_cm IS NOT NULL
            THEN CONCAT(
                printf('%d.%02d', p.altura_cm / 100, p.altura_cm % 100), 'x',
                printf('%d.%02d', p.largura_cm / 100, p.largura_cm % 100), 'x',
                printf('%d.%02d', p.profundidade_cm / 100, p.profundidade_cm % 100), ' cm')
    END AS dimensoes,
    p.preco_sugerido,
    p.preco_custo AS custo_medio,
    CASE
        WHEN p.preco_sugerido > 0
            THEN (20000 * (p.preco_sugerido - p.preco_custo)
                    + p.preco_sugerido * SIGN(p.preco_sugerido - p.preco_custo)) / (2 * p.preco_sugerido)
        ELSE 0
    END AS margem_sugerida,
    CASE
        WHEN p.preco_custo > 0
            THEN (20000 * (p.preco_sugerido - p.preco_custo)
                    + p.preco_custo * SIGN(p.preco_sugerido - p.preco_custo)) / (2 * p.preco_custo)
        ELSE 0
    END AS markup_percentual,
    CONCAT(p.categoria, ' > ', p.subcategoria, ' > ', p.nome_produto) AS hierarquia_completa,
    CASE
        WHEN p.preco_sugerido > 500000 THEN 'Premium'
        WHEN p.preco_sugerido > 100000 THEN 'Alto'
        WHEN p.preco_sugerido > 10000 THEN 'Médio'
        ELSE 'Baixo'
    END AS faixa_preco,
    p.data_cadastro,
    p.data_ultima_atualizacao
FROM dim.DIM_PRODUTO p
WHERE p.situacao = 'Ativo'
    AND p.excluido_em IS NULL
    AND p.eh_inferido = 0
    AND p.produto_id <> -1;
