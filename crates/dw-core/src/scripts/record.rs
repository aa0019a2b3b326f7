//! A script of the program, and the row of `ctl.schema_script` that says what became of it. Not here: what follows from
//! the two (see [`super::plan`]).
//!
//! | column of `ctl.schema_script` | field |
//! |---|---|
//! | `script_name VARCHAR(200)` | [`Recorded::name`] |
//! | `kind VARCHAR(12)` | [`Kind::as_str`] |
//! | `hash CHAR(64)` | [`Recorded::hash`] |
//! | `status VARCHAR(10)` | [`Status::as_str`] |
//! | `started_at`, `finished_at DATETIME2(0)` | [`Recorded::started_at`], [`Recorded::finished_at`] |
//! | `version VARCHAR(40)` | [`Recorded::version`] |

use super::batches::{Batch, split};
use super::hash::script_hash;
use crate::error::{DwError, DwResult};
use crate::sql_text::SqlText;
use crate::time::{Seconds, format_timestamp};

/// How often a script runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Once a database, in the order of the list, and its text never changes: tables and data.
    OneTime,
    /// Whenever its text is another one than the last time, and so it replaces what is there: views.
    Repeatable,
}

impl Kind {
    /// `one_time`, `repeatable`: as recorded.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneTime => "one_time",
            Self::Repeatable => "repeatable",
        }
    }

    /// Reads a recorded kind.
    ///
    /// # Errors
    /// [`DwError::SchemaMismatch`] for a text that no version has written.
    pub fn from_record(text: &str) -> DwResult<Self> {
        [Self::OneTime, Self::Repeatable]
            .into_iter()
            .find(|kind| kind.as_str() == text.trim_end())
            .ok_or_else(|| DwError::schema(format!("ctl.schema_script has the unknown kind `{text}`")))
    }
}

/// How far a recorded script came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It began, and nobody said how it ended. Under the lock of the migrator: its process died.
    Running,
    /// It ended well.
    Done,
    /// A batch of it failed.
    Failed,
}

impl Status {
    /// `running`, `done`, `failed`: as recorded.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// How an attempt that is not done ended, behind the name of its script: `failed`, `was interrupted`.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Running => "was interrupted",
            Self::Done => "is done",
        }
    }

    /// Reads a recorded status.
    ///
    /// # Errors
    /// [`DwError::SchemaMismatch`] for a text that no version has written.
    pub fn from_record(text: &str) -> DwResult<Self> {
        [Self::Running, Self::Done, Self::Failed]
            .into_iter()
            .find(|status| status.as_str() == text.trim_end())
            .ok_or_else(|| DwError::schema(format!("ctl.schema_script has the unknown status `{text}`")))
    }
}

/// A script that this program knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The file below `sql/` without its ending: `dw/up/0001_star_schema`. At most 200 characters.
    pub name: String,
    /// How often it runs.
    pub kind: Kind,
    /// True when all batches run in one transaction, so that a script that fails leaves nothing behind. False for statements
    /// that no transaction may hold, such as ALTER DATABASE.
    pub transactional: bool,
    /// The text of the file.
    pub text: String,
}

impl Script {
    /// A script whose text is a file below `sql/`, or the one that replaces it in the folder of `sql_dir`.
    ///
    /// # Errors
    /// [`DwError::Io`] when the replacing file cannot be read.
    pub fn from_file(file: &SqlText, kind: Kind, transactional: bool) -> DwResult<Self> {
        Ok(Self { name: file.name.to_owned(), kind, transactional, text: file.get()?.into_owned() })
    }

    /// What stands in `ctl.schema_script.hash` once it has run.
    pub fn hash(&self) -> String {
        script_hash(&self.text)
    }

    /// The batches in order.
    ///
    /// # Errors
    /// [`DwError::ScriptText`] when the text cannot be split.
    pub fn batches(&self) -> DwResult<Vec<Batch>> {
        split(&self.text).map_err(|error| DwError::ScriptText {
            script: self.name.clone(),
            line: error.line,
            message: error.problem.to_string(),
        })
    }
}

/// A row of `ctl.schema_script`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Name of the script.
    pub name: String,
    /// Its kind when it ran.
    pub kind: Kind,
    /// The hash of the text that ran.
    pub hash: String,
    /// How far it came.
    pub status: Status,
    /// When it began.
    pub started_at: Seconds,
    /// When it ended, well or not.
    pub finished_at: Option<Seconds>,
    /// The version of the program that ran it.
    pub version: String,
}

impl Recorded {
    /// `2026-01-31T10:00:00Z`, for messages.
    pub fn began(&self) -> String {
        format!("{}Z", format_timestamp(self.started_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_status_survive_their_record_and_fit_its_columns() {
        for kind in [Kind::OneTime, Kind::Repeatable] {
            assert_eq!(Kind::from_record(kind.as_str()).unwrap(), kind);
            assert!(kind.as_str().len() <= 12);
        }
        for status in [Status::Running, Status::Done, Status::Failed] {
            assert_eq!(Status::from_record(status.as_str()).unwrap(), status);
            assert!(status.as_str().len() <= 10);
        }
        assert_eq!(Kind::from_record("").unwrap_err().code(), "DW-E0020");
        assert_eq!(Status::from_record("DONE").unwrap_err().code(), "DW-E0020");
    }

    #[test]
    fn a_text_that_cannot_be_split_is_named_with_its_line() {
        let script = Script {
            name: "dw/up/0002_more".to_owned(),
            kind: Kind::OneTime,
            transactional: true,
            text: "SELECT 1\nGO 0\n".to_owned(),
        };
        let error = script.batches().unwrap_err();
        assert!(error.to_string().starts_with("script `dw/up/0002_more`, line 2: `GO` is followed by `0`"), "{error}");
    }
}
