-- Purpose: the targets dashboard: one row a month and seller with a target or a sale.
-- Corrected (ruling 18): the target is the one of that month in FACT_METAS, not the current goal of the seller. Realized
-- amount, items and orders are the sales of the month, not Cancelado and not deleted, of every seller, inactive ones and
-- -1 (Sem vendedor) too, so that a month sums to its net revenue. Superada is 120 percent of the target. Inferred members
-- and -1 are neither ranked nor in a team. data_atualizacao is when the newest row behind the line was loaded.
-- Types: valor_meta, valor_realizado and gap_meta DECIMAL(15,2). percentual_atingido DECIMAL(9,2), cut toward zero
-- (ruling 14) and at the largest value of its type, 0 without a target. A line without a target has beaten none.
-- data_id is YYYYMMDD, so the first of a month is computed without the calendar.
CREATE VIEW fact.VW_DASH_METAS_R1 AS
WITH linhas AS (
    SELECT
        CASE WHEN m.data_id > 0 THEN m.data_id / 100 * 100 + 1 ELSE m.data_id END AS data_id,
        m.vendedor_id,
        m.valor_meta,
        0 AS valor_realizado,
        0 AS itens,
        0 AS pedidos,
        m.data_ultima_atualizacao AS data_atualizacao
    FROM fact.FACT_METAS m
    WHERE m.excluido_em IS NULL AND m.tipo_periodo = 'Mensal'
    UNION ALL
    SELECT
        p.data_id,
        p.vendedor_id,
        0 AS valor_meta,
        SUM(p.valor_realizado) AS valor_realizado,
        SUM(p.itens) AS itens,
        COUNT(*) AS pedidos,
        MAX(p.data_atualizacao) AS data_atualizacao
    FROM (
        SELECT
            CASE WHEN f.data_id > 0 THEN f.data_id / 100 * 100 + 1 ELSE f.data_id END AS data_id,
            COALESCE(f.vendedor_id, -1) AS vendedor_id,
            SUM(f.valor_total_liquido) AS valor_realizado,
            SUM(f.quantidade_vendida) AS itens,
            MAX(f.data_atualizacao) AS data_atualizacao
        FROM fact.FACT_VENDAS f
        WHERE f.excluido_em IS NULL AND f.status_pedido <> 'Cancelado'
        GROUP BY
            CASE WHEN f.data_id > 0 THEN f.data_id / 100 * 100 + 1 ELSE f.data_id END,
            COALESCE(f.vendedor_id, -1),
            f.numero_pedido
    ) p
    GROUP BY p.data_id, p.vendedor_id
),
meses AS (
    SELECT
        l.data_id,
        l.vendedor_id,
        SUM(l.valor_meta) AS valor_meta,
        SUM(l.valor_realizado) AS valor_realizado,
        SUM(l.itens) AS itens,
        SUM(l.pedidos) AS pedidos,
        MAX(l.data_atualizacao) AS data_atualizacao
    FROM linhas l
    GROUP BY l.data_id, l.vendedor_id
),
vendedores AS (
    SELECT
        v.vendedor_id,
        v.vendedor_original_id,
        v.nome_vendedor,
        v.estado_atuacao,
        v.cidade_atuacao,
        CASE WHEN v.vendedor_id <> -1 AND v.eh_inferido = 0 THEN 1 ELSE 0 END AS conta,
        e.equipe_id,
        e.nome_equipe,
        e.regional,
        e.tipo_equipe
    FROM dim.DIM_VENDEDOR v
    LEFT JOIN dim.DIM_EQUIPE e
        ON e.equipe_id = v.equipe_id
        AND e.equipe_id <> -1
        AND e.eh_inferido = 0
        AND v.vendedor_id <> -1
        AND v.eh_inferido = 0
)
SELECT
    ROW_NUMBER() OVER (ORDER BY x.data_id, x.vendedor_id) AS meta_snapshot_id,
    x.data_id,
    d.data_completa,
    d.ano,
    d.trimestre,
    d.mes,
    d.nome_mes,
    x.vendedor_id,
    v.vendedor_original_id,
    CASE WHEN v.vendedor_id <> -1 THEN v.nome_vendedor ELSE 'Sem vendedor' END AS nome_vendedor,
    COALESCE(v.nome_equipe, 'Sem equipe') AS nome_equipe,
    v.equipe_id,
    COALESCE(v.regional, 'Sem regional') AS regional,
    COALESCE(v.tipo_equipe, 'Nao informado') AS tipo_equipe,
    COALESCE(v.estado_atuacao, 'NA') AS estado_atuacao,
    COALESCE(v.cidade_atuacao, 'Nao informado') AS cidade_atuacao,
    x.valor_meta,
    x.valor_realizado,
    x.valor_realizado - x.valor_meta AS gap_meta,
    CASE
        WHEN x.valor_meta = 0 THEN 0
        WHEN 10000 * x.valor_realizado / x.valor_meta > 999999999 THEN 999999999
        ELSE 10000 * x.valor_realizado / x.valor_meta
    END AS percentual_atingido,
    CASE WHEN x.valor_meta > 0 AND x.valor_realizado >= x.valor_meta THEN 1 ELSE 0 END AS meta_batida,
    CASE WHEN x.valor_meta > 0 AND 5 * x.valor_realizado >= 6 * x.valor_meta THEN 1 ELSE 0 END AS meta_superada,
    CASE
        WHEN v.conta = 1
            THEN DENSE_RANK() OVER (PARTITION BY x.data_id, v.conta ORDER BY x.valor_realizado DESC, v.vendedor_original_id)
    END AS ranking_periodo,
    CASE
        WHEN v.conta = 1
            THEN CONCAT('Q', NTILE(4) OVER (PARTITION BY x.data_id, v.conta
                ORDER BY x.valor_realizado DESC, v.vendedor_original_id))
    END AS quartil_performance,
    x.itens AS itens_realizados,
    x.pedidos AS pedidos_realizados,
    x.data_atualizacao
FROM meses x
JOIN dim.DIM_DATA d ON d.data_id = x.data_id
LEFT JOIN vendedores v ON v.vendedor_id = x.vendedor_id;
