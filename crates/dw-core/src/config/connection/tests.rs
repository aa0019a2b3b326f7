//! Tests of the way from settings to a connection: precedence, contradictions, what is missing, what is shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;
use crate::config::{FileText, Sources, resolve};
use crate::exit;

const SECRET: &str = "correct horse";

fn settings(file: &str, environment: &[(&str, &str)]) -> DwResult<Settings> {
    let mut environment: BTreeMap<String, String> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    environment.entry("DW_ENGINE".to_owned()).or_insert_with(|| "sqlserver".to_owned());
    let read = |path: &Path| match path.to_str() {
        Some("/run/secrets/string") => Ok(format!("Server=file.example.com;User ID=sa;Password={SECRET}\n")),
        Some("/run/secrets/password") => Ok(format!("{SECRET}\r\n")),
        _ => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
    };
    let file = (!file.is_empty()).then(|| FileText { path: PathBuf::from("dw.toml"), text: file.to_owned() });
    resolve(&Sources { file, environment, flags: Vec::new(), read: &read })
}

fn targets(file: &str, environment: &[(&str, &str)]) -> DwResult<[ConnectionTarget; 2]> {
    let settings = settings(file, environment)?;
    Ok([settings.connection_target(Database::Oltp)?, settings.connection_target(Database::Dw)?])
}

#[test]
fn separate_settings_make_two_targets_on_one_server() {
    let environment = [("ETL_SQL_SERVER", "sqlserver"), ("ETL_SQL_USER", "etl_runner"), ("ETL_SQL_PASSWORD", SECRET)];
    let [oltp, dw] = targets("", &environment).unwrap();
    let expected = ConnectionTarget {
        host: "sqlserver".to_owned(),
        port: 1_433,
        database: "ECOMMERCE_OLTP".to_owned(),
        user: "etl_runner".to_owned(),
        password: Secret::new(SECRET),
        encrypt: true,
        trust_server_certificate: false,
        ca_file: None,
        hostname_in_certificate: None,
        connect_timeout: Duration::from_secs(15),
        command_timeout: Duration::from_secs(120),
        application_intent_readonly: true,
        ignored: Vec::new(),
    };
    assert_eq!(oltp, expected);
    assert_eq!(dw, ConnectionTarget { database: "DW_ECOMMERCE".to_owned(), ..expected });
    assert_eq!(dw.describe(), "sqlserver:1433/DW_ECOMMERCE");
    assert!(dw.warnings().is_empty() && dw.notes().is_empty());
}

#[test]
fn a_shared_string_serves_both_databases_and_settings_fill_its_gaps() {
    let file = "[sqlserver]\nuser = \"etl_runner\"\npassword_file = \"/run/secrets/password\"\ndw_database = \"STAR\"\n\
                timeout_seconds = 60\n";
    let string =
        "Server=tcp:db.example.com,14330;Encrypt=false;TrustServerCertificate=true;Connect Timeout=5;Pooling=no";
    let [oltp, dw] = targets(file, &[("DW_SQLSERVER_CONNECTION_STRING", string)]).unwrap();
    assert_eq!(oltp.describe(), "db.example.com:14330/ECOMMERCE_OLTP");
    assert_eq!(dw.describe(), "db.example.com:14330/STAR");
    assert_eq!((dw.user.as_str(), dw.password.expose()), ("etl_runner", SECRET));
    assert_eq!((dw.connect_timeout, dw.command_timeout), (Duration::from_secs(5), Duration::from_secs(60)));
    assert_eq!(
        dw.warnings(),
        [
            "the server of db.example.com:14330/STAR is not verified, because trust_server_certificate is on",
            "traffic and password of db.example.com:14330/STAR are readable on the network, because encrypt is off",
        ]
    );
    assert_eq!(
        dw.notes(),
        ["`Pooling` of the connection string has no effect: `sqlserver.max_connections` sizes the pool"]
    );
}

#[test]
fn the_strings_of_the_reference_lead_to_two_servers() {
    let environment = [
        ("ETL_OLTP_CONN_STR", "DRIVER={ODBC Driver 18 for SQL Server};SERVER=shop,1433;DATABASE=SHOP;UID=a;PWD={x;y}"),
        (
            "ETL_DW_CONN_STR",
            "Driver={SQL Server};Server=star,1434;Database=STAR;UID=b;PWD=z;ApplicationIntent=ReadWrite",
        ),
    ];
    let [oltp, dw] = targets("", &environment).unwrap();
    assert_eq!((oltp.describe().as_str(), dw.describe().as_str()), ("shop:1433/SHOP", "star:1434/STAR"));
    assert_eq!((oltp.user.as_str(), oltp.password.expose()), ("a", "x;y"));
    assert_eq!((dw.user.as_str(), dw.password.expose()), ("b", "z"));
    assert_eq!((oltp.application_intent_readonly, dw.application_intent_readonly), (true, false));
}

#[test]
fn a_string_for_one_database_leaves_the_other_to_the_settings() {
    let environment = [
        ("DW_SQLSERVER_OLTP_CONNECTION_STRING", "Server=shop;Database=SHOP"),
        ("ETL_SQL_USER", "a"),
        ("ETL_SQL_PASSWORD", "b"),
    ];
    let [oltp, dw] = targets("", &environment).unwrap();
    assert_eq!((oltp.describe().as_str(), dw.describe().as_str()), ("shop:1433/SHOP", "localhost:1433/DW_ECOMMERCE"));
}

#[test]
fn a_server_is_read_like_the_one_of_a_string() {
    for (server, place) in [
        ("tcp:db,1434", "db:1434/DW_ECOMMERCE"),
        ("(local)", "localhost:1433/DW_ECOMMERCE"),
        ("::1", "[::1]:1433/DW_ECOMMERCE"),
    ] {
        let environment = [("ETL_SQL_SERVER", server), ("ETL_SQL_USER", "a"), ("ETL_SQL_PASSWORD", "b")];
        let [_, dw] = targets("", &environment).unwrap();
        assert_eq!(dw.describe(), place);
    }
}

#[test]
fn a_string_may_stand_in_a_file_with_a_line_end() {
    for (file, environment) in [
        ("", [("DW_SQLSERVER_CONNECTION_STRING_FILE", "/run/secrets/string")].as_slice()),
        ("[sqlserver]\nconnection_string_file = \"/run/secrets/string\"\n", &[]),
    ] {
        let [oltp, _] = targets(file, environment).unwrap();
        assert_eq!(oltp.describe(), "file.example.com:1433/ECOMMERCE_OLTP");
        assert_eq!(oltp.password.expose(), SECRET);
    }
    let environment =
        [("ETL_OLTP_CONN_STR_FILE", "/run/secrets/string"), ("ETL_DW_CONN_STR", "Server=star;UID=a;PWD=b")];
    assert_eq!(targets("", &environment).unwrap()[0].host, "file.example.com");
}

#[test]
fn no_form_shows_the_password() {
    let string = format!("Server=db;User ID=sa;Password={SECRET}");
    let settings =
        settings("", &[("DW_SQLSERVER_CONNECTION_STRING", &string), ("DW_LOGINS_BI_READER_PASSWORD", SECRET)]);
    let settings = settings.unwrap();
    let target = settings.connection_target(Database::Dw).unwrap();
    let shown = format!(
        "{settings:?} {target:?} {} {:?} {}",
        target.describe(),
        target.warnings(),
        serde_json::to_string(settings.effective()).unwrap()
    );
    assert!(!shown.contains(SECRET) && !shown.contains("Server=db"), "{shown}");
    assert!(shown.contains("password: ***"));
}

#[test]
fn what_is_said_twice_missing_or_contradictory_has_one_message() {
    let string =
        format!("Server=db;User ID=sa;Password={SECRET};Encrypt=true;Connect Timeout=5;TrustServerCertificate=no");
    let shared = ("DW_SQLSERVER_CONNECTION_STRING", string.as_str());
    let own = ("ETL_OLTP_CONN_STR", "DRIVER=x;SERVER=shop,1433;DATABASE=SHOP;UID=a;PWD=correct horse");
    let login = [("ETL_SQL_USER", "a"), ("ETL_SQL_PASSWORD", SECRET)];
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("[sqlserver]\nserver = \"other\"\n", &[shared]),
        ("[sqlserver]\nserver = \"db\"\n", &[shared]),
        ("", &[shared, ("ETL_SQL_USER", "a")]),
        ("", &[shared, ("DW_SQLSERVER_PASSWORD_FILE", "/run/secrets/password")]),
        ("[sqlserver]\nencrypt = true\n", &[shared]),
        ("", &[shared, ("ETL_SQL_TRUST_SERVER_CERTIFICATE", "no")]),
        ("[sqlserver]\nconnect_timeout_seconds = 5\n", &[shared]),
        ("", &[shared, own]),
        ("", &[own, ("ETL_SQL_SERVER", "shop")]),
        ("", &[own, ("ETL_SQL_PORT", "1433")]),
        ("[sqlserver]\noltp_database = \"SHOP\"\n", &[own]),
        ("", &[("ETL_SQL_SERVER", "db,1433"), ("ETL_SQL_PORT", "1433")]),
        ("[sqlserver]\nca_file = \"ca.pem\"\ntrust_server_certificate = true\n", &login),
        ("[sqlserver]\nhostname_in_certificate = \"db\"\ntrust_server_certificate = true\n", &login),
        ("[sqlserver]\nca_file = \"ca\"\n", &login),
        ("", &[("DW_SQLSERVER_CONNECTION_STRING", "Server=db;ServerCertificate=ca.pem;TrustServerCertificate=true")]),
        ("", &[]),
        ("", &[("ETL_SQL_USER", "a")]),
        ("", &[("DW_SQLSERVER_CONNECTION_STRING", "Server=db")]),
        ("", &[("DW_SQLSERVER_CONNECTION_STRING", "Server=db;UID=a")]),
        ("", &[("ETL_DW_CONN_STR", "Server=db;UID=a"), login[0], login[1]]),
    ];
    let mut report = String::new();
    for (file, environment) in cases {
        let error = targets(file, environment).unwrap_err();
        assert_eq!((error.code(), error.exit_code()), ("DW-E0002", exit::USAGE));
        let message = error.to_string();
        assert!(!message.contains(SECRET), "{message}");
        report += &format!("{message}\n");
    }
    insta::assert_snapshot!(report);
}

#[test]
fn a_contradiction_is_found_without_a_connection_and_a_missing_login_only_with_one() {
    let both = [("DW_SQLSERVER_CONNECTION_STRING", "Server=db"), ("ETL_SQL_SERVER", "db")];
    assert!(settings("", &both).is_err());
    assert!(settings("", &[]).is_ok());
    let embedded = [both[0], both[1], ("DW_ENGINE", "embedded")];
    assert!(settings("", &embedded).is_ok(), "the embedded engine ignores the section");
}

#[test]
fn a_variable_of_the_reference_is_refused_only_where_it_is_used() {
    let trusted = ("ETL_OLTP_CONN_STR", "DRIVER={SQL Server};SERVER=.;Trusted_Connection=yes");
    let instance = ("ETL_SQL_SERVER", r".\SQLEXPRESS");
    for variable in [trusted, instance] {
        assert!(settings("", &[variable, ("DW_ENGINE", "embedded")]).is_ok());
        let error = settings("", &[variable]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("environment variable {}: ", variable.0)), "{error}");
    }
    // One that is overridden is not used.
    assert!(settings("", &[instance, ("DW_SQLSERVER_SERVER", "db")]).is_ok());
    // A name of our own is meant for us.
    for variable in [("DW_SQLSERVER_OLTP_CONNECTION_STRING", trusted.1), ("DW_SQLSERVER_SERVER", instance.1)] {
        assert!(settings("", &[variable, ("DW_ENGINE", "embedded")]).is_err());
    }
}
