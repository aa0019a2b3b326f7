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

static DW: &[OneTime] = &[
    (sql_text!("dw/up/0001_star_schema"), true),
    (sql_text!("dw/up/0002_quality"), true),
    (sql_text!("dw/up/0003_backups"), true),
];

/// What `dw_reader` may read. It ends the script of the views: a view that is replaced loses its grants.
static VIEW_GRANTS: SqlText = sql_text!("security/dw_view_grants");

static OLTP_GRANTS: SqlText = sql_text!("security/oltp_grants");

static DW_GRANTS: SqlText = sql_text!("security/dw_grants");

/// Procedures of the warehouse, each a file that drops and creates one. The folder is one repeatable script.
static PROCEDURES: &[SqlText] = &[
    sql_text!("dw/procedures/audit.sp_capture_connection_snapshot"),
    sql_text!("dw/procedures/audit.sp_connection_audit_cleanup"),
];

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

fn procedures() -> DwResult<Script> {
    let mut text = String::new();
    for procedure in PROCEDURES {
        text.push_str(&procedure.get()?);
        text.push_str("\nGO\n");
    }
    Ok(repeatable("dw/procedures", text))
}

/// The repeatable scripts of a database in the order in which they run. All views are one script, with the grants on them:
/// they are built on each other, and one that others need cannot be replaced alone on every server. So are the procedures.
/// Roles and the grants on schemas and tables come last.
///
/// # Errors
/// [`crate::error::DwError::Io`] when a file in the folder of `sql_dir` cannot be read.
pub fn repeatable_scripts(dialect: &dyn Dialect, database: Database) -> DwResult<Vec<Script>> {
    if database == Database::Oltp {
        return Ok(vec![repeatable("oltp/grants", OLTP_GRANTS.get()?.into_owned())]);
    }
    let mut text = String::new();
    for view in VIEWS.iter().rev() {
        text.push_str(&format!("DROP VIEW IF EXISTS {};\nGO\n", dialect.table(view.schema, view.name)));
    }
    for view in VIEWS {
        text.push_str(&view.text_for(dialect)?);
        text.push_str("\nGO\n");
    }
    text.push_str(&VIEW_GRANTS.get()?);
    let grants = repeatable("dw/grants", DW_GRANTS.get()?.into_owned());
    Ok(vec![procedures()?, repeatable("dw/views", text), grants])
}

fn repeatable(name: &str, text: String) -> Script {
    Script { name: name.to_owned(), kind: Kind::Repeatable, transactional: true, text }
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
    fn every_procedure_is_listed_and_can_be_created_again() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql/dw/procedures");
        let mut files: Vec<String> = std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".sql").map(|name| format!("dw/procedures/{name}")))
            .collect();
        files.sort();
        let listed: Vec<&str> = PROCEDURES.iter().map(|text| text.name).collect();
        assert_eq!(listed, files);
        let batches = procedures().unwrap().batches().unwrap();
        assert_eq!(batches.len(), 2 * files.len());
        for (pair, file) in batches.chunks(2).zip(&files) {
            let name = file.trim_start_matches("dw/procedures/");
            assert!(pair[0].text.ends_with(&format!("DROP PROCEDURE IF EXISTS {name};")), "{file}");
            assert!(pair[1].text.starts_with(&format!("CREATE PROCEDURE {name}\n")), "{file}");
        }
    }

    /// A table of `ctl` that the ETL writes must be named; one that it must not write must not be.
    #[test]
    fn the_grants_name_every_table_of_the_control_schema_and_each_target() {
        let text = DW_GRANTS.get().unwrap();
        for table in crate::catalog::control::TABLES.iter().filter(|table| table.schema == "ctl") {
            assert!(text.contains(&format!(" ON {} TO dw_runner", table.full_name())), "{}", table.full_name());
        }
        for guarded in ["schema_version", "schema_script"] {
            assert!(!text.contains(&format!(" ON ctl.{guarded} TO dw_runner")), "{guarded}");
        }
        for entity in crate::entities::ALL {
            let target = entity.target.full_name();
            assert!(text.contains(&format!("GRANT ALTER ON {target} TO dw_runner;")), "{target}");
        }
    }

    /// The columns that say who a customer or a seller is, beyond the name of a seller, which the ranking shows.
    const PERSONAL: &[&str] = &["nome_cliente", "email", "telefone", "cpf", "documento", "data_nascimento", "endereco"];

    #[test]
    fn the_reader_gets_every_column_of_its_views_but_those_with_personal_data() {
        let text = VIEW_GRANTS.get().unwrap();
        let granted: Vec<&str> =
            text.split("GRANT SELECT").skip(1).filter(|part| part.contains("TO dw_reader;")).collect();
        assert_eq!(granted.len(), 10);
        for part in granted {
            let (columns, rest) = part.split_once(" ON ").unwrap();
            let name = rest.split(' ').next().unwrap();
            let view = crate::catalog::find_view(name).unwrap_or_else(|| panic!("no view {name}"));
            let is_personal = |column: &str| PERSONAL.iter().any(|word| column.contains(word));
            let harmless: Vec<&str> =
                view.columns.iter().map(|(column, _)| *column).filter(|column| !is_personal(column)).collect();
            let listed: Vec<&str> = columns
                .trim()
                .trim_matches(['(', ')'])
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .collect();
            if listed.is_empty() {
                assert_eq!(harmless.len(), view.columns.len(), "{name} has personal data and is granted whole");
            } else {
                assert_eq!(listed, harmless, "{name}");
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
