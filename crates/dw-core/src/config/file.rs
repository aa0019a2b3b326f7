//! The configuration file: TOML, read with the position of every key, so that whatever is wrong has a line.

use std::io;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::env::read_value;
use super::key::{KEYS, Key, find, is_section};
use super::layer::{Entry, FileText};
use super::suggest::closest;
use super::value::Raw;
use crate::error::{DwError, DwResult};

/// Ends the key that names a file with the value of a secret: `password_file`.
const FILE_SUFFIX: &str = "_file";

type Reader<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

/// A key as it stands in the file.
struct Found {
    path: String,
    line: usize,
    raw: Raw,
}

/// The checked values of the file, from the top.
pub(super) fn entries(file: &FileText, read: Reader<'_>) -> DwResult<Vec<Entry>> {
    let fail = |line: usize, message: String| DwError::Config { origin: place(file, line), message };
    let table = DeTable::parse(&file.text).map_err(|error| {
        let line = line_of(&file.text, error.span().map_or(0, |span| span.start));
        let message = error.message().replace('\n', ", ");
        fail(line, key_on_line(&file.text, line).map_or(message.clone(), |key| format!("`{key}`: {message}")))
    })?;
    let mut found = Vec::new();
    flatten(table.get_ref(), "", &file.text, &mut found);
    found.sort_by_key(|item| item.line);

    let mut entries = Vec::new();
    let mut seen: Vec<(&'static str, String, usize)> = Vec::new();
    for item in found {
        let (key, raw, origin) = if let Some(key) = find(&item.path) {
            (key, item.raw, place(file, item.line))
        } else if let Some(key) = secret_of_file_key(&item.path) {
            let Raw::Text(path) = &item.raw else {
                return Err(fail(item.line, format!("`{}` must be a path", item.path)));
            };
            let text = read_value(Path::new(path), &place(file, item.line), read).map_err(|error| match error {
                DwError::Config { origin, message } => {
                    DwError::Config { origin, message: format!("`{}`: {message}", item.path) }
                }
                other => other,
            })?;
            (key, Raw::Text(text), format!("{} ({path})", place(file, item.line)))
        } else {
            return Err(fail(item.line, unknown(&item.path, &item.raw)));
        };
        if let Some((_, first, line)) = seen.iter().find(|(path, ..)| *path == key.path) {
            let message = format!("`{}` and `{first}` of line {line} are both set; keep one of the two", item.path);
            return Err(fail(item.line, message));
        }
        seen.push((key.path, item.path.clone(), item.line));
        let value = key.kind.accept(&raw).map_err(|message| fail(item.line, format!("`{}` {message}", item.path)))?;
        entries.push(Entry { key, value, origin });
    }
    Ok(entries)
}

/// Collects the settings below a table. A table that is no section is collected itself, to be refused with its line.
fn flatten(table: &DeTable<'_>, prefix: &str, text: &str, found: &mut Vec<Found>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        let raw = match value.get_ref() {
            DeValue::Table(inner) if is_section(&path) => {
                flatten(inner, &path, text, found);
                continue;
            }
            DeValue::String(text) => Raw::Text(text.to_string()),
            DeValue::Integer(number) => Raw::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()),
            DeValue::Boolean(value) => Raw::Boolean(*value),
            DeValue::Float(_) => Raw::Other("a number with a fraction"),
            DeValue::Datetime(_) => Raw::Other("a date"),
            DeValue::Array(_) => Raw::Other("a list"),
            DeValue::Table(_) => Raw::Other("a table"),
        };
        found.push(Found { path, line: line_of(text, key.span().start), raw });
    }
}

fn secret_of_file_key(path: &str) -> Option<&'static Key> {
    path.strip_suffix(FILE_SUFFIX).and_then(find).filter(|key| key.is_secret())
}

fn unknown(path: &str, raw: &Raw) -> String {
    if is_section(path) {
        return format!("`{path}` must be a table: write `[{path}]`");
    }
    let what = if matches!(raw, Raw::Other("a table")) { "section" } else { "key" };
    match closest(path, KEYS.iter().flat_map(names)) {
        Some(near) => format!("unknown {what} `{path}`; did you mean `{near}`?"),
        None => format!("unknown {what} `{path}`"),
    }
}

/// What may stand for a key in a suggestion: itself and its section.
fn names(key: &'static Key) -> impl Iterator<Item = &'static str> {
    [Some(key.path), key.path.split_once('.').map(|(section, _)| section)].into_iter().flatten()
}

fn place(file: &FileText, line: usize) -> String {
    format!("{}:{line}", file.path.display())
}

/// The setting that a line of a text that is no TOML seems to set. Only known names are repeated: the line could be part
/// of a secret.
fn key_on_line(text: &str, line: usize) -> Option<&str> {
    let (name, _) = text.lines().nth(line.checked_sub(1)?)?.split_once('=')?;
    let name = name.trim();
    let last = |path: &'static str| path.rsplit('.').next().unwrap_or(path);
    KEYS.iter().any(|key| name == key.path || name == last(key.path)).then_some(name)
}

/// The line, from 1, of a byte position.
fn line_of(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
}
