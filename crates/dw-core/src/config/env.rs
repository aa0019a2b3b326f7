//! The environment: `DW_*`, the reference's `ETL_*` where they mean the same, and `X_FILE` for the value in a file.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::key::{FILE_SUFFIX, KEYS, Key};
use super::layer::Entry;
use super::load::FILE_VARIABLE;
use super::suggest::closest;
use crate::error::{DwError, DwResult};

/// Variables of the tests, which are none of the product's business.
const TEST_PREFIX: &str = "DW_TEST_";

type Reader<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

/// The checked values of the environment, the weaker names first. An empty variable counts as not set: compose files
/// write `ETL_SQL_PORT=` for that.
pub(super) fn entries(environment: &BTreeMap<String, String>, read: Reader<'_>) -> DwResult<Vec<Entry>> {
    refuse_unknown(environment)?;
    let mut entries = Vec::new();
    for key in KEYS {
        let own = key.variable();
        for name in key.reference.iter().copied().chain([own.as_str()]) {
            entries.extend(entry(key, name, environment, read)?);
        }
    }
    Ok(entries)
}

fn refuse_unknown(environment: &BTreeMap<String, String>) -> DwResult<()> {
    let mut known: Vec<String> = KEYS.iter().map(Key::variable).collect();
    known.push(FILE_VARIABLE.to_owned());
    for name in environment.keys() {
        let is_known = |name: &str| known.iter().any(|known| known == name);
        let is_file_form = name.strip_suffix(FILE_SUFFIX).is_some_and(|base| base != FILE_VARIABLE && is_known(base));
        if !name.starts_with("DW_") || name.starts_with(TEST_PREFIX) || is_known(name) || is_file_form {
            continue;
        }
        let near = |name| closest(name, known.iter().map(String::as_str));
        let message = match near(name).or_else(|| name.strip_suffix(FILE_SUFFIX).and_then(near)) {
            Some(near) => format!("is not a setting; did you mean `{near}`?"),
            None => "is not a setting".to_owned(),
        };
        return Err(DwError::Config { origin: origin(name), message });
    }
    Ok(())
}

fn entry(
    key: &'static Key,
    name: &str,
    environment: &BTreeMap<String, String>,
    read: Reader<'_>,
) -> DwResult<Option<Entry>> {
    let get = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let file_name = format!("{name}{FILE_SUFFIX}");
    let is_reference = key.reference.contains(&name);
    let check = |text: String, origin| {
        if is_reference { Entry::of_reference(key, text, origin) } else { Entry::loose(key, text, origin) }
    };
    match (get(name), get(&file_name)) {
        (None, None) => Ok(None),
        (Some(text), None) => check(text.clone(), origin(name)).map(Some),
        (None, Some(path)) => {
            let text = read_value(Path::new(path), &origin(&file_name), read)?;
            check(text, format!("{} ({path})", origin(&file_name))).map(Some)
        }
        (Some(_), Some(_)) => {
            let message = format!("`{file_name}` is set too; keep one of the two");
            Err(DwError::Config { origin: origin(name), message })
        }
    }
}

/// The value that a file holds, without the line end that editors and `echo` leave behind it.
pub(super) fn read_value(path: &Path, origin: &str, read: Reader<'_>) -> DwResult<String> {
    let text = read(path).map_err(|error| DwError::Config {
        origin: origin.to_owned(),
        message: format!("`{}` cannot be read: {error}", path.display()),
    })?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

fn origin(name: &str) -> String {
    format!("environment variable {name}")
}
