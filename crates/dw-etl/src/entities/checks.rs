//! Evaluates the CHECK constraints of the contract on a staged row, so that the tests of the rules need no database: a
//! row that a rule accepts must not be refused by the warehouse.

use std::collections::HashMap;

use dw_core::schema::Table;
use dw_core::sql_type::SqlType;
use dw_core::value::Value;

/// A staged row by column.
pub(super) type Cells<'a> = HashMap<&'a str, &'a Value>;

/// False when the row breaks the condition. A column that is not staged is unknown, and what is unknown passes.
pub(super) fn holds(table: &Table, condition: &str, cells: &Cells<'_>) -> bool {
    let mut parser = Parser { table, cells, tokens: tokens(condition), at: 0 };
    let result = parser.any();
    assert_eq!(parser.at, parser.tokens.len(), "not understood: {condition}");
    result != Some(false)
}

fn tokens(condition: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = condition.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => rest[1..].find('\'').unwrap() + 2,
            '{' => rest.find('}').unwrap() + 1,
            '<' | '>' if rest[1..].starts_with('=') => 2,
            c if c.is_alphanumeric() || c == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            _ => 1,
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Parser<'a> {
    table: &'a Table,
    cells: &'a Cells<'a>,
    tokens: Vec<String>,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        let token = self.peek().to_owned();
        self.at += 1;
        token
    }

    fn accept(&mut self, token: &str) -> bool {
        let found = self.peek() == token;
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &str) {
        assert!(self.accept(token), "`{token}` expected before `{}`", self.peek());
    }

    fn any(&mut self) -> Option<bool> {
        let mut result = self.all();
        while self.accept("OR") {
            let other = self.all();
            result = if result == Some(true) || other == Some(true) { Some(true) } else { result.and(other) };
        }
        result
    }

    fn all(&mut self) -> Option<bool> {
        let mut result = self.predicate();
        while self.accept("AND") {
            let other = self.predicate();
            result = if result == Some(false) || other == Some(false) { Some(false) } else { result.and(other) };
        }
        result
    }

    fn predicate(&mut self) -> Option<bool> {
        if self.accept("(") {
            let result = self.any();
            self.expect(")");
            return result;
        }
        let staged = self.cells.contains_key(self.peek());
        let left = self.operand();
        match self.next().as_str() {
            "IS" => {
                self.expect("NULL");
                staged.then_some(left.is_null())
            }
            "BETWEEN" => {
                let low = self.operand();
                self.expect("AND");
                let high = self.operand();
                compare(&left, &low).zip(compare(&left, &high)).map(|(low, high)| low.is_ge() && high.is_le())
            }
            "IN" => {
                self.expect("(");
                let mut found = false;
                while !self.accept(")") {
                    found |= self.operand() == left;
                    self.accept(",");
                }
                (!left.is_null()).then_some(found)
            }
            operator => {
                let order = compare(&left, &self.operand());
                order.map(|order| match operator {
                    "=" => order.is_eq(),
                    ">" => order.is_gt(),
                    ">=" => order.is_ge(),
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    other => panic!("unknown operator {other}"),
                })
            }
        }
    }

    fn operand(&mut self) -> Value {
        let left = self.term();
        if !self.accept("-") {
            return left;
        }
        let right = self.term();
        left.int().unwrap().zip(right.int().unwrap()).map(|(left, right)| left - right).into()
    }

    fn term(&mut self) -> Value {
        let token = self.next();
        if token == "LEN" {
            self.expect("(");
            let inner = self.operand();
            self.expect(")");
            return inner.text().unwrap().map(|text| i64::try_from(text.trim_end().chars().count()).unwrap()).into();
        }
        if let Some(text) = token.strip_prefix('\'') {
            return Value::from(text.trim_end_matches('\''));
        }
        if let Some((number, column)) = token.trim_matches(['{', '}']).split_once(':') {
            let scale = self.table.column(column).map_or(0, |column| SqlType::scale(column.ty));
            return Value::Int(number.parse::<i64>().unwrap() * 10_i64.pow(scale));
        }
        token.parse().map_or_else(
            |_| {
                assert!(self.table.column(&token).is_some(), "{} has no column {token}", self.table.name);
                self.cells.get(token.as_str()).map_or(Value::Null, |value| (*value).clone())
            },
            Value::Int,
        )
    }
}

fn compare(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    (!left.is_null() && !right.is_null()).then(|| left.cmp(right))
}

#[test]
fn conditions_of_the_contract_are_understood() {
    use dw_core::catalog::facts::FACT_METAS;
    let coherent = FACT_METAS.checks.iter().find(|check| check.name.ends_with("coerente")).unwrap().condition;
    for (reached, percent, expected) in [(0, 9_999, true), (0, 10_000, false), (1, 10_000, true), (1, 9_999, false)] {
        let (reached, percent) = (Value::Int(reached), Value::Int(percent));
        let cells = Cells::from([("meta_batida", &reached), ("percentual_atingido", &percent)]);
        assert_eq!(holds(&FACT_METAS, coherent, &cells), expected);
    }
    let (kind, none) = (Value::from("Diario"), Value::Null);
    let kinds = "tipo_periodo IN ('Mensal', 'Anual')";
    assert!(!holds(&FACT_METAS, kinds, &Cells::from([("tipo_periodo", &kind)])));
    assert!(holds(&FACT_METAS, kinds, &Cells::from([("tipo_periodo", &none)])), "NULL passes a CHECK");
    assert!(holds(&FACT_METAS, kinds, &Cells::new()), "what is not staged passes");
}
