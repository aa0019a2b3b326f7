//! Tests of precedence, provenance and messages over the pure core.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::key::KEYS;
use super::*;
use crate::error::DwResult;

const EXAMPLE: &str = include_str!("../../../../config/dw.example.toml");

/// Files of secrets, without a disk.
fn read(path: &Path) -> io::Result<String> {
    match path.to_str() {
        Some("/run/secrets/sa") => Ok("correct horse\n".to_owned()),
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
        // Of no meaning here, and no error: the prefix is not ours.
        ("ETL_SQL_DRIVER", "ODBC Driver 18 for SQL Server"),
    ];
    let settings = settings("", &environment, &[]).unwrap();
    assert_eq!(settings.sqlserver.password.as_ref().map(Secret::expose), Some("correct horse"));
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
        long.as_str(),
    ];
    let environments: [&[(&str, &str)]; 10] = [
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
