//! Equal warehouses (ruling 31): the same business keys with the same values after surrogate keys are replaced by business
//! keys, over dim, fact and open rejects, the stamps of the load aside; and nothing left parked or underived.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

use std::collections::{BTreeMap, HashMap};

use dw_core::catalog::views::VIEWS;
use dw_core::catalog::{dims, facts};
use dw_core::engine::Session;
use dw_core::error::Database;
use dw_core::schema::Table;
use dw_core::value::Value;
use dw_core::{entities, members};

/// How many differing rows are shown.
const SHOWN: usize = 5;
/// What a load stores to see whether a row has changed. It is of the engine.
const STORED_HASH: &str = "linha_hash";
/// Stands between the columns of a row.
const SEPARATOR: &str = " | ";

/// A warehouse by business keys: of each table the rows as text, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warehouse(BTreeMap<String, Vec<String>>);

impl Warehouse {
    /// How many rows a table has.
    pub fn rows(&self, table: &str) -> usize {
        self.0.get(table).map_or(0, Vec::len)
    }

    /// What makes them different, `None` when they are equal.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let mut message = String::new();
        for (table, left) in &self.0 {
            let right = other.0.get(table).map(Vec::as_slice).unwrap_or_default();
            // Both are sorted, so what is in one alone is found without a search.
            let only = |these: &[String], those: &[String]| -> Vec<String> {
                these.iter().filter(|row| those.binary_search(row).is_err()).cloned().collect()
            };
            let (lefts, rights) = (only(left, right), only(right, left));
            if lefts.is_empty() && rights.is_empty() && left.len() == right.len() {
                continue;
            }
            message.push_str(&format!(
                "{table}: {} and {} of {} and {} rows differ\n",
                lefts.len(),
                rights.len(),
                left.len(),
                right.len()
            ));
            for row in lefts.iter().take(SHOWN) {
                let other = rights.iter().find(|other| key(other) == key(row));
                message.push_str(&format!("  left  {}\n", other.map_or(row.clone(), |other| columns_of(row, other))));
            }
            for row in rights.iter().take(SHOWN) {
                let other = lefts.iter().find(|other| key(other) == key(row));
                message.push_str(&format!("  right {}\n", other.map_or(row.clone(), |other| columns_of(row, other))));
            }
        }
        (!message.is_empty()).then_some(message)
    }
}

/// The first column of a row.
fn key(row: &str) -> &str {
    row.split(SEPARATOR).next().unwrap_or_default()
}

/// The key of a row and those of its columns that another row has otherwise.
fn columns_of(row: &str, other: &str) -> String {
    let columns = row.split(SEPARATOR).zip(other.split(SEPARATOR)).enumerate();
    let shown = columns.filter(|(at, (mine, theirs))| *at == 0 || mine != theirs).map(|(_, (mine, _))| mine);
    shown.collect::<Vec<_>>().join(SEPARATOR)
}

/// Panics with the first differing rows of each table.
#[track_caller]
pub fn assert_equal_warehouses(left: &Warehouse, right: &Warehouse) {
    if let Some(difference) = left.difference(right) {
        panic!("the warehouses differ\n{difference}");
    }
}

/// Reads a warehouse.
pub async fn read(dw: &mut dyn Session) -> Warehouse {
    let tables: Vec<&'static Table> = dims::TABLES.iter().chain(facts::TABLES).copied().collect();
    let mut keys = HashMap::new();
    for table in &tables {
        keys.insert(table.name, business_keys(dw, table).await);
    }
    let mut all = BTreeMap::new();
    for table in tables {
        all.insert(table.full_name(), table_rows(dw, table, &keys).await);
    }
    for (name, sql) in [
        (
            "audit.etl_reject (open)",
            "SELECT entity_name, source_key, reason_code, reason, payload FROM audit.etl_reject WHERE resolved_at IS NULL",
        ),
        ("ctl.etl_parked", "SELECT entity_name, source_key FROM ctl.etl_parked"),
        ("ctl.etl_affected_group", "SELECT group_kind, group_id FROM ctl.etl_affected_group"),
    ] {
        let sql = dw.dialect().translate(sql);
        let mut rows: Vec<String> = dw.query(&sql, &[]).await.unwrap().rows().map(|row| format!("{row:?}")).collect();
        rows.sort();
        all.insert(name.to_owned(), rows);
    }
    Warehouse(all)
}

/// Reads every view as readers see it, by business keys too, the stamps of the load aside.
pub async fn read_views(dw: &mut dyn Session) -> Warehouse {
    let mut keys = HashMap::new();
    for table in dims::TABLES.iter().chain(facts::TABLES) {
        keys.insert(table.name, business_keys(dw, table).await);
    }
    let stamps: Vec<&str> =
        entities::ALL.iter().filter_map(|entity| entity.load_stamps).flat_map(|(a, b)| [a, b]).collect();
    let mut all = BTreeMap::new();
    // Who is connected is of the server, and not of the warehouse.
    for view in VIEWS.iter().filter(|view| view.name != "vw_connection_login_events_recent") {
        // Numbers in the order of surrogate keys, and the time of the last load.
        let own = |name: &str| {
            stamps.contains(&name) || ["meta_snapshot_id", "ultima_carga_utc", "lida_ate_utc"].contains(&name)
        };
        let columns: Vec<_> = view.columns.iter().filter(|(name, _)| !own(name)).collect();
        let names = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {names} FROM {}", dw.dialect().table(view.schema, view.name));
        let found = dw.query(&sql, &[]).await.unwrap();
        let mut rows: Vec<String> = found
            .rows()
            .map(|row| {
                let shown = columns.iter().zip(row).map(|((name, ty), value)| {
                    let shown = match (value, surrogate_of(name)) {
                        (Value::Int(id), Some(table)) => keys[table].get(id).map_or("dangling".into(), i64::to_string),
                        _ => ty.render(value).unwrap_or_else(|| "NULL".to_owned()),
                    };
                    format!("{name}={shown}")
                });
                shown.collect::<Vec<_>>().join(SEPARATOR)
            })
            .collect();
        rows.sort();
        all.insert(format!("{}.{}", view.schema, view.name), rows);
    }
    Warehouse(all)
}

/// The table whose surrogate key a column of a view shows, if any.
fn surrogate_of(column: &str) -> Option<&'static str> {
    if column.starts_with("gerente_") && column.ends_with("_id") || column == "lider_equipe_id" {
        return Some("DIM_VENDEDOR");
    }
    let all = dims::TABLES.iter().chain(facts::TABLES);
    let table = all.into_iter().find(|table| table.primary_key == [column])?;
    (table.name != "DIM_DATA").then_some(table.name)
}

/// Surrogate keys and their business keys.
async fn business_keys(dw: &mut dyn Session, table: &'static Table) -> HashMap<i64, i64> {
    let Some(key) = members::key_column(table) else { return HashMap::new() };
    let name = dw.dialect().table(table.schema, table.name);
    let sql = format!("SELECT {}, {} FROM {name}", table.primary_key[0], key.name);
    let int = |value: &Value| value.int().unwrap().unwrap();
    dw.query(&sql, &[]).await.unwrap().rows().map(|row| (int(&row[0]), int(&row[1]))).collect()
}

/// The table that a column refers to by its surrogate key, if any.
fn reference(table: &Table, column: &str) -> Option<&'static str> {
    // The leader has no foreign key in the contract, because the tables would refer to each other.
    if column == "lider_equipe_id" {
        return Some("DIM_VENDEDOR");
    }
    let key = table.foreign_keys.iter().find(|key| key.column == column)?;
    (key.references.1 != "DIM_DATA").then_some(key.references.1)
}

async fn table_rows(
    dw: &mut dyn Session,
    table: &'static Table,
    keys: &HashMap<&'static str, HashMap<i64, i64>>,
) -> Vec<String> {
    let entity = entities::ALL.iter().find(|entity| entity.target.name == table.name);
    let stamps = entity.and_then(|entity| entity.load_stamps);
    let columns: Vec<_> = table
        .columns
        .iter()
        .filter(|column| !(column.identity || stamps.is_some_and(|(a, b)| column.name == a || column.name == b)))
        .filter(|column| column.name != STORED_HASH)
        .collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let sql = format!("SELECT {} FROM {}", names.join(", "), dw.dialect().table(table.schema, table.name));
    let business_key = members::key_column(table).map(|key| key.name);
    let references: Vec<_> = columns.iter().map(|column| reference(table, column.name)).collect();
    let mut rows: Vec<String> = dw
        .query(&sql, &[])
        .await
        .unwrap()
        .rows()
        .map(|row| {
            let mut text = String::with_capacity(256);
            // The business key comes first, whatever its place in the contract.
            let mut ordered: Vec<_> = columns.iter().zip(row).zip(&references).collect();
            ordered.sort_by_key(|((column, _), _)| Some(column.name) != business_key);
            for ((column, value), referenced) in ordered {
                let shown = match (value, referenced) {
                    (Value::Int(id), Some(table)) => keys[table].get(id).map_or("dangling".into(), i64::to_string),
                    _ => column.ty.render(value).unwrap_or_else(|| "NULL".to_owned()),
                };
                if !text.is_empty() {
                    text.push_str(SEPARATOR);
                }
                text.push_str(column.name);
                text.push('=');
                text.push_str(&shown);
            }
            text
        })
        .collect();
    rows.sort();
    rows
}

/// Every row of every table, as it is stored: for what must not change anything at all.
pub async fn everything(dw: &mut dyn Session) -> Vec<String> {
    let mut all = Vec::new();
    for table in dw_testkit::home::tables(Database::Dw) {
        let columns = table.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {columns} FROM {}", dw.dialect().table(table.schema, table.name));
        let found = dw.query(&sql, &[]).await.unwrap();
        let mut rows: Vec<String> = found.rows().map(|row| format!("{} {row:?}", table.name)).collect();
        rows.sort();
        all.extend(rows);
    }
    let indexes = if dw.dialect().name() == "embedded" {
        "SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name"
    } else {
        "SELECT name FROM sys.indexes WHERE name IS NOT NULL ORDER BY name"
    };
    let indexes = dw.query(indexes, &[]).await.unwrap();
    all.extend(indexes.rows().map(|row| format!("index {row:?}")));
    all
}
