//! The three facts of `DW_ECOMMERCE`, schema `fact` (contract/02), widened and extended as `docs/contract.md` says.

use crate::schema::{Check, Column, DefaultValue, ForeignKey, Index, Table, Unique};
use crate::sql_type::SqlType::*;

/// `fact.FACT_VENDAS`.
pub static FACT_VENDAS: Table = Table {
    schema: "fact",
    name: "FACT_VENDAS",
    columns: &[
        Column::new("venda_id", BigInt).identity(),
        Column::new("venda_original_id", BigInt),
        Column::new("data_id", Int),
        Column::new("cliente_id", Int),
        Column::new("produto_id", Int),
        Column::new("regiao_id", Int),
        Column::new("vendedor_id", Int).null(),
        Column::new("quantidade_vendida", Int),
        Column::new("preco_unitario_tabela", Decimal(15, 2)),
        Column::new("valor_total_bruto", Decimal(15, 2)),
        Column::new("valor_total_descontos", Decimal(15, 2)).default(DefaultValue::Int(0)),
        Column::new("valor_total_liquido", Decimal(15, 2)),
        Column::new("custo_total", Decimal(15, 2)),
        Column::new("quantidade_devolvida", Int).default(DefaultValue::Int(0)),
        Column::new("valor_devolvido", Decimal(15, 2)).default(DefaultValue::Int(0)),
        Column::new("percentual_comissao", Decimal(5, 2)).null(),
        Column::new("valor_comissao", Decimal(15, 2)).null(),
        Column::new("numero_pedido", VarChar(50)),
        Column::new("teve_desconto", Bit).default(DefaultValue::Int(0)),
        Column::new("data_inclusao", DateTime).default(DefaultValue::UtcNow),
        Column::new("data_atualizacao", DateTime).default(DefaultValue::UtcNow),
        Column::new("status_pedido", VarChar(20)).additive(),
        Column::new("excluido_em", DateTime2(0)).null().additive(),
        Column::new("linha_hash", BigInt).null().additive(),
    ],
    primary_key_name: "PK_FACT_VENDAS",
    primary_key: &["venda_id"],
    uniques: &[Unique { name: "UK_FACT_VENDAS_original_id", columns: &["venda_original_id"] }],
    checks: &[
        Check { name: "CK_FACT_VENDAS_quantidade", condition: "quantidade_vendida > 0" },
        Check {
            name: "CK_FACT_VENDAS_valores",
            condition: "valor_total_bruto >= 0 AND valor_total_descontos >= 0 AND valor_total_liquido >= 0 AND custo_total >= 0",
        },
        Check {
            name: "CK_FACT_VENDAS_devolucao",
            condition: "quantidade_devolvida >= 0 AND quantidade_devolvida <= quantidade_vendida",
        },
    ],
    foreign_keys: &[
        ForeignKey {
            name: "FK_FACT_VENDAS_data",
            column: "data_id",
            references: ("dim", "DIM_DATA"),
            referenced_column: "data_id",
        },
        ForeignKey {
            name: "FK_FACT_VENDAS_cliente",
            column: "cliente_id",
            references: ("dim", "DIM_CLIENTE"),
            referenced_column: "cliente_id",
        },
        ForeignKey {
            name: "FK_FACT_VENDAS_produto",
            column: "produto_id",
            references: ("dim", "DIM_PRODUTO"),
            referenced_column: "produto_id",
        },
        ForeignKey {
            name: "FK_FACT_VENDAS_regiao",
            column: "regiao_id",
            references: ("dim", "DIM_REGIAO"),
            referenced_column: "regiao_id",
        },
        ForeignKey {
            name: "FK_FACT_VENDAS_vendedor",
            column: "vendedor_id",
            references: ("dim", "DIM_VENDEDOR"),
            referenced_column: "vendedor_id",
        },
    ],
    indexes: &[
        Index {
            name: "IX_FACT_VENDAS_data",
            columns: &["data_id"],
            include: &["valor_total_liquido", "quantidade_vendida"],
            filter: None,
            unique: false,
        },
        Index {
            name: "IX_FACT_VENDAS_cliente",
            columns: &["cliente_id"],
            include: &["valor_total_liquido"],
            filter: None,
            unique: false,
        },
    ],
};

/// `fact.FACT_METAS`.
pub static FACT_METAS: Table = Table {
    schema: "fact",
    name: "FACT_METAS",
    columns: &[
        Column::new("meta_id", BigInt).identity(),
        Column::new("vendedor_id", Int),
        Column::new("data_id", Int),
        Column::new("valor_meta", Decimal(15, 2)),
        Column::new("quantidade_meta", Int).null(),
        Column::new("valor_realizado", Decimal(15, 2)).default(DefaultValue::Int(0)),
        Column::new("quantidade_realizada", Int).default(DefaultValue::Int(0)),
        Column::new("percentual_atingido", Decimal(9, 2)).default(DefaultValue::Int(0)),
        Column::new("gap_meta", Decimal(15, 2)).default(DefaultValue::Int(0)),
        Column::new("ticket_medio_realizado", Decimal(15, 2)).null(),
        Column::new("ranking_periodo", Int).null(),
        Column::new("quartil_performance", VarChar(10)).null(),
        Column::new("meta_batida", Bit).default(DefaultValue::Int(0)),
        Column::new("meta_superada", Bit).default(DefaultValue::Int(0)),
        Column::new("eh_periodo_fechado", Bit).default(DefaultValue::Int(0)),
        Column::new("tipo_periodo", VarChar(20)).default(DefaultValue::Text("Mensal")),
        Column::new("observacoes", VarChar(500)).null(),
        Column::new("data_inclusao", DateTime).default(DefaultValue::UtcNow),
        Column::new("data_ultima_atualizacao", DateTime).default(DefaultValue::UtcNow),
        Column::new("meta_original_id", BigInt).additive(),
        Column::new("excluido_em", DateTime2(0)).null().additive(),
        Column::new("linha_hash", BigInt).null().additive(),
    ],
    primary_key_name: "PK_FACT_METAS",
    primary_key: &["meta_id"],
    uniques: &[
        Unique { name: "UK_FACT_METAS_vendedor_periodo", columns: &["vendedor_id", "data_id", "tipo_periodo"] },
        Unique { name: "UK_FACT_METAS_original_id", columns: &["meta_original_id"] },
    ],
    checks: &[
        Check { name: "CK_FACT_METAS_valor_meta_positivo", condition: "valor_meta > 0" },
        Check { name: "CK_FACT_METAS_quantidade_meta", condition: "quantidade_meta IS NULL OR quantidade_meta > 0" },
        Check {
            name: "CK_FACT_METAS_valores_positivos",
            condition: "valor_realizado >= 0 AND quantidade_realizada >= 0",
        },
        Check { name: "CK_FACT_METAS_percentual_valido", condition: "percentual_atingido >= 0" },
        Check { name: "CK_FACT_METAS_tipo_periodo", condition: "tipo_periodo IN ('Mensal', 'Trimestral', 'Anual')" },
        Check {
            name: "CK_FACT_METAS_quartil",
            condition: "quartil_performance IN ('Q1', 'Q2', 'Q3', 'Q4') OR quartil_performance IS NULL",
        },
        Check {
            name: "CK_FACT_METAS_meta_batida_coerente",
            condition: "(meta_batida = 0 AND percentual_atingido < {100:percentual_atingido}) OR (meta_batida = 1 AND percentual_atingido >= {100:percentual_atingido})",
        },
    ],
    foreign_keys: &[
        ForeignKey {
            name: "FK_FACT_METAS_vendedor",
            column: "vendedor_id",
            references: ("dim", "DIM_VENDEDOR"),
            referenced_column: "vendedor_id",
        },
        ForeignKey {
            name: "FK_FACT_METAS_data",
            column: "data_id",
            references: ("dim", "DIM_DATA"),
            referenced_column: "data_id",
        },
    ],
    indexes: &[
        Index {
            name: "IX_FACT_METAS_vendedor_data",
            columns: &["vendedor_id", "data_id"],
            include: &["valor_meta", "valor_realizado", "percentual_atingido", "meta_batida", "meta_superada"],
            filter: None,
            unique: false,
        },
        Index {
            name: "IX_FACT_METAS_data",
            columns: &["data_id"],
            include: &["vendedor_id", "valor_realizado", "meta_batida"],
            filter: None,
            unique: false,
        },
    ],
};

/// `fact.FACT_DESCONTOS`.
pub static FACT_DESCONTOS: Table = Table {
    schema: "fact",
    name: "FACT_DESCONTOS",
    columns: &[
        Column::new("desconto_aplicado_id", BigInt).identity(),
        Column::new("desconto_aplicado_original_id", BigInt),
        Column::new("desconto_id", Int),
        Column::new("venda_id", BigInt),
        Column::new("data_aplicacao_id", Int),
        Column::new("cliente_id", Int),
        Column::new("produto_id", Int).null(),
        Column::new("nivel_aplicacao", VarChar(30)),
        Column::new("valor_desconto_aplicado", Decimal(15, 2)),
        Column::new("valor_sem_desconto", Decimal(15, 2)),
        Column::new("valor_com_desconto", Decimal(15, 2)),
        Column::new("margem_antes_desconto", Decimal(15, 2)).null(),
        Column::new("margem_apos_desconto", Decimal(15, 2)).null(),
        Column::new("impacto_margem", Decimal(15, 2)).null(),
        Column::new("percentual_desconto_efetivo", Decimal(5, 2)),
        Column::new("desconto_aprovado", Bit).default(DefaultValue::Int(1)),
        Column::new("motivo_rejeicao", VarChar(200)).null(),
        Column::new("numero_pedido", VarChar(50)),
        Column::new("data_inclusao", DateTime).default(DefaultValue::UtcNow),
        Column::new("data_atualizacao", DateTime).default(DefaultValue::UtcNow),
        Column::new("excluido_em", DateTime2(0)).null().additive(),
        Column::new("linha_hash", BigInt).null().additive(),
    ],
    primary_key_name: "PK_FACT_DESCONTOS",
    primary_key: &["desconto_aplicado_id"],
    uniques: &[Unique { name: "UK_FACT_DESCONTOS_original_id", columns: &["desconto_aplicado_original_id"] }],
    checks: &[
        Check {
            name: "CK_FACT_DESCONTOS_valores_positivos",
            condition: "valor_desconto_aplicado >= 0 AND valor_sem_desconto >= 0 AND valor_com_desconto >= 0",
        },
        Check {
            name: "CK_FACT_DESCONTOS_valor_coerente",
            condition: "valor_com_desconto = valor_sem_desconto - valor_desconto_aplicado",
        },
        Check {
            name: "CK_FACT_DESCONTOS_percentual_valido",
            condition: "percentual_desconto_efetivo BETWEEN 0 AND {100:percentual_desconto_efetivo}",
        },
        Check {
            name: "CK_FACT_DESCONTOS_nivel_valido",
            condition: "nivel_aplicacao IN ('Item', 'Pedido', 'Frete', 'Categoria')",
        },
    ],
    foreign_keys: &[
        ForeignKey {
            name: "FK_FACT_DESCONTOS_desconto",
            column: "desconto_id",
            references: ("dim", "DIM_DESCONTO"),
            referenced_column: "desconto_id",
        },
        ForeignKey {
            name: "FK_FACT_DESCONTOS_venda",
            column: "venda_id",
            references: ("fact", "FACT_VENDAS"),
            referenced_column: "venda_id",
        },
        ForeignKey {
            name: "FK_FACT_DESCONTOS_data",
            column: "data_aplicacao_id",
            references: ("dim", "DIM_DATA"),
            referenced_column: "data_id",
        },
        ForeignKey {
            name: "FK_FACT_DESCONTOS_cliente",
            column: "cliente_id",
            references: ("dim", "DIM_CLIENTE"),
            referenced_column: "cliente_id",
        },
        ForeignKey {
            name: "FK_FACT_DESCONTOS_produto",
            column: "produto_id",
            references: ("dim", "DIM_PRODUTO"),
            referenced_column: "produto_id",
        },
    ],
    indexes: &[
        Index {
            name: "IX_FACT_DESCONTOS_data",
            columns: &["data_aplicacao_id"],
            include: &["desconto_id", "valor_desconto_aplicado", "valor_com_desconto"],
            filter: None,
            unique: false,
        },
        Index {
            name: "IX_FACT_DESCONTOS_venda",
            columns: &["venda_id"],
            include: &["desconto_id", "valor_desconto_aplicado", "percentual_desconto_efetivo"],
            filter: None,
            unique: false,
        },
    ],
};

/// The tables in the order in which they are created: a table follows those that it references.
pub static TABLES: &[&Table] = &[&FACT_VENDAS, &FACT_METAS, &FACT_DESCONTOS];
