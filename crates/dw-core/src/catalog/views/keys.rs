//! Keys with measures, and keys with names: what a dashboard sums over many rows (decision 27).

use crate::schema::View;
use crate::sql_type::SqlType::*;

/// `fact.VW_DASH_VENDAS_CHAVES_R1`.
pub static DASH_VENDAS_CHAVES_R1: View = View {
    schema: "fact",
    name: "VW_DASH_VENDAS_CHAVES_R1",
    columns: &[
        ("venda_id", BigInt),
        ("numero_pedido", VarChar(50)),
        ("data_id", Int),
        ("produto_id", Int),
        ("regiao_id", Int),
        ("vendedor_id", Int),
        ("status_pedido", VarChar(20)),
        ("quantidade_vendida", Int),
        ("valor_total_bruto", Decimal(15, 2)),
        ("valor_total_descontos", Decimal(15, 2)),
        ("valor_total_liquido", Decimal(15, 2)),
        ("custo_total", Decimal(15, 2)),
        ("quantidade_devolvida", Int),
        ("valor_devolvido", Decimal(15, 2)),
        ("valor_comissao", Decimal(15, 2)),
    ],
    sql: include_str!("../../../../../sql/embedded/views/fact.VW_DASH_VENDAS_CHAVES_R1.sql"),
    tsql: include_str!("../../../../../sql/dw/views/fact.VW_DASH_VENDAS_CHAVES_R1.sql"),
    order: &["venda_id"],
};

/// `fact.VW_DASH_METAS_CHAVES_R1`.
pub static DASH_METAS_CHAVES_R1: View = View {
    schema: "fact",
    name: "VW_DASH_METAS_CHAVES_R1",
    columns: &[("meta_id", BigInt), ("data_id", Int), ("vendedor_id", Int), ("valor_meta", Decimal(15, 2))],
    sql: include_str!("../../../../../sql/embedded/views/fact.VW_DASH_METAS_CHAVES_R1.sql"),
    tsql: include_str!("../../../../../sql/dw/views/fact.VW_DASH_METAS_CHAVES_R1.sql"),
    order: &["meta_id"],
};

/// `dim.VW_DASH_PRODUTOS_R1`.
pub static DASH_PRODUTOS_R1: View = View {
    schema: "dim",
    name: "VW_DASH_PRODUTOS_R1",
    columns: &[
        ("produto_id", Int),
        ("nome_produto", VarChar(200)),
        ("categoria", VarChar(50)),
        ("subcategoria", VarChar(50)),
        ("marca", VarChar(50)),
    ],
    sql: include_str!("../../../../../sql/embedded/views/dim.VW_DASH_PRODUTOS_R1.sql"),
    tsql: include_str!("../../../../../sql/dw/views/dim.VW_DASH_PRODUTOS_R1.sql"),
    order: &["produto_id"],
};

/// `dim.VW_DASH_REGIOES_R1`.
pub static DASH_REGIOES_R1: View = View {
    schema: "dim",
    name: "VW_DASH_REGIOES_R1",
    columns: &[("regiao_id", Int), ("estado", Char(2)), ("regiao_pais", VarChar(30))],
    sql: include_str!("../../../../../sql/embedded/views/dim.VW_DASH_REGIOES_R1.sql"),
    tsql: include_str!("../../../../../sql/dw/views/dim.VW_DASH_REGIOES_R1.sql"),
    order: &["regiao_id"],
};

/// `dim.VW_DASH_VENDEDORES_R1`.
pub static DASH_VENDEDORES_R1: View = View {
    schema: "dim",
    name: "VW_DASH_VENDEDORES_R1",
    columns: &[
        ("vendedor_id", Int),
        ("nome_vendedor", VarChar(200)),
        ("nome_equipe", VarChar(120)),
        ("regional", VarChar(50)),
    ],
    sql: include_str!("../../../../../sql/embedded/views/dim.VW_DASH_VENDEDORES_R1.sql"),
    tsql: include_str!("../../../../../sql/dw/views/dim.VW_DASH_VENDEDORES_R1.sql"),
    order: &["vendedor_id"],
};
