//! SQLite's spelling of the statements. Not here: how rows are stored, which [`crate::value`] says.

use crate::dialect::{Compared, Dialect};
use crate::schema::{Column, DefaultValue};
use crate::sql_type::SqlType;
use crate::value::Value;

/// The collation that compares text keys as SQL Server's default does (ruling 15); registered on every connection.
pub const TEXT_KEY_COLLATION: &str = "DW_TEXT";

/// The schemas whose two-part names become one-part names.
const SCHEMAS: [&str; 6] = ["core", "dim", "fact", "ctl", "audit", "stg"];

/// See [`Dialect`].
#[derive(Debug, Clone, Copy)]
pub struct SqliteDialect;

impl Dialect for SqliteDialect {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn column_type(&self, ty: SqlType) -> String {
        // SQLite gives a declared type an affinity by its letters: BIGINT and INT are INTEGER, CHAR is TEXT, and all others
        // here NUMERIC, which keeps an integer an integer. So the contract's own spelling can stand in the DDL.
        if ty == SqlType::VarCharMax { "TEXT".to_owned() } else { ty.to_string() }
    }

    fn staging_type(&self, ty: SqlType) -> String {
        if ty.is_text() { "TEXT".to_owned() } else { "INTEGER".to_owned() }
    }

    fn table(&self, schema: &str, name: &str) -> String {
        format!("\"{schema}.{name}\"")
    }

    fn translate(&self, sql: &str) -> String {
        translate(sql)
    }

    fn in_written_order(&self, joins: &str) -> String {
        // CROSS JOIN is SQLite's way to fix the order (sqlite.org/optoverview.html): after an ANALYZE of a small table it
        // would otherwise leave the seek of the changed rows for a scan.
        joins.split(' ').map(|word| if word == "JOIN" { "CROSS JOIN" } else { word }).collect::<Vec<_>>().join(" ")
    }

    fn differs(&self, pairs: &[Compared]) -> String {
        let parts: Vec<String> = pairs.iter().map(|pair| format!("{} IS NOT {}", pair.left, pair.right)).collect();
        format!("({})", parts.join(" OR "))
    }

    fn update_as(&self, target: &str, alias: &str, sets: &[String], condition: &str) -> String {
        format!("UPDATE {target} AS {alias} SET {} WHERE {condition}", sets.join(", "))
    }

    fn update_from(&self, target: &str, target_alias: &str, sets: &[String], source: &str, condition: &str) -> String {
        format!("UPDATE {target} AS {target_alias} SET {} FROM {source} WHERE {condition}", sets.join(", "))
    }

    fn create_temp(&self, name: &str, columns: &[(String, String, bool)], primary_key: &[&str]) -> Vec<String> {
        let columns: Vec<String> = columns
            .iter()
            .map(|(column, ty, nullable)| format!("{column} {ty}{}", if *nullable { "" } else { " NOT NULL" }))
            .collect();
        let (key, option) = match primary_key {
            [] => (String::new(), ""),
            // A single integer key is the row id itself, which needs no second b-tree.
            [one] => (format!(", PRIMARY KEY ({one})"), ""),
            many => (format!(", PRIMARY KEY ({})", many.join(", ")), " WITHOUT ROWID"),
        };
        vec![
            format!("DROP TABLE IF EXISTS temp.{name}"),
            format!("CREATE TEMP TABLE {name} ({}{key}){option}", columns.join(", ")),
        ]
    }

    fn temp(&self, name: &str) -> String {
        format!("temp.{name}")
    }

    fn resolves_apart(&self) -> bool {
        false
    }

    fn clear_temp(&self, name: &str) -> String {
        format!("DELETE FROM temp.{name}")
    }

    fn select_limited(&self, body: &str, limit: u64) -> String {
        format!("SELECT {body} LIMIT {limit}")
    }

    fn page(&self, offset: u64, rows: u64) -> String {
        format!("LIMIT {rows} OFFSET {offset}")
    }

    fn literal(&self, _ty: SqlType, value: &Value) -> String {
        match value {
            Value::Null => "NULL".to_owned(),
            Value::Int(number) | Value::Seconds(number) | Value::Millis(number) => number.to_string(),
            Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        }
    }

    fn staged_value(&self, expression: &str, _ty: SqlType) -> String {
        expression.to_owned()
    }

    fn default_clause(&self, column: &Column) -> String {
        match (column.default, column.ty) {
            (DefaultValue::None, _) => String::new(),
            (DefaultValue::Int(number), _) => format!(" DEFAULT {number}"),
            (DefaultValue::Text(text), _) => format!(" DEFAULT '{}'", text.replace('\'', "''")),
            (DefaultValue::UtcNow, SqlType::DateTime | SqlType::DateTime2(3)) => {
                " DEFAULT (CAST(strftime('%s', 'now') AS INTEGER) * 1000)".to_owned()
            }
            (DefaultValue::UtcNow, _) => " DEFAULT (CAST(strftime('%s', 'now') AS INTEGER))".to_owned(),
            (DefaultValue::CurrentUser, _) => " DEFAULT 'embedded'".to_owned(),
        }
    }

    fn mean(&self, sum: &str, count: &str) -> String {
        // Scaled integers: twice the sum plus the count, over twice the count, is the half-up quotient.
        format!("CASE WHEN {count} = 0 THEN NULL ELSE (2 * {sum} + {count}) / (2 * {count}) END")
    }

    fn whole_ratio(&self, amount: &str, unit: &str) -> String {
        format!("(2 * {amount} + {unit}) / (2 * {unit})")
    }

    fn day_number(&self, stamp: &str) -> String {
        // All stamps of the stack that are grouped by day lie behind 1970, where the quotient is the floor.
        format!("({stamp} / 86400)")
    }

    fn seconds_between(&self, from: &str, to: &str) -> String {
        format!("({to} - {from})")
    }

    fn concat(&self, parts: &[String]) -> String {
        format!("({})", parts.join(" || "))
    }
}

/// Rewrites `dim.DIM_CLIENTE` to `"dim.DIM_CLIENTE"` outside of string literals and comments.
fn translate(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 64);
    let mut rest = sql;
    while let Some(next) = rest.chars().next() {
        let taken = match next {
            '\'' => literal_end(rest, '\''),
            '"' => literal_end(rest, '"'),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            c if is_word(c) => word_end(rest),
            c => c.len_utf8(),
        };
        let token = &rest[..taken];
        rest = &rest[taken..];
        let is_schema = SCHEMAS.contains(&token.to_ascii_lowercase().as_str());
        let object = rest.strip_prefix('.').map(|after| &after[..word_end(after)]).unwrap_or_default();
        if is_schema && !object.is_empty() && !out.ends_with('.') {
            out.push_str(&format!("\"{}.{object}\"", token.to_ascii_lowercase()));
            rest = &rest[1 + object.len()..];
        } else {
            out.push_str(token);
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '@' || c == '#'
}

fn word_end(text: &str) -> usize {
    text.find(|c: char| !is_word(c)).unwrap_or(text.len())
}

/// The end of a quoted literal that starts the text; a doubled quote stays inside.
fn literal_end(text: &str, quote: char) -> usize {
    let mut at = 1;
    loop {
        match text[at..].find(quote) {
            None => return text.len(),
            Some(found) => {
                at += found + 1;
                if !text[at..].starts_with(quote) {
                    return at;
                }
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_part_names_become_one_part_names_outside_of_literals() {
        assert_eq!(
            translate("SELECT 'dim.x', d.a FROM dim.DIM_DATA d JOIN FACT.F f ON f.dim = d.dim -- dim.z\n/* ctl.q */ x"),
            "SELECT 'dim.x', d.a FROM \"dim.DIM_DATA\" d JOIN \"fact.F\" f ON f.dim = d.dim -- dim.z\n/* ctl.q */ x"
        );
        assert_eq!(translate("a''b 'it''s core.x' core.orders"), "a''b 'it''s core.x' \"core.orders\"");
        assert_eq!(translate("ação core.orders."), "ação \"core.orders\".");
    }
}
