//! Tests of the comparison: what it finds, what it leaves alone, and what a script that is still to run excuses.

use proptest::prelude::*;

use super::*;
use crate::embedded::{EmbeddedEngine, SqliteDialect};
use crate::engine::Engine;
use crate::scripts::Kind;
use crate::sql_server::TsqlDialect;

/// The tables of a database as a server would have them.
fn as_made(database: Database, dialect: &dyn Dialect) -> Vec<FoundTable> {
    let column = |column: &crate::schema::Column| FoundColumn {
        name: column.name.to_owned(),
        ty: dialect.column_type(column.ty),
        nullable: Some(column.nullable),
    };
    tables_of(database)
        .into_iter()
        .map(|table| FoundTable { name: table.full_name(), columns: table.columns.iter().map(column).collect() })
        .collect()
}

fn differences(found: &[FoundTable]) -> Vec<String> {
    compare(tables_of(Database::Dw), &TsqlDialect, found).differences.iter().map(ToString::to_string).collect()
}

#[test]
fn what_the_scripts_make_does_not_differ() {
    for database in [Database::Oltp, Database::Dw] {
        for dialect in [&TsqlDialect as &dyn Dialect, &SqliteDialect] {
            let outcome = compare(tables_of(database), dialect, &as_made(database, dialect));
            assert_eq!(outcome, Comparison::default());
            outcome.refuse(database).unwrap();
        }
    }
}

#[test]
fn each_kind_of_difference_is_said() {
    let mut found = as_made(Database::Dw, &TsqlDialect);
    let at_of = |name: &str, found: &[FoundTable]| found.iter().position(|table| table.name == name).unwrap();
    let at = at_of("dim.DIM_CLIENTE", &found);
    found[at].columns.retain(|column| column.name != "email");
    let at = at_of("fact.FACT_VENDAS", &found);
    for column in &mut found[at].columns {
        match column.name.as_str() {
            "valor_total_liquido" => column.ty = "DECIMAL(10,2)".to_owned(),
            "numero_pedido" => column.nullable = Some(true),
            "excluido_em" => column.nullable = Some(false),
            _ => {}
        }
    }
    found[at].columns.push(FoundColumn { name: "nota".to_owned(), ty: "VARCHAR(10)".to_owned(), nullable: Some(true) });
    found[at].columns.push(FoundColumn {
        name: "nota2".to_owned(),
        ty: "VARCHAR(10)".to_owned(),
        nullable: Some(true),
    });
    found.retain(|table| table.name != "ctl.etl_parked");
    let outcome = compare(tables_of(Database::Dw), &TsqlDialect, &found);
    let error = outcome.refuse(Database::Dw).unwrap_err();
    assert_eq!(error.exit_code(), crate::exit::SCHEMA_MISMATCH);
    insta::assert_snapshot!(format!("{error}\nhint: {}\n{}", error.hint(), outcome.notice(Database::Dw).unwrap()));
}

#[test]
fn a_long_list_is_cut() {
    let outcome = compare(tables_of(Database::Dw), &TsqlDialect, &[]);
    assert!(outcome.differences.len() >= 17);
    let many = Comparison {
        differences: std::iter::repeat_n(outcome.differences[0].clone(), SHOWN + 2).collect(),
        ..Comparison::default()
    };
    let text = many.refuse(Database::Dw).unwrap_err().to_string();
    assert!(text.ends_with("\n  and 2 more"), "{text}");
}

#[test]
fn types_of_the_information_schema_are_spelled_as_in_the_contract() {
    let number = Some;
    for (row, text) in [
        (("bigint", None, number(19), number(0), None), "BIGINT"),
        (("decimal", None, number(15), number(2), None), "DECIMAL(15,2)"),
        (("numeric", None, number(9), number(0), None), "DECIMAL(9,0)"),
        (("datetime2", None, None, None, number(0)), "DATETIME2(0)"),
        (("datetime", None, None, None, number(3)), "DATETIME"),
        (("date", None, None, None, number(0)), "DATE"),
        (("varchar", number(50), None, None, None), "VARCHAR(50)"),
        (("varchar", number(-1), None, None, None), "VARCHAR(MAX)"),
        (("nvarchar", number(128), None, None, None), "NVARCHAR(128)"),
        (("char", number(2), None, None, None), "CHAR(2)"),
        (("bit", None, None, None, None), "BIT"),
    ] {
        let (data_type, length, precision, scale, digits) = row;
        assert_eq!(spelled(data_type, length, precision, scale, digits), text);
    }
}

fn script(text: &str) -> Script {
    Script { name: "dw/up/0002_x".to_owned(), kind: Kind::OneTime, transactional: true, text: text.to_owned() }
}

#[test]
fn a_pending_script_excuses_what_it_makes_and_nothing_else() {
    let lacks = |table: &str, column: &str| Difference::MissingColumn {
        table: table.to_owned(),
        column: column.to_owned(),
        expected: "INT".to_owned(),
    };
    let pending = [script(
        "ALTER TABLE dim.DIM_CLIENTE ADD nota VARCHAR(10) NULL, zona INT NULL;\nGO\nALTER TABLE fact.FACT_METAS ADD x INT;\
         CREATE TABLE ctl.novo (\n    id INT NOT NULL\n);\nIF OBJECT_ID(N'dim.DIM_DATA', N'U') IS NULL CREATE TABLE dim.DIM_DATA (ano INT)",
    )];
    for (difference, made) in [
        (lacks("dim.DIM_CLIENTE", "zona"), true),
        (lacks("dim.DIM_CLIENTE", "x"), false),
        (lacks("dim.DIM_CLIENTE", "zon"), false),
        (lacks("fact.FACT_METAS", "x"), true),
        // Made only where the table is not there at all.
        (lacks("dim.DIM_DATA", "ano"), false),
        (Difference::MissingTable { table: "ctl.novo".to_owned() }, true),
        (Difference::MissingTable { table: "ctl.nov".to_owned() }, false),
    ] {
        assert_eq!(is_made_by(&difference, &pending), made, "{difference}");
    }
}

#[test]
fn every_table_of_the_catalog_is_made_by_a_script() {
    for database in [Database::Oltp, Database::Dw] {
        let scripts = crate::scripts::known::one_time_scripts(database).unwrap();
        for table in tables_of(database) {
            assert!(
                is_made_by(&Difference::MissingTable { table: table.full_name() }, &scripts),
                "{}",
                table.full_name()
            );
        }
    }
}

#[tokio::test]
async fn files_of_the_embedded_engine_are_compared_too() {
    let folder = tempfile::tempdir().unwrap();
    let engine = EmbeddedEngine::new(folder.path());
    let mut new = engine.create(Database::Dw).await.unwrap();
    assert_eq!(precheck(&mut *new, Database::Dw).await.unwrap(), Comparison::default());
    assert_eq!(check(&mut *new, Database::Dw).await.unwrap(), None);
    drop(new);
    migrate::init(&engine).await.unwrap();
    for database in [Database::Oltp, Database::Dw] {
        let mut session = engine.create(database).await.unwrap();
        assert_eq!(check(&mut *session, database).await.unwrap(), Some(Comparison::default()));
    }
    let mut dw = engine.create(Database::Dw).await.unwrap();
    dw.execute("ALTER TABLE \"ctl.etl_control\" DROP COLUMN lookback_minutes", &[]).await.unwrap();
    dw.execute("ALTER TABLE \"ctl.etl_control\" ADD COLUMN mine TEXT", &[]).await.unwrap();
    dw.execute("DROP TABLE \"ctl.etl_parked\"", &[]).await.unwrap();
    let outcome = precheck(&mut *dw, Database::Dw).await.unwrap();
    let text: Vec<String> = outcome.differences.iter().map(ToString::to_string).collect();
    assert_eq!(text, ["ctl.etl_control lacks the column lookback_minutes INT", "ctl.etl_parked is missing"]);
    assert_eq!(outcome.unknown_columns, ["ctl.etl_control.mine"]);
}

proptest! {
    /// However tables and columns are ordered and spelled, what is there is not missed; and what is taken away is found.
    #[test]
    fn the_order_is_nothing_and_each_loss_is_found(rotate in 0_usize..40, table in 0_usize..17, column in 0_usize..60) {
        let mut found = as_made(Database::Dw, &TsqlDialect);
        let tables = found.len();
        found.rotate_left(rotate % tables);
        for table in &mut found {
            table.name = table.name.to_lowercase();
            let columns = table.columns.len();
            table.columns.rotate_left(rotate % columns);
        }
        prop_assert!(differences(&found).is_empty());
        let table = table % tables;
        let columns = found[table].columns.len();
        let lost = found[table].columns.remove(column % columns);
        let told = differences(&found);
        prop_assert_eq!(told.len(), 1);
        prop_assert!(told[0].contains(&lost.name), "{:?}", told);
    }
}
