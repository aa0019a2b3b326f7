//! What kind of statement a text is, and how its NULL parameters are sent. Pure.

use crate::value::Value;

/// True when a text begins, behind blanks and comments, with a statement whose number of changed rows is of interest.
/// Everything else is sent as it is: CREATE VIEW and its like must be alone in their batch.
pub(super) fn changes_rows(sql: &str) -> bool {
    let word: String = skip_comments(sql).chars().take_while(char::is_ascii_alphabetic).collect();
    ["INSERT", "UPDATE", "DELETE", "WITH"].iter().any(|start| word.eq_ignore_ascii_case(start))
}

/// The text with the word NULL in place of each parameter that is NULL: the driver sends a NULL without a type, which not every
/// server takes, and the type that a NULL should have is known to nobody here. `None` when no parameter is NULL.
pub(super) fn without_nulls(sql: &str, params: &[Value]) -> Option<String> {
    if params.iter().all(|value| !value.is_null()) {
        return None;
    }
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find("@P") {
        let digits = rest[at + 2..].bytes().take_while(u8::is_ascii_digit).count();
        let end = at + 2 + digits;
        let number = rest[at + 2..end].parse::<usize>().ok();
        let is_null = number.and_then(|number| params.get(number.checked_sub(1)?)).is_some_and(Value::is_null);
        out.push_str(&rest[..at]);
        out.push_str(if is_null { "NULL" } else { &rest[at..end] });
        rest = &rest[end..];
    }
    out.push_str(rest);
    Some(out)
}

fn skip_comments(mut sql: &str) -> &str {
    loop {
        sql = sql.trim_start();
        sql = if sql.starts_with("--") {
            sql.split_once('\n').map_or("", |(_, rest)| rest)
        } else if sql.starts_with("/*") {
            sql.split_once("*/").map_or("", |(_, rest)| rest)
        } else {
            return sql;
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_is_null_becomes_the_word() {
        let params: Vec<Value> =
            (1..=11).map(|n| if n == 1 || n == 11 { Value::Null } else { Value::Int(n) }).collect();
        assert_eq!(
            without_nulls("SELECT @P1, @P11, @P10, @P2 -- @P", &params).as_deref(),
            Some("SELECT NULL, NULL, @P10, @P2 -- @P")
        );
        assert_eq!(without_nulls("SELECT @P2", &params[1..3]), None);
    }

    #[test]
    fn only_statements_that_change_rows_are_counted() {
        assert!(changes_rows("-- Purpose: INSERT\n/* x */ update t SET a = 1"));
        assert!(changes_rows("INSERT INTO x SELECT 1"));
        for other in ["-- UPDATE", "CREATE VIEW x AS SELECT 1", "DROP TABLE IF EXISTS #a", "INSERTED", "", "/* DELETE"]
        {
            assert!(!changes_rows(other), "{other}");
        }
    }
}
