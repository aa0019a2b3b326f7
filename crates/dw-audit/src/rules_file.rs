//! Files of rules: lists of tables such as `[[check]]`, each with a name. The built-in file comes first; a table of the
//! operator's file with the same name replaces the keys that it has, a table with a new name is added.
//! Every key remembers its line, so that whatever is wrong is told as `quality.toml:7: ...`. Pure but for [`read_operator`].
//! Not here: what the keys mean, which [`crate::quality`] and [`crate::sla`] say.

use std::collections::BTreeMap;
use std::path::Path;

use dw_core::config::closest;
use dw_core::error::{DwError, DwResult};
use rust_decimal::Decimal;
use toml::de::{DeTable, DeValue};

/// A value as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Raw {
    Text(String),
    Integer(Option<i64>),
    Boolean(bool),
    Texts(Vec<String>),
    Other(&'static str),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    raw: Raw,
    origin: String,
}

/// One table of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `check`, `deadline`, ...
    pub section: String,
    /// Its name, unique within the section.
    pub name: String,
    /// Where it begins: `quality.toml:7`.
    pub origin: String,
    fields: BTreeMap<String, Field>,
}

/// A file of rules that has been read.
#[derive(Debug, Clone, Copy)]
pub struct RulesText<'a> {
    /// As messages show it.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// The text of an operator's file.
///
/// # Errors
/// [`DwError::Config`] that names the setting and the file.
pub fn read_operator(setting: &str, path: &Path) -> DwResult<String> {
    std::fs::read_to_string(path).map_err(|error| DwError::Config {
        origin: setting.to_owned(),
        message: format!("`{}` cannot be read: {error}", path.display()),
    })
}

/// The rules of the built-in file with those of the operator's laid over them, in the order of the files. `sections` names
/// the sections that are known.
///
/// # Errors
/// [`DwError::Config`] that names file and line.
pub fn merged(builtin: RulesText<'_>, operator: Option<RulesText<'_>>, sections: &[&str]) -> DwResult<Vec<Rule>> {
    let mut rules = parse(builtin, sections)?;
    let Some(operator) = operator else { return Ok(rules) };
    for rule in parse(operator, sections)? {
        match rules.iter_mut().find(|one| one.section == rule.section && one.name == rule.name) {
            Some(existing) => {
                existing.origin = rule.origin;
                existing.fields.extend(rule.fields);
            }
            None => rules.push(rule),
        }
    }
    Ok(rules)
}

fn parse(file: RulesText<'_>, sections: &[&str]) -> DwResult<Vec<Rule>> {
    let place = |position: usize| format!("{}:{}", file.path, line_of(file.text, position));
    let table = DeTable::parse(file.text).map_err(|error| DwError::Config {
        origin: place(error.span().map_or(0, |span| span.start)),
        message: error.message().replace('\n', ", "),
    })?;
    let mut found: Vec<(usize, Rule)> = Vec::new();
    for (section, value) in table.get_ref() {
        let at = section.span().start;
        let name: &str = section.get_ref();
        if !sections.contains(&name) {
            let near = closest(name, sections.iter().copied());
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `[[{near}]]`?"));
            return Err(DwError::Config { origin: place(at), message: format!("unknown section `{name}`{hint}") });
        }
        let DeValue::Array(tables) = value.get_ref() else {
            let message = format!("`{name}` must be a list of tables: write `[[{name}]]`");
            return Err(DwError::Config { origin: place(at), message });
        };
        for table in tables {
            let begins = table.span().start;
            let DeValue::Table(keys) = table.get_ref() else {
                let message = format!("`{name}` must be a list of tables: write `[[{name}]]`");
                return Err(DwError::Config { origin: place(begins), message });
            };
            let mut fields = BTreeMap::new();
            for (key, value) in keys {
                let field = Field { raw: raw(value.get_ref()), origin: place(key.span().start) };
                fields.insert(key.get_ref().to_string(), field);
            }
            let Some(Field { raw: Raw::Text(rule), origin }) = fields.remove("name") else {
                let message = format!("a [[{name}]] needs a `name`, which is a text");
                return Err(DwError::Config { origin: place(begins), message });
            };
            let rule = rule.trim().to_owned();
            if rule.is_empty() || rule.len() > 120 || !rule.is_ascii() {
                let message = "`name` must be 1 to 120 ASCII characters".to_owned();
                return Err(DwError::Config { origin, message });
            }
            if let Some((_, first)) = found.iter().find(|(_, one)| one.section == name && one.name == rule) {
                let message = format!("`{rule}` is already there, at {}", first.origin);
                return Err(DwError::Config { origin, message });
            }
            found.push((begins, Rule { section: name.to_owned(), name: rule, origin, fields }));
        }
    }
    found.sort_by_key(|(begins, _)| *begins);
    Ok(found.into_iter().map(|(_, rule)| rule).collect())
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) => Raw::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()),
        DeValue::Boolean(value) => Raw::Boolean(*value),
        DeValue::Float(_) => Raw::Other("a number with a fraction: write it as a text, as in \"0.05\""),
        DeValue::Datetime(_) => Raw::Other("a date or time: write it as a text"),
        DeValue::Table(_) => Raw::Other("a table"),
        DeValue::Array(items) => {
            let texts: Option<Vec<String>> = items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::String(text) => Some(text.to_string()),
                    _ => None,
                })
                .collect();
            texts.map_or(Raw::Other("a list with something that is no text"), Raw::Texts)
        }
    }
}

/// The line, from 1, of a byte position.
fn line_of(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
}

impl Rule {
    /// An error about the rule as a whole.
    pub fn error(&self, message: impl std::fmt::Display) -> DwError {
        DwError::Config { origin: self.origin.clone(), message: format!("`{}`: {message}", self.name) }
    }

    /// An error about a key.
    pub fn key_error(&self, key: &str, message: impl std::fmt::Display) -> DwError {
        let origin = self.fields.get(key).map_or_else(|| self.origin.clone(), |field| field.origin.clone());
        DwError::Config { origin, message: format!("`{key}` {message}") }
    }

    /// True when the key is set.
    pub fn has(&self, key: &str) -> bool {
        self.fields.contains_key(key)
    }

    /// Refuses keys that are not among these.
    ///
    /// # Errors
    /// [`DwError::Config`] with the place of the key and what may be meant.
    pub fn only(&self, allowed: &[&str]) -> DwResult<()> {
        let Some(key) = self.fields.keys().find(|key| !allowed.contains(&key.as_str())) else { return Ok(()) };
        let near = closest(key, allowed.iter().copied());
        let hint = near
            .map_or_else(|| format!("; it takes {}", allowed.join(", ")), |near| format!("; did you mean `{near}`?"));
        Err(self.key_error(key, format!("has no meaning here{hint}")))
    }

    /// A text; none when the key is not set.
    ///
    /// # Errors
    /// [`DwError::Config`] when it is no text or blank.
    pub fn text(&self, key: &str) -> DwResult<Option<&str>> {
        match self.fields.get(key).map(|field| &field.raw) {
            None => Ok(None),
            Some(Raw::Text(text)) if !text.trim().is_empty() => Ok(Some(text.trim())),
            Some(other) => Err(self.key_error(key, format!("must be a text, found {}", shown(other)))),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// [`DwError::Config`] when it is not.
    pub fn need_text(&self, key: &str) -> DwResult<&str> {
        self.text(key)?.ok_or_else(|| self.error(format!("needs `{key}`")))
    }

    /// One of some words; none when the key is not set.
    ///
    /// # Errors
    /// [`DwError::Config`] with the words.
    pub fn word<'w>(&self, key: &str, words: &[&'w str]) -> DwResult<Option<&'w str>> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        match words.iter().find(|word| **word == text) {
            Some(word) => Ok(Some(word)),
            None => Err(self.key_error(key, format!("must be one of {}, found `{text}`", words.join(", ")))),
        }
    }

    /// A list of texts, or one text; empty when the key is not set.
    ///
    /// # Errors
    /// [`DwError::Config`] when it is neither.
    pub fn texts(&self, key: &str) -> DwResult<Vec<String>> {
        match self.fields.get(key).map(|field| &field.raw) {
            None => Ok(Vec::new()),
            Some(Raw::Text(text)) => Ok(vec![text.trim().to_owned()]),
            Some(Raw::Texts(texts)) => Ok(texts.iter().map(|text| text.trim().to_owned()).collect()),
            Some(other) => Err(self.key_error(key, format!("must be a list of texts, found {}", shown(other)))),
        }
    }

    /// A whole number of a range; the default when the key is not set.
    ///
    /// # Errors
    /// [`DwError::Config`] with the range.
    pub fn number(&self, key: &str, range: std::ops::RangeInclusive<i64>, default: i64) -> DwResult<i64> {
        match self.fields.get(key).map(|field| &field.raw) {
            None => Ok(default),
            Some(Raw::Integer(Some(number))) if range.contains(number) => Ok(*number),
            Some(other) => Err(self.key_error(
                key,
                format!("must be a whole number from {} to {}, found {}", range.start(), range.end(), shown(other)),
            )),
        }
    }

    /// An exact decimal, a whole number or a text such as `"0.05"`; none when the key is not set.
    ///
    /// # Errors
    /// [`DwError::Config`] when it is no number.
    pub fn decimal(&self, key: &str) -> DwResult<Option<Decimal>> {
        let wrong = |raw: &Raw| self.key_error(key, format!("must be a number, found {}", shown(raw)));
        match self.fields.get(key).map(|field| &field.raw) {
            None => Ok(None),
            Some(Raw::Integer(Some(number))) => Ok(Some(Decimal::from(*number))),
            Some(raw @ Raw::Text(text)) => text.trim().parse().map(Some).map_err(|_| wrong(raw)),
            Some(raw) => Err(wrong(raw)),
        }
    }

    /// True or false; the default when the key is not set.
    ///
    /// # Errors
    /// [`DwError::Config`] when it is neither.
    pub fn flag(&self, key: &str, default: bool) -> DwResult<bool> {
        match self.fields.get(key).map(|field| &field.raw) {
            None => Ok(default),
            Some(Raw::Boolean(value)) => Ok(*value),
            Some(other) => Err(self.key_error(key, format!("must be true or false, found {}", shown(other)))),
        }
    }
}

fn shown(raw: &Raw) -> String {
    match raw {
        Raw::Text(text) => format!("`{}`", text.chars().take(60).collect::<String>()),
        Raw::Integer(Some(number)) => number.to_string(),
        Raw::Integer(None) => "a number beyond 64 bits".to_owned(),
        Raw::Boolean(value) => value.to_string(),
        Raw::Texts(_) => "a list".to_owned(),
        Raw::Other(what) => (*what).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILTIN: RulesText<'_> = RulesText {
        path: "built-in",
        text: "[[check]]\nname = \"a\"\nmin = 1\nseverity = \"warn\"\n\n[[check]]\nname = \"b\"\n",
    };

    fn with(text: &str) -> DwResult<Vec<Rule>> {
        merged(BUILTIN, Some(RulesText { path: "q.toml", text }), &["check", "deadline"])
    }

    #[test]
    fn a_table_of_the_same_name_replaces_the_keys_that_it_has() {
        let rules = with("[[check]]\nname = \"c\"\n[[check]]\nname = \"a\"\nmin = 2\n").unwrap();
        let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(rules[0].number("min", 0..=9, 0).unwrap(), 2);
        assert_eq!(rules[0].text("severity").unwrap(), Some("warn"));
        assert_eq!(rules[0].origin, "q.toml:4");
    }

    #[test]
    fn every_mistake_has_one_message_with_its_line() {
        let message = |text: &str| with(text).unwrap_err().to_string();
        assert_eq!(message("[[chekc]]\n"), "q.toml:1: unknown section `chekc`; did you mean `[[check]]`?");
        assert_eq!(
            message("\n[check]\nname = \"x\"\n"),
            "q.toml:2: `check` must be a list of tables: write `[[check]]`"
        );
        assert_eq!(message("[[check]]\nmin = 1\n"), "q.toml:1: a [[check]] needs a `name`, which is a text");
        assert_eq!(
            message("[[check]]\nname=\"x\"\n[[check]]\nname=\"x\"\n"),
            "q.toml:4: `x` is already there, at q.toml:2"
        );
        assert!(message("[[check]\n").starts_with("q.toml:1: "));
        let rules = with("[[check]]\nname = \"a\"\nmin = 10\nseverety = \"warn\"\nx = 0.5\n").unwrap();
        let error = |result: DwResult<()>| result.unwrap_err().to_string();
        assert_eq!(
            error(rules[0].number("min", 0..=9, 0).map(drop)),
            "q.toml:3: `min` must be a whole number from 0 to 9, found 10"
        );
        assert_eq!(
            error(rules[0].only(&["min", "severity", "x"])),
            "q.toml:4: `severety` has no meaning here; did you mean `severity`?"
        );
        assert_eq!(
            error(rules[0].decimal("x").map(drop)),
            "q.toml:5: `x` must be a number, found a number with a fraction: write it as a text, as in \"0.05\""
        );
    }
}
