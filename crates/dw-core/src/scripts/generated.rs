//! The text of the scripts that create the tables, made from the descriptors of [`crate::catalog`]. A test holds the files
//! below `sql/` to it, so that a reader finds plain T-SQL there and nobody writes a column twice. Not here: running them.
//!
//! `DW_TEST_UPDATE_DOCS=1 cargo test -p dw-core --test docs` writes the files. That ends with their release: from then on a
//! change of a descriptor comes with a script of the next number, and these are held by their hash alone.
//!
//! Each object is guarded, because a script may run on a database that somebody prepared by hand. Indexes stand in the block
//! of their table: their names cannot be asked for everywhere (Babelfish stores them hashed).

use std::fmt::Write as _;

use crate::catalog::{control, dims, dw_tables, oltp_tables};
use crate::ddl;
use crate::dialect::Dialect;
use crate::members::{self, Member, MemberValue};
use crate::migrate::CONTROL_SEEDS;
use crate::schema::Table;
use crate::sql_type::SqlType;
use crate::value::Value;

/// The longest line of a list of columns or values.
const WIDTH: usize = 120;

/// `sql/oltp/up/0001_source_tables.sql`.
pub fn source_tables(dialect: &dyn Dialect) -> String {
    let mut script = header("the tables of the source with their keys, checks and indexes");
    push_tables(&mut script, dialect, oltp_tables());
    script
}

/// `sql/dw/up/0001_star_schema.sql`.
pub fn star_schema(dialect: &dyn Dialect) -> String {
    let mut script = header(
        "the star schema, control and audit with their keys, checks and indexes, the member -1 of each dimension, and the\n\
         --          control row of each entity. What an operator set in a control row stays",
    );
    let later = |table: &&'static Table| {
        let mut all = control::QUALITY_TABLES.iter().chain(control::BACKUP_TABLES);
        all.any(|one| one.full_name() == table.full_name())
    };
    push_tables(&mut script, dialect, dw_tables().filter(|table| !later(table)));
    for table in dims::TABLES.iter().filter(|table| members::key_column(table).is_some()) {
        push_batch(&mut script, &unknown_member(dialect, table));
    }
    push_batch(&mut script, &control_rows(dialect));
    script
}

/// `sql/dw/up/0002_quality.sql`.
pub fn quality(dialect: &dyn Dialect) -> String {
    let mut script = header("the tables that hold what quality checks found and how source and warehouse compare");
    push_tables(&mut script, dialect, control::QUALITY_TABLES.iter().copied());
    script
}

/// `sql/dw/up/0003_backups.sql`.
pub fn backups(dialect: &dyn Dialect) -> String {
    let mut script = header("the tables that hold what was backed up, verified and restored for a trial");
    push_tables(&mut script, dialect, control::BACKUP_TABLES.iter().copied());
    script
}

fn header(purpose: &str) -> String {
    format!(
        "-- Purpose: {purpose}. Made from crates/dw-core/src/catalog by\n\
         --          `just update-docs`; after its release it never changes, and a change is a script of the next number.\n\
         -- Parameters: none.\n\
         -- Locks: schema locks on what it creates. What exists is left as it is.\n"
    )
}

/// Adds a batch and its separator.
fn push_batch(script: &mut String, batch: &str) {
    // Writing to a String cannot fail.
    let _written = write!(script, "{batch}\nGO\n\n");
}

fn push_tables(script: &mut String, dialect: &dyn Dialect, tables: impl Iterator<Item = &'static Table>) {
    let mut schemas = Vec::new();
    for table in tables {
        let schema = table.schema;
        if !schemas.contains(&schema) {
            schemas.push(schema);
            // CREATE SCHEMA must be a batch of its own, which EXEC makes it.
            push_batch(script, &format!("IF SCHEMA_ID(N'{schema}') IS NULL EXEC(N'CREATE SCHEMA {schema}');"));
        }
        let mut statements = vec![ddl::create_table(dialect, table)];
        statements.extend(table.indexes.iter().map(|index| ddl::create_index(dialect, table, index)));
        let missing = format!("OBJECT_ID(N'{}', N'U') IS NULL", table.full_name());
        push_batch(script, &guarded(&missing, &statements));
    }
}

fn guarded(condition: &str, statements: &[String]) -> String {
    let body: String = statements.iter().map(|statement| indented(statement) + ";\n").collect();
    format!("IF {condition}\nBEGIN\n{body}END;")
}

fn indented(statement: &str) -> String {
    statement.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// The row -1 of a dimension, whose key the server would otherwise choose.
fn unknown_member(dialect: &dyn Dialect, table: &'static Table) -> String {
    let surrogate = table.primary_key[0];
    let mut columns = vec![surrogate.to_owned()];
    let mut values = vec![members::UNKNOWN_KEY.to_string()];
    for (name, value) in members::member_values(table, Member::Unknown) {
        let value = match value {
            MemberValue::Fixed(value) => value,
            MemberValue::Key => Value::Int(members::UNKNOWN_KEY),
            MemberValue::UniqueText => Value::from(format!("#{}", members::UNKNOWN_KEY)),
        };
        let ty = table.column(name).map_or(SqlType::BigInt, |column| column.ty);
        columns.push(name.to_owned());
        values.push(dialect.literal(ty, &value));
    }
    let target = dialect.table(table.schema, table.name);
    let insert = format!("INSERT INTO {target} (\n{}\n)\nVALUES (\n{}\n)", wrapped(&columns), wrapped(&values));
    let missing = format!("NOT EXISTS (SELECT 1 FROM {target} WHERE {surrogate} = {})", members::UNKNOWN_KEY);
    if table.column(surrogate).is_some_and(|column| column.identity) {
        let switch = |state: &str| format!("SET IDENTITY_INSERT {target} {state}");
        guarded(&missing, &[switch("ON"), insert, switch("OFF")])
    } else {
        guarded(&missing, &[insert])
    }
}

/// The rows of `ctl.etl_control` that are missing.
fn control_rows(dialect: &dyn Dialect) -> String {
    const COLUMNS: [&str; 5] = ["entity_name", "source_table", "target_table", "source_pk_column", "batch_size"];
    let columns = COLUMNS.join(", ");
    let target = dialect.table(control::ETL_CONTROL.schema, control::ETL_CONTROL.name);
    let literal = |column: &str, value: Value| {
        let ty = control::ETL_CONTROL.column(column).map_or(SqlType::VarCharMax, |column| column.ty);
        dialect.literal(ty, &value)
    };
    let rows: Vec<String> = CONTROL_SEEDS
        .iter()
        .map(|seed| {
            let values: [Value; 5] = [
                seed.entity.into(),
                seed.source_table.into(),
                seed.target_table.into(),
                seed.source_pk.into(),
                seed.batch_size.into(),
            ];
            let values: Vec<String> =
                COLUMNS.iter().zip(values).map(|(column, value)| literal(column, value)).collect();
            format!("    ({})", values.join(", "))
        })
        .collect();
    let selected = COLUMNS.map(|column| format!("s.{column}")).join(", ");
    format!(
        "INSERT INTO {target} ({columns})\nSELECT {selected}\nFROM (VALUES\n{}\n) AS s ({columns})\n\
         WHERE NOT EXISTS (SELECT 1 FROM {target} AS c WHERE c.entity_name = s.entity_name);",
        rows.join(",\n")
    )
}

/// A list with commas, indented, in lines of [`WIDTH`] with the indent of the block around it.
fn wrapped(items: &[String]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if line.len() + item.len() + 7 <= WIDTH => {
                line.push_str(", ");
                line.push_str(item);
            }
            last => {
                if let Some(line) = last {
                    line.push(',');
                }
                lines.push(format!("    {item}"));
            }
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::scripts::split;
    use crate::sql_server::TsqlDialect;

    fn batches() -> Vec<String> {
        let scripts =
            [source_tables(&TsqlDialect), star_schema(&TsqlDialect), quality(&TsqlDialect), backups(&TsqlDialect)];
        scripts.iter().flat_map(|script| split(script).unwrap()).map(|batch| batch.text).collect()
    }

    /// Nothing is made twice, and no statement is left that the common part of the engines lacks.
    #[test]
    fn every_batch_is_guarded_and_of_the_common_t_sql() {
        let batches = batches();
        // `audit` once more by each of the scripts of the quality tables and of the backups.
        assert_eq!(batches.iter().filter(|batch| batch.contains("CREATE SCHEMA")).count(), 7);
        assert_eq!(batches.iter().filter(|batch| batch.contains("IDENTITY_INSERT")).count(), 6);
        for batch in &batches {
            let first = batch.lines().find(|line| !line.starts_with("--")).unwrap_or_default();
            assert!(first.starts_with("IF ") || batch.contains("\nWHERE NOT EXISTS ("), "{batch}");
            for word in ["MERGE", "USE ", "ALTER", "DROP", "TOP", "typeof", "WITHOUT ROWID", "{", "}"] {
                assert!(!batch.contains(word), "{word}: {batch}");
            }
        }
    }

    /// A batch makes one table with all its indexes, and what it references stands before it.
    #[test]
    fn every_table_stands_behind_those_that_it_references() {
        let batches = batches();
        let mut made = HashSet::new();
        for table in oltp_tables().chain(dw_tables()) {
            for key in table.foreign_keys {
                let is_there = made.contains(&key.references) || key.references == (table.schema, table.name);
                assert!(is_there, "{} comes too early", table.full_name());
            }
            let create = format!("\n    CREATE TABLE {} (\n", table.full_name());
            let of_table: Vec<&String> = batches.iter().filter(|batch| batch.contains(&create)).collect();
            assert_eq!(of_table.len(), 1, "{}", table.full_name());
            let indexes =
                table.indexes.iter().filter(|index| of_table[0].contains(&format!("INDEX {} ON", index.name)));
            assert_eq!(indexes.count(), table.indexes.len(), "{}", table.full_name());
            made.insert((table.schema, table.name));
        }
    }

    /// What SQLite takes and SQL Server does not: long names, wide keys, a second NULL in a UNIQUE constraint.
    #[test]
    fn the_limits_of_sql_server_hold() {
        let width = |table: &Table, column: &str| -> u32 {
            // `event_time_utc DESC`
            let name = column.split(' ').next().unwrap_or_default();
            match table.column(name).unwrap_or_else(|| panic!("{} has no {name}", table.name)).ty {
                SqlType::Char(width) | SqlType::VarChar(width) => u32::from(width),
                SqlType::NVarChar(width) => 2 * u32::from(width),
                SqlType::VarCharMax => panic!("{}.{name} is too wide for a key", table.name),
                _ => 9,
            }
        };
        for table in oltp_tables().chain(dw_tables()) {
            let sum = |columns: &[&str]| columns.iter().map(|column| width(table, column)).sum::<u32>();
            assert!(sum(table.primary_key) <= 900, "{}", table.primary_key_name);
            for unique in table.uniques {
                assert!(sum(unique.columns) <= 1_700, "{}", unique.name);
                let has_null = unique.columns.iter().any(|column| table.column(column).unwrap().nullable);
                // The contract allows NULL in this one; each row and each member has a badge.
                assert!(!has_null || unique.name == "UK_DIM_VENDEDOR_matricula", "{} has NULLs", unique.name);
            }
            for index in table.indexes {
                assert!(sum(index.columns) <= 1_700, "{}", index.name);
            }
            let names =
                table.columns.iter().map(|column| column.name).chain(table.checks.iter().map(|check| check.name));
            for name in names.chain(table.indexes.iter().map(|index| index.name)) {
                assert!(name.len() <= 128, "{name}");
            }
        }
    }

    #[test]
    fn a_long_list_is_wrapped() {
        let items: Vec<String> = (0..40).map(|n| format!("item_{n}")).collect();
        let text = wrapped(&items);
        assert!(text.lines().all(|line| line.len() <= WIDTH - 4 && line.starts_with("    item_")));
        assert_eq!(text.split(',').map(str::trim).collect::<Vec<_>>(), items);
        assert_eq!(wrapped(&["x".repeat(200)]).lines().count(), 1);
    }
}
