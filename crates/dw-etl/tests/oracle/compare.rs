//! Compares what the oracle expects with what the warehouse holds, after surrogate keys are replaced by business keys.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use dw_core::catalog::{dims, facts};
use dw_core::engine::Session;
use dw_core::schema::Table;
use dw_core::value::Value;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// An expected row: column and value.
pub type Cells = BTreeMap<&'static str, Value>;

/// The rows that a table should have, by business key.
#[derive(Debug, Default)]
pub struct Expected {
    pub key: &'static str,
    pub rows: BTreeMap<i64, Cells>,
    /// Keys of the source that should be in quarantine.
    pub rejected: BTreeSet<i64>,
    /// The entity whose quarantine that is.
    pub entity: &'static str,
    /// Whether every column that no other test owns is expected.
    pub complete: bool,
}

/// Columns that hold the time of the load, and are no part of what a row says.
const LOAD_STAMPS: [(&str, &str); 6] = [
    ("FACT_VENDAS", "data_inclusao"),
    ("FACT_VENDAS", "data_atualizacao"),
    ("FACT_DESCONTOS", "data_inclusao"),
    ("FACT_DESCONTOS", "data_atualizacao"),
    ("FACT_METAS", "data_inclusao"),
    ("FACT_METAS", "data_ultima_atualizacao"),
];

/// The columns that hold a surrogate key, and the table and column that it stands for.
const REFERENCES: [(&str, &str, &str, &str); 9] = [
    ("cliente_id", "dim.DIM_CLIENTE", "cliente_id", "cliente_original_id"),
    ("produto_id", "dim.DIM_PRODUTO", "produto_id", "produto_original_id"),
    ("regiao_id", "dim.DIM_REGIAO", "regiao_id", "regiao_original_id"),
    ("vendedor_id", "dim.DIM_VENDEDOR", "vendedor_id", "vendedor_original_id"),
    ("gerente_id", "dim.DIM_VENDEDOR", "vendedor_id", "vendedor_original_id"),
    ("lider_equipe_id", "dim.DIM_VENDEDOR", "vendedor_id", "vendedor_original_id"),
    ("equipe_id", "dim.DIM_EQUIPE", "equipe_id", "equipe_original_id"),
    ("desconto_id", "dim.DIM_DESCONTO", "desconto_id", "desconto_original_id"),
    ("venda_id", "fact.FACT_VENDAS", "venda_id", "venda_original_id"),
];

/// Panics when a row is missing, one too many or different, or when the quarantine is not the expected one.
pub async fn assert_rows(dw: &mut dyn Session, name: &'static str, expected: Expected) {
    let table: &'static Table =
        dims::TABLES.iter().chain(facts::TABLES).copied().find(|table| table.full_name() == name).unwrap();
    let mut columns: Vec<&'static str> = table.columns.iter().map(|column| column.name).collect();
    columns.retain(|column| *column != table.primary_key[0] && !LOAD_STAMPS.contains(&(table.name, *column)));
    // What a load stores for itself says nothing of its own.
    columns.retain(|column| *column != "linha_hash");
    if let Some(row) = expected.rows.values().next() {
        if expected.complete {
            let all: BTreeSet<_> = columns.iter().copied().collect();
            assert_eq!(row.keys().copied().collect::<BTreeSet<_>>(), all, "{name}: every column is expected");
        } else {
            columns.retain(|column| row.contains_key(column));
        }
    }
    let actual = read(dw, table, expected.key, &columns).await;
    for (key, cells) in &expected.rows {
        let found = actual.get(key).unwrap_or_else(|| panic!("{name} has no row {key}; expected {cells:?}"));
        for (column, value) in cells {
            assert_eq!(&found[column], value, "{name} {key}: {column} (left: warehouse, right: oracle)\n{cells:?}");
        }
    }
    let surplus: Vec<_> = actual.keys().filter(|key| !expected.rows.contains_key(key)).collect();
    assert!(surplus.is_empty(), "{name} has rows that nobody expects: {surplus:?}");
    if !expected.entity.is_empty() {
        let sql = "SELECT source_key FROM audit.etl_reject WHERE resolved_at IS NULL AND entity_name = @P1";
        let sql = dw.dialect().translate(sql);
        let found = dw.query(&sql, &[expected.entity.into()]).await.unwrap();
        let found: BTreeSet<i64> = found.rows().map(|row| row[0].int().unwrap().unwrap()).collect();
        assert_eq!(found, expected.rejected, "quarantine of {}", expected.entity);
    }
}

/// The rows of a table by business key, the members -1 aside.
async fn read(
    dw: &mut dyn Session,
    table: &'static Table,
    key: &'static str,
    columns: &[&'static str],
) -> BTreeMap<i64, Cells> {
    let mut business_keys: HashMap<&str, HashMap<i64, i64>> = HashMap::new();
    for (column, referenced, surrogate, business_key) in REFERENCES {
        if columns.contains(&column) {
            let sql = dw.dialect().translate(&format!("SELECT {surrogate}, {business_key} FROM {referenced}"));
            let int = |value: &Value| value.int().unwrap().unwrap();
            let rows = dw.query(&sql, &[]).await.unwrap();
            business_keys.insert(column, rows.rows().map(|row| (int(&row[0]), int(&row[1]))).collect());
        }
    }
    let name = dw.dialect().table(table.schema, table.name);
    let own = table.primary_key[0];
    let sql = format!("SELECT {key}, {} FROM {name} WHERE {own} <> -1", columns.join(", "));
    let mut all = BTreeMap::new();
    for row in dw.query(&sql, &[]).await.unwrap().rows() {
        let mut cells = Cells::new();
        for (column, value) in columns.iter().zip(&row[1..]) {
            let value = match (business_keys.get(column), value) {
                (Some(keys), Value::Int(id)) => Value::Int(keys[id]),
                _ => value.clone(),
            };
            cells.insert(column, value);
        }
        let before = all.insert(row[0].int().unwrap().unwrap(), cells);
        assert!(before.is_none(), "{key} is unique");
    }
    all
}

/// An amount as it is stored with two digits. It must have no more.
pub fn cents(amount: Decimal) -> Value {
    let cents = amount * Decimal::ONE_HUNDRED;
    assert!(cents.is_integer(), "{amount} has more than two digits");
    Value::Int(cents.to_i64().unwrap())
}

/// The same, rounded half away from zero (ruling 14).
pub fn rounded(amount: Decimal) -> Value {
    cents(amount.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero))
}

/// A text without blanks around it; NULL when nothing is left.
pub fn text(text: &str) -> Value {
    let text = text.trim();
    if text.is_empty() { Value::Null } else { Value::from(text) }
}
