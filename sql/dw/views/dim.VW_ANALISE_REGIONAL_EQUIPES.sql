-- Purpose: active teams summed by regional.
-- Corrected: Field Sales, the outside sales of the source, counts as equipes_diretas, so that no team is left out.
-- Teams without a regional are one group, Sem regional. Means are rounded half away from zero. Deleted teams, inferred
-- members and the member -1 count nowhere.
-- Types: amounts DECIMAL(15,2), meta_mensal_regional DECIMAL(18,2), counts INT. A mean is NULL without a divisor.
CREATE VIEW dim.VW_ANALISE_REGIONAL_EQUIPES AS
SELECT
    CAST(g.regional AS VARCHAR(50)) AS regional,
    CAST(g.total_equipes AS INT) AS total_equipes,
    CAST(g.total_vendedores AS INT) AS total_vendedores,
    CAST(g.meta_mensal_regional AS DECIMAL(18,2)) AS meta_mensal_regional,
    CAST(ROUND(
        CAST(g.meta_mensal_regional AS DECIMAL(38,20)) / NULLIF(g.com_meta, 0),
        2) AS DECIMAL(15,2)) AS meta_media_por_equipe,
    CAST(g.menor_meta AS DECIMAL(15,2)) AS menor_meta,
    CAST(g.maior_meta AS DECIMAL(15,2)) AS maior_meta,
    CAST(ROUND(
        CAST(g.meta_mensal_regional AS DECIMAL(38,20)) / NULLIF(g.total_vendedores, 0),
        2) AS DECIMAL(15,2)) AS meta_per_capita_regional,
    CAST(g.equipes_diretas AS INT) AS equipes_diretas,
    CAST(g.equipes_inside AS INT) AS equipes_inside,
    CAST(g.equipes_key_accounts AS INT) AS equipes_key_accounts,
    CAST(g.equipes_ecommerce AS INT) AS equipes_ecommerce
FROM (
    SELECT
        COALESCE(e.regional, 'Sem regional') AS regional,
        COUNT(*) AS total_equipes,
        COALESCE(SUM(e.qtd_membros_atual), 0) AS total_vendedores,
        COALESCE(SUM(e.meta_mensal_equipe), 0) AS meta_mensal_regional,
        COUNT(e.meta_mensal_equipe) AS com_meta,
        MIN(e.meta_mensal_equipe) AS menor_meta,
        MAX(e.meta_mensal_equipe) AS maior_meta,
        SUM(CASE WHEN e.tipo_equipe IN ('Vendas Diretas', 'Field Sales') THEN 1 ELSE 0 END) AS equipes_diretas,
        SUM(CASE WHEN e.tipo_equipe = 'Inside Sales' THEN 1 ELSE 0 END) AS equipes_inside,
        SUM(CASE WHEN e.tipo_equipe = 'Key Accounts' THEN 1 ELSE 0 END) AS equipes_key_accounts,
        SUM(CASE WHEN e.tipo_equipe = 'E-commerce' THEN 1 ELSE 0 END) AS equipes_ecommerce
    FROM dim.DIM_EQUIPE e
    WHERE e.eh_ativa = 1
        AND e.situacao = 'Ativa'
        AND e.excluido_em IS NULL
        AND e.eh_inferido = 0
        AND e.equipe_id <> -1
    GROUP BY COALESCE(e.regional, 'Sem regional')
) g;
