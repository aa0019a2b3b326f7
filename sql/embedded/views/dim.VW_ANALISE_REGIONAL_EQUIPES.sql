-- Purpose: active teams summed by regional.
-- Corrected: Field Sales, the outside sales of the source, counts as equipes_diretas, so that no team is left out.
-- Teams without a regional are one group, Sem regional. Means are rounded half away from zero. Deleted teams, inferred
-- members and the member -1 count nowhere.
-- Types: amounts DECIMAL(15,2), meta_mensal_regional DECIMAL(18,2), counts INT.
CREATE VIEW dim.VW_ANALISE_REGIONAL_EQUIPES AS
SELECT
    g.regional,
    g.total_equipes,
    g.total_vendedores,
    g.meta_mensal_regional,
    CASE
        WHEN g.com_meta > 0 THEN (2 * g.meta_mensal_regional + g.com_meta) / (2 * g.com_meta)
    END AS meta_media_por_equipe,
    g.menor_meta,
    g.maior_meta,
    CASE
        WHEN g.total_vendedores > 0
            THEN (2 * g.meta_mensal_regional + g.total_vendedores) / (2 * g.total_vendedores)
    END AS meta_per_capita_regional,
    g.equipes_diretas,
    g.equipes_inside,
    g.equipes_key_accounts,
    g.equipes_ecommerce
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
