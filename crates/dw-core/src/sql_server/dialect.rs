//! T-SQL's spelling of the statements, for what SQL Server 2017 to 2025, Azure SQL and Babelfish all run.
//! Not here: what only some of them have, which [`super::Capabilities`] tells.

use crate::dialect::{Compared, Dialect};
use crate::schema::{Column, DefaultValue};
use crate::sql_type::SqlType;
use crate::time;
use crate::value::Value;

/// See [`Dialect`].
#[derive(Debug, Clone, Copy)]
pub struct TsqlDialect;

impl Dialect for TsqlDialect {
    fn name(&self) -> &'static str {
        "sqlserver"
    }

    fn column_type(&self, ty: SqlType) -> String {
        ty.to_string()
    }

    fn staging_type(&self, ty: SqlType) -> String {
        match ty {
            SqlType::BigInt | SqlType::Int | SqlType::SmallInt | SqlType::Bit | SqlType::Decimal(..) => {
                "BIGINT".to_owned()
            }
            SqlType::DateTime2(0) => "DATETIME2(0)".to_owned(),
            // Days and milliseconds, which arrive unchanged everywhere; see `staged_value`.
            SqlType::Date | SqlType::DateTime | SqlType::DateTime2(_) => "BIGINT".to_owned(),
            // A temporary table has the collation of tempdb, and comparing it with another one is an error.
            SqlType::Char(width) | SqlType::VarChar(width) | SqlType::NVarChar(width) if width <= 4_000 => {
                format!("NVARCHAR({width}) COLLATE DATABASE_DEFAULT")
            }
            _ => "NVARCHAR(MAX) COLLATE DATABASE_DEFAULT".to_owned(),
        }
    }

    fn table(&self, schema: &str, name: &str) -> String {
        format!("{schema}.{name}")
    }

    fn translate(&self, sql: &str) -> String {
        sql.to_owned()
    }

    fn in_written_order(&self, joins: &str) -> String {
        joins.to_owned()
    }

    fn differs(&self, pairs: &[Compared]) -> String {
        let side = |pick: fn(&Compared) -> &str| -> String {
            pairs.iter().map(|pair| exactly(pair.ty, pick(pair))).collect::<Vec<_>>().join(", ")
        };
        // EXCEPT holds two NULLs for equal.
        format!("EXISTS (SELECT {} EXCEPT SELECT {})", side(|pair| &pair.left), side(|pair| &pair.right))
    }

    fn update_as(&self, target: &str, alias: &str, sets: &[String], condition: &str) -> String {
        format!("UPDATE {alias} SET {} FROM {target} {alias} WHERE {condition}", sets.join(", "))
    }

    fn update_from(&self, target: &str, target_alias: &str, sets: &[String], source: &str, condition: &str) -> String {
        format!(
            "UPDATE {target_alias} SET {} FROM {target} {target_alias} CROSS JOIN {source} WHERE {condition}",
            sets.join(", ")
        )
    }

    fn create_temp(&self, name: &str, columns: &[(String, String, bool)], primary_key: &[&str]) -> Vec<String> {
        let columns: Vec<String> = columns
            .iter()
            .map(|(column, ty, nullable)| format!("{column} {ty}{}", if *nullable { " NULL" } else { " NOT NULL" }))
            .collect();
        let key =
            if primary_key.is_empty() { String::new() } else { format!(", PRIMARY KEY ({})", primary_key.join(", ")) };
        vec![format!("DROP TABLE IF EXISTS #{name}"), format!("CREATE TABLE #{name} ({}{key})", columns.join(", "))]
    }

    fn temp(&self, name: &str) -> String {
        format!("#{name}")
    }

    fn resolves_apart(&self) -> bool {
        true
    }

    fn clear_temp(&self, name: &str) -> String {
        format!("TRUNCATE TABLE #{name}")
    }

    fn select_limited(&self, body: &str, limit: u64) -> String {
        match body.strip_prefix("DISTINCT ") {
            Some(rest) => format!("SELECT DISTINCT TOP ({limit}) {rest}"),
            None => format!("SELECT TOP ({limit}) {body}"),
        }
    }

    fn page(&self, offset: u64, rows: u64) -> String {
        format!("OFFSET {offset} ROWS FETCH NEXT {rows} ROWS ONLY")
    }

    fn literal(&self, ty: SqlType, value: &Value) -> String {
        match (ty, value) {
            (_, Value::Null) => "NULL".to_owned(),
            (_, Value::Text(text)) => format!("N'{}'", text.replace('\'', "''")),
            (SqlType::Date | SqlType::DateTime | SqlType::DateTime2(_), value) => {
                format!("CAST('{}' AS {ty})", ty.render(&plain(value)).unwrap_or_default())
            }
            (SqlType::Decimal(..), value) => {
                format!("CAST({} AS {ty})", ty.render(&plain(value)).unwrap_or_default())
            }
            (_, value) => ty.render(&plain(value)).unwrap_or_default(),
        }
    }

    fn staged_value(&self, expression: &str, ty: SqlType) -> String {
        match ty {
            SqlType::Decimal(_, 0) => format!("CAST({expression} AS {ty})"),
            // A product with a power of ten is exact; a quotient has the scale that the server chooses.
            SqlType::Decimal(_, scale) => {
                format!("CAST({expression} * 0.{}1 AS {ty})", "0".repeat(usize::from(scale) - 1))
            }
            SqlType::Date => {
                format!("CAST(DATEADD(DAY, CAST({expression} AS INT), CAST('1970-01-01' AS DATE)) AS DATE)")
            }
            // The milliseconds as text: on Babelfish DATEADD loses them. The remainder is made positive first.
            SqlType::DateTime | SqlType::DateTime2(3) => {
                let of_day = format!("(({expression} % 86400000 + 86400000) % 86400000)");
                let day = format!("CAST(({expression} - {of_day}) / 86400000 AS INT)");
                format!(
                    "CAST(CONVERT(VARCHAR(19), DATEADD(SECOND, CAST({of_day} / 1000 AS INT), DATEADD(DAY, {day}, \
                     CAST('1970-01-01' AS DATETIME2(0)))), 126) + '.' + RIGHT('00' + CAST({of_day} % 1000 AS VARCHAR(3)), 3) \
                     AS {ty})"
                )
            }
            SqlType::BigInt | SqlType::DateTime2(_) | SqlType::NVarChar(_) => expression.to_owned(),
            _ => format!("CAST({expression} AS {ty})"),
        }
    }

    fn default_clause(&self, column: &Column) -> String {
        match column.default {
            DefaultValue::None => String::new(),
            DefaultValue::Int(number) => format!(" DEFAULT {}", self.literal(column.ty, &Value::Int(number))),
            DefaultValue::Text(text) => format!(" DEFAULT '{}'", text.replace('\'', "''")),
            DefaultValue::UtcNow => " DEFAULT SYSUTCDATETIME()".to_owned(),
            DefaultValue::CurrentUser => " DEFAULT SUSER_SNAME()".to_owned(),
        }
    }

    fn mean(&self, sum: &str, count: &str) -> String {
        // Whole numbers of hundredths, whose division has no scale to choose; see the embedded dialect for the formula.
        format!(
            "CASE WHEN {count} = 0 THEN NULL ELSE CAST((2 * CAST({sum} * 100 AS BIGINT) + {count}) \
             / (2 * CAST({count} AS BIGINT)) * 0.01 AS DECIMAL(15,2)) END"
        )
    }

    fn whole_ratio(&self, amount: &str, unit: &str) -> String {
        format!(
            "(2 * CAST({amount} * 100 AS BIGINT) + CAST({unit} * 100 AS BIGINT)) / (2 * CAST({unit} * 100 AS BIGINT))"
        )
    }

    fn day_number(&self, stamp: &str) -> String {
        format!("DATEDIFF(DAY, CAST('1970-01-01' AS DATETIME2(0)), {stamp})")
    }

    fn seconds_between(&self, from: &str, to: &str) -> String {
        format!("DATEDIFF(SECOND, {from}, {to})")
    }

    fn concat(&self, parts: &[String]) -> String {
        format!("({})", parts.join(" + "))
    }
}

/// The portable form without the mark of a parameter.
fn plain(value: &Value) -> Value {
    match value {
        Value::Seconds(number) | Value::Millis(number) => Value::Int(*number),
        other => other.clone(),
    }
}

/// A value in a form whose equality is exact: the collation of a column would find no difference between `Ana` and `ANA`,
/// and even a binary one none between `a` and `a `.
fn exactly(ty: SqlType, expression: &str) -> String {
    match ty {
        SqlType::Char(width) | SqlType::VarChar(width) => {
            format!("CAST(CAST({expression} AS VARCHAR({width})) AS VARBINARY({width}))")
        }
        SqlType::VarCharMax => format!("CAST(CAST({expression} AS VARCHAR(MAX)) AS VARBINARY(MAX))"),
        SqlType::NVarChar(width) => {
            format!("CAST(CAST({expression} AS NVARCHAR({width})) AS VARBINARY({}))", u32::from(width) * 2)
        }
        _ => expression.to_owned(),
    }
}

/// The first and the last second that DATETIME2 holds.
pub(super) const RANGE: (i64, i64) = (-62_135_596_800, 253_402_300_799);

/// Days from 0001-01-01 to 1970-01-01, and from 1900-01-01.
pub(super) const EPOCH_FROM_YEAR_1: i64 = 719_162;
/// See [`EPOCH_FROM_YEAR_1`].
pub(super) const EPOCH_FROM_1900: i64 = 25_567;

/// A timestamp that fits DATETIME2: an open end of a window is the first or the last second.
pub(super) fn clamp(seconds: i64) -> i64 {
    seconds.clamp(RANGE.0, RANGE.1)
}

/// Days since 0001-01-01 and seconds of the day.
pub(super) fn split(seconds: i64) -> (u32, u64) {
    let seconds = clamp(seconds);
    let days = time::day_of(seconds) + EPOCH_FROM_YEAR_1;
    (u32::try_from(days).unwrap_or(0), u64::try_from(seconds.rem_euclid(time::DAY)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_have_the_type_of_their_column() {
        let literal = |ty, value| TsqlDialect.literal(ty, &value);
        assert_eq!(literal(SqlType::Decimal(15, 2), Value::Int(-5)), "CAST(-0.05 AS DECIMAL(15,2))");
        assert_eq!(literal(SqlType::Date, Value::Int(0)), "CAST('1970-01-01' AS DATE)");
        assert_eq!(
            literal(SqlType::DateTime2(0), Value::Seconds(-2_208_988_800)),
            "CAST('1900-01-01T00:00:00' AS DATETIME2(0))"
        );
        assert_eq!(literal(SqlType::VarChar(9), Value::from("d'Ávila")), "N'd''Ávila'");
        assert_eq!(literal(SqlType::Bit, Value::Int(1)), "1");
        assert_eq!(literal(SqlType::BigInt, Value::Null), "NULL");
    }

    #[test]
    fn a_staged_decimal_is_multiplied_never_divided() {
        assert_eq!(TsqlDialect.staged_value("s.x", SqlType::Decimal(10, 7)), "CAST(s.x * 0.0000001 AS DECIMAL(10,7))");
        assert_eq!(TsqlDialect.staged_value("s.x", SqlType::Decimal(9, 0)), "CAST(s.x AS DECIMAL(9,0))");
    }

    #[test]
    fn the_ends_of_datetime2_are_its_own() {
        assert_eq!(split(i64::MIN), (0, 0));
        assert_eq!(split(i64::MAX), (3_652_058, 86_399));
        assert_eq!(split(0), (719_162, 0));
        assert_eq!(split(-1), (719_161, 86_399));
    }
}
