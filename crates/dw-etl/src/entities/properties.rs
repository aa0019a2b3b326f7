//! Properties of all nine rules: they never panic, what they accept is legal in the warehouse, and what they read and
//! write is what the contract says.

use dw_core::catalog::oltp;
use dw_core::members::UNKNOWN_KEY;
use dw_core::schema::{Column, DefaultValue};
use dw_core::sql_type::SqlType;
use dw_core::text::fits;
use dw_core::value::Value;
use proptest::prelude::*;

use super::checks::{Cells, holds};
use super::samples;
use crate::entity::Entity;
use crate::reject::RejectCode;

/// Columns that are NOT NULL in the warehouse and that a set step writes, not a rule.
const SET_STEPS: &[(&str, &str)] = &[("dim_equipe", "nome_equipe")];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        " {1,3}",
        "[A-Za-z]{1,3}",
        "\\PC{0,60}",
        "[a-z áé€]{190,260}",
        prop::sample::select(vec![
            "ativo",
            "Inativo",
            "Cancelado",
            "Anual",
            "Frete",
            "cashback",
            "brinde",
            "VIP",
            "m",
            "rj"
        ])
        .prop_map(str::to_owned),
    ]
}

fn value(ty: SqlType) -> BoxedStrategy<Value> {
    let special = prop::sample::select(vec![0, 1, -1, 2, i64::from(i32::MAX), i64::MAX, i64::MIN]);
    match ty {
        _ if ty.is_text() => text().prop_map(Value::from).boxed(),
        SqlType::Bit => any::<bool>().prop_map(Value::from).boxed(),
        _ => prop_oneof![-3_i64..30_000, any::<i64>(), special].prop_map(Value::Int).boxed(),
    }
}

/// A legal row in which each value is replaced with the given chance; one in eight replacements is NULL.
fn row(entity: &'static dyn Entity, percent: u32) -> impl Strategy<Value = Vec<Value>> {
    let cells: Vec<BoxedStrategy<Value>> = samples::row(entity.descriptor().name)
        .into_iter()
        .zip(entity.source_columns())
        .map(|(sample, column)| {
            let other = prop_oneof![1 => Just(Value::Null), 7 => value(column.ty)];
            prop_oneof![100 - percent => Just(sample), percent => other].boxed()
        })
        .collect();
    cells
}

fn any_entity() -> impl Strategy<Value = &'static dyn Entity> {
    prop::sample::select(super::ALL.to_vec())
}

fn assert_legal(entity: &dyn Entity, row: &[Value]) {
    let table = entity.descriptor().target;
    let columns = entity.target_columns();
    assert_eq!(row.len(), columns.len());
    for ((column, value), ty) in columns.iter().zip(row).zip(entity.target_types()) {
        let nullable = table.column(column).is_none_or(|column| column.nullable);
        assert!(nullable || !value.is_null(), "{column} is NULL");
        match (ty, value) {
            (SqlType::Char(width) | SqlType::VarChar(width), Value::Text(text)) => {
                assert_eq!(fits(text, usize::from(*width)), Ok(()), "{column}");
            }
            (SqlType::Decimal(..), Value::Int(scaled)) => {
                assert!(scaled.unsigned_abs() <= ty.max_scaled().unwrap().unsigned_abs(), "{column}: {scaled}");
            }
            (SqlType::Int, Value::Int(number)) => assert!(i32::try_from(*number).is_ok(), "{column}: {number}"),
            _ => {}
        }
        assert!(value.is_null() || matches!(value, Value::Text(_)) == ty.is_text(), "{column}: {value:?} is no {ty}");
    }
    let cells: Cells<'_> = columns.iter().copied().zip(row).collect();
    for check in table.checks {
        assert!(holds(table, check.condition, &cells), "{} is broken by {cells:?}", check.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_row_is_legal_or_refused_with_a_reason(
        (entity, row) in (any_entity(), prop::sample::select(vec![4_u32, 12, 60]))
            .prop_flat_map(|(entity, percent)| (Just(entity), row(entity, percent)))
    ) {
        // A NULL where the contract has none is a schema mismatch, not a row.
        if let Ok(transformed) = entity.transform(&row, &samples::context()) {
            let again = entity.transform(&row, &samples::context()).unwrap();
            prop_assert_eq!(&again, &transformed, "the rule is pure");
            match transformed {
                Ok(target) => assert_legal(entity, &target),
                Err(rejection) => prop_assert!(!rejection.reason.is_empty()),
            }
        }
    }
}

#[test]
fn the_samples_are_accepted_and_minus_one_is_reserved_everywhere() {
    for entity in super::ALL {
        let mut row = samples::row(entity.descriptor().name);
        let target = entity.transform(&row, &samples::context()).unwrap().unwrap();
        assert_legal(*entity, &target);
        for key in [0, 1, i64::from(i32::MAX) + 1, i64::MAX] {
            row[0] = Value::Int(key);
            let target = entity.transform(&row, &samples::context()).unwrap().unwrap();
            assert_eq!(target[0], Value::Int(key), "a BIGINT key of {} fits", entity.descriptor().name);
        }
        row[0] = Value::Int(UNKNOWN_KEY);
        let rejection = entity.transform(&row, &samples::context()).unwrap().unwrap_err();
        assert_eq!(rejection.code, RejectCode::ReservedKey);
    }
}

#[test]
fn what_is_staged_is_what_the_warehouse_needs() {
    for entity in super::ALL {
        let (descriptor, columns) = (entity.descriptor(), entity.target_columns());
        let table = descriptor.target;
        let parents: Vec<_> = descriptor.parents.iter().chain(descriptor.self_parent).collect();
        assert_eq!(columns[0], descriptor.business_key);
        assert_eq!(entity.source_columns()[0].expression, format!("{}.{}", descriptor.alias, descriptor.source_key));
        for column in columns {
            let parent = parents.iter().any(|parent| parent.staged == *column);
            assert!(parent || table.column(column).is_some(), "{} has no {column}", table.name);
            assert_ne!(*column, descriptor.surrogate);
            assert_ne!(*column, "eh_inferido");
            let stamp = descriptor.load_stamps.is_some_and(|(first, last)| [first, last].contains(column));
            assert!(!stamp, "the load stamps {column}");
        }
        assert!(columns.contains(&"excluido_em"), "{} marks what is deleted", descriptor.name);
        for parent in &parents {
            assert!(columns.contains(&parent.staged) && !columns.contains(&parent.column), "{}", parent.staged);
        }
        let needed = |column: &&Column| !column.nullable && !column.identity && column.default == DefaultValue::None;
        for column in table.columns.iter().filter(needed) {
            let written = columns.contains(&column.name)
                || parents.iter().any(|parent| parent.column == column.name)
                || SET_STEPS.contains(&(descriptor.name, column.name));
            assert!(written, "{} wants {}", table.name, column.name);
        }
    }
}

/// The type of a source column is the contract's, and a column that may be NULL is read without an error.
#[test]
fn what_is_read_is_what_the_source_has() {
    for entity in super::ALL {
        let from: Vec<&str> = entity.descriptor().from.split_whitespace().collect();
        for (at, column) in entity.source_columns().iter().enumerate() {
            let Some((alias, name)) = column.expression.split_once('.').filter(|(alias, _)| alias.len() == 1) else {
                continue;
            };
            let joined = from.windows(2).position(|pair| pair[0].starts_with("core.") && pair[1] == alias).unwrap();
            let table = oltp::TABLES.iter().find(|table| table.full_name() == from[joined]).unwrap();
            let found = table.column(name).unwrap_or_else(|| panic!("{} has no {name}", table.name));
            assert_eq!(found.ty, column.ty, "{}.{name}", table.name);
            if found.nullable || joined > 1 && from[joined - 2..joined].contains(&"LEFT") {
                let mut row = samples::row(entity.descriptor().name);
                row[at] = Value::Null;
                let read = entity.transform(&row, &samples::context());
                assert!(read.is_ok(), "{}.{name} may be NULL", table.name);
            }
        }
    }
}
