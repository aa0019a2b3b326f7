//! The query string of a page: read leniently, never trusted. A value that is not understood is left out and told in a
//! notice; no input is an error. Also builds the query strings of links.
//! Not here: which filters a dashboard has.

use dw_core::time::{Days, parse_date};

/// Bytes of a query string that are looked at.
const MAX_BYTES: usize = 8_192;
/// Pairs that are looked at.
const MAX_PAIRS: usize = 200;
/// Characters of a bad value that a notice repeats.
const SHOWN: usize = 40;

/// The pairs of a query string and what was wrong with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pairs: Vec<(String, String)>,
    notices: Vec<String>,
}

/// A fixed set of words that a parameter may be.
pub trait Choice: Copy + PartialEq + Sized + 'static {
    /// Each value with its word in the query string and its label on the page; the first one is the default.
    const ALL: &'static [(Self, &'static str, &'static str)];

    /// The word in the query string.
    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(value, _, _)| *value == self).map_or("", |(_, word, _)| word)
    }

    /// The label on the page.
    fn label(self) -> &'static str {
        Self::ALL.iter().find(|(value, _, _)| *value == self).map_or("", |(_, _, label)| label)
    }
}

impl Query {
    /// Reads a query string. Bytes that are no text become the replacement character.
    pub fn parse(raw: &str) -> Self {
        let mut query = Self::default();
        let cut = floor_boundary(raw, MAX_BYTES);
        let mut pieces = raw[..cut].split('&').filter(|piece| !piece.is_empty());
        for piece in pieces.by_ref().take(MAX_PAIRS) {
            let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
            let value = decode(value);
            // A form sends its empty fields too; they mean nothing.
            if !value.trim().is_empty() {
                query.pairs.push((decode(key), value.trim().to_owned()));
            }
        }
        if cut < raw.len() || pieces.next().is_some() {
            query.notices.push("O endereço tem filtros demais; só os primeiros foram usados.".to_owned());
        }
        query
    }

    /// All values of a key, each once, in order.
    pub fn all(&self, key: &str) -> Vec<&str> {
        let mut values: Vec<&str> = Vec::new();
        for (name, value) in &self.pairs {
            if name == key && !values.contains(&value.as_str()) {
                values.push(value);
            }
        }
        values
    }

    /// The last value of a key.
    pub fn last(&self, key: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// One of a fixed set of words; the default without a value, and with a notice for a bad one.
    pub fn choice<T: Choice>(&mut self, key: &str, label: &str) -> Option<T> {
        let given = self.last(key)?;
        let found = T::ALL.iter().find(|(_, word, _)| *word == given).map(|(value, _, _)| *value);
        if found.is_none() {
            self.refuse(key, label);
        }
        found
    }

    /// A date as `2026-01-31` or `31/01/2026`.
    pub fn date(&mut self, key: &str, label: &str) -> Option<Days> {
        let given = self.last(key)?.to_owned();
        let brazilian = || {
            let mut parts = given.splitn(3, '/');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            parse_date(&format!("{year}-{month}-{day}"))
        };
        let found = parse_date(&given).or_else(brazilian);
        if found.is_none() {
            self.refuse(key, label);
        }
        found
    }

    /// A whole number within bounds; a bad one counts as none and is told.
    pub fn number(&mut self, key: &str, label: &str, min: u64, max: u64) -> Option<u64> {
        let found = self.last(key)?.parse::<u64>().ok().filter(|number| (min..=max).contains(number));
        if found.is_none() {
            self.refuse(key, label);
        }
        found
    }

    /// The values of a key that `known` lists, in the order of `known`; the others are told.
    pub fn known(&mut self, key: &str, label: &str, known: &[String]) -> Vec<String> {
        let given: Vec<String> = self.all(key).into_iter().map(str::to_owned).collect();
        for value in given.iter().filter(|value| !known.contains(value)) {
            self.notices.push(format!("{label}: o valor “{}” não existe e foi ignorado.", shown(value)));
        }
        known.iter().filter(|value| given.contains(value)).cloned().collect()
    }

    /// Says that the value of a key is not understood.
    pub fn refuse(&mut self, key: &str, label: &str) {
        let value = shown(self.last(key).unwrap_or_default());
        self.notices.push(format!("{label}: o valor “{value}” não foi entendido e foi ignorado."));
    }

    /// Adds a notice of the page.
    pub fn note(&mut self, notice: impl Into<String>) {
        self.notices.push(notice.into());
    }

    /// What was wrong, in order, at most ten.
    pub fn notices(&self) -> impl Iterator<Item = &str> {
        self.notices.iter().take(10).map(String::as_str)
    }

    /// The pairs as they came, for hidden fields and links.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// A link to `path` with these pairs, where each changed key has exactly the given values.
    pub fn link(&self, path: &str, changes: &[(&str, &str)]) -> String {
        let kept = self.pairs.iter().filter(|(key, _)| !changes.iter().any(|(changed, _)| changed == key));
        let kept = kept.map(|(key, value)| (key.as_str(), value.as_str()));
        link(path, kept.chain(changes.iter().copied().filter(|(_, value)| !value.is_empty())))
    }
}

/// A link with that query string.
pub fn link<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = path.to_owned();
    for (at, (key, value)) in pairs.enumerate() {
        out.push(if at == 0 { '?' } else { '&' });
        encode(key, &mut out);
        out.push('=');
        encode(value, &mut out);
    }
    out
}

fn shown(value: &str) -> String {
    let mut short: String = value.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    if value.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    short
}

fn floor_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let (byte, next) = match (first, after) {
            (b'+', _) => (b' ', after),
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high * 16 + low, after),
                _ => (b'%', &rest[1..]),
            },
            (other, _) => (*other, after),
        };
        bytes.push(byte);
        rest = next;
    }
    // A NUL ends a text in some places and not in others; nothing of ours has one.
    String::from_utf8_lossy(&bytes).replace('\0', "\u{FFFD}")
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Size {
        Day,
        Month,
    }

    impl Choice for Size {
        const ALL: &'static [(Self, &'static str, &'static str)] =
            &[(Self::Day, "dia", "Dia"), (Self::Month, "mes", "Mês")];
    }

    #[test]
    fn values_are_decoded_and_bad_ones_are_told() {
        let mut query =
            Query::parse("estado=SP&estado=RJ&estado=SP&gran=ano&x=%C3%A7%zz+b&vazio=&de=31%2F01%2F2026&ate=x");
        assert_eq!(query.all("estado"), ["SP", "RJ"]);
        assert_eq!(query.last("x"), Some("ç%zz b"));
        assert_eq!(query.last("vazio"), None);
        assert_eq!(query.choice::<Size>("gran", "Granularidade"), None);
        assert_eq!(query.date("de", "De").map(dw_core::time::format_date), Some("2026-01-31".to_owned()));
        assert_eq!(query.date("ate", "Até"), None);
        assert_eq!(query.known("estado", "Estado", &["RJ".to_owned(), "MG".to_owned()]), ["RJ"]);
        assert_eq!(
            query.notices().collect::<Vec<_>>(),
            [
                "Granularidade: o valor “ano” não foi entendido e foi ignorado.",
                "Até: o valor “x” não foi entendido e foi ignorado.",
                "Estado: o valor “SP” não existe e foi ignorado.",
            ]
        );
    }

    #[test]
    fn a_link_replaces_and_removes() {
        let query = Query::parse("a=1&b=2&a=3");
        assert_eq!(query.link("/x", &[("a", "ç &")]), "/x?b=2&a=%C3%A7+%26");
        assert_eq!(query.link("/x", &[("a", ""), ("b", "")]), "/x");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_and_a_link_reads_back(raw in "\\PC{0,60}", value in "\\PC{1,20}") {
            let query = Query::parse(&raw);
            let link = query.link("/", &[("k", value.trim())]);
            let again = Query::parse(link.split_once('?').map_or("", |(_, raw)| raw));
            if !value.trim().is_empty() {
                prop_assert_eq!(again.last("k"), Some(value.trim()));
            }
        }
    }
}
