//! The four layers become one tree. figment merges them and keeps, with each value, the place it came from.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::key::{KEYS, Key, find};
use super::secret::MASK;
use super::settings::{DEFAULT_ORIGIN, EffectiveSetting, Settings};
use super::value::{Kind, Raw};
use super::{connection, env, file};
use crate::error::{DwError, DwResult};

/// A configuration file that has been read.
#[derive(Debug, Clone)]
pub struct FileText {
    /// Its path, as messages show it.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// A flag of the command line that sets a setting.
#[derive(Debug, Clone)]
pub struct FlagValue {
    /// As it is typed: `--batch-size`.
    pub flag: &'static str,
    /// The setting: `etl.batch_size`.
    pub key: &'static str,
    /// The value as text.
    pub value: String,
}

/// Everything that settings are made of.
pub struct Sources<'a> {
    /// The configuration file, if there is one.
    pub file: Option<FileText>,
    /// The environment. Names that start with `DW_` must be settings; of the others, the names of the reference are
    /// read and the rest is ignored.
    pub environment: BTreeMap<String, String>,
    /// The flags that were typed.
    pub flags: Vec<FlagValue>,
    /// How the file that an `X_FILE` variable names is read.
    pub read: &'a dyn Fn(&Path) -> io::Result<String>,
}

impl std::fmt::Debug for Sources<'_> {
    /// Leaves out the values, some of which are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").field("file", &self.file.as_ref().map(|file| &file.path)).finish_non_exhaustive()
    }
}

/// One checked value of one layer.
pub(super) struct Entry {
    pub key: &'static Key,
    pub value: Value,
    pub origin: String,
}

impl Entry {
    /// Checks a value that comes from outside of the file.
    pub fn loose(key: &'static Key, text: impl Into<String>, origin: String) -> DwResult<Self> {
        Self::checked(key, key.kind, text, origin)
    }

    /// Checks a value of a name of the reference. Such a variable may be meant for the reference alone, so that what the
    /// SQL Server engine of this build cannot use is refused only when it is used.
    pub fn of_reference(key: &'static Key, text: impl Into<String>, origin: String) -> DwResult<Self> {
        Self::checked(key, key.kind.at_a_glance(), text, origin)
    }

    fn checked(key: &'static Key, kind: Kind, text: impl Into<String>, origin: String) -> DwResult<Self> {
        match kind.accept(&Raw::Loose(text.into())) {
            Ok(value) => Ok(Self { key, value, origin }),
            Err(message) => Err(DwError::Config { origin, message }),
        }
    }
}

impl Provider for Entry {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut profiles = Map::new();
        if let Value::Dict(_, tree) = figment::util::nest(self.key.path, self.value.clone()) {
            profiles.insert(Profile::Default, tree);
        }
        Ok(profiles)
    }
}

/// Merges the layers: defaults < file < environment < flags.
///
/// # Errors
/// [`DwError::Config`] that names the place of the first unknown key or bad value, or the two places that say the same
/// about a connection to SQL Server.
pub fn resolve(sources: &Sources<'_>) -> DwResult<Settings> {
    let mut entries = defaults()?;
    if let Some(text) = &sources.file {
        entries.extend(file::entries(text, sources.read)?);
    }
    entries.extend(env::entries(&sources.environment, sources.read)?);
    for flag in &sources.flags {
        let key = find(flag.key).ok_or_else(|| DwError::Internal(format!("flag {} names no setting", flag.flag)))?;
        entries.push(Entry::loose(key, flag.value.as_str(), flag.flag.to_owned())?);
    }

    let mut figment = Figment::new();
    for entry in &entries {
        figment = figment.merge(entry);
    }
    let mut settings: Settings = figment.extract().map_err(|error| config_error(&error))?;
    settings.effective = KEYS.iter().map(|key| effective(&figment, key)).collect();
    settings.file = sources.file.as_ref().map(|file| file.path.clone());
    connection::check(&settings)?;
    Ok(settings)
}

fn defaults() -> DwResult<Vec<Entry>> {
    KEYS.iter().filter_map(|key| key.default.map(|text| Entry::loose(key, text, DEFAULT_ORIGIN.to_owned()))).collect()
}

fn effective(figment: &Figment, key: &'static Key) -> EffectiveSetting {
    let value =
        figment.find_value(key.path).ok().map(|value| if key.is_secret() { MASK.to_owned() } else { text_of(&value) });
    let origin =
        figment.find_metadata(key.path).map_or_else(|| DEFAULT_ORIGIN.to_owned(), |data| data.name.to_string());
    EffectiveSetting { key: key.path, value, origin }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(_, text) => text.clone(),
        Value::Bool(_, value) => value.to_string(),
        other => other.to_u128().map(|number| number.to_string()).unwrap_or_default(),
    }
}

/// The register has checked every value before figment sees it, so this is a difference between register and tree.
fn config_error(error: &figment::Error) -> DwError {
    let origin = error.metadata.as_ref().map_or_else(|| "settings".to_owned(), |data| data.name.to_string());
    DwError::Config { origin, message: format!("`{}`: {}", error.path.join("."), error.kind) }
}
