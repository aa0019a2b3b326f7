//! The scripts of this program. Not here: the views, which are repeatable and stand in [`crate::catalog::views`], and how a
//! text is made (see [`super::generated`]).
//!
//! A new script takes the next number of its folder and stands last in its list. Once released, a text is never changed.

use super::batches::Batch;
use super::record::{Kind, Script};
use crate::catalog::views::VIEWS;
use crate::dialect::Dialect;
use crate::error::{Database, DwResult};
use crate::sql_text;
use crate::sql_text::SqlText;

/// Makes `ctl.schema_version` and `ctl.schema_script`. It is run at each `init`, before the records are read, and is itself
/// not recorded.
pub static BOOTSTRAP: SqlText = sql_text!("bootstrap/schema_tables");

/// A one-time script of a list, with [`Script::transactional`].
type OneTime = (SqlText, bool);

static OLTP: &[OneTime] = &[(sql_text!("oltp/up/0001_source_tables"), true)];

static DW: &[OneTime] = &[(sql_text!("dw/up/0001_star_schema"), true)];

/// The one-time scripts of a database in the order in which they run.
///
/// # Errors
/// [`crate::error::DwError::Io`] when a file in the folder of `sql_dir` cannot be read.
pub fn one_time_scripts(database: Database) -> DwResult<Vec<Script>> {
    let list = match database {
        Database::Oltp => OLTP,
        Database::Dw => DW,
    };
    list.iter().map(|(text, transactional)| Script::from_file(text, Kind::OneTime, *transactional)).collect()
}

/// The repeatable scripts of a database in the order in which they run. All views are one script: they are built on each
/// other, and one that others need cannot be replaced alone on every server.
///
/// # Errors
/// [`crate::error::DwError::Io`] when a file in the folder of `sql_dir` cannot be read.
pub fn repeatable_scripts(dialect: &dyn Dialect, database: Database) -> DwResult<Vec<Script>> {
    if database == Database::Oltp {
        return Ok(Vec::new());
    }
    let mut text = String::new();
    for view in VIEWS.iter().rev() {
        text.push_str(&format!("DROP VIEW IF EXISTS {};\nGO\n", dialect.table(view.schema, view.name)));
    }
    for view in VIEWS {
        text.push_str(&view.text_for(dialect)?);
        text.push_str("\nGO\n");
    }
    Ok(vec![Script { name: "dw/views".to_owned(), kind: Kind::Repeatable, transactional: true, text }])
}

/// The batches of [`BOOTSTRAP`].
///
/// # Errors
/// [`crate::error::DwError::Io`] and [`crate::error::DwError::ScriptText`] when a file in the folder of `sql_dir` is bad.
pub fn bootstrap_batches() -> DwResult<Vec<Batch>> {
    Script::from_file(&BOOTSTRAP, Kind::Repeatable, true)?.batches()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scripts::Plan;

    #[test]
    fn every_script_is_split_and_planned() {
        for database in [Database::Oltp, Database::Dw] {
            let scripts = one_time_scripts(database).unwrap();
            let plan = Plan::of(database, &scripts, &[]).unwrap();
            assert_eq!(plan.steps.len(), scripts.len());
            assert!(plan.steps.iter().all(|step| !step.batches.is_empty()), "{database} has an empty script");
        }
    }

    /// A file that nobody lists would never run.
    #[test]
    fn every_file_of_a_folder_is_listed_in_order() {
        for (database, folder) in [(Database::Oltp, "oltp/up"), (Database::Dw, "dw/up")] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql").join(folder);
            let mut files: Vec<String> = std::fs::read_dir(path)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter_map(|name| name.strip_suffix(".sql").map(|name| format!("{folder}/{name}")))
                .collect();
            files.sort();
            let listed: Vec<String> =
                one_time_scripts(database).unwrap().into_iter().map(|script| script.name).collect();
            assert_eq!(listed, files);
            for (number, name) in (1..).zip(&listed) {
                assert!(name.starts_with(&format!("{folder}/{number:04}_")), "{name} breaks the numbering");
            }
        }
    }

    #[test]
    fn the_bootstrap_guards_each_object() {
        let batches = bootstrap_batches().unwrap();
        assert_eq!(batches.len(), 3);
        for batch in batches {
            let statement = batch.text.lines().find(|line| !line.starts_with("--")).unwrap_or_default();
            assert!(statement.starts_with("IF "), "{statement}");
            assert!(statement.contains("_ID(N'ctl"), "{statement}");
        }
    }
}
