//! Reads file and environment from the machine and hands them to [`super::resolve`].

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::key::is_ours;
use super::layer::{FileText, FlagValue, Sources, resolve};
use super::settings::Settings;
use crate::error::{DwError, DwResult};

/// The configuration file of the current folder, used when it is there and no other is named.
pub const DEFAULT_FILE: &str = "dw.toml";
/// The variable that names a configuration file; `--config` wins over it.
pub const FILE_VARIABLE: &str = "DW_CONFIG";

/// What the command line says about settings.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--config`.
    pub config_file: Option<PathBuf>,
    /// The flags that were typed.
    pub flags: Vec<FlagValue>,
}

impl Overrides {
    /// Adds a flag when it was typed.
    pub fn flag(&mut self, flag: &'static str, key: &'static str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.flags.push(FlagValue { flag, key, value: value.to_string() });
        }
    }
}

/// The settings of this process.
///
/// # Errors
/// [`DwError::Config`] that names the place of the first unknown key, bad value or unreadable file.
pub fn load(overrides: &Overrides) -> DwResult<Settings> {
    let environment = environment()?;
    let file = find_file(overrides.config_file.as_deref(), &environment)?;
    resolve(&Sources { file, environment, flags: overrides.flags.clone(), read: &|path| std::fs::read_to_string(path) })
}

/// The variables that concern the stack. Others may hold anything, even what is no text.
fn environment() -> DwResult<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| is_ours(name)) else { continue };
        let value = value.into_string().map_err(|_| DwError::Config {
            origin: format!("environment variable {name}"),
            message: "must be valid UTF-8".to_owned(),
        })?;
        variables.insert(name.to_owned(), value);
    }
    Ok(variables)
}

/// `--config`, else `DW_CONFIG`, else `dw.toml` when it is there.
fn find_file(flag: Option<&Path>, environment: &BTreeMap<String, String>) -> DwResult<Option<FileText>> {
    let variable = environment.get(FILE_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let (path, origin) = match (flag, variable) {
        (Some(path), _) => (path.to_owned(), "--config".to_owned()),
        (None, Some(path)) => (path, format!("environment variable {FILE_VARIABLE}")),
        (None, None) => (PathBuf::from(DEFAULT_FILE), DEFAULT_FILE.to_owned()),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(FileText { path, text })),
        Err(error) if error.kind() == io::ErrorKind::NotFound && origin == DEFAULT_FILE => Ok(None),
        Err(error) => Err(DwError::Config { origin, message: format!("`{}` cannot be read: {error}", path.display()) }),
    }
}
