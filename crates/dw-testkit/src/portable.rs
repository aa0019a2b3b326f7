//! Statements of tests, written once for both engines: a number beside a column is in the portable form of its type (cents,
//! seconds, days), and `LENGTH` and `||` are spelled as the engine spells them. Not here: statements of the product, which use the dialect.

use dw_core::catalog;
use dw_core::dialect::Dialect;
use dw_core::schema::Table;
use dw_core::sql_type::SqlType;
use dw_core::value::Value;

/// What a number may stand behind.
const OPERATORS: [&str; 8] = ["=", "<>", "<", ">", "<=", ">=", "+", "-"];

/// The text for an engine: `UPDATE core.orders SET updated_at = 60` says the same on both. A key of an IDENTITY that an INSERT
/// .. VALUES gives is kept.
pub fn portable(dialect: &dyn Dialect, sql: &str) -> String {
    if dialect.name() == "embedded" {
        return dialect.translate(sql);
    }
    let mut tokens = tokens(sql);
    for (at, text) in replacements(dialect, &tokens, sql) {
        tokens[at] = text;
    }
    let keeps_key = values_of_insert(dialect, &mut tokens);
    let text = dialect.translate(&tokens.concat());
    match keeps_key {
        Some(table) => format!("SET IDENTITY_INSERT {table} ON; {text}; SET IDENTITY_INSERT {table} OFF"),
        None => text,
    }
}

/// What stands for which token.
fn replacements(dialect: &dyn Dialect, tokens: &[String], sql: &str) -> Vec<(usize, String)> {
    let tables = tables_of(tokens);
    let words: Vec<usize> = (0..tokens.len()).filter(|at| !tokens[*at].trim().is_empty()).collect();
    let mut found = Vec::new();
    for (place, first) in words.iter().enumerate() {
        let word = |ahead: usize| words.get(place + ahead).map_or("", |at| tokens[*at].as_str());
        if word(0).eq_ignore_ascii_case("LENGTH") && word(1) == "(" {
            found.push((*first, "LEN".to_owned()));
        }
        if word(0) == "||" {
            found.push((*first, "+".to_owned()));
        }
        let Some(ty) = type_of(&tables, word(0)) else { continue };
        let numbers: &[usize] = match word(1) {
            operator if OPERATORS.contains(&operator) => &[2],
            between if between.eq_ignore_ascii_case("BETWEEN") => &[2, 4],
            _ => continue,
        };
        for ahead in numbers {
            let is_negative = word(*ahead) == "-";
            let Some(at) = words.get(place + ahead + usize::from(is_negative)).copied() else { continue };
            let Ok(number) = tokens[at].parse::<i64>() else { continue };
            break_if_computed(tokens, at, sql);
            found.push((at, dialect.literal(ty, &Value::Int(if is_negative { -number } else { number }))));
            if is_negative {
                found.push((words[place + ahead], String::new()));
            }
        }
    }
    found
}

/// A number that is computed in the text has no type of its own: it is computed by the test.
fn break_if_computed(tokens: &[String], at: usize, sql: &str) {
    let mut behind = tokens[at + 1..].iter().map(String::as_str).filter(|token| !token.trim().is_empty());
    let operator = behind.next().unwrap_or("");
    assert!(!["+", "-", "*", "/", "%"].contains(&operator), "compute this number before: {sql}");
}

/// Gives the numbers of an INSERT .. VALUES the type of their columns. Returns the table when its IDENTITY is given.
fn values_of_insert(dialect: &dyn Dialect, tokens: &mut [String]) -> Option<String> {
    let text = tokens.concat();
    let rest = text.trim_start().strip_prefix("INSERT INTO ")?;
    let (name, _) = rest.split_once(' ')?;
    let table = catalog::find_table(name)?;
    let words: Vec<usize> = (0..tokens.len()).filter(|at| !tokens[*at].trim().is_empty()).collect();
    let open = words.iter().position(|at| tokens[*at] == "(")?;
    let close = words.iter().position(|at| tokens[*at] == ")")?;
    let columns: Vec<String> =
        words[open + 1..close].iter().map(|at| tokens[*at].clone()).filter(|token| token != ",").collect();
    if !tokens[*words.get(close + 1)?].eq_ignore_ascii_case("VALUES") {
        return None;
    }
    let (mut depth, mut column) = (0, 0);
    for at in words.iter().skip(close + 2).copied() {
        match tokens[at].as_str() {
            "(" => {
                depth += 1;
                column = if depth == 1 { 0 } else { column };
            }
            ")" => depth -= 1,
            "," if depth == 1 => column += 1,
            number if depth == 1 => {
                let ty = columns.get(column).and_then(|name| type_of(&[table], name));
                if let (Some(ty), Ok(number)) = (ty, number.parse::<i64>()) {
                    tokens[at] = dialect.literal(ty, &Value::Int(number));
                }
            }
            _ => {}
        }
    }
    let has_identity =
        table.columns.iter().any(|found| found.identity && columns.iter().any(|name| name == found.name));
    has_identity.then(|| table.full_name())
}

/// The type of a column whose numbers are not written as they are stored.
fn type_of(tables: &[&'static Table], name: &str) -> Option<SqlType> {
    let types: Vec<SqlType> = tables.iter().filter_map(|table| table.column(name)).map(|column| column.ty).collect();
    let ty = types.iter().find(|ty| match ty {
        SqlType::Decimal(_, scale) => *scale > 0,
        SqlType::Date | SqlType::DateTime | SqlType::DateTime2(_) => true,
        _ => false,
    })?;
    assert!(types.iter().all(|other| other == ty), "{name} has several types in {types:?}");
    Some(*ty)
}

/// The tables that a text names.
fn tables_of(tokens: &[String]) -> Vec<&'static Table> {
    let mut found: Vec<&'static Table> = Vec::new();
    for parts in tokens.windows(3).filter(|parts| parts[1] == ".") {
        if let Some(table) = catalog::find_table(&parts.concat())
            && found.iter().all(|other| other.name != table.name)
        {
            found.push(table);
        }
    }
    found
}

/// Words, numbers, literals, operators and blanks; together they are the text.
fn tokens(sql: &str) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '#');
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = if first == '\'' {
            rest[1..].find('\'').map_or(rest.len(), |end| end + 2)
        } else if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if first.is_whitespace() {
            rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len())
        } else if ["<=", ">=", "<>", "||"].iter().any(|operator| rest.starts_with(operator)) {
            2
        } else {
            first.len_utf8()
        };
        found.push(rest[..length].to_owned());
        rest = &rest[length..];
    }
    found
}

#[cfg(test)]
mod tests {
    use dw_core::sql_server::TsqlDialect;

    use super::*;

    #[test]
    fn a_number_has_the_type_of_the_column_beside_it() {
        for (sql, expected) in [
            (
                "UPDATE core.order_items SET net_amount = net_amount - 1, quantity = 2, updated_at = 60 WHERE order_id = 5",
                "UPDATE core.order_items SET net_amount = net_amount - CAST(0.01 AS DECIMAL(15,2)), quantity = 2, \
                 updated_at = CAST('1970-01-01T00:01:00' AS DATETIME2(0)) WHERE order_id = 5",
            ),
            (
                "SELECT LENGTH(sku) FROM core.products WHERE updated_at BETWEEN 0 AND 1 AND updated_at <> -1 AND sku = 'updated_at = 1'",
                "SELECT LEN(sku) FROM core.products WHERE updated_at BETWEEN CAST('1970-01-01T00:00:00' AS DATETIME2(0)) \
                 AND CAST('1970-01-01T00:00:01' AS DATETIME2(0)) \
                 AND updated_at <> CAST('1969-12-31T23:59:59' AS DATETIME2(0)) AND sku = 'updated_at = 1'",
            ),
            (
                "INSERT INTO audit.etl_run (run_id, status, started_at) VALUES (7, 'running', 0)",
                "SET IDENTITY_INSERT audit.etl_run ON; INSERT INTO audit.etl_run (run_id, status, started_at) VALUES \
                 (7, 'running', CAST('1970-01-01T00:00:00' AS DATETIME2(0))); SET IDENTITY_INSERT audit.etl_run OFF",
            ),
        ] {
            assert_eq!(portable(&TsqlDialect, sql), expected);
        }
    }
}
