//! DDL from descriptors, for the engine whose dialect is given. Not here: which tables there are (see [`crate::catalog`])
//! and when they are created (see [`crate::migrate`]).

use crate::dialect::Dialect;
use crate::embedded::TEXT_KEY_COLLATION;
use crate::schema::{Check, Column, Index, Table, Unique};
use crate::sql_type::SqlType;

/// `CREATE TABLE` with its keys and checks. On SQLite: the first key column of an IDENTITY table is the row id.
pub fn create_table(dialect: &dyn Dialect, table: &Table) -> String {
    let embedded = dialect.name() == "embedded";
    let mut lines: Vec<String> = table.columns.iter().map(|column| column_line(dialect, table, column)).collect();
    let row_id = embedded.then(|| row_id(table)).flatten();
    if row_id.is_none() {
        lines.push(format!("CONSTRAINT {} PRIMARY KEY ({})", table.primary_key_name, table.primary_key.join(", ")));
    }
    let apart = unique_indexes(dialect, table);
    for unique in table.uniques.iter().filter(|unique| apart.iter().all(|index| index.name != unique.name)) {
        lines.push(format!("CONSTRAINT {} UNIQUE ({})", unique.name, unique.columns.join(", ")));
    }
    for check in table.checks {
        lines.push(format!("CONSTRAINT {} CHECK ({})", check.name, condition(dialect, table, check)));
    }
    for key in table.foreign_keys {
        let (schema, name) = key.references;
        lines.push(format!(
            "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {}({})",
            key.name,
            key.column,
            dialect.table(schema, name),
            key.referenced_column
        ));
    }
    if embedded {
        lines.extend(exact_check(table));
    }
    let option = if embedded && row_id.is_none() { " WITHOUT ROWID" } else { "" };
    format!("CREATE TABLE {} (\n    {}\n){option}", dialect.table(table.schema, table.name), lines.join(",\n    "))
}

/// One column as it stands in `CREATE TABLE` and in `ALTER TABLE .. ADD`.
pub fn column_line(dialect: &dyn Dialect, table: &Table, column: &Column) -> String {
    let embedded = dialect.name() == "embedded";
    if embedded && row_id(table).is_some_and(|key| key.name == column.name) {
        // AUTOINCREMENT as IDENTITY: starts at 1 and never gives a number twice.
        let identity = if column.identity { " AUTOINCREMENT" } else { "" };
        return format!("{} INTEGER PRIMARY KEY{identity}", column.name);
    }
    let identity = if column.identity { " IDENTITY(1,1)" } else { "" };
    let null = if column.nullable { " NULL" } else { " NOT NULL" };
    let collation = if embedded && column.ty.is_text() && is_text_key(table, column.name) {
        format!(" COLLATE {TEXT_KEY_COLLATION}")
    } else {
        String::new()
    };
    format!(
        "{} {}{identity}{null}{}{collation}",
        column.name,
        dialect.column_type(column.ty),
        dialect.default_clause(column)
    )
}

/// The UNIQUE constraints that are indexes of their own, so that a first load can do without them: those of the business keys
/// of facts, on an engine that cannot drop a constraint.
pub fn unique_indexes(dialect: &dyn Dialect, table: &Table) -> Vec<Index> {
    if dialect.name() != "embedded" || table.schema != "fact" {
        return Vec::new();
    }
    let index = |unique: &Unique| Index {
        name: unique.name,
        columns: unique.columns,
        include: &[],
        filter: None,
        unique: true,
    };
    table.uniques.iter().filter(|unique| unique.columns.len() == 1).map(index).collect()
}

/// The column that can be SQLite's row id, which is found without comparing records: a primary key of one whole number.
fn row_id(table: &Table) -> Option<&'static Column> {
    let [key] = table.primary_key else { return None };
    table.columns.iter().find(|column| column.name == *key && matches!(column.ty, SqlType::BigInt | SqlType::Int))
}

/// SQLite would store a REAL in a DECIMAL or DATE column; the contract has none. One sum for all such columns costs a fifth
/// of a check a column.
fn exact_check(table: &Table) -> Option<String> {
    let columns: Vec<String> = table
        .columns
        .iter()
        .filter(|column| !column.identity)
        .filter(|column| {
            matches!(column.ty, SqlType::Decimal(..) | SqlType::Date | SqlType::DateTime | SqlType::DateTime2(_))
        })
        .map(|column| if column.nullable { format!("COALESCE({}, 0)", column.name) } else { column.name.to_owned() })
        .collect();
    (!columns.is_empty())
        .then(|| format!("CONSTRAINT CK_{}_exact CHECK (typeof({}) = 'integer')", table.name, columns.join(" + ")))
}

/// Text columns that identify a row, those by which a customer's region is found, and the name by which teams are told apart.
fn is_text_key(table: &Table, column: &str) -> bool {
    table.is_key_column(column)
        || (table.name == "customers" && ["country", "state", "city"].contains(&column))
        || (table.name == "DIM_EQUIPE" && column == "nome_origem")
}

/// `CREATE INDEX`. An engine without INCLUDE gets the key columns alone.
pub fn create_index(dialect: &dyn Dialect, table: &Table, index: &Index) -> String {
    let embedded = dialect.name() == "embedded";
    let unique = if index.unique { "UNIQUE " } else { "" };
    let include = if embedded || index.include.is_empty() {
        String::new()
    } else {
        format!(" INCLUDE ({})", index.include.join(", "))
    };
    let filter = index.filter.map(|filter| format!(" WHERE {filter}")).unwrap_or_default();
    let guard = if embedded { "IF NOT EXISTS " } else { "" };
    format!(
        "CREATE {unique}INDEX {guard}{} ON {} ({}){include}{filter}",
        index.name,
        dialect.table(table.schema, table.name),
        index.columns.join(", ")
    )
}

/// A columnstore index over all columns of a fact that reports read: its rows stay where they are, and are also kept by column.
pub fn create_columnstore(dialect: &dyn Dialect, table: &Table) -> String {
    let columns: Vec<&str> =
        table.columns.iter().map(|column| column.name).filter(|name| *name != "linha_hash").collect();
    format!(
        "CREATE NONCLUSTERED COLUMNSTORE INDEX NCCI_{} ON {} ({})",
        table.name,
        dialect.table(table.schema, table.name),
        columns.join(", ")
    )
}

/// `DROP INDEX`, without an error when there is none.
pub fn drop_index(dialect: &dyn Dialect, table: &Table, index: &Index) -> String {
    if dialect.name() == "embedded" {
        format!("DROP INDEX IF EXISTS {}", index.name)
    } else {
        format!("DROP INDEX IF EXISTS {} ON {}", index.name, dialect.table(table.schema, table.name))
    }
}

/// The condition of a CHECK, `{100:column}` replaced by the number as the engine stores that column.
fn condition(dialect: &dyn Dialect, table: &Table, check: &Check) -> String {
    let embedded = dialect.name() == "embedded";
    let mut out = String::new();
    let mut rest = check.condition;
    while let Some(start) = rest.find('{') {
        let Some(length) = rest[start..].find('}') else { break };
        let (number, column) = rest[start + 1..start + length].split_once(':').unwrap_or_default();
        let scale = table.column(column).map_or(0, |column| column.ty.scale());
        let digits = if embedded { usize::try_from(scale).unwrap_or(0) } else { 0 };
        out.push_str(&rest[..start]);
        out.push_str(number);
        out.push_str(&"0".repeat(digits));
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    if embedded { out.replace("LEN(", "length(") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;
    use crate::embedded::SqliteDialect;

    #[test]
    fn a_columnstore_index_has_the_columns_that_reports_read() {
        let all: Vec<String> = catalog::facts::TABLES
            .iter()
            .map(|table| create_columnstore(&crate::sql_server::TsqlDialect, table) + ";\n")
            .collect();
        insta::assert_snapshot!(all.concat());
    }

    #[test]
    fn ddl_of_the_embedded_engine() {
        let mut text = String::new();
        for table in catalog::oltp_tables().chain(catalog::dw_tables()) {
            text.push_str(&create_table(&SqliteDialect, table));
            text.push_str(";\n");
            for index in table.indexes {
                text.push_str(&create_index(&SqliteDialect, table, index));
                text.push_str(";\n");
            }
            text.push('\n');
        }
        insta::assert_snapshot!(text);
    }
}
