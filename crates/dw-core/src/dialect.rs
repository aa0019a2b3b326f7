//! What the engines spell differently, so that each set-based statement is written once (design, invariant 1).
//! Not here: the statements, which belong to the domain crates, and the DDL of tables (see [`crate::ddl`]).

use crate::schema::Column;
use crate::sql_type::SqlType;

/// Two values that a statement compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The type of both.
    pub ty: SqlType,
    /// One expression.
    pub left: String,
    /// The other.
    pub right: String,
}

/// How an engine spells the parts of a statement.
pub trait Dialect: Send + Sync + std::fmt::Debug {
    /// `embedded` or `sqlserver`.
    fn name(&self) -> &'static str;

    /// The type of a table column, as its DDL spells it.
    fn column_type(&self, ty: SqlType) -> String;

    /// The type of a staging column: scaled BIGINT for decimals, DATETIME2(0) for dates and times, NVARCHAR for text.
    fn staging_type(&self, ty: SqlType) -> String;

    /// A two-part name: `dim.DIM_CLIENTE`, or `"dim.DIM_CLIENTE"` where a file has no schemas.
    fn table(&self, schema: &str, name: &str) -> String;

    /// Turns a T-SQL text of `sql/` into this engine's: two-part names outside string literals become [`Dialect::table`].
    fn translate(&self, sql: &str) -> String;

    /// Inner joins that the engine runs in the order in which they are written. An engine that estimates well keeps its choice.
    fn in_written_order(&self, joins: &str) -> String;

    /// A condition that is true when any pair differs, exactly: NULL is equal to NULL, and letters have their case.
    fn differs(&self, pairs: &[Compared]) -> String;

    /// `UPDATE target SET sets WHERE condition`, where `alias` names the target in all parts.
    fn update_as(&self, target: &str, alias: &str, sets: &[String], condition: &str) -> String;

    /// `UPDATE target SET sets FROM source WHERE condition`, where `target_alias` names the target in all parts.
    fn update_from(&self, target: &str, target_alias: &str, sets: &[String], source: &str, condition: &str) -> String;

    /// A session's temporary table with the given columns and primary key, empty; re-creating it is allowed.
    /// `true` as third part of a column makes it nullable.
    fn create_temp(&self, name: &str, columns: &[(String, String, bool)], primary_key: &[&str]) -> Vec<String>;

    /// How a statement names a temporary table (`temp.stage`, `#stage`).
    fn temp(&self, name: &str) -> String;

    /// Whether a batch is first copied as it is and then resolved by a statement, or resolved while it is copied.
    fn resolves_apart(&self) -> bool;

    /// Removes all rows of a temporary table.
    fn clear_temp(&self, name: &str) -> String;

    /// `SELECT` that returns at most `limit` rows; `body` begins behind the word SELECT.
    fn select_limited(&self, body: &str, limit: u64) -> String;

    /// What follows ORDER BY to skip rows and to read at most so many.
    fn page(&self, offset: u64, rows: u64) -> String;

    /// A literal of the portable form `value` in a column of type `ty`.
    fn literal(&self, ty: SqlType, value: &crate::value::Value) -> String;

    /// Turns a staged column into the value of a target column (`CAST(s.x AS DECIMAL(15,2)) / 100` where the target is a decimal).
    fn staged_value(&self, expression: &str, ty: SqlType) -> String;

    /// The DEFAULT clause of a column, empty without one.
    fn default_clause(&self, column: &Column) -> String;

    /// `sum / count` in the type of `sum`, rounded half away from zero; NULL when `count` is 0. `sum` is not negative.
    fn mean(&self, sum: &str, count: &str) -> String;

    /// `amount / unit` as a whole number, rounded half up; both are of one type and not negative.
    fn whole_ratio(&self, amount: &str, unit: &str) -> String;

    /// The day of a DATETIME2(0) as the whole number of days since 1970-01-01.
    fn day_number(&self, stamp: &str) -> String;

    /// The whole seconds between two DATETIME2(0).
    fn seconds_between(&self, from: &str, to: &str) -> String;

    /// Text concatenation.
    fn concat(&self, parts: &[String]) -> String;
}
