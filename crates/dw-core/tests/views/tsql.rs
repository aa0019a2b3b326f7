//! The texts for engines that run T-SQL, as far as a text alone tells: one statement, its own view, the columns of the
//! descriptor in order, each with the type of the descriptor. Not here: their rows, which only such a server shows.

use std::collections::BTreeMap;

use dw_core::catalog::dw_tables;
use dw_core::catalog::views::VIEWS;
use dw_core::dialect::Dialect;
use dw_core::embedded::SqliteDialect;
use dw_core::schema::View;
use dw_core::sql_server::TsqlDialect;
use dw_core::sql_type::SqlType;

/// Words that SQL Server or Babelfish refuses in a view, or that belong to the other engine.
const REFUSED: &str =
    "ALTER DECLARE EXEC FILTER GETDATE GO LIMIT MERGE NOLOCK PRINTF STRFTIME SYSDATETIME UNIXEPOCH USE";

fn full_name(view: &View) -> String {
    format!("{}.{}", view.schema, view.name)
}

/// The statement without its comments, its literals emptied, each run of blanks one blank.
fn code(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
    let joined = lines.join(" ");
    let outside: Vec<&str> = joined.split('\'').step_by(2).collect();
    outside.join("''").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The parts of a text at commas outside of parentheses.
fn items(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(list[start..].trim());
    found
}

/// Whether the parenthesis that opens first closes last, so that `CAST(a AS INT) + CAST(b AS INT)` is not taken for one.
fn is_one_call(expression: &str) -> bool {
    let mut depth = 0;
    let closed = expression.char_indices().filter_map(|(at, c)| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        (c == ')' && depth == 0).then_some(at)
    });
    closed.collect::<Vec<_>>() == [expression.len() - 1]
}

/// What stands in parentheses is blanked, byte by byte, so that places stay the same.
fn outermost(code: &str) -> String {
    let mut depth = 0;
    code.bytes()
        .map(|byte| {
            depth -= i32::from(byte == b')');
            let shown = if depth == 0 && byte.is_ascii() { char::from(byte) } else { ' ' };
            depth += i32::from(byte == b'(');
            shown
        })
        .collect()
}

/// The list of the outermost SELECT and what follows it, parentheses blanked in the latter.
fn select_list(code: &str) -> (&str, String) {
    let outer = outermost(code);
    let start = outer.find("SELECT ").unwrap() + "SELECT ".len();
    let end = start + outer[start..].find(" FROM ").unwrap();
    (&code[start..end], outer[end..].to_owned())
}

/// Alias and table of what the outermost SELECT reads, CTEs and derived tables aside.
fn tables(rest: &str) -> BTreeMap<&str, &str> {
    let words: Vec<&str> = rest.split([' ', ';']).filter(|word| !word.is_empty()).collect();
    words
        .windows(3)
        .filter(|part| ["FROM", "JOIN"].contains(&part[0]) && part[1].contains('.'))
        .map(|part| (part[2], part[1]))
        .collect()
}

/// The type that an item has on a server: that of its CAST, or that of the table column that it is.
fn type_of(expression: &str, tables: &BTreeMap<&str, &str>) -> Option<String> {
    if expression.starts_with("CAST(") && is_one_call(expression) {
        return expression.strip_suffix(')')?.rsplit_once(" AS ").map(|(_, ty)| ty.to_owned());
    }
    let (alias, column) = expression.split_once('.')?;
    let table = dw_tables().find(|table| Some(&table.full_name().as_str()) == tables.get(alias))?;
    table.column(column).map(|column| column.ty.to_string())
}

#[test]
fn each_text_is_one_statement_that_creates_its_own_view() {
    for view in VIEWS {
        let (name, code) = (full_name(view), code(view.tsql));
        assert!(code.starts_with(&format!("CREATE VIEW {name} AS ")), "{name}");
        assert_eq!(code.find(';'), Some(code.len() - 1), "{name} is not one statement");
        assert_eq!(words(&code).filter(|word| *word == "CREATE").count(), 1, "{name}");
        assert!(!outermost(&code).contains("ORDER BY"), "{name} is sorted");
        for word in words(&code) {
            assert!(!words(REFUSED).any(|refused| refused.eq_ignore_ascii_case(word)), "{name} has {word}");
        }
        for other in ["SELECT *", "||", "%", "TOP "] {
            assert!(!code.contains(other), "{name} has {other}");
        }
        let parts = code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.');
        let three = parts.filter(|part| part.matches('.').count() > 1).collect::<Vec<_>>();
        assert!(three.is_empty(), "{name} names another database: {three:?}");
    }
}

#[test]
fn each_text_has_the_columns_of_the_descriptor_with_their_types() {
    for view in VIEWS {
        let (name, code) = (full_name(view), code(view.tsql));
        let (list, rest) = select_list(&code);
        let tables = tables(&rest);
        let found: Vec<(String, String)> = items(list)
            .into_iter()
            .map(|item| {
                let alias = item
                    .rsplit_once(" AS ")
                    .filter(|(_, alias)| alias.chars().all(|c| c.is_alphanumeric() || c == '_'));
                let (expression, column) = alias.unwrap_or((item, item.rsplit('.').next().unwrap()));
                let ty = type_of(expression, &tables).unwrap_or_else(|| {
                    panic!("{name}.{column} is neither a column of a table nor a CAST: {expression}")
                });
                (column.to_owned(), ty)
            })
            .collect();
        let described: Vec<(String, String)> =
            view.columns.iter().map(|(column, ty)| ((*column).to_owned(), ty.to_string())).collect();
        assert_eq!(found, described, "{name}");
    }
}

#[test]
fn a_cast_of_a_part_is_not_taken_for_the_type_of_the_whole() {
    let tables = BTreeMap::from([("d", "dim.DIM_DATA")]);
    assert_eq!(type_of("CAST(a.b + CAST(1 AS BIT) AS INT)", &tables).as_deref(), Some("INT"));
    assert_eq!(type_of("CAST(a AS INT) + CAST(b AS INT)", &tables), None);
    assert_eq!(type_of("d.data_completa", &tables), Some(SqlType::Date.to_string()));
    assert_eq!(type_of("x.data_completa", &tables), None);
    assert_eq!(items("a.b, CAST(f(c, d) AS DECIMAL(9,2)) AS e"), ["a.b", "CAST(f(c, d) AS DECIMAL(9,2)) AS e"]);
}

#[test]
fn a_dialect_gets_its_own_text() {
    for view in VIEWS {
        assert_eq!(view.text_for(&SqliteDialect).unwrap(), SqliteDialect.translate(view.sql));
        assert_eq!(view.text_for(&TsqlDialect).unwrap(), view.tsql);
    }
}
