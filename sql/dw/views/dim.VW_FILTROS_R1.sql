-- Purpose: the values that the dashboards offer as filters, in the order in which they are shown.
-- New: so that bi_reader needs no table (ruling 17). Each list holds what the VW_DASH views can show in that column, the
-- words for a missing member too, which come last. Deleted rows stay in: their history is still shown.
-- Lists: estado, regiao (regiao_pais), categoria, subcategoria, marca, equipe, regional, tipo_equipe, vendedor,
-- status_pedido, tipo_desconto, metodo_desconto, codigo_desconto, nivel_aplicacao.
-- Types: valor VARCHAR(200), ordem BIGINT, from 1 within a list. The lists of a CHECK are in the order of the life of an
-- order. Values are told apart by the collation of the database, as a filter compares them, and are in the order of
-- their characters, so that the order is the same whatever that collation is.
CREATE VIEW dim.VW_FILTROS_R1 AS
SELECT
    CAST(l.tipo_filtro AS VARCHAR(30)) AS tipo_filtro,
    CAST(l.valor AS VARCHAR(200)) AS valor,
    CAST(ROW_NUMBER() OVER (
        PARTITION BY l.tipo_filtro
        ORDER BY
            l.posicao,
            CASE WHEN l.valor IN ('Nao informado', 'NA', 'Sem vendedor', 'Sem equipe', 'Sem regional') THEN 1 ELSE 0 END,
            l.valor COLLATE Latin1_General_BIN2) AS BIGINT) AS ordem
FROM (
    SELECT DISTINCT CAST('estado' AS VARCHAR(30)) AS tipo_filtro, CAST(r.estado AS VARCHAR(200)) AS valor, 0 AS posicao
    FROM dim.DIM_REGIAO r
    UNION ALL
    SELECT DISTINCT 'regiao', COALESCE(r.regiao_pais, 'Nao informado'), 0
    FROM dim.DIM_REGIAO r
    UNION ALL
    SELECT DISTINCT 'categoria', p.categoria, 0
    FROM dim.DIM_PRODUTO p
    UNION ALL
    SELECT DISTINCT 'subcategoria', p.subcategoria, 0
    FROM dim.DIM_PRODUTO p
    UNION ALL
    SELECT DISTINCT 'marca', p.marca, 0
    FROM dim.DIM_PRODUTO p
    UNION ALL
    SELECT DISTINCT 'equipe', CASE WHEN e.equipe_id <> -1 AND e.eh_inferido = 0 THEN e.nome_equipe ELSE 'Sem equipe' END, 0
    FROM dim.DIM_EQUIPE e
    UNION ALL
    SELECT DISTINCT 'regional', COALESCE(e.regional, 'Sem regional'), 0
    FROM dim.DIM_EQUIPE e
    UNION ALL
    SELECT DISTINCT 'tipo_equipe', COALESCE(e.tipo_equipe, 'Nao informado'), 0
    FROM dim.DIM_EQUIPE e
    UNION ALL
    SELECT DISTINCT 'vendedor', CASE WHEN v.vendedor_id <> -1 THEN v.nome_vendedor ELSE 'Sem vendedor' END, 0
    FROM dim.DIM_VENDEDOR v
    UNION ALL
    SELECT DISTINCT
        'tipo_desconto',
        CASE WHEN c.desconto_id <> -1 AND c.eh_inferido = 0 THEN c.tipo_desconto ELSE 'Nao informado' END,
        0
    FROM dim.DIM_DESCONTO c
    UNION ALL
    SELECT DISTINCT
        'metodo_desconto',
        CASE WHEN c.desconto_id <> -1 AND c.eh_inferido = 0 THEN c.metodo_desconto ELSE 'Nao informado' END,
        0
    FROM dim.DIM_DESCONTO c
    UNION ALL
    SELECT DISTINCT
        'codigo_desconto', CASE WHEN c.desconto_id <> -1 THEN c.codigo_desconto ELSE 'Nao informado' END, 0
    FROM dim.DIM_DESCONTO c
    UNION ALL SELECT 'status_pedido', 'Pendente', 1
    UNION ALL SELECT 'status_pedido', 'Pago', 2
    UNION ALL SELECT 'status_pedido', 'Faturado', 3
    UNION ALL SELECT 'status_pedido', 'Enviado', 4
    UNION ALL SELECT 'status_pedido', 'Entregue', 5
    UNION ALL SELECT 'status_pedido', 'Devolvido', 6
    UNION ALL SELECT 'status_pedido', 'Cancelado', 7
    UNION ALL SELECT 'nivel_aplicacao', 'Item', 1
    UNION ALL SELECT 'nivel_aplicacao', 'Pedido', 2
    UNION ALL SELECT 'nivel_aplicacao', 'Categoria', 3
    UNION ALL SELECT 'nivel_aplicacao', 'Frete', 4
) l;
