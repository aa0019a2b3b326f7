//! Filters as conditions of a statement: every value is a parameter, and the text depends only on how many there are.

use dw_core::dialect::Dialect;
use dw_core::error::DwResult;
use dw_core::sql_text::SqlText;
use dw_core::time::{Days, to_date};
use dw_core::value::Value;

use super::filters::Filters;

/// The place in a text where the conditions of the filters stand.
const PLACE: &str = "/* filters */";

/// A statement with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text in the dialect of the engine.
    pub sql: String,
    /// `@P1` and so on.
    pub params: Vec<Value>,
}

/// Which filters a statement can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Sale lines as keys, `v`.
    Keys,
    /// Sale lines with names, `v`.
    Lines,
    /// Discounts, `d`, which have no status.
    Discounts,
    /// Sellers, `n`: team and seller alone.
    Sellers,
}

/// `20260131`.
pub fn data_id(days: Days) -> i64 {
    use chrono::Datelike;
    let date = to_date(days);
    i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())
}

/// The text of a file with the conditions of these filters over a period.
///
/// # Errors
/// When a file that overrides the text cannot be read.
pub fn statement(
    text: SqlText,
    dialect: &dyn Dialect,
    reach: Reach,
    period: (Days, Days),
    filters: &Filters,
) -> DwResult<Statement> {
    let mut params = vec![Value::Int(data_id(period.0)), Value::Int(data_id(period.1))];
    let conditions = conditions(reach, filters, &mut params);
    let conditions: String = conditions.iter().map(|condition| format!(" AND {condition}")).collect();
    let text = text.get()?.replace(PLACE, conditions.trim_start());
    Ok(Statement { sql: dialect.translate(&text), params })
}

fn conditions(reach: Reach, filters: &Filters, params: &mut Vec<Value>) -> Vec<String> {
    let mut among = |column: &str, values: &[String]| -> Option<String> {
        if values.is_empty() {
            return None;
        }
        let places: Vec<String> = values
            .iter()
            .map(|value| {
                params.push(Value::Text(value.clone()));
                format!("@P{}", params.len())
            })
            .collect();
        Some(format!("{column} IN ({})", places.join(", ")))
    };
    let not_cancelled = || Some("v.status_pedido <> 'Cancelado'".to_owned());
    let status = |among: &mut dyn FnMut(&str, &[String]) -> Option<String>| {
        if filters.status.is_empty() { not_cancelled() } else { among("v.status_pedido", &filters.status) }
    };
    match reach {
        Reach::Keys => {
            let within = |key: &str, view: &str, alias: &str, parts: Vec<Option<String>>| {
                let parts: Vec<String> = parts.into_iter().flatten().collect();
                (!parts.is_empty()).then(|| {
                    format!("v.{key} IN (SELECT {alias}.{key} FROM dim.{view} {alias} WHERE {})", parts.join(" AND "))
                })
            };
            let mut found = vec![status(&mut among)];
            let region = vec![among("r.estado", &filters.estados), among("r.regiao_pais", &filters.regioes)];
            found.push(within("regiao_id", "VW_DASH_REGIOES_R1", "r", region));
            let product = vec![among("p.categoria", &filters.categorias)];
            found.push(within("produto_id", "VW_DASH_PRODUTOS_R1", "p", product));
            let seller = vec![among("s.nome_equipe", &filters.equipes), among("s.nome_vendedor", &filters.vendedores)];
            found.push(within("vendedor_id", "VW_DASH_VENDEDORES_R1", "s", seller));
            found.into_iter().flatten().collect()
        }
        Reach::Lines | Reach::Discounts => {
            let alias = if reach == Reach::Lines { "v" } else { "d" };
            let mut found = Vec::new();
            if reach == Reach::Lines {
                found.push(status(&mut among));
            }
            let columns = [
                ("estado", &filters.estados),
                ("regiao_pais", &filters.regioes),
                ("categoria", &filters.categorias),
                ("nome_equipe", &filters.equipes),
                ("nome_vendedor", &filters.vendedores),
            ];
            found.extend(columns.map(|(column, values)| among(&format!("{alias}.{column}"), values)));
            found.into_iter().flatten().collect()
        }
        Reach::Sellers => {
            let found = [among("n.nome_equipe", &filters.equipes), among("n.nome_vendedor", &filters.vendedores)];
            found.into_iter().flatten().collect()
        }
    }
}
