//! Tests of precedence, provenance and messages over the pure core.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use proptest::prelude::*;

use super::key::{KEYS, is_ours};
use super::*;
use crate::error::{Database, DwResult};

/// The page that lists settings and keywords, from the root of the repository.
const PAGE: &str = "../../docs/configuration.md";
const EXAMPLE: &str = include_str!("../../../../config/dw.example.toml");

/// Files of secrets, without a disk.
fn read(path: &Path) -> io::Result<String> {
    match path.to_str() {
        Some("/run/secrets/sa") => Ok("correct horse\n".to_owned()),
        Some("/run/secrets/string") => Ok("Server=db;Password=correct horse\r\n".to_owned()),
        Some("/run/secrets/empty") => Ok("\n".to_owned()),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    }
}

fn settings(
    file: &str,
    environment: &[(&str, &str)],
    flags: &[(&'static str, &'static str, &str)],
) -> DwResult<Settings> {
    resolve(&Sources {
        file: (!file.is_empty()).then(|| FileText { path: PathBuf::from("dw.toml"), text: file.to_owned() }),
        environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        flags: flags.iter().map(|&(flag, key, value)| FlagValue { flag, key, value: value.to_owned() }).collect(),
        read: &read,
    })
}

fn message(result: DwResult<Settings>) -> String {
    let error = result.unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("DW-E0002", crate::exit::USAGE));
    error.to_string()
}

fn listing(settings: &Settings) -> String {
    let line = |item: &EffectiveSetting| {
        format!("{} = {} # {}\n", item.key, item.value.as_deref().unwrap_or("-"), item.origin)
    };
    settings.effective().iter().map(line).collect()
}

/// Compares a table of the page with what the code says, or writes it when `DW_TEST_UPDATE_DOCS` is set.
pub(super) fn hold(name: &str, expected: &str) {
    static ONE_WRITER: Mutex<()> = Mutex::new(());
    let _writing = ONE_WRITER.lock().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let from = text.find(&begin).unwrap() + begin.len();
    let to = text.find(&end).unwrap();
    let expected = format!("\n{expected}\n");
    if std::env::var_os("DW_TEST_UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{}{expected}{}", &text[..from], &text[to..])).unwrap();
    } else {
        assert_eq!(text[from..to], expected, "run `DW_TEST_UPDATE_DOCS=1 cargo test -p dw-core --lib config`");
    }
}

#[test]
fn every_setting_is_documented() {
    let mut table = "| setting | variable | variable of the reference | default |\n|---|---|---|---|\n".to_owned();
    for key in KEYS {
        let reference: Vec<String> = key.reference.iter().map(|name| format!("`{name}`")).collect();
        let default = key.default.map(|text| format!("`{text}`")).unwrap_or_default();
        let variable = key.variable();
        table += &format!("| `{}` | `{variable}` | {} | {default} |\n", key.path, reference.join(", "));
    }
    hold("settings", &table);
}

#[test]
fn defaults_need_no_source() {
    let settings = settings("", &[], &[]).unwrap();
    assert_eq!(settings.engine, EngineKind::Embedded);
    assert_eq!(settings.data_dir, Path::new("dw-data"));
    assert_eq!(settings.etl, EtlSettings::default());
    insta::assert_snapshot!(listing(&settings));
}

#[test]
fn each_layer_wins_over_the_one_before_and_is_named() {
    let key = "etl.batch_size";
    let file = "# comment\n[etl]\nbatch_size = 10\n";
    let environment = [("DW_ETL_BATCH_SIZE", "30"), ("ETL_DEFAULT_BATCH_SIZE", "20")];
    let flags = [("--batch-size", key, "40")];
    let cases = [
        (settings("", &[], &[]), None, "default"),
        (settings(file, &[], &[]), Some(10), "dw.toml:3"),
        (settings(file, &environment[1..], &[]), Some(20), "environment variable ETL_DEFAULT_BATCH_SIZE"),
        (settings(file, &environment, &[]), Some(30), "environment variable DW_ETL_BATCH_SIZE"),
        (settings(file, &environment, &flags), Some(40), "--batch-size"),
    ];
    for (settings, value, origin) in cases {
        let settings = settings.unwrap();
        assert_eq!(settings.etl.batch_size, value);
        assert_eq!(settings.origin(key), Some(origin));
    }
}

#[test]
fn a_layer_replaces_single_values_and_not_whole_sections() {
    let file = "[etl]\nbatch_size = 10\ncutoff_minutes = 3\n";
    let settings = settings(file, &[("DW_ETL_BATCH_SIZE", "30")], &[]).unwrap();
    assert_eq!((settings.etl.batch_size, settings.etl.cutoff_minutes), (Some(30), Some(3)));
    assert_eq!(settings.origin("etl.cutoff_minutes"), Some("dw.toml:3"));
}

#[test]
fn the_names_of_the_reference_work() {
    let environment = [
        ("ETL_SQL_SERVER", "sqlserver"),
        ("ETL_SQL_PORT", "14330"),
        ("ETL_SQL_USER", "etl_runner"),
        ("ETL_SQL_PASSWORD", "correct horse"),
        ("ETL_OLTP_DB", "SHOP"),
        ("ETL_DW_DB", "STAR"),
        ("ETL_SQL_ENCRYPT", "yes"),
        ("ETL_SQL_TRUST_SERVER_CERTIFICATE", "no"),
        ("ETL_DEFAULT_BATCH_SIZE", "1000"),
        ("ETL_DEFAULT_CUTOFF_MINUTES", "2"),
        ("ETL_SQL_TIMEOUT_SECONDS", "90"),
        ("ETL_OLTP_CONN_STR", "DRIVER={ODBC Driver 18 for SQL Server};SERVER=shop;UID=a;PWD=correct horse"),
        ("ETL_DW_CONN_STR", "DRIVER={SQL Server};SERVER=star;Trusted_Connection=yes"),
        ("MSSQL_MONITOR_PASSWORD", "correct horse"),
        ("MSSQL_BACKUP_PASSWORD", "correct horse"),
        ("MSSQL_BI_PASSWORD_FILE", "/run/secrets/sa"),
        // Of no meaning here, and no error: the prefix is not ours.
        ("ETL_SQL_DRIVER", "ODBC Driver 18 for SQL Server"),
    ];
    let settings = settings("", &environment, &[]).unwrap();
    assert_eq!(settings.sqlserver.password.as_ref().map(Secret::expose), Some("correct horse"));
    assert_eq!(settings.logins.bi_reader_password, settings.logins.etl_backup_password);
    insta::assert_snapshot!(listing(&settings));
}

#[test]
fn a_secret_is_hidden_wherever_settings_are_shown() {
    let file = "[sqlserver]\npassword = \"correct horse\"\n";
    for settings in [
        settings(file, &[], &[]).unwrap(),
        settings("", &[("DW_SQLSERVER_PASSWORD", "correct horse")], &[]).unwrap(),
        settings("", &[("DW_SQLSERVER_PASSWORD_FILE", "/run/secrets/sa")], &[]).unwrap(),
        settings("[sqlserver]\npassword_file = \"/run/secrets/sa\"\n", &[], &[]).unwrap(),
    ] {
        assert_eq!(settings.sqlserver.password.as_ref().map(Secret::expose), Some("correct horse"));
        let shown =
            format!("{settings:?} {} {}", listing(&settings), serde_json::to_string(settings.effective()).unwrap());
        assert!(!shown.contains("correct horse"), "{shown}");
        assert!(listing(&settings).contains("sqlserver.password = *** # "));
    }
}

#[test]
fn the_file_form_names_variable_and_file() {
    let settings = settings("", &[("DW_SQLSERVER_PASSWORD_FILE", "/run/secrets/sa")], &[]).unwrap();
    let origin = settings.origin("sqlserver.password");
    assert_eq!(origin, Some("environment variable DW_SQLSERVER_PASSWORD_FILE (/run/secrets/sa)"));
}

#[test]
fn an_empty_variable_and_one_of_the_tests_count_as_absent() {
    let environment =
        [("ETL_SQL_PORT", ""), ("DW_ENGINE", ""), ("DW_TEST_SQLSERVER", "Server=x"), ("DW_CONFIG", "a.toml")];
    let settings = settings("", &environment, &[]).unwrap();
    assert_eq!(settings.sqlserver.port, 1433);
}

#[test]
fn the_sample_is_created_only_where_nobody_chose_anything() {
    assert!(settings("", &[("DW_ETL_BATCH_SIZE", "5")], &[]).unwrap().may_create_sample());
    assert!(!settings("", &[("DW_DATA_DIR", "dw-data")], &[]).unwrap().may_create_sample());
    assert!(!settings("", &[], &[("--data-dir", "data_dir", "dw-data")]).unwrap().may_create_sample());
    assert!(!settings("", &[("DW_ENGINE", "sqlserver")], &[]).unwrap().may_create_sample());
    assert!(!settings("output = \"json\"", &[], &[]).unwrap().may_create_sample());
}

#[test]
fn every_mistake_has_one_message_with_its_place() {
    let long = format!("data_dir = \"ok\"\nengine = \"{}\"", "x".repeat(100));
    let files = [
        "engine = \"embedded\"\n\n[etl]\n# rows\nbatchsize = 10\n",
        "[etl]\nbatch_size = 10\n[elt]\ncutoff_minutes = 1\n",
        "[etl]\nbatch_size = 0\n",
        "[etl]\nbatch_size = 1000000000\n",
        "[etl]\nbatch_size = \"10\"\n",
        "[etl]\nbatch_size = -1\n",
        "[etl]\nbatch_size = 99999999999999999999999\n",
        "[etl]\ncutoff_minutes = 1.5\n",
        "etl = 5\n",
        "engine = \"oracle\"\n",
        "engine = { kind = \"embedded\" }\n",
        "data_dir = \"\"\n",
        "data_dir = [\"a\"]\n",
        "log_filter = \"dw_etl=loud\"\n",
        "engine = \"embedded\"\nengine = \"embedded\"\n",
        "output = \"text\"\ndata_dir = \"unclosed\n",
        "[sqlserver]\npassword = 12345678\n",
        "[sqlserver]\npassword_file = \"/run/secrets/none\"\n",
        "[sqlserver]\npassword = \"a\"\npassword_file = \"/run/secrets/sa\"\n",
        "frobnicate = true\n",
        "[sqlserver]\nserver = \"db\\\\SHOP\"\n",
        "[sqlserver]\nserver = \"db:1433\"\n",
        "[sqlserver]\nserver = \"\"\n",
        "[sqlserver]\nserver = 5\n",
        "[sqlserver]\nconnection_string = 5\n",
        "[sqlserver]\nconnection_string = \"\"\n",
        "[sqlserver]\nconnection_string = \"Server=db;Database=SHOP\"\n",
        "[sqlserver]\nconnection_string = \"Server=db;Servre=x\"\n",
        "[sqlserver]\noltp_connection_string = \"Server=db;Trusted_Connection=yes\"\n",
        "[sqlserver]\nconnection_string_file = \"/run/secrets/sa\"\n",
        "[sqlserver]\ncolumnstore = \"always\"\n",
        "[logins]\nsa_password = \"a\"\n",
        long.as_str(),
    ];
    let environments: &[&[(&str, &str)]] = &[
        &[("DW_BATCH_SIZE", "10")],
        &[("DW_ENGIN", "embedded")],
        &[("DW_CONFIG_FILE", "dw.toml")],
        &[("DW_ENGINE", "oracle")],
        &[("ETL_DEFAULT_BATCH_SIZE", "ten")],
        &[("ETL_DEFAULT_BATCH_SIZE", "0"), ("DW_ETL_BATCH_SIZE", "10")],
        &[("DW_SQLSERVER_PASSWORD", "a"), ("DW_SQLSERVER_PASSWORD_FILE", "/run/secrets/sa")],
        &[("ETL_SQL_PASSWORD", "a"), ("ETL_SQL_PASSWORD_FILE", "/run/secrets/sa")],
        &[("DW_SQLSERVER_PASSWORD_FILE", "/run/secrets/none")],
        &[("DW_SQLSERVER_PASSWORD_FILE", "/run/secrets/empty")],
        &[("DW_SQLSERVER_CONNECTION_STRING", "Server=db;Encrypt=strict")],
        &[("DW_SQLSERVER_DW_CONNECTION_STRING_FILE", "/run/secrets/sa")],
        &[("DW_SQLSERVER_CONECTION_STRING", "Server=db")],
        &[("ETL_OLTP_CONN_STR", "Trusted_Connection=yes"), ("DW_ENGINE", "sqlserver")],
        &[("DW_LOGIN_BI_READER_PASSWORD", "a")],
    ];
    let flags = ["0", "1000000000", "-1", "ten", "", "1e3"];

    let mut report = String::new();
    for file in files {
        report += &format!("{}\n", message(settings(file, &[], &[])));
    }
    for environment in environments {
        report += &format!("{}\n", message(settings("", environment, &[])));
    }
    for value in flags {
        report += &format!("{}\n", message(settings("", &[], &[("--batch-size", "etl.batch_size", value)])));
    }
    insta::assert_snapshot!(report);
}

#[test]
fn the_example_is_valid_and_shows_every_setting() {
    settings(EXAMPLE, &[], &[]).unwrap();
    // Commented settings must be as valid as the others, so that removing the `#` is all that is needed.
    let active: String = EXAMPLE
        .lines()
        .map(|line| {
            line.strip_prefix("#").filter(|rest| rest.contains(" = ") && !rest.starts_with(' ')).unwrap_or(line)
        })
        // The example says it in all ways; a configuration says it in one.
        .filter(|line| !line.starts_with("password_file"))
        .fold(String::new(), |text, line| text + line + "\n");
    let shown = settings(&active, &[], &[]).unwrap();
    for setting in shown.effective() {
        assert!(setting.origin.starts_with("dw.toml:"), "{} is missing in the example", setting.key);
    }
    // Settings with a default are shown with it.
    for key in KEYS.iter().filter(|key| key.default.is_some()) {
        let value = shown
            .effective()
            .iter()
            .find(|setting| setting.key == key.path)
            .and_then(|setting| setting.value.as_deref());
        assert_eq!(value, key.default, "{}", key.path);
    }
}

#[test]
fn the_example_goes_with_each_way_to_name_a_server() {
    let file = EXAMPLE.replace("engine = \"embedded\"", "engine = \"sqlserver\"");
    let login = [("DW_SQLSERVER_USER", "a"), ("DW_SQLSERVER_PASSWORD", "b")];
    let shared = [("DW_SQLSERVER_CONNECTION_STRING", "Server=db,1;UID=a;PWD=b;Encrypt=true;Connect Timeout=5")];
    let own = [("ETL_OLTP_CONN_STR", "Server=a;Database=b;UID=c;PWD=d"), ("ETL_DW_CONN_STR", "Server=a;UID=c;PWD=d")];
    for environment in [login.as_slice(), &shared, &own] {
        let settings = settings(&file, environment, &[]).unwrap();
        settings.connection_target(Database::Oltp).unwrap();
        settings.connection_target(Database::Dw).unwrap();
    }
}

#[test]
fn every_secret_has_both_forms_and_refuses_both_at_once() {
    for key in KEYS.iter().filter(|key| key.is_secret()) {
        let (section, name) = key.path.split_once('.').unwrap();
        let own = key.variable();
        let text =
            if key.path.ends_with("connection_string") { "Server=db;Password=correct horse" } else { "correct horse" };
        for variable in key.reference.iter().copied().chain([own.as_str()]) {
            let file = format!("{variable}_FILE");
            let shown = settings("", &[(variable, text)], &[]).unwrap();
            assert!(listing(&shown).contains(&format!("{} = *** # environment variable {variable}\n", key.path)));
            let path = if name.ends_with("string") { "/run/secrets/string" } else { "/run/secrets/sa" };
            let from_file = settings("", &[(&file, path)], &[]).unwrap();
            assert!(
                listing(&from_file).contains(&format!("{} = *** # environment variable {file} ({path})\n", key.path))
            );
            let error = message(settings("", &[(variable, text), (&file, path)], &[]));
            assert_eq!(error, format!("environment variable {variable}: `{file}` is set too; keep one of the two"));
        }
        let text = format!("[{section}]\n{name} = \"{text}\"\n{name}_file = \"/run/secrets/sa\"\n");
        let error = message(settings(&text, &[], &[]));
        assert!(error.starts_with(&format!("dw.toml:3: `{}_file` and `{}` of line 2", key.path, key.path)), "{error}");
    }
}

#[test]
fn the_variables_of_the_stack_are_told_from_those_of_others() {
    for name in ["DW_X", "ETL_SQL_PASSWORD_FILE", "MSSQL_BI_PASSWORD", "MSSQL_BI_PASSWORD_FILE"] {
        assert!(is_ours(name), "{name}");
    }
    for name in ["PATH", "MSSQL_PID", "MSSQL_SA_PASSWORD", "DWX", ""] {
        assert!(!is_ours(name), "{name}");
    }
}

#[test]
fn settings_of_sql_server_have_their_ranges() {
    let number = |key: &str, value: &str| settings(&format!("[sqlserver]\n{key} = {value}\n"), &[], &[]).is_ok();
    for (key, least, greatest) in [
        ("connect_timeout_seconds", 1, 3_600),
        ("timeout_seconds", 1, 86_400),
        ("wait_seconds", 0, 3_600),
        ("max_connections", 4, 1_000),
        ("retries", 1, 20),
        ("port", 1, 65_535),
    ] {
        assert!(number(key, &least.to_string()) && number(key, &greatest.to_string()), "{key}");
        assert!(!number(key, &(least - 1).to_string()) && !number(key, &(greatest + 1).to_string()), "{key}");
    }
}

proptest! {
    #[test]
    fn no_file_makes_it_panic(text in "\\PC*") {
        let _ = settings(&text, &[], &[]);
    }

    #[test]
    fn no_broken_example_makes_it_panic(position in 0..EXAMPLE.len(), noise in "[\\[\\]={}\"'#.\n\\PC]{0,6}") {
        let mut text = EXAMPLE.to_owned();
        let at = (position..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.insert_str(at, &noise);
        let _ = settings(&text, &[], &[]);
    }

    #[test]
    fn no_value_of_any_setting_makes_it_panic(index in 0..KEYS.len(), text in "\\PC*") {
        let name = KEYS[index].variable();
        let environment = BTreeMap::from([(name.clone(), text)]);
        let result = resolve(&Sources { file: None, environment, flags: Vec::new(), read: &read });
        if let Err(error) = result {
            prop_assert!(error.to_string().contains(&name));
        }
    }

    #[test]
    fn a_batch_size_is_accepted_exactly_within_its_range(number in 0_u64..200_000) {
        let result = settings(&format!("[etl]\nbatch_size = {number}"), &[], &[]);
        prop_assert_eq!(result.is_ok(), (1..=100_000).contains(&number));
    }
}
