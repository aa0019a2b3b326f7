//! Rows and money of the key tables of a database: written down when it is backed up, compared when the backup is restored.

use std::collections::BTreeMap;

use dw_core::dialect::Dialect;
use dw_core::error::{Database, DwResult};
use dw_core::value::RowBatch;
use serde::{Deserialize, Serialize};

/// A key table and the column that is counted, and added up when it is money.
struct Key(&'static str, &'static str, bool);

const OLTP: [Key; 6] = [
    Key("core.customers", "customer_id", false),
    Key("core.products", "product_id", false),
    Key("core.orders", "order_id", false),
    Key("core.order_items", "net_amount", true),
    Key("core.order_item_discounts", "discount_amount", true),
    Key("core.seller_targets_monthly", "target_amount", true),
];

const DW: [Key; 5] = [
    Key("dim.DIM_CLIENTE", "cliente_id", false),
    Key("dim.DIM_PRODUTO", "produto_id", false),
    Key("fact.FACT_VENDAS", "valor_total_liquido", true),
    Key("fact.FACT_METAS", "valor_meta", true),
    Key("fact.FACT_DESCONTOS", "valor_desconto_aplicado", true),
];

fn keys(database: Database) -> &'static [Key] {
    match database {
        Database::Oltp => &OLTP,
        Database::Dw => &DW,
    }
}

/// What a table held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableTotals {
    /// Rows.
    pub rows: i64,
    /// Money in hundredths; none for a table without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cents: Option<i64>,
}

/// What the key tables of a database held, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Totals(pub BTreeMap<String, TableTotals>);

/// The statements that ask for the totals, one a key table.
pub fn questions(dialect: &dyn Dialect, database: Database) -> Vec<String> {
    keys(database)
        .iter()
        .map(|Key(table, column, is_money)| {
            let sum = if *is_money { format!(", SUM({column})") } else { String::new() };
            dialect.translate(&format!("SELECT COUNT({column}){sum} FROM {table}"))
        })
        .collect()
}

impl Totals {
    /// The answers to [`questions`].
    ///
    /// # Errors
    /// When they are none.
    pub fn of(database: Database, answers: &[RowBatch]) -> DwResult<Self> {
        let mut totals = BTreeMap::new();
        for (Key(table, _, is_money), answer) in keys(database).iter().zip(answers) {
            let cents = if *is_money { Some(answer.get(0, 1).int()?.unwrap_or(0)) } else { None };
            let rows = answer.get(0, 0).int()?.unwrap_or(0);
            totals.insert((*table).to_owned(), TableTotals { rows, cents });
        }
        Ok(Self(totals))
    }

    /// As it is stored.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What was stored; none when it is not readable.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The first difference to what was written down; none when they are equal.
    pub fn difference(&self, recorded: &Self) -> Option<String> {
        recorded.0.iter().find_map(|(table, before)| match self.0.get(table) {
            None => Some(format!("{table} was not measured")),
            Some(now) if now.rows != before.rows => {
                Some(format!("{table} has {} rows, and had {} when it was backed up", now.rows, before.rows))
            }
            Some(now) if now.cents != before.cents => Some(format!(
                "{table} sums to {} cents, and did to {} when it was backed up",
                now.cents.unwrap_or_default(),
                before.cents.unwrap_or_default()
            )),
            Some(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use dw_core::embedded::SqliteDialect;
    use dw_core::sql_server::TsqlDialect;

    use super::*;

    #[test]
    fn the_questions_of_both_engines() {
        let all: Vec<String> = [Database::Oltp, Database::Dw]
            .into_iter()
            .flat_map(|database| [questions(&TsqlDialect, database), questions(&SqliteDialect, database)].concat())
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn one_cent_and_one_row_are_a_difference() {
        let one = |rows, cents| {
            Totals(BTreeMap::from([("fact.FACT_VENDAS".to_owned(), TableTotals { rows, cents: Some(cents) })]))
        };
        assert_eq!(one(1, 2).difference(&one(1, 2)), None);
        assert!(one(1, 3).difference(&one(1, 2)).unwrap().contains("cents"));
        assert!(one(2, 2).difference(&one(1, 2)).unwrap().contains("rows"));
        assert!(Totals::default().difference(&one(1, 2)).unwrap().contains("not measured"));
        assert_eq!(Totals::parse(&one(1, 2).json()), Some(one(1, 2)));
    }
}
