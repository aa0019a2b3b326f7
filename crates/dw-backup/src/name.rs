//! The names of backup files: `DW_ECOMMERCE_20261128_091500_full.db`. A name is read back exactly or not at all, so that nothing
//! takes a foreign file for a backup. Pure.

use std::fmt;

use chrono::NaiveDateTime;
use dw_core::time::Seconds;
use serde::{Deserialize, Serialize};

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackupKind {
    /// All of a database.
    Full,
    /// What has changed since the last full backup that was no copy.
    Diff,
    /// The log since the last backup of it.
    Log,
}

impl BackupKind {
    /// The word of names, records and flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Diff => "diff",
            Self::Log => "log",
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Full, Self::Diff, Self::Log].into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for BackupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a backup file, in parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BackupName {
    /// Name of the database.
    pub database: String,
    /// When the backup began, in UTC.
    pub at: Seconds,
    /// What it holds.
    pub kind: BackupKind,
    /// `db`, `bak`, `trn`.
    pub extension: String,
}

const STAMP: &str = "%Y%m%d_%H%M%S";

impl BackupName {
    /// The parts of a file name; none when no backup is named so.
    pub fn parse(file: &str) -> Option<Self> {
        let (stem, extension) = file.rsplit_once('.')?;
        let (stem, kind) = stem.rsplit_once('_')?;
        let kind = BackupKind::parse(kind)?;
        let split = stem.len().checked_sub("20261128_091500".len())?;
        let (database, stamp) = (stem.get(..split)?, stem.get(split..)?);
        let at = NaiveDateTime::parse_from_str(stamp, STAMP).ok()?.and_utc().timestamp();
        let name = Self { database: database.strip_suffix('_')?.to_owned(), at, kind, extension: extension.to_owned() };
        // What the parser forgives, such as a leap second, is no name of ours.
        (name.to_string() == file && name.is_sound()).then_some(name)
    }

    fn is_sound(&self) -> bool {
        let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_- ".contains(c));
        is_word(&self.database) && is_word(&self.extension)
    }
}

impl fmt::Display for BackupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stamp = chrono::DateTime::from_timestamp(self.at, 0).unwrap_or_default().format(STAMP);
        write!(f, "{}_{stamp}_{}.{}", self.database, self.kind, self.extension)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_backup_has_no_name() {
        for file in [
            "DW_ECOMMERCE.db",
            "DW_ECOMMERCE_20261128_091500.bak",
            "DW_ECOMMERCE_20261128_091500_full",
            "DW_ECOMMERCE_20261128_091500_full.db.partial",
            "DW_ECOMMERCE_20261328_091500_full.db",
            "DW_ECOMMERCE_20261128_091560_full.db",
            "_20261128_091500_full.db",
            "20261128_091500_full.db",
            "../x_20261128_091500_full.db",
            "é",
            "",
        ] {
            assert_eq!(BackupName::parse(file), None, "{file}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_read_back(
            database in "[A-Za-z][A-Za-z0-9_]{0,20}", at in 0_i64..4_000_000_000, kind in 0..3_usize,
        ) {
            let kind = [BackupKind::Full, BackupKind::Diff, BackupKind::Log][kind];
            let name = BackupName { database, at, kind, extension: "bak".to_owned() };
            prop_assert_eq!(BackupName::parse(&name.to_string()), Some(name));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,60}") {
            if let Some(name) = BackupName::parse(&text) {
                prop_assert_eq!(name.to_string(), text);
            }
        }
    }
}
