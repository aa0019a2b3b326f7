//! Cuts a connection string into pairs of keyword and value, by the quoting rules of ADO.NET or of ODBC.
//! Not here: what the keywords mean. No message repeats a piece of the text, because any piece may be a password.

use super::ConnectionStringError;
use super::keywords;

/// Whose quoting rules a string follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `'...'` or `"..."`, the quote doubled inside.
    Ado,
    /// `{...}`, the closing brace doubled inside.
    Odbc,
}

/// A pair as it stands in the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair<'a> {
    /// The keyword, trimmed.
    pub keyword: &'a str,
    /// The value, without its quotes.
    pub value: String,
    /// True when the value was quoted.
    pub quoted: bool,
}

type Pairs<'a> = Result<Vec<Pair<'a>>, ConnectionStringError>;

/// The pairs, and the form that they were read in.
///
/// An ODBC string has a driver or the name of a data source, and no ADO.NET string has. A quoted password may hold such
/// a keyword as well, so the text is read as ADO.NET first, where quotes hide it.
pub(super) fn read(text: &str) -> Result<(Vec<Pair<'_>>, Form), ConnectionStringError> {
    let ado = pairs(text, Form::Ado);
    if ado.as_ref().is_ok_and(|pairs| !has_driver(pairs)) {
        return ado.map(|pairs| (pairs, Form::Ado));
    }
    let odbc = pairs(text, Form::Odbc);
    match (&odbc, &ado) {
        // Neither form can be read: what the first keyword is decides which complaint is of use.
        (Err(_), Err(_)) if !begins_with_driver(text) => ado.map(|pairs| (pairs, Form::Ado)),
        (Ok(pairs), Err(_)) if !has_driver(pairs) => ado.map(|pairs| (pairs, Form::Ado)),
        _ => odbc.map(|pairs| (pairs, Form::Odbc)),
    }
}

fn is_driver(word: &str) -> bool {
    keywords::find(word).is_some_and(|(keyword, _)| matches!(keyword.name, "Driver" | "DSN" | "FileDSN"))
}

fn has_driver(pairs: &[Pair<'_>]) -> bool {
    pairs.iter().any(|pair| is_driver(pair.keyword))
}

fn begins_with_driver(text: &str) -> bool {
    text.split_once('=').is_some_and(|(word, _)| is_driver(word))
}

fn pairs(text: &str, form: Form) -> Pairs<'_> {
    let mut pairs = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c == ';' || c.is_whitespace());
        if rest.is_empty() {
            return Ok(pairs);
        }
        let number = pairs.len() + 1;
        let (keyword, behind) = match rest.find(['=', ';']) {
            Some(at) if rest[at..].starts_with('=') => (rest[..at].trim(), &rest[at + 1..]),
            _ => {
                let message =
                    format!("is no list of `keyword=value` pairs: entry {number} has no `=`; {}", advice(form));
                return Err(ConnectionStringError(message));
            }
        };
        if keyword.is_empty() {
            return Err(ConnectionStringError(format!("has no keyword before the `=` of entry {number}")));
        }
        // ADO.NET takes a doubled `=` for one that belongs to the keyword, which nobody means.
        if form == Form::Ado && behind.starts_with('=') {
            let place = place(keyword, number);
            return Err(ConnectionStringError(format!("has `==` behind {place}; {}", advice(form))));
        }
        let (value, quoted, after) = value(behind, form).map_err(|fault| {
            ConnectionStringError(format!("{fault} of {}; {}", place(keyword, number), advice(form)))
        })?;
        pairs.push(Pair { keyword, value, quoted });
        rest = after;
    }
}

/// The value at the start of a text, whether it was quoted, and what follows it.
fn value(text: &str, form: Form) -> Result<(String, bool, &str), &'static str> {
    let text = text.trim_start();
    let close = match (form, text.chars().next()) {
        (Form::Ado, Some(quote @ ('\'' | '"'))) => quote,
        (Form::Odbc, Some('{')) => '}',
        _ => {
            let end = text.find(';').unwrap_or(text.len());
            return Ok((text[..end].trim_end().to_owned(), false, &text[end..]));
        }
    };
    let (value, after) = quoted(&text[1..], close).ok_or("has no end of the quoted value")?;
    let after = after.trim_start();
    if after.is_empty() || after.starts_with(';') {
        Ok((value, true, after))
    } else {
        Err("has text behind the closing quote")
    }
}

/// A quoted value without its doubled quotes, and what follows the closing one.
fn quoted(text: &str, close: char) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let at = rest.find(close)?;
        value.push_str(&rest[..at]);
        rest = &rest[at + close.len_utf8()..];
        match rest.strip_prefix(close) {
            Some(more) => {
                value.push(close);
                rest = more;
            }
            None => return Some((value, rest)),
        }
    }
}

/// A keyword as a message may name it: only a known one is surely no part of a password.
fn place(word: &str, number: usize) -> String {
    keywords::find(word).map_or_else(|| format!("entry {number}"), |(_, spelling)| format!("`{spelling}`"))
}

/// How a value with special characters is written.
fn advice(form: Form) -> &'static str {
    match form {
        Form::Ado => "a value with special characters is written \"...\", with each `\"` inside doubled",
        Form::Odbc => "a value with special characters is written {...}, with each `}` inside doubled",
    }
}
