-- Purpose: campaigns that can be used at this moment, with their use so far.
-- Corrected: validity is decided when the view is read, not when the campaign was loaded. Deleted campaigns, inferred
-- members and the member -1 are left out. Averages are rounded half away from zero.
-- Types: validity is DATETIME in UTC and is compared with a DATETIME, so that its index serves. dias_ate_expirar INT in
-- whole UTC days, both averages DECIMAL(15,2), 0 without a use.
CREATE VIEW dim.VW_DESCONTOS_ATIVOS AS
SELECT
    c.desconto_id,
    c.desconto_original_id,
    c.codigo_desconto,
    c.nome_campanha,
    c.descricao,
    c.tipo_desconto,
    c.metodo_desconto,
    c.valor_desconto,
    c.min_valor_compra_regra,
    c.max_valor_desconto_regra,
    c.max_usos_por_cliente,
    c.max_usos_total,
    c.aplica_em,
    c.restricao_produtos,
    c.restricao_clientes,
    c.data_inicio_validade,
    c.data_fim_validade,
    CAST(CASE
        WHEN c.data_fim_validade IS NULL THEN 'Sem Expiração' ELSE 'Válido'
    END AS VARCHAR(20)) AS status_validade,
    CAST(DATEDIFF(
        DAY, CAST(SYSUTCDATETIME() AS DATE), CAST(c.data_fim_validade AS DATE)) AS INT) AS dias_ate_expirar,
    c.total_usos_realizados,
    c.total_receita_gerada,
    c.total_desconto_concedido,
    c.origem_campanha,
    c.canal_divulgacao,
    c.eh_cumulativo,
    c.requer_aprovacao,
    CAST(CASE
        WHEN c.total_usos_realizados > 0
            THEN ROUND(CAST(c.total_receita_gerada AS DECIMAL(38,20)) / c.total_usos_realizados, 2)
        ELSE 0
    END AS DECIMAL(15,2)) AS ticket_medio_com_desconto,
    CAST(CASE
        WHEN c.total_usos_realizados > 0
            THEN ROUND(CAST(c.total_desconto_concedido AS DECIMAL(38,20)) / c.total_usos_realizados, 2)
        ELSE 0
    END AS DECIMAL(15,2)) AS desconto_medio_por_uso
FROM dim.DIM_DESCONTO c
WHERE c.eh_ativo = 1
    AND c.situacao = 'Ativo'
    AND c.data_inicio_validade <= CAST(SYSUTCDATETIME() AS DATETIME)
    AND (c.data_fim_validade IS NULL OR c.data_fim_validade >= CAST(SYSUTCDATETIME() AS DATETIME))
    AND c.excluido_em IS NULL
    AND c.eh_inferido = 0
    AND c.desconto_id <> -1;
