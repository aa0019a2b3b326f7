-- Purpose: sale lines in full, for the detailed table and its export.
-- Parameters: @P1 and @P2 first and last data_id; those of the filters. Filters, further columns, order and page stand where
-- the comments are.
-- Locks: none beyond those of reading.
SELECT
    v.data_completa,
    v.estado,
    v.regiao_pais,
    v.categoria,
    v.subcategoria,
    v.nome_produto,
    v.nome_vendedor,
    v.nome_equipe,
    v.numero_pedido,
    v.status_pedido,
    v.quantidade_vendida,
    v.valor_total_bruto,
    v.valor_total_descontos,
    v.valor_total_liquido,
    v.margem_bruta,
    v.valor_comissao /* columns */
FROM fact.VW_DASH_VENDAS_R1 v
WHERE v.data_id BETWEEN @P1 AND @P2 /* filters */
ORDER BY /* order */ v.data_id DESC, v.venda_id DESC /* page */
