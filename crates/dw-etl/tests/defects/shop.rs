//! A tiny shop made by hand: a handful of source rows with explicit stamps, so that a test takes milliseconds.
#![allow(dead_code, unused_macros, unused_imports, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a helper of tests has nobody to hand an error to")]

use dw_core::catalog;
use dw_core::engine::{Access, Session};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::schema::{Column, DefaultValue, Table};
use dw_core::time::{self, Seconds};
use dw_core::value::Value;
use dw_etl::feed::StopFlag;
use dw_etl::options::{RunOptions, Selection};
use dw_etl::report::{EntityReport, EntityStatus, Reporter, RunReport, Silent};
use dw_etl::run::run;
use dw_testkit::On;
use dw_testkit::portable::portable;
use tokio::sync::Mutex;

use crate::common::{Stack, of};

/// A shop and its warehouse, gone with the test.
pub struct Shop {
    /// In a mutex, so that a watcher of a run may hold the shop. It comes first: its session ends before its database.
    oltp: Mutex<Box<dyn Session>>,
    pub stack: Stack,
    /// The hour in which the shop opened: a day ago, on a full hour.
    opened: Seconds,
    /// The last hour in which something changed.
    hour: i64,
}

/// Inserts a source row: `put!(shop, customers { customer_id: 7, full_name: "Ana" })`. What is left out gets a legal value:
/// references point to row 1, unique texts are made of the key, stamps are those of hour 0.
macro_rules! put {
    ($shop:expr, $table:ident { $($column:ident: $value:expr),* $(,)? }) => {
        $shop.insert(stringify!($table), &[$((stringify!($column), dw_core::value::Value::from($value))),*]).await
    };
}
pub(crate) use put;

impl Shop {
    /// A shop without a row.
    pub async fn empty(on: On) -> Self {
        let stack = Stack::empty(on).await;
        let oltp = Mutex::new(stack.oltp().await);
        let now = time::now();
        Self { oltp, stack, opened: now - now % 3_600 - 86_400, hour: 0 }
    }

    /// A shop with one row, key 1, in each of the eleven tables.
    pub async fn stocked(on: On) -> Self {
        let mut shop = Self::empty(on).await;
        for table in catalog::oltp_tables() {
            let seller = if table.name == "orders" { 1.into() } else { Value::Null };
            let optional: &[(&'static str, Value)] = match table.name {
                "teams" => &[("region_id", Value::Int(1))],
                "orders" => &[("seller_id", seller), ("region_id", Value::Int(1))],
                "sellers" => &[("team_id", Value::Int(1))],
                _ => &[],
            };
            let mut row = vec![(table.primary_key[0], Value::Int(1))];
            row.extend_from_slice(optional);
            shop.insert(table.name, &row).await;
        }
        shop
    }

    /// The stamp of an hour after the opening, up to 22.
    pub fn at(&self, hour: i64) -> Seconds {
        self.opened + hour * 3_600
    }

    /// See [`put!`].
    pub async fn insert(&mut self, table: &str, row: &[(&'static str, Value)]) {
        self.insert_all(table, &[row]).await;
    }

    /// The same for many rows of the same columns.
    pub async fn insert_all(&mut self, table: &str, rows: &[impl AsRef<[(&'static str, Value)]>]) {
        let table = source_table(table);
        let oltp = self.oltp.get_mut();
        let dialect = oltp.dialect();
        let target = dialect.table(table.schema, table.name);
        let switch = |state| format!("SET IDENTITY_INSERT {target} {state}");
        for rows in rows.chunks(500) {
            let mut columns = Vec::new();
            let mut tuples = Vec::new();
            for row in rows {
                let (found, values) = complete(self.opened, table, row.as_ref());
                assert!(columns.is_empty() || columns == found, "rows of different columns");
                columns = found;
                let types = columns.iter().map(|name| table.column(name).unwrap().ty);
                let literals: Vec<String> = types.zip(&values).map(|(ty, value)| dialect.literal(ty, value)).collect();
                tuples.push(format!("({})", literals.join(", ")));
            }
            let insert = format!("INSERT INTO {target} ({}) VALUES {}", columns.join(", "), tuples.join(", "));
            let has_identity = table.columns.iter().any(|column| column.identity);
            let sql = if self.stack.home.on() == On::SqlServer && has_identity {
                format!("{}; {insert}; {}", switch("ON"), switch("OFF"))
            } else {
                insert
            };
            oltp.execute(&sql, &[]).await.unwrap();
        }
    }

    /// Changes a source row and stamps it: `set("products", 1, "sku = 'B'", 2)`.
    pub async fn set(&mut self, table: &str, key: i64, sets: &str, hour: i64) {
        let stamp = self.at(hour);
        self.hour = self.hour.max(hour);
        self.set_at(table, key, sets, stamp).await;
    }

    /// The same with any stamp.
    pub async fn set_at(&mut self, table: &str, key: i64, sets: &str, stamp: Seconds) {
        let descriptor = source_table(table);
        let sql =
            format!("UPDATE core.{table} SET {sets}, updated_at = {stamp} WHERE {} = {key}", descriptor.primary_key[0]);
        assert_eq!(self.change(&sql).await, 1, "{sql}");
    }

    /// Marks a source row as deleted.
    pub async fn delete(&mut self, table: &str, key: i64, hour: i64) {
        let stamp = self.at(hour);
        self.set(table, key, &format!("deleted_at = {stamp}"), hour).await;
    }

    /// Runs a statement on the source. All texts are portable ones (`dw_testkit::portable`).
    pub async fn change(&mut self, sql: &str) -> u64 {
        let oltp = self.oltp.get_mut();
        let sql = portable(oltp.dialect(), sql);
        oltp.execute(&sql, &[]).await.unwrap()
    }

    /// Hands the value of each row to the one before it, and that of the first to the last: two rows swap, three rotate.
    pub async fn rotate(&mut self, table: &str, column: &str, keys: &[i64], hour: i64) {
        self.hour = self.hour.max(hour);
        let descriptor = source_table(table);
        let (id, ty) = (descriptor.primary_key[0], descriptor.column(column).unwrap().ty);
        let mut values = Vec::new();
        for key in keys {
            let oltp = self.oltp.get_mut();
            let sql = portable(oltp.dialect(), &format!("SELECT {column} FROM core.{table} WHERE {id} = {key}"));
            values.push(oltp.query(&sql, &[]).await.unwrap().get(0, 0).clone());
        }
        values.rotate_left(1);
        for pass in [false, true] {
            for (key, value) in keys.iter().zip(&values) {
                let free = match value {
                    Value::Text(_) => Value::Text(format!("~{key}")),
                    _ => Value::Int(-*key),
                };
                let value = self.oltp.get_mut().dialect().literal(ty, if pass { value } else { &free });
                self.set(table, *key, &format!("{column} = {value}"), hour).await;
            }
        }
    }

    /// A run that must end with exit code 0, after which all watermarks stand half an hour behind the last change, as if other
    /// rows had come meanwhile: what did not change is then outside of the lookback, and only its own rule makes a row change.
    pub async fn load(&self) -> RunReport {
        self.load_with(&RunOptions::default()).await
    }

    /// The same with options.
    pub async fn load_with(&self, options: &RunOptions) -> RunReport {
        let report = self.run_with(options).await;
        let later = self.at(self.hour) + 1_800;
        self.operate(&format!("UPDATE ctl.etl_control SET watermark_updated_at = {later}, watermark_id = 0")).await;
        report
    }

    /// A run without options that must end with exit code 0.
    pub async fn run(&self) -> RunReport {
        self.run_with(&RunOptions::default()).await
    }

    /// A run that must end with exit code 0.
    pub async fn run_with(&self, options: &RunOptions) -> RunReport {
        let report = self.attempt(options).await.unwrap();
        assert_eq!(report.exit_code, 0, "{report:#?}");
        report
    }

    /// A run, however it ends.
    pub async fn attempt(&self, options: &RunOptions) -> DwResult<RunReport> {
        self.watched(options, &Silent).await
    }

    /// A run that somebody watches.
    pub async fn watched(&self, options: &RunOptions, reporter: &dyn Reporter) -> DwResult<RunReport> {
        run(self.stack.engine.clone(), options, reporter, &StopFlag::new()).await
    }

    /// The rows of a query on the warehouse, a row a text: `1|Ana|NULL`. Two-part names are translated.
    pub async fn rows(&self, sql: &str) -> Vec<String> {
        let mut dw = self.stack.engine.open(Database::Dw, Access::ReadOnly, "test").await.unwrap();
        let sql = portable(dw.dialect(), sql);
        let show = |value: &Value| match value {
            Value::Null => "NULL".to_owned(),
            Value::Int(number) | Value::Seconds(number) | Value::Millis(number) => number.to_string(),
            Value::Text(text) => text.clone(),
        };
        let rows = dw.query(&sql, &[]).await.unwrap();
        rows.rows().map(|row| row.iter().map(show).collect::<Vec<_>>().join("|")).collect()
    }

    /// The only row of a query on the warehouse.
    pub async fn row(&self, sql: &str) -> String {
        let mut rows = self.rows(sql).await;
        assert_eq!(rows.len(), 1, "{sql}: {rows:?}");
        rows.remove(0)
    }

    /// Runs a statement on the warehouse, as an operator would.
    pub async fn operate(&self, sql: &str) -> u64 {
        self.stack.operate(sql).await
    }

    /// Makes the warehouse refuse the rows of a table for which a condition holds, until [`Shop::clear_obstacle`].
    pub async fn obstacle(&self, table: &str, event: &str, condition: &str) {
        let sql = match self.stack.home.on() {
            On::Embedded => format!(
                "CREATE TRIGGER obstacle BEFORE {event} ON \"{table}\" WHEN {condition} \
                 BEGIN SELECT RAISE(ABORT, 'obstacle'); END"
            ),
            On::SqlServer => format!(
                "CREATE TRIGGER {} ON {table} AFTER {event} AS \
                 IF EXISTS (SELECT 1 FROM inserted NEW WHERE {condition}) THROW 50001, 'obstacle', 1",
                self.obstacle_of(table)
            ),
        };
        self.stack.dw().await.execute(&sql, &[]).await.unwrap();
    }

    /// Removes the obstacle of a table.
    pub async fn clear_obstacle(&self, table: &str) {
        let sql = format!("DROP TRIGGER {}", self.obstacle_of(table));
        self.stack.dw().await.execute(&sql, &[]).await.unwrap();
    }

    fn obstacle_of(&self, table: &str) -> String {
        match self.stack.home.on() {
            On::Embedded => "obstacle".to_owned(),
            // A trigger is of the schema of its table.
            On::SqlServer => format!("{}.obstacle", table.split('.').next().unwrap()),
        }
    }

    /// The watermark of an entity as `ctl.etl_control` has it: `stamp/key`, the stamp in seconds.
    pub async fn watermark(&self, entity: &str) -> String {
        let sql =
            format!("SELECT watermark_updated_at, watermark_id FROM ctl.etl_control WHERE entity_name = '{entity}'");
        self.row(&sql).await.replace('|', "/")
    }

    /// All rows of the star schema with business keys and values, for a comparison of two warehouses or of two moments.
    pub async fn contents(&self) -> Vec<String> {
        let mut all = Vec::new();
        for table in catalog::dims::TABLES.iter().chain(catalog::facts::TABLES) {
            let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            let sql = format!(
                "SELECT '{0}', {1} FROM {2}.{0} ORDER BY {3}",
                table.name,
                columns.join(", "),
                table.schema,
                columns[0]
            );
            all.extend(self.rows(&sql).await);
        }
        all
    }
}

/// A row with a legal value for what is left out.
fn complete(opened: Seconds, table: &'static Table, row: &[(&str, Value)]) -> (Vec<&'static str>, Vec<Value>) {
    let key =
        row.iter().find(|(column, _)| *column == table.primary_key[0]).map_or(Value::Null, |(_, key)| key.clone());
    let mut columns = Vec::new();
    let mut values = Vec::new();
    for column in table.columns {
        let given = row.iter().find(|(name, _)| *name == column.name).map(|(_, value)| value.clone());
        if let Some(value) = given.or_else(|| usual(opened, table, column, &key)) {
            columns.push(column.name);
            values.push(value);
        }
    }
    assert!(row.iter().all(|(name, _)| columns.contains(name)), "no such column of {}: {row:?}", table.name);
    (columns, values)
}

fn usual(opened: Seconds, table: &Table, column: &Column, key: &Value) -> Option<Value> {
    let stamped = matches!(column.name, "created_at" | "updated_at");
    if column.nullable || (column.default != DefaultValue::None && !stamped) || table.primary_key[0] == column.name {
        return None;
    }
    let key = key.int().unwrap().unwrap_or_default();
    let unique = table.uniques.iter().any(|unique| unique.columns.contains(&column.name));
    Some(match column.name {
        "start_at" => (opened - 30 * 86_400).into(),
        "end_at" => (opened + 365 * 86_400).into(),
        "created_at" | "updated_at" | "order_date" | "applied_at" => opened.into(),
        "first_signup_date" => time::day_of(opened).into(),
        "target_month" => time::parse_date("2026-01-01").unwrap().into(),
        "discount_type" => "Cupom".into(),
        "discount_method" => "Percentual".into(),
        "apply_scope" => "Pedido Total".into(),
        "order_status" => "Entregue".into(),
        "application_level" => "Item".into(),
        "state" => "SP".into(),
        "item_number" => key.into(),
        "unit_price" | "gross_amount" | "net_amount" | "base_amount" | "final_amount" | "list_price" => 10_000.into(),
        "target_amount" => 10_000_000.into(),
        "discount_amount" | "cost_price" => 0.into(),
        _ if column.ty.is_text() && unique => format!("{}-{key}", column.name).into(),
        _ if column.ty.is_text() => format!("{} {key}", column.name).into(),
        // What is left are quantities and references.
        _ => 1.into(),
    })
}

fn source_table(name: &str) -> &'static Table {
    catalog::oltp_tables().find(|table| table.name == name).unwrap()
}

/// A run of these entities.
pub fn only(entities: &str) -> RunOptions {
    RunOptions { entities: Selection::parse(entities).unwrap(), ..RunOptions::default() }
}

/// A run with batches of so many rows.
pub fn batches_of(rows: usize) -> RunOptions {
    RunOptions { batch_size: Some(rows), ..RunOptions::default() }
}

/// inserted, updated, unchanged, rejected of an entity.
pub fn counts(report: &RunReport, entity: &str) -> [u64; 4] {
    let found = of(report, entity);
    [found.inserted, found.updated, found.unchanged, found.rejected]
}

/// Inserted and updated rows of all entities.
pub fn written(report: &RunReport) -> u64 {
    report.entities.iter().map(|entity| entity.inserted + entity.updated).sum()
}

/// The names of the entities that failed.
pub fn failed(report: &RunReport) -> Vec<&'static str> {
    report.entities.iter().filter(|entity| entity.status == EntityStatus::Failed).map(|entity| entity.entity).collect()
}

/// Runs a future to its end from a callback that is not async, on a thread of its own: the thread that calls waits, and a
/// nested runtime on it would swallow its wake-ups. Needs the runtime with several threads.
pub fn wait<F: Future + Send>(future: F) -> F::Output
where
    F::Output: Send,
{
    let runtime = tokio::runtime::Handle::current();
    std::thread::scope(|scope| scope.spawn(|| runtime.block_on(future)).join().unwrap())
}

/// A reporter that calls back.
pub struct Watcher<F> {
    /// Called after every batch with the entity and its rows so far.
    pub batch: F,
}

impl<F: Fn(&str, u64) + Send + Sync> Reporter for Watcher<F> {
    fn batch(&self, entity: &str, rows: u64, _elapsed: std::time::Duration) {
        (self.batch)(entity, rows);
    }
}
