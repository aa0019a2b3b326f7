//! From the declaration to checks: the built-in file and that of the operator. Every name is looked up in the catalog, so that
//! a statement holds no word that somebody typed. Not here: the form of the files (see [`crate::rules_file`]).

use std::path::Path;

use dw_core::catalog;
use dw_core::config::closest;
use dw_core::entities;
use dw_core::entity::EntityDescriptor;
use dw_core::error::{Database, DwResult};
use dw_core::schema::{Column, Table};
use dw_core::sql_type::{SqlType, to_scaled};
use rust_decimal::Decimal;

use super::check::{Bounds, Check, KINDS, Kind, Scope, Severity, Side};
use crate::rules_file::{Rule, RulesText, merged, read_operator};

/// The built-in checks.
pub const BUILTIN: RulesText<'static> = RulesText {
    path: "config/quality.toml",
    text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/quality.toml")),
};

/// Keys that every check may have.
const COMMON: [&str; 7] = ["kind", "entity", "severity", "enabled", "description", "max_failing", "rows"];

/// The built-in checks with those of an operator's file laid over them.
///
/// # Errors
/// [`dw_core::error::DwError::Config`] that names file, line and key.
pub fn load(operator: Option<&Path>) -> DwResult<Vec<Check>> {
    let Some(path) = operator else { return declared(None) };
    let text = read_operator("quality.file", path)?;
    declared(Some(RulesText { path: &path.display().to_string(), text: &text }))
}

/// The checks of the built-in text and of an operator's.
///
/// # Errors
/// See [`load`].
pub fn declared(operator: Option<RulesText<'_>>) -> DwResult<Vec<Check>> {
    let mut checks = Vec::new();
    for rule in merged(BUILTIN, operator, &["check"])? {
        let check = check(&rule)?;
        if rule.flag("enabled", true)? {
            checks.push(check);
        }
    }
    Ok(checks)
}

fn check(rule: &Rule) -> DwResult<Check> {
    let kind = rule.need_text("kind")?;
    if !KINDS.contains(&kind) {
        let near = closest(kind, KINDS.iter().copied());
        let hint = near.map_or_else(|| KINDS.join(", "), |near| format!("did you mean `{near}`?"));
        return Err(rule.key_error("kind", format!("is no kind of check: {hint}")));
    }
    let own: &[&str] = match kind {
        "not_null" | "unique" => &["columns", "side"],
        "accepted" => &["column", "values", "side"],
        "range" => &["columns", "min", "max", "side"],
        "relationship" => &["column", "references"],
        "unknown_member" => &["column", "max_percent"],
        "freshness" | "pending" => &["max_minutes"],
        "volume" => &["min_percent", "max_percent", "min_rows"],
        "coverage" => &["min_percent"],
        "reconciliation" => &["max_cents"],
        "drift" => &["database"],
        _ => &[],
    };
    rule.only(&[&COMMON[..], own].concat())?;
    let entity = entity(rule, kind)?;
    let severity = match rule.word("severity", &["warn", "error"])? {
        Some("warn") => Severity::Warn,
        _ => Severity::Error,
    };
    let side = match rule.word("side", &["source", "target"])? {
        Some("source") => Side::Source,
        _ => Side::Target,
    };
    let scope = match rule.word("rows", &["live", "stored"])? {
        Some("stored") => Scope::Stored,
        _ => Scope::Live,
    };
    let max_failing = rule.number("max_failing", 0..=1_000_000_000, 0)?;
    let mut check = Check {
        name: rule.name.clone(),
        entity,
        severity,
        side,
        scope,
        max_failing: u64::try_from(max_failing).unwrap_or(0),
        description: rule.text("description")?.map(str::to_owned),
        kind: Kind::Inferred,
    };
    check.kind = kind_of(rule, kind, &check)?;
    Ok(check)
}

fn entity(rule: &Rule, kind: &str) -> DwResult<Option<&'static EntityDescriptor>> {
    let Some(name) = rule.text("entity")? else {
        return if kind == "drift" { Ok(None) } else { Err(rule.error("needs `entity`")) };
    };
    if kind == "drift" {
        return Err(rule.key_error("entity", "has no meaning here: a drift check has a `database`"));
    }
    if let Some(entity) = entities::ALL.iter().find(|entity| entity.name == name) {
        return Ok(Some(entity));
    }
    let near = closest(name, entities::ALL.iter().map(|entity| entity.name));
    let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Err(rule.key_error("entity", format!("names no entity: `{name}`{hint}")))
}

fn kind_of(rule: &Rule, kind: &str, check: &Check) -> DwResult<Kind> {
    let percent = |key: &str, default: i64| -> DwResult<i64> {
        let Some(value) = rule.decimal(key)? else { return Ok(default) };
        let is_percent = value >= Decimal::ZERO && value <= Decimal::from(1_000_000);
        to_scaled(value, 2)
            .filter(|_| is_percent)
            .ok_or_else(|| rule.key_error(key, "must be a percentage from 0 to 1000000"))
    };
    let minutes = || {
        rule.number("max_minutes", 1..=527_040, 0)
            .and_then(|minutes| if minutes == 0 { Err(rule.error("needs `max_minutes`")) } else { Ok(minutes) })
    };
    Ok(match kind {
        "not_null" => Kind::NotNull(columns(rule, check)?),
        "unique" => Kind::Unique(columns(rule, check)?),
        "accepted" => {
            let column = column(rule, check, "column")?;
            if !column.ty.is_text() {
                return Err(
                    rule.key_error("column", format!("must be a text column, {} is {}", column.name, column.ty))
                );
            }
            let values = rule.texts("values")?;
            if values.is_empty() || values.iter().any(|value| value.chars().count() > 200) {
                return Err(rule.key_error("values", "must be a list of one or more texts of up to 200 characters"));
            }
            Kind::Accepted(column, values)
        }
        "range" => {
            let columns = columns(rule, check)?;
            let bounds = Bounds { min: rule.decimal("min")?, max: rule.decimal("max")? };
            if bounds.min.is_none() && bounds.max.is_none() {
                return Err(rule.error("needs `min` or `max`"));
            }
            for column in &columns {
                for (key, bound) in [("min", bounds.min), ("max", bounds.max)] {
                    if let Some(bound) = bound {
                        check_bound(rule, key, column, bound)?;
                    }
                }
            }
            Kind::Range(columns, bounds)
        }
        "relationship" => {
            let from = column(rule, check, "column")?;
            let named = rule.need_text("references")?;
            let table = catalog::dw_tables().find(|table| table.full_name().eq_ignore_ascii_case(named));
            let table = table.ok_or_else(|| {
                rule.key_error(
                    "references",
                    format!("names no table of the warehouse such as dim.DIM_CLIENTE: `{named}`"),
                )
            })?;
            let [key] = table.primary_key else {
                return Err(rule.key_error("references", format!("{named} has no key of one column")));
            };
            let key = table.column(key).ok_or_else(|| rule.error("references a table without its key"))?;
            Kind::Relationship(from, table, key)
        }
        "unknown_member" => Kind::Unknown(column(rule, check, "column")?, percent("max_percent", 0)?),
        "inferred" => match check.entity {
            Some(entity) if entity.is_dimension() => Kind::Inferred,
            _ => return Err(rule.key_error("entity", "must be a dimension: facts have no inferred members")),
        },
        "rejects" => Kind::Rejects,
        "freshness" => Kind::Freshness(minutes()?),
        "pending" => Kind::Pending(minutes()?),
        "volume" => {
            let (min, max) = (percent("min_percent", 2_000)?, percent("max_percent", 50_000)?);
            if min >= max {
                return Err(rule.error("`min_percent` must be less than `max_percent`"));
            }
            Kind::Volume(min, max, rule.number("min_rows", 0..=1_000_000_000, 1_000)?)
        }
        "coverage" => Kind::Coverage(percent("min_percent", 9_500)?),
        "reconciliation" => Kind::Reconciliation(rule.number("max_cents", 0..=1_000_000_000, 0)?),
        _ => Kind::Drift(match rule.word("database", &["source", "warehouse"])? {
            Some("source") => Database::Oltp,
            _ => Database::Dw,
        }),
    })
}

fn table(rule: &Rule, check: &Check) -> DwResult<&'static Table> {
    check.table().ok_or_else(|| rule.error("needs `entity`"))
}

fn columns(rule: &Rule, check: &Check) -> DwResult<Vec<&'static Column>> {
    let table = table(rule, check)?;
    let names = rule.texts("columns")?;
    if names.is_empty() {
        return Err(rule.error("needs `columns`"));
    }
    names.iter().map(|name| named(rule, "columns", table, name)).collect()
}

fn column(rule: &Rule, check: &Check, key: &str) -> DwResult<&'static Column> {
    named(rule, key, table(rule, check)?, rule.need_text(key)?)
}

fn named(rule: &Rule, key: &str, table: &'static Table, name: &str) -> DwResult<&'static Column> {
    table.column(name).ok_or_else(|| {
        let near = closest(name, table.columns.iter().map(|column| column.name));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        rule.key_error(key, format!("names no column of {}: `{name}`{hint}", table.full_name()))
    })
}

fn check_bound(rule: &Rule, key: &str, column: &Column, bound: Decimal) -> DwResult<()> {
    let number =
        matches!(column.ty, SqlType::BigInt | SqlType::Int | SqlType::SmallInt | SqlType::Bit | SqlType::Decimal(..));
    if !number {
        return Err(rule.key_error("columns", format!("must be numbers, {} is {}", column.name, column.ty)));
    }
    let scale = column.ty.scale();
    if bound.normalize().scale() > scale {
        return Err(rule.key_error(key, format!("has more digits than {} {}", column.name, column.ty)));
    }
    let limit =
        column.ty.max_scaled().unwrap_or(if column.ty == SqlType::BigInt { i64::MAX } else { i64::from(i32::MAX) });
    match to_scaled(bound, scale) {
        Some(scaled) if scaled.unsigned_abs() <= limit.unsigned_abs() => Ok(()),
        _ => Err(rule.key_error(key, format!("does not fit {} {}", column.name, column.ty))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(text: &str) -> DwResult<Vec<Check>> {
        declared(Some(RulesText { path: "q.toml", text }))
    }

    /// What the page of the reference checked of a pipeline, entity by entity, and what the design adds.
    #[test]
    fn every_entity_has_every_kind_that_applies_to_it() {
        let checks = declared(None).unwrap();
        for entity in entities::ALL {
            let kinds: Vec<&str> =
                checks.iter().filter(|check| check.subject() == entity.name).map(|check| check.kind.as_str()).collect();
            let mut wanted =
                vec!["not_null", "unique", "rejects", "coverage", "pending", "freshness", "reconciliation"];
            wanted.extend(if entity.is_dimension() { &["inferred"][..] } else { &["range", "relationship", "volume"] });
            assert!(wanted.iter().all(|kind| kinds.contains(kind)), "{}: {kinds:?}", entity.name);
            let is_key = |check: &&Check, side: Side| check.subject() == entity.name && check.side == side;
            let of_key = checks
                .iter()
                .filter(|check| is_key(check, Side::Target))
                .any(|check| matches!(&check.kind, Kind::Unique(columns) if columns[0].name == entity.business_key));
            assert!(of_key, "{} has no check of its key", entity.name);
        }
        let drift = checks.iter().filter(|check| matches!(check.kind, Kind::Drift(_))).count();
        assert_eq!(drift, 2);
    }

    /// The words of a status are those of the constraint of its own table (defect D9).
    #[test]
    fn d9_accepted_values_are_those_of_the_entity() {
        for check in declared(None).unwrap() {
            let (Kind::Accepted(column, values), Some(table)) = (&check.kind, check.table()) else { continue };
            let constraint =
                table.checks.iter().find(|one| one.condition.starts_with(&format!("{} IN (", column.name)));
            if let Some(constraint) = constraint {
                for value in values {
                    assert!(constraint.condition.contains(&format!("'{value}'")), "{}: {value}", check.name);
                }
                let listed = constraint.condition.split(" OR ").next().unwrap().matches(',').count() + 1;
                assert_eq!(values.len(), listed, "{}", check.name);
            }
        }
    }

    #[test]
    fn an_operator_changes_adds_and_switches_off() {
        let text = "[[check]]\nname = \"fact_vendas.volume\"\nenabled = false\n\
                    [[check]]\nname = \"dim_cliente.rejects\"\nseverity = \"error\"\nmax_failing = 5\n\
                    [[check]]\nname = \"own\"\nentity = \"dim_produto\"\nkind = \"range\"\ncolumns = \"preco_custo\"\nmax = \"9999.99\"\n";
        let checks = with(text).unwrap();
        let find = |name: &str| checks.iter().find(|check| check.name == name);
        assert!(find("fact_vendas.volume").is_none());
        let rejects = find("dim_cliente.rejects").unwrap();
        assert_eq!((rejects.severity, rejects.max_failing), (Severity::Error, 5));
        assert_eq!(find("own").unwrap().threshold(), "preco_custo <= 9999.99");
    }

    #[test]
    fn every_mistake_names_file_line_and_key() {
        let message = |body: &str| with(&format!("[[check]]\nname = \"x\"\n{body}\n")).unwrap_err().to_string();
        let range = "entity = \"fact_vendas\"\nkind = \"range\"\n";
        insta::assert_snapshot!(
            [
                message("entity = \"fact_vendas\""),
                message("kind = \"not_nul\""),
                message("kind = \"not_null\""),
                message("kind = \"not_null\"\nentity = \"fact_venda\""),
                message("kind = \"not_null\"\nentity = \"fact_vendas\""),
                message("kind = \"not_null\"\nentity = \"fact_vendas\"\ncolumns = [\"data_idd\"]"),
                message("kind = \"not_null\"\nentity = \"fact_vendas\"\ncolumns = [\"data_id; DROP TABLE x\"]"),
                message("kind = \"accepted\"\nentity = \"fact_vendas\"\ncolumn = \"data_id\"\nvalues = [\"a\"]"),
                message("kind = \"accepted\"\nentity = \"fact_vendas\"\ncolumn = \"status_pedido\""),
                message(&format!("{range}columns = \"valor_comissao\"")),
                message(&format!("{range}columns = \"valor_comissao\"\nmin = \"0.001\"")),
                message(&format!("{range}columns = \"percentual_comissao\"\nmax = 100000")),
                message(&format!("{range}columns = \"numero_pedido\"\nmin = 0")),
                message(&format!("{range}columns = \"valor_comissao\"\nmin = 0.5")),
                message(
                    "kind = \"relationship\"\nentity = \"fact_vendas\"\ncolumn = \"data_id\"\nreferences = \"dim.X\""
                ),
                message("kind = \"inferred\"\nentity = \"fact_vendas\""),
                message("kind = \"freshness\"\nentity = \"fact_vendas\""),
                message("kind = \"volume\"\nentity = \"fact_vendas\"\nmin_percent = 50\nmax_percent = 40"),
                message("kind = \"drift\"\nentity = \"fact_vendas\""),
                message("kind = \"rejects\"\nentity = \"fact_vendas\"\nseverity = \"fatal\""),
                message("kind = \"rejects\"\nentity = \"fact_vendas\"\nmax_minutes = 5"),
            ]
            .join("\n")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Whatever an operator's file holds: checks, or one message with its place. A value never leaves its literal.
        #[test]
        fn any_text_is_checks_or_a_message(text in "\\PC{0,200}", value in "\\PC{1,40}") {
            if let Err(error) = with(&text) {
                prop_assert!(error.to_string().starts_with("q.toml:"), "{}", error);
            }
            let escaped = serde_json::to_string(&value).unwrap();
            let text = format!(
                "[[check]]\nname = \"x\"\nkind = \"accepted\"\nentity = \"fact_vendas\"\ncolumn = \"status_pedido\"\nvalues = [{escaped}]\n"
            );
            if let Ok(checks) = with(&text) {
                let check = checks.last().unwrap();
                let dialect = dw_core::embedded::SqliteDialect;
                let scan = super::super::statement::scans(&dialect, [check]).remove(0);
                let trimmed = value.trim().replace('\'', "''");
                let literal = format!("('{trimmed}')");
                prop_assert!(scan.sql.contains(&literal), "{}", scan.sql);
            }
        }
    }
}
