//! The member -1 and inferred members of a dimension (product decision 3, ruling 6): which value each column gets.
//! Pure: `docs/contract.md` shows the result, and a test compares.

use crate::schema::{Column, DefaultValue, Table};
use crate::sql_type::SqlType;
use crate::time;
use crate::value::Value;

/// The surrogate and the business key of the member `Nao informado`.
pub const UNKNOWN_KEY: i64 = -1;
/// The text of a member about which nothing is known.
pub const UNKNOWN_TEXT: &str = "Nao informado";

/// What a member row is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// The member -1.
    Unknown,
    /// A business key whose row has not arrived yet.
    Inferred,
}

/// How a column of a member row is filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberValue {
    /// This value.
    Fixed(Value),
    /// The business key.
    Key,
    /// `#` and the business key, in a column that must be unique.
    UniqueText,
}

/// The business key column of a dimension: `cliente_original_id`.
pub fn key_column(table: &Table) -> Option<&'static Column> {
    table.columns.iter().find(|column| column.name.ends_with("_original_id"))
}

/// The values of a member row, in column order; the surrogate key is left out, columns without a value too.
pub fn member_values(table: &'static Table, member: Member) -> Vec<(&'static str, MemberValue)> {
    let key = key_column(table).map(|column| column.name);
    table
        .columns
        .iter()
        .filter(|column| !table.primary_key.contains(&column.name))
        .filter_map(|column| {
            let value =
                if Some(column.name) == key { Some(MemberValue::Key) } else { column_value(table, column, member) };
            value.map(|value| (column.name, value))
        })
        .collect()
}

fn column_value(table: &Table, column: &Column, member: Member) -> Option<MemberValue> {
    let text = |text: &str| Some(MemberValue::Fixed(Value::from(text)));
    let number = |number: i64| Some(MemberValue::Fixed(Value::Int(number)));
    match (table.name, column.name) {
        // Columns whose CHECK forbids 'Nao informado' take a legal value.
        ("DIM_CLIENTE", "tipo_cliente") | ("DIM_PRODUTO", "situacao") => text("Inativo"),
        ("DIM_CLIENTE", "segmento") => text("Pessoa Fisica"),
        ("DIM_EQUIPE", "situacao") => text("Inativa"),
        ("DIM_VENDEDOR", "situacao") => text("Desligado"),
        ("DIM_DESCONTO", "tipo_desconto") => text("Cupom"),
        ("DIM_DESCONTO", "metodo_desconto") => text("Percentual"),
        ("DIM_DESCONTO", "aplica_em") => text("Pedido Total"),
        ("DIM_DESCONTO", "situacao") => text("Cancelado"),
        (_, "estado") => text("NA"),
        // Unique with country and state: of -1 there is one, of inferred members many.
        ("DIM_REGIAO", "cidade") if member == Member::Inferred => Some(MemberValue::UniqueText),
        (_, "pais") => text(UNKNOWN_TEXT),
        (_, "eh_ativo" | "eh_ativa" | "aceita_novos_clientes") => number(0),
        (_, "eh_inferido") => number(i64::from(member == Member::Inferred)),
        (_, "fornecedor_id") => number(UNKNOWN_KEY),
        _ if column.ty.is_text() && is_unique_alone(table, column.name) => Some(MemberValue::UniqueText),
        _ if column.nullable || column.default != DefaultValue::None => dated(column),
        _ => match column.ty {
            SqlType::Date | SqlType::DateTime | SqlType::DateTime2(_) => dated(column),
            ty if ty.is_text() => text(UNKNOWN_TEXT),
            _ => number(0),
        },
    }
}

/// Mandatory dates are 1900-01-01: a member row is older than any row of a source.
fn dated(column: &Column) -> Option<MemberValue> {
    let value = match column.ty {
        _ if column.nullable => return None,
        SqlType::Date => time::day_of(time::WATERMARK_START),
        SqlType::DateTime2(0) => time::WATERMARK_START,
        SqlType::DateTime | SqlType::DateTime2(_) => time::WATERMARK_START * 1_000,
        _ => return None,
    };
    Some(MemberValue::Fixed(Value::Int(value)))
}

fn is_unique_alone(table: &Table, column: &str) -> bool {
    table.uniques.iter().any(|unique| unique.columns == [column])
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use crate::catalog;

    /// Every column of both kinds of member: the page `docs/contract.md` shows the same.
    #[test]
    fn members_of_every_dimension() {
        let mut text = String::new();
        for table in catalog::dims::TABLES.iter().filter(|table| key_column(table).is_some()) {
            for member in [Member::Unknown, Member::Inferred] {
                writeln!(text, "{} {member:?}", table.name).unwrap();
                for (column, value) in member_values(table, member) {
                    let ty = table.column(column).unwrap().ty;
                    let shown = match value {
                        MemberValue::Fixed(value) => ty.render(&value).unwrap_or_default(),
                        MemberValue::Key => "<key>".to_owned(),
                        MemberValue::UniqueText => "#<key>".to_owned(),
                    };
                    writeln!(text, "  {column} = {shown}").unwrap();
                }
            }
        }
        insta::assert_snapshot!(text);
    }
}
