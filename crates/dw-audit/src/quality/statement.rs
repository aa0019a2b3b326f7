//! The statements of checks, built from descriptors of the catalog and shown by snapshots. Values of a declaration become
//! literals of the dialect. Row by row checks of one table are one statement and one scan. Pure.

use dw_core::dialect::Dialect;
use dw_core::sql_type::{SqlType, to_scaled};
use dw_core::value::Value;
use rust_decimal::Decimal;

use super::check::{Check, Kind, Scope, Side};

/// Keys of failing rows that are kept.
pub const SAMPLE: u64 = 10;

/// Checks that one scan of a table answers: same table, same rows.
#[derive(Debug)]
pub struct Scan<'c> {
    /// The checks, in the order of the columns behind the first, which counts the rows.
    pub checks: Vec<&'c Check>,
    /// The statement: the number of rows, then of failing rows a check.
    pub sql: String,
}

/// True for a check whose rows fail one by one.
pub fn is_row_check(check: &Check) -> bool {
    matches!(check.kind, Kind::NotNull(_) | Kind::Accepted(..) | Kind::Range(..) | Kind::Unknown(..))
}

/// The scans of the row checks among these, one a table, side and scope, in the order of their first check.
pub fn scans<'c>(dialect: &dyn Dialect, checks: impl IntoIterator<Item = &'c Check>) -> Vec<Scan<'c>> {
    let mut groups: Vec<Vec<&Check>> = Vec::new();
    for check in checks.into_iter().filter(|check| is_row_check(check)) {
        let same = |group: &&mut Vec<&Check>| {
            group.first().is_some_and(|first| {
                (first.subject(), first.side, first.scope) == (check.subject(), check.side, check.scope)
            })
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(check),
            None => groups.push(vec![check]),
        }
    }
    groups.into_iter().filter_map(|checks| scan(dialect, checks)).collect()
}

fn scan<'c>(dialect: &dyn Dialect, checks: Vec<&'c Check>) -> Option<Scan<'c>> {
    let first = *checks.first()?;
    let counts: Vec<String> = checks
        .iter()
        .enumerate()
        .filter_map(|(at, check)| {
            let fails = fails(dialect, check)?;
            Some(format!("SUM(CASE WHEN {fails} THEN 1 ELSE 0 END) AS c{}", at + 1))
        })
        .collect();
    let sql =
        format!("SELECT COUNT(*) AS checked, {} FROM {}{}", counts.join(", "), from(dialect, first)?, where_(first));
    (counts.len() == checks.len()).then_some(Scan { checks, sql })
}

/// The condition under which a row fails.
fn fails(dialect: &dyn Dialect, check: &Check) -> Option<String> {
    Some(match &check.kind {
        Kind::NotNull(columns) => {
            columns.iter().map(|column| format!("t.{} IS NULL", column.name)).collect::<Vec<_>>().join(" OR ")
        }
        Kind::Accepted(column, values) => {
            let values: Vec<String> =
                values.iter().map(|value| dialect.literal(column.ty, &Value::from(value.as_str()))).collect();
            format!("t.{} NOT IN ({})", column.name, values.join(", "))
        }
        Kind::Range(columns, bounds) => columns
            .iter()
            .flat_map(|column| {
                let compared = |operator: &str, bound: Option<Decimal>| {
                    bound.map(|bound| format!("t.{} {operator} {}", column.name, number(dialect, column.ty, bound)))
                };
                [compared("<", bounds.min), compared(">", bounds.max)].into_iter().flatten()
            })
            .collect::<Vec<_>>()
            .join(" OR "),
        Kind::Unknown(column, _) => format!("t.{} = -1", column.name),
        Kind::Relationship(column, table, key) => format!(
            "t.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {table} r WHERE r.{key} = t.{column})",
            column = column.name,
            table = dialect.table(table.schema, table.name),
            key = key.name
        ),
        Kind::Inferred => "t.eh_inferido = 1".to_owned(),
        _ => return None,
    })
}

fn number(dialect: &dyn Dialect, ty: SqlType, bound: Decimal) -> String {
    dialect.literal(ty, &Value::Int(to_scaled(bound, ty.scale()).unwrap_or(0)))
}

fn from(dialect: &dyn Dialect, check: &Check) -> Option<String> {
    check.table().map(|table| format!("{} t", dialect.table(table.schema, table.name)))
}

/// What a row must be to be looked at.
fn scope(check: &Check) -> Vec<String> {
    let Some(entity) = check.entity else { return Vec::new() };
    let mut conditions = Vec::new();
    match check.side {
        Side::Source => {
            if check.scope == Scope::Live {
                conditions.push("t.deleted_at IS NULL".to_owned());
            }
        }
        Side::Target => {
            if entity.is_dimension() {
                conditions.push(format!("t.{} <> -1", entity.surrogate));
            }
            if check.scope == Scope::Live && !matches!(check.kind, Kind::Inferred) {
                if entity.is_dimension() {
                    conditions.push("t.eh_inferido = 0".to_owned());
                }
                conditions.push("t.excluido_em IS NULL".to_owned());
            }
        }
    }
    conditions
}

fn where_(check: &Check) -> String {
    let conditions = scope(check);
    if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
}

fn where_fails(dialect: &dyn Dialect, check: &Check) -> Option<String> {
    let mut conditions = scope(check);
    conditions.push(format!("({})", fails(dialect, check)?));
    Some(format!(" WHERE {}", conditions.join(" AND ")))
}

/// The statement of a check that is asked alone: a number of failing rows. None for a check of a scan, or of another kind.
pub fn count(dialect: &dyn Dialect, check: &Check) -> Option<String> {
    match &check.kind {
        Kind::Relationship(..) | Kind::Inferred => {
            Some(format!("SELECT COUNT(*) FROM {}{}", from(dialect, check)?, where_fails(dialect, check)?))
        }
        Kind::Unique(_) => Some(format!(
            "SELECT COALESCE(SUM(d.row_count), 0) FROM ({}) d",
            duplicates(dialect, check, "COUNT(*) AS row_count")?
        )),
        _ => None,
    }
}

/// The statement for the keys of the first failing rows; none for a check that has no rows.
pub fn sample(dialect: &dyn Dialect, check: &Check) -> Option<String> {
    let key = check.key()?;
    match &check.kind {
        Kind::Unique(_) => {
            let body = duplicates(dialect, check, &format!("MIN(t.{key}) AS row_key"))?;
            let body = format!("{} ORDER BY row_key", body.strip_prefix("SELECT ")?);
            Some(dialect.select_limited(&body, SAMPLE))
        }
        _ => {
            let rows = where_fails(dialect, check)?;
            let body = format!("t.{key} AS row_key FROM {}{rows} ORDER BY t.{key}", from(dialect, check)?);
            Some(dialect.select_limited(&body, SAMPLE))
        }
    }
}

/// The groups of rows that have the same values.
fn duplicates(dialect: &dyn Dialect, check: &Check, select: &str) -> Option<String> {
    let Kind::Unique(columns) = &check.kind else { return None };
    let mut conditions = scope(check);
    conditions
        .extend(columns.iter().filter(|column| column.nullable).map(|column| format!("t.{} IS NOT NULL", column.name)));
    let rows = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    let names: Vec<String> = columns.iter().map(|column| format!("t.{}", column.name)).collect();
    Some(format!(
        "SELECT {select} FROM {}{rows} GROUP BY {} HAVING COUNT(*) > 1",
        from(dialect, check)?,
        names.join(", ")
    ))
}

/// The number of all rows that stand for a row of the source, deleted ones too, on both sides: source, target.
pub fn totals(dialect: &dyn Dialect, check: &Check) -> Option<(String, String)> {
    let entity = check.entity?;
    let (source, target) = (entity.source, entity.target);
    let real = if entity.is_dimension() {
        format!(" WHERE t.eh_inferido = 0 AND t.{} <> -1", entity.surrogate)
    } else {
        String::new()
    };
    Some((
        format!("SELECT COUNT(*) FROM {} t", dialect.table(source.schema, source.name)),
        format!("SELECT COUNT(*) FROM {} t{real}", dialect.table(target.schema, target.name)),
    ))
}

#[cfg(test)]
mod tests {
    use dw_core::embedded::SqliteDialect;
    use dw_core::sql_server::TsqlDialect;

    use super::super::declare::declared;
    use super::*;

    fn shown(dialect: &dyn Dialect) -> String {
        let checks = declared(None).unwrap();
        let mut text = String::new();
        for scan in scans(dialect, &checks) {
            let names: Vec<&str> = scan.checks.iter().map(|check| check.name.as_str()).collect();
            text += &format!("# {}\n{}\n\n", names.join(", "), scan.sql);
        }
        for check in &checks {
            let totals = matches!(check.kind, Kind::Coverage(_)).then(|| totals(dialect, check)).flatten();
            let asked = count(dialect, check).or(totals.map(|(source, target)| format!("{source}\n{target}")));
            let rows = is_row_check(check) || count(dialect, check).is_some();
            let sampled = sample(dialect, check).filter(|_| rows);
            if asked.is_none() && sampled.is_none() {
                continue;
            }
            text += &format!("# {} ({})\n", check.name, check.threshold());
            for sql in [asked, sampled].into_iter().flatten() {
                text += &format!("{sql}\n");
            }
            text.push('\n');
        }
        text
    }

    #[test]
    fn statements_of_the_built_in_checks_embedded() {
        insta::assert_snapshot!(shown(&SqliteDialect));
    }

    #[test]
    fn statements_of_the_built_in_checks_sql_server() {
        insta::assert_snapshot!(shown(&TsqlDialect));
    }

    /// One scan a table, side and scope, however many checks.
    #[test]
    fn a_table_is_scanned_once_for_all_its_row_checks() {
        let checks = declared(None).unwrap();
        let scans = scans(&SqliteDialect, &checks);
        let rows = checks.iter().filter(|check| is_row_check(check)).count();
        assert!(scans.len() <= 27 && rows > 40, "{} scans for {rows} checks", scans.len());
    }
}
