-- Purpose: active customers with the days since their last purchase.
-- Corrected: deleted customers, inferred members and the member -1 are no active customers (rulings 6 and 16).
-- Types: dias_desde_ultima_compra INT, whole UTC days, NULL without a purchase.
CREATE VIEW dim.VW_CLIENTES_ATIVOS AS
SELECT
    c.cliente_id,
    c.cliente_original_id,
    c.nome_cliente,
    c.email,
    c.telefone,
    c.tipo_cliente,
    c.segmento,
    c.cidade,
    c.estado,
    c.pais,
    c.data_primeiro_cadastro,
    c.data_ultima_compra,
    c.total_compras_historico,
    c.valor_total_gasto_historico,
    c.ticket_medio_historico,
    c.eh_cliente_vip,
    c.aceita_email_marketing,
    CAST(DATEDIFF(DAY, c.data_ultima_compra, CAST(SYSUTCDATETIME() AS DATE)) AS INT) AS dias_desde_ultima_compra
FROM dim.DIM_CLIENTE c
WHERE c.eh_ativo = 1
    AND c.excluido_em IS NULL
    AND c.eh_inferido = 0
    AND c.cliente_id <> -1;
