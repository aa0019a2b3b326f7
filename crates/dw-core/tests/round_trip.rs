//! What is copied is what is read: every column type of the contract through `bulk`, into tables of the catalog and
//! into temporary ones, with the edges of each type, and in batches whose size lies around that of a packet.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

use std::collections::HashSet;

use dw_core::catalog;
use dw_core::engine::Session;
use dw_core::error::Database;
use dw_core::schema::{Column, Table};
use dw_core::sql_type::SqlType;
use dw_core::time;
use dw_core::value::{RowBatch, Value};
use dw_testkit::{Home, On, both_engines};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

const DAY: i64 = 86_400;
/// What a packet of the wire holds behind its header.
const PACKET: usize = 4_088;

fn seconds(text: &str) -> i64 {
    time::parse_timestamp(text).unwrap()
}

/// The least and the greatest value of a type that is no text, in its portable form.
fn range(ty: SqlType) -> Option<(i64, i64)> {
    let (first, last) = (seconds("0001-01-01"), seconds("9999-12-31T23:59:59"));
    Some(match ty {
        SqlType::BigInt => (i64::MIN, i64::MAX),
        SqlType::Int => (i32::MIN.into(), i32::MAX.into()),
        SqlType::SmallInt => (i16::MIN.into(), i16::MAX.into()),
        SqlType::Bit => (0, 1),
        SqlType::Decimal(..) => ty.max_scaled().map(|most| (-most, most)).unwrap(),
        // Babelfish adds no days that end before 1753; SQL Server goes back to the year 1.
        SqlType::Date => (seconds("1753-01-01").div_euclid(DAY), last.div_euclid(DAY)),
        SqlType::DateTime => (seconds("1753-01-01") * 1_000, last * 1_000 + 997),
        SqlType::DateTime2(0) => (first, last),
        // Milliseconds are added to a day too.
        SqlType::DateTime2(_) => (seconds("1753-01-01") * 1_000, last * 1_000 + 999),
        SqlType::Char(_) | SqlType::VarChar(_) | SqlType::VarCharMax | SqlType::NVarChar(_) => return None,
    })
}

/// How many characters a type holds; some more than one page of a server for one without a limit.
fn width(ty: SqlType) -> usize {
    match ty {
        SqlType::Char(width) | SqlType::VarChar(width) | SqlType::NVarChar(width) => width.into(),
        _ => 9_000,
    }
}

/// A milli second that a DATETIME can hold: it counts three-hundredths of a second.
fn datetime(millis: i64) -> i64 {
    let of_second = millis.rem_euclid(1_000);
    let thirds = ((of_second * 3 + 5) / 10).min(299);
    millis - of_second + (thirds * 10 + 1) / 3
}

/// The edges of a type.
fn edges(ty: SqlType) -> Vec<Value> {
    if let Some((least, greatest)) = range(ty) {
        let near = [0, 1, -1, 86_399, -86_401, greatest - 1];
        let inside = near.into_iter().filter(|value| (least..=greatest).contains(value));
        let whole = |value| if ty == SqlType::DateTime { datetime(value) } else { value };
        return [least, greatest].into_iter().chain(inside).map(|value| Value::Int(whole(value))).collect();
    }
    let width = width(ty);
    let cut = |text: &str| Value::Text(text.chars().take(width).collect());
    let mut all: Vec<Value> = [
        "",
        "-1",
        "São João d'Ávila",
        "açúcar ßøÿ €‚ƒ„…",
        "a  ",
        " a",
        "  ",
        "NULL",
        "a\tb\r\nc\"'--%_[x]",
        "\u{a0}\u{ad}",
    ]
    .into_iter()
    .map(cut)
    .collect();
    all.push(cut(&"ã".repeat(width)));
    all.push(cut(&format!("{}é ", "x".repeat(width - width.min(2)))));
    if let SqlType::NVarChar(_) = ty {
        all.push(cut("Łódź Ω 日本 🙂"));
    }
    all
}

/// Any value of a type.
fn any_value(column: &Column) -> BoxedStrategy<Value> {
    let ty = column.ty;
    let values = match range(ty) {
        Some((least, greatest)) => (least..=greatest)
            .prop_map(move |value| Value::Int(if ty == SqlType::DateTime { datetime(value) } else { value }))
            .boxed(),
        None => {
            // What Windows-1252 holds, which is what the warehouse lets in.
            let letter = prop_oneof![
                5 => proptest::char::range(' ', '~'),
                2 => proptest::char::range('\u{a0}', 'ÿ'),
                1 => Just('€'),
                1 => Just(' ')
            ];
            proptest::collection::vec(letter, 0..=width(ty).min(300))
                .prop_map(|letters| Value::Text(letters.into_iter().collect()))
                .boxed()
        }
    };
    prop_oneof![1 => Just(Value::Null), 1 => proptest::sample::select(edges(ty)), 4 => values].boxed()
}

/// Tables that together have every type of the catalog.
fn tables() -> Vec<(Database, &'static Table)> {
    let mut seen = HashSet::new();
    let all = catalog::oltp_tables()
        .map(|table| (Database::Oltp, table))
        .chain(catalog::dw_tables().map(|table| (Database::Dw, table)));
    all.filter(|(_, table)| table.columns.iter().filter(|column| seen.insert(column.ty)).count() > 0).collect()
}

/// Makes the table with its columns and nothing else: no key and no check, so that every value of a type may stand in it.
async fn create_bare(session: &mut dyn Session, table: &Table) {
    let dialect = session.dialect();
    if dialect.name() != "embedded" {
        let schema = table.schema;
        let found = session.query("SELECT COUNT(*) FROM sys.schemas WHERE name = @P1", &[schema.into()]).await.unwrap();
        if found.get(0, 0).int().unwrap() == Some(0) {
            session.execute(&format!("CREATE SCHEMA {schema}"), &[]).await.unwrap();
        }
    }
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let identity = if column.identity && dialect.name() != "embedded" { "IDENTITY(1,1)" } else { "NULL" };
            format!("{} {} {identity}", column.name, dialect.column_type(column.ty))
        })
        .collect();
    let name = dialect.table(table.schema, table.name);
    session.execute(&format!("CREATE TABLE {name} ({})", columns.join(", ")), &[]).await.unwrap();
}

/// Copies rows and compares what is read with them, whatever the order.
async fn assert_copied(session: &mut dyn Session, name: &str, columns: &[&Column], rows: &[Vec<Value>], padded: bool) {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let mut batch = RowBatch::with_capacity(names.len(), rows.len());
    rows.iter().for_each(|row| batch.push_row(row.iter().cloned()));
    let copied = session.bulk(name, &names, batch.into()).await.unwrap();
    assert_eq!(copied, rows.len() as u64, "{name}");
    let found = session.query(&format!("SELECT {} FROM {name}", names.join(", ")), &[]).await.unwrap();
    let mut found: Vec<Vec<Value>> = found.rows().map(<[Value]>::to_vec).collect();
    let mut expected: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| columns.iter().zip(row).map(|(column, value)| stored(column, value, padded)).collect())
        .collect();
    found.sort();
    expected.sort();
    assert_eq!(found.len(), expected.len(), "{name}");
    for (found, expected) in found.iter().zip(&expected) {
        for ((column, found), expected) in columns.iter().zip(found).zip(expected) {
            assert_eq!(found, expected, "{name}.{} {}", column.name, column.ty);
        }
    }
    session.execute(&format!("DELETE FROM {name}"), &[]).await.unwrap();
}

/// What a column makes of a value: a CHAR of a server is filled up with blanks.
fn stored(column: &Column, value: &Value, padded: bool) -> Value {
    match (column.ty, value) {
        (SqlType::Char(width), Value::Text(text)) if padded => {
            Value::Text(format!("{text:width$}", width = usize::from(width)))
        }
        _ => value.clone(),
    }
}

/// Each edge of each column once at least, and a row of NULLs. An IDENTITY has a number of its own.
fn edge_rows(columns: &[&Column]) -> Vec<Vec<Value>> {
    let all: Vec<Vec<Value>> = columns
        .iter()
        .map(|column| {
            let nulls = if column.identity { vec![] } else { vec![Value::Null] };
            edges(column.ty).into_iter().chain(nulls).collect()
        })
        .collect();
    let most = all.iter().map(Vec::len).max().unwrap_or(0);
    (0..most).map(|at| all.iter().map(|values| values[at % values.len()].clone()).collect()).collect()
}

fn any_rows(columns: &[&Column], runner: &mut TestRunner, most: usize) -> Vec<Vec<Value>> {
    let one = |column: &&Column| {
        let values = any_value(column);
        if column.identity {
            values.prop_filter("an IDENTITY is not NULL", |value| !value.is_null()).boxed()
        } else {
            values
        }
    };
    let row: Vec<BoxedStrategy<Value>> = columns.iter().map(one).collect();
    proptest::collection::vec(row, 1..=most).new_tree(runner).unwrap().current()
}

#[both_engines]
async fn every_type_survives_a_copy_into_a_table_of_the_catalog(on: On) {
    let home = Home::new(on).await;
    let engine = home.engine();
    let tables = tables();
    assert!(tables.len() > 8, "{}", tables.len());
    let mut runner = TestRunner::default();
    for (database, table) in tables {
        let mut session = engine.create(database).await.unwrap();
        create_bare(&mut *session, table).await;
        let name = session.dialect().table(table.schema, table.name);
        let columns: Vec<&Column> = table.columns.iter().collect();
        let padded = on == On::SqlServer;
        assert_copied(&mut *session, &name, &columns, &edge_rows(&columns), padded).await;
        for most in [1, 40] {
            assert_copied(&mut *session, &name, &columns, &any_rows(&columns, &mut runner, most), padded).await;
        }
    }
}

/// Makes a temporary table as a batch is staged in, and returns its name.
async fn create_temp(session: &mut dyn Session, columns: &[&Column]) -> String {
    let dialect = session.dialect();
    let columns: Vec<(String, String, bool)> =
        columns.iter().map(|column| (column.name.to_owned(), dialect.staging_type(column.ty), true)).collect();
    for sql in dialect.create_temp("round_trip", &columns, &[]) {
        session.execute(&sql, &[]).await.unwrap();
    }
    dialect.temp("round_trip")
}

#[both_engines]
async fn every_type_survives_a_copy_into_a_temporary_table(on: On) {
    let home = Home::new(on).await;
    let mut session = home.engine().create(Database::Dw).await.unwrap();
    let mut runner = TestRunner::default();
    for (_, table) in tables() {
        let columns: Vec<&Column> = table.columns.iter().collect();
        let name = create_temp(&mut *session, &columns).await;
        assert_copied(&mut *session, &name, &columns, &edge_rows(&columns), false).await;
        for most in [1, 60] {
            assert_copied(&mut *session, &name, &columns, &any_rows(&columns, &mut runner, most), false).await;
        }
    }
}

const ID: Column = Column::new("id", SqlType::BigInt);
const NOTE: Column = Column::new("t", SqlType::VarCharMax);
const SHORT: Column = Column::new("t", SqlType::NVarChar(4_000));

fn row(id: usize, text: String) -> Vec<Value> {
    vec![Value::Int(i64::try_from(id).unwrap()), Value::Text(text)]
}

/// A batch may end anywhere in a packet: before its end, at it and behind it.
#[both_engines]
async fn a_batch_of_any_size_around_that_of_packets_arrives(on: On) {
    let home = Home::new(on).await;
    let mut session = home.engine().create(Database::Dw).await.unwrap();
    for (columns, overhead) in [([&ID, &SHORT], 60), ([&ID, &NOTE], 76)] {
        let name = create_temp(&mut *session, &columns).await;
        for packets in [1, 2] {
            // Two bytes a character; what is around it is known well enough to go from before to behind the end of a packet.
            let middle = (packets * PACKET - overhead) / 2;
            for length in middle - 12..middle + 12 {
                let halves = [length / 2, length - length / 2];
                let rows: Vec<_> = match packets {
                    1 => vec![row(1, "é".repeat(length))],
                    _ => halves.iter().enumerate().map(|(id, length)| row(id, "a".repeat(*length))).collect(),
                };
                assert_copied(&mut *session, &name, &columns, &rows, false).await;
            }
        }
    }
}

#[both_engines]
async fn one_row_and_twenty_thousand_rows_arrive(on: On) {
    let home = Home::new(on).await;
    let mut session = home.engine().create(Database::Dw).await.unwrap();
    let name = create_temp(&mut *session, &[&ID, &SHORT]).await;
    for count in [1, 20_000] {
        let rows: Vec<_> = (0..count).map(|id| row(id, format!("ação {id} {}", "x".repeat(id % 37)))).collect();
        assert_copied(&mut *session, &name, &[&ID, &SHORT], &rows, false).await;
    }
}

/// Text without a limit, longer than any page.
#[both_engines]
async fn long_texts_arrive(on: On) {
    let home = Home::new(on).await;
    let mut session = home.engine().create(Database::Dw).await.unwrap();
    let name = create_temp(&mut *session, &[&ID, &NOTE]).await;
    let lengths = [0, 1, 3_999, 4_000, 4_001, 8_000, 8_001, 20_000, 100_000];
    let rows: Vec<_> =
        lengths.into_iter().map(|length| row(length, "ção ".chars().cycle().take(length).collect())).collect();
    assert_copied(&mut *session, &name, &[&ID, &NOTE], &rows, false).await;
}
