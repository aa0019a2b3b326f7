//! Tables that were changed by hand: what a database has is compared with what this program knows, before anything is written.
//! Pure but for [`found`], the reader, and [`check`] and [`precheck`], which use it. Not here: indexes, keys and checks, which no
//! statement of the stack names, and how a difference is mended, which an operator decides.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use crate::catalog;
use crate::dialect::Dialect;
use crate::engine::Session;
use crate::error::{Database, DwError, DwResult};
use crate::migrate::{self, Step};
use crate::schema::Table;
use crate::scripts::Script;
use crate::scripts::run::pending_one_time;
use crate::sql_text;
use crate::sql_text::SqlText;
use crate::value::Value;

const TABLE_COLUMNS: SqlText = sql_text!("bootstrap/table_columns");

/// How many differences a message shows.
const SHOWN: usize = 25;

/// A column as a database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundColumn {
    /// Name.
    pub name: String,
    /// Type as the contract writes it: `DECIMAL(15,2)`.
    pub ty: String,
    /// Whether NULL is allowed; `None` where the engine does not tell.
    pub nullable: Option<bool>,
}

/// A table as a database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTable {
    /// `dim.DIM_CLIENTE`.
    pub name: String,
    /// Its columns.
    pub columns: Vec<FoundColumn>,
}

/// One way in which a database is not what this program needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "difference", rename_all = "snake_case")]
pub enum Difference {
    /// A table is not there, or the login may not see it.
    MissingTable {
        /// `dim.DIM_CLIENTE`.
        table: String,
    },
    /// A column is not there.
    MissingColumn {
        /// Table.
        table: String,
        /// Column.
        column: String,
        /// The type that it should have.
        expected: String,
    },
    /// A column has another type, length, precision or scale.
    OtherType {
        /// Table.
        table: String,
        /// Column.
        column: String,
        /// The type that it should have.
        expected: String,
        /// The type that it has.
        found: String,
    },
    /// A column takes NULL and should not, or the other way round.
    OtherNullability {
        /// Table.
        table: String,
        /// Column.
        column: String,
        /// Whether it takes NULL.
        found_nullable: bool,
    },
}

impl Difference {
    /// The table.
    pub fn table(&self) -> &str {
        match self {
            Self::MissingTable { table }
            | Self::MissingColumn { table, .. }
            | Self::OtherType { table, .. }
            | Self::OtherNullability { table, .. } => table,
        }
    }

    /// The column, unless the whole table is missing.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::MissingTable { .. } => None,
            Self::MissingColumn { column, .. }
            | Self::OtherType { column, .. }
            | Self::OtherNullability { column, .. } => Some(column),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingTable { table } => write!(f, "{table} is missing"),
            Self::MissingColumn { table, column, expected } => {
                write!(f, "{table} lacks the column {column} {expected}")
            }
            Self::OtherType { table, column, expected, found } => {
                write!(f, "{table}.{column} is {found} and not {expected}")
            }
            Self::OtherNullability { table, column, found_nullable: true } => {
                write!(f, "{table}.{column} takes NULL and should not")
            }
            Self::OtherNullability { table, column, .. } => {
                write!(f, "{table}.{column} is NOT NULL and should take NULL")
            }
        }
    }
}

/// The outcome of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// What differs, in the order of the catalog.
    pub differences: Vec<Difference>,
    /// Columns that this program does not know, as `table.column`. They do no harm.
    pub unknown_columns: Vec<String>,
}

impl Comparison {
    /// One sentence about the columns that are not known; `None` when there are none.
    pub fn notice(&self, database: Database) -> Option<String> {
        let (first, others) = self.unknown_columns.split_first()?;
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        Some(format!("{database} has columns that this program does not know and leaves alone: {first}{more}"))
    }

    /// Refuses a database that differs.
    ///
    /// # Errors
    /// [`DwError::SchemaMismatch`] with a line a difference.
    pub fn refuse(&self, database: Database) -> DwResult<()> {
        if self.differences.is_empty() {
            return Ok(());
        }
        let mut message = format!("{database} was changed by hand, or by another program:");
        for difference in self.differences.iter().take(SHOWN) {
            message.push_str(&format!("\n  {difference}"));
        }
        if let Some(more @ 1..) = self.differences.len().checked_sub(SHOWN) {
            message.push_str(&format!("\n  and {more} more"));
        }
        Err(DwError::SchemaMismatch {
            message,
            hint: "give each column back the type that is named, or restore the database; nothing was written"
                .to_owned(),
        })
    }
}

/// Compares the tables that a database should have with those that it has, in the types of the dialect.
pub fn compare<'a>(
    expected: impl IntoIterator<Item = &'a Table>,
    dialect: &dyn Dialect,
    found: &[FoundTable],
) -> Comparison {
    let tables: HashMap<String, &FoundTable> =
        found.iter().map(|table| (table.name.to_ascii_lowercase(), table)).collect();
    let mut outcome = Comparison::default();
    for table in expected {
        let name = table.full_name();
        match tables.get(&name.to_ascii_lowercase()) {
            None => outcome.differences.push(Difference::MissingTable { table: name }),
            Some(found) => compare_columns(table, &name, dialect, found, &mut outcome),
        }
    }
    outcome
}

fn compare_columns(table: &Table, name: &str, dialect: &dyn Dialect, found: &FoundTable, outcome: &mut Comparison) {
    for column in table.columns {
        let expected = dialect.column_type(column.ty);
        let Some(is) = found.columns.iter().find(|is| is.name.eq_ignore_ascii_case(column.name)) else {
            let column = column.name.to_owned();
            outcome.differences.push(Difference::MissingColumn { table: name.to_owned(), column, expected });
            continue;
        };
        // SQLite writes its row id in its own way; the type of a number that identifies a row is then as good as any.
        let is_row_id = dialect.name() == "embedded" && is.ty.eq_ignore_ascii_case("INTEGER");
        if !is.ty.eq_ignore_ascii_case(&expected) && !is_row_id {
            outcome.differences.push(Difference::OtherType {
                table: name.to_owned(),
                column: column.name.to_owned(),
                expected,
                found: is.ty.clone(),
            });
        }
        if let Some(found_nullable) = is.nullable.filter(|nullable| *nullable != column.nullable) {
            outcome.differences.push(Difference::OtherNullability {
                table: name.to_owned(),
                column: column.name.to_owned(),
                found_nullable,
            });
        }
    }
    for unknown in found.columns.iter().filter(|is| table.column(&is.name).is_none()) {
        outcome.unknown_columns.push(format!("{name}.{}", unknown.name));
    }
}

/// The type of a row of INFORMATION_SCHEMA.COLUMNS as the contract writes it.
fn spelled(
    data_type: &str,
    length: Option<i64>,
    precision: Option<i64>,
    scale: Option<i64>,
    digits: Option<i64>,
) -> String {
    let name = data_type.to_ascii_uppercase();
    match (name.as_str(), length, precision, scale, digits) {
        ("DECIMAL" | "NUMERIC", _, Some(precision), Some(scale), _) => format!("DECIMAL({precision},{scale})"),
        ("DATETIME2", _, _, _, Some(digits)) => format!("DATETIME2({digits})"),
        ("CHAR" | "VARCHAR" | "NCHAR" | "NVARCHAR", Some(-1), ..) => format!("{name}(MAX)"),
        ("CHAR" | "VARCHAR" | "NCHAR" | "NVARCHAR", Some(length), ..) => format!("{name}({length})"),
        _ => name,
    }
}

/// The tables of the stack's schemas that a session sees.
///
/// # Errors
/// Of the engine.
pub async fn found(session: &mut dyn Session, database: Database) -> DwResult<Vec<FoundTable>> {
    if session.dialect().name() == "embedded" {
        return found_in_file(session, database).await;
    }
    let rows = session.query(&TABLE_COLUMNS.get()?, &[]).await?;
    let mut tables: Vec<FoundTable> = Vec::new();
    for row in rows.rows() {
        let text = |column: usize| row.get(column).map_or(Ok(None), Value::text).map(Option::unwrap_or_default);
        let int = |column: usize| row.get(column).map_or(Ok(None), Value::int);
        let name = format!("{}.{}", text(0)?, text(1)?);
        let column = FoundColumn {
            name: text(2)?.to_owned(),
            ty: spelled(text(3)?, int(4)?, int(5)?, int(6)?, int(7)?),
            nullable: int(8)?.map(|nullable| nullable == 1),
        };
        match tables.last_mut().filter(|table| table.name == name) {
            Some(table) => table.columns.push(column),
            None => tables.push(FoundTable { name, columns: vec![column] }),
        }
    }
    Ok(tables)
}

async fn found_in_file(session: &mut dyn Session, database: Database) -> DwResult<Vec<FoundTable>> {
    let mut tables = Vec::new();
    for table in tables_of(database) {
        let name = table.full_name();
        let sql = "SELECT name, type, \"notnull\", pk FROM pragma_table_info(@P1) ORDER BY cid";
        let rows = session.query(sql, &[name.as_str().into()]).await?;
        let mut columns = Vec::new();
        for row in rows.rows() {
            let text = |column: usize| row.get(column).map_or(Ok(None), Value::text).map(Option::unwrap_or_default);
            let int = |column: usize| row.get(column).map_or(Ok(None), Value::int).map(Option::unwrap_or_default);
            // A column of the primary key is NOT NULL without saying so.
            let nullable = (int(3)? == 0).then_some(int(2)? == 0);
            columns.push(FoundColumn { name: text(0)?.to_owned(), ty: text(1)?.to_owned(), nullable });
        }
        if !columns.is_empty() {
            tables.push(FoundTable { name, columns });
        }
    }
    Ok(tables)
}

fn tables_of(database: Database) -> Vec<&'static Table> {
    match database {
        Database::Oltp => catalog::oltp_tables().collect(),
        Database::Dw => catalog::dw_tables().collect(),
    }
}

/// Compares a database of this program's version. `None` when the login sees no table at all, so that nothing can be said.
///
/// # Errors
/// Of the engine.
pub async fn check(session: &mut dyn Session, database: Database) -> DwResult<Option<Comparison>> {
    let found = found(session, database).await?;
    let expected = tables_of(database);
    let is_seen = |table: &Table| found.iter().any(|found| found.name.eq_ignore_ascii_case(&table.full_name()));
    if !expected.iter().any(|table| is_seen(table)) {
        return Ok(None);
    }
    Ok(Some(compare(expected, session.dialect(), &found)))
}

/// Compares a database that `init` is about to bring up to date: what the scripts or migrations that are still to run will make
/// is no difference.
///
/// # Errors
/// Of the engine; [`DwError::SchemaMismatch`] and [`DwError::ScriptUnfinished`] when it cannot be brought up to date at all.
pub async fn precheck(session: &mut dyn Session, database: Database) -> DwResult<Comparison> {
    let found = found(session, database).await?;
    let mut outcome = compare(tables_of(database), session.dialect(), &found);
    if session.dialect().name() == "embedded" {
        let pending = migrate::pending(session, database).await?;
        let makes = |difference: &Difference| {
            pending.iter().flat_map(|migration| migration.steps).any(|step| match (step, difference) {
                (Step::Tables(tables), Difference::MissingTable { table }) => {
                    tables.iter().any(|one| one.full_name() == *table)
                }
                (Step::AddColumn(target, name), difference) => {
                    target.full_name() == difference.table() && difference.column() == Some(name)
                }
                _ => false,
            })
        };
        outcome.differences.retain(|difference| !makes(difference));
    } else {
        let pending = pending_one_time(session, database).await?;
        outcome.differences.retain(|difference| !is_made_by(difference, &pending));
    }
    Ok(outcome)
}

/// True when a script that is still to run makes the table, or alters the table and names the column.
fn is_made_by(difference: &Difference, pending: &[Script]) -> bool {
    let table = difference.table().to_ascii_lowercase();
    pending.iter().any(|script| {
        let text = script.text.to_ascii_lowercase();
        match difference.column() {
            None => text.contains(&format!("create table {table} ")),
            Some(column) => {
                let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                text.split("alter table ").skip(1).any(|rest| {
                    rest.starts_with(&format!("{table} "))
                        && rest.split(';').next().is_some_and(|statement| {
                            statement.split(|c| !is_word(c)).any(|word| word == column.to_ascii_lowercase())
                        })
                })
            }
        }
    })
}

#[cfg(test)]
mod tests;
