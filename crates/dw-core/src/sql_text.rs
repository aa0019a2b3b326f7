//! SQL texts: each stands in a file below `sql/`, is compiled in, and can be overridden by a folder of the same layout
//! (setting `sql_dir`, design invariant 2).

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::error::{DwError, DwResult};

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// A text of `sql/`. Made by [`sql_text!`](crate::sql_text!).
#[derive(Debug, Clone, Copy)]
pub struct SqlText {
    /// `audit/start_run`.
    pub name: &'static str,
    /// The compiled-in text.
    pub embedded: &'static str,
}

/// Sets the folder whose files replace the compiled-in texts, once a process, before the first statement.
///
/// # Errors
/// [`DwError::Config`] when the folder does not exist.
pub fn set_folder(folder: PathBuf) -> DwResult<()> {
    if !folder.is_dir() {
        return Err(DwError::Config {
            origin: "sql_dir".to_owned(),
            message: format!("`{}` is not a folder", folder.display()),
        });
    }
    // A second call with the same settings changes nothing.
    let _first = FOLDER.set(folder);
    Ok(())
}

impl SqlText {
    /// The text: that of the override folder if it has the file, else the compiled-in one.
    ///
    /// # Errors
    /// [`DwError::Io`] when the overriding file cannot be read.
    pub fn get(&self) -> DwResult<Cow<'static, str>> {
        text_of(self.name, self.embedded)
    }

    /// The text in a dialect.
    ///
    /// # Errors
    /// See [`SqlText::get`].
    pub fn for_dialect(&self, dialect: &dyn crate::dialect::Dialect) -> DwResult<String> {
        Ok(dialect.translate(&self.get()?))
    }
}

/// The text of `name`.sql: that of the override folder if it has the file, else `embedded`.
///
/// # Errors
/// [`DwError::Io`] when the overriding file cannot be read.
pub fn text_of(name: &str, embedded: &'static str) -> DwResult<Cow<'static, str>> {
    let Some(folder) = FOLDER.get() else { return Ok(Cow::Borrowed(embedded)) };
    let path = folder.join(format!("{name}.sql"));
    if !path.is_file() {
        return Ok(Cow::Borrowed(embedded));
    }
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Cow::Owned(text)),
        Err(source) => Err(DwError::Io { action: "cannot read", path, source }),
    }
}

/// The text of a file below `sql/`, named without its ending.
#[macro_export]
macro_rules! sql_text {
    ($name:literal) => {
        $crate::sql_text::SqlText {
            name: $name,
            embedded: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../sql/", $name, ".sql")),
        }
    };
}
