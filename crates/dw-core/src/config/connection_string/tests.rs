//! Tests of both forms of connection strings, of every message, and of what no message may hold.

use std::path::Path;

use proptest::prelude::*;

use super::keywords::{KEYWORDS, Meaning};
use super::*;

/// The value that no message may repeat.
const SECRET: &str = "hunter2";

fn parse(text: &str) -> ConnectionString {
    ConnectionString::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn message(text: &str) -> String {
    match ConnectionString::parse(text) {
        Ok(_) => panic!("{text} was accepted"),
        Err(error) => error.to_string(),
    }
}

fn ado(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}

fn ado_single(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

fn odbc(value: &str) -> String {
    format!("{{{}}}", value.replace('}', "}}"))
}

fn password(text: &str) -> Option<String> {
    parse(text).password.map(|password| password.expose().to_owned())
}

#[test]
fn a_string_of_ado_net_is_read() {
    let string = parse(
        "Server=tcp:db.example.com,14330;Initial Catalog=ECOMMERCE_OLTP;Persist Security Info=False;User ID=etl_runner;\
         Password=hunter2;MultipleActiveResultSets=False;Encrypt=Mandatory;TrustServerCertificate=False;\
         Connection Timeout=30;Command Timeout=600;ApplicationIntent=ReadOnly;Application Name=shop;\
         HostNameInCertificate=sql.example.com;Server Certificate=/etc/ca.pem;",
    );
    assert_eq!((string.host.as_str(), string.port), ("db.example.com", Some(14_330)));
    assert_eq!(string.database.as_deref(), Some("ECOMMERCE_OLTP"));
    assert_eq!(string.user.as_deref(), Some("etl_runner"));
    assert_eq!(string.password.as_ref().map(Secret::expose), Some(SECRET));
    assert_eq!((string.encrypt, string.trust_server_certificate), (Some(true), Some(false)));
    assert_eq!((string.connect_timeout_seconds, string.command_timeout_seconds), (Some(30), Some(600)));
    assert_eq!(string.application_intent_readonly, Some(true));
    assert_eq!(string.hostname_in_certificate.as_deref(), Some("sql.example.com"));
    assert_eq!(string.server_certificate.as_deref(), Some(Path::new("/etc/ca.pem")));
    let ignored: Vec<&str> = string.ignored.iter().map(|ignored| ignored.keyword).collect();
    assert_eq!(ignored, ["Persist Security Info", "MultipleActiveResultSets", "Application Name"]);
    assert!(!format!("{string:?}").contains(SECRET));
}

#[test]
fn a_string_of_the_reference_is_read() {
    let string = parse(
        "DRIVER={ODBC Driver 18 for SQL Server};SERVER=tcp:sqlserver,1433;DATABASE=DW_ECOMMERCE;UID=etl_monitor;\
         PWD={a;b}}c};Encrypt=yes;TrustServerCertificate=yes;",
    );
    assert_eq!((string.host.as_str(), string.port), ("sqlserver", Some(1_433)));
    assert_eq!(string.database.as_deref(), Some("DW_ECOMMERCE"));
    assert_eq!(string.user.as_deref(), Some("etl_monitor"));
    assert_eq!(string.password.as_ref().map(Secret::expose), Some("a;b}c"));
    assert_eq!((string.encrypt, string.trust_server_certificate), (Some(true), Some(true)));
}

#[test]
fn what_a_string_is_silent_about_stays_open() {
    let string = parse("Server=db");
    assert_eq!(string, ConnectionString { host: "db".to_owned(), ..ConnectionString::silent() });
}

#[test]
fn every_synonym_is_known_in_any_case_and_spacing() {
    for keyword in KEYWORDS {
        for name in std::iter::once(&keyword.name).chain(keyword.synonyms) {
            for name in [(*name).to_owned(), name.to_uppercase(), name.to_lowercase(), name.replace(' ', "")] {
                let (found, _) = keywords::find(&name).unwrap_or_else(|| panic!("{name}"));
                assert_eq!(found.name, keyword.name);
            }
        }
    }
    for server in ["Server", "Data Source", "DATASOURCE", "addr", "Address", "network address"] {
        assert_eq!(parse(&format!("{server} = db")).host, "db");
    }
    for (user, secret) in [("User ID", "Password"), ("uid", "PWD"), ("User", "pwd")] {
        let string = parse(&format!("Server=db;{user}=sa;{secret}={SECRET}"));
        assert_eq!((string.user.as_deref(), string.password.is_some()), (Some("sa"), true));
    }
}

#[test]
fn servers_are_read_as_the_clients_of_sql_server_do() {
    let cases = [
        ("db", "db", None),
        (" tcp: db , 1433 ", "db", Some(1_433)),
        ("TCP:db.example.com,1", "db.example.com", Some(1)),
        (".", "localhost", None),
        ("(local)", "localhost", None),
        ("(LOCAL),1434", "localhost", Some(1_434)),
        ("10.0.0.1,65535", "10.0.0.1", Some(65_535)),
        ("::1,1433", "::1", Some(1_433)),
        ("tcp:[fe80::1%eth0],1433", "fe80::1%eth0", Some(1_433)),
        (r"db\SHOP,1433", "db", Some(1_433)),
        (r".\SQLEXPRESS,1433", "localhost", Some(1_433)),
    ];
    for (text, host, port) in cases {
        let string = parse(&format!("Server={text};User ID=sa"));
        assert_eq!((string.host.as_str(), string.port), (host, port), "{text}");
    }
    assert_eq!(parse("DRIVER={FreeTDS};SERVER=db;PORT=1434;TDS_Version=7.4").port, Some(1_434));
    let log = "Driver=x;Server=db;QueryLog_On=yes;QueryLogFile=a;QueryLogTime=5;StatsLog_On=no;StatsLogFile=b";
    assert_eq!(parse(log).ignored.len(), 6);
}

#[test]
fn quotes_follow_the_rules_of_their_form() {
    let cases = [
        ("Server=db;Password=hunter2", SECRET),
        ("Server=db;Password= hunter2 ;", SECRET),
        ("Server=db;Password=a=b", "a=b"),
        ("Server=db;Password=a'b\"c", "a'b\"c"),
        ("Server=db;Password=\"a;b\"\"c'd\" ;", "a;b\"c'd"),
        ("Server=db;Password='a;b''c\"d'", "a;b'c\"d"),
        ("Server=db;Password=' padded '", " padded "),
        ("Server=db;Password=\"{a}\"", "{a}"),
        ("Server=db;Password={a", "{a"),
        ("Server=db;Password=\"=a\"", "=a"),
        ("Password='x;DRIVER={y}';Server=db", "x;DRIVER={y}"),
        ("Password='x';Server=db;\n  Password=\"hunter2\"\n", SECRET),
        ("Driver=x;Server=db;PWD='a'", "'a'"),
        ("Driver=x;Server=db;PWD==a", "=a"),
        ("Driver=x;Server=db;PWD={a;b}}}", "a;b}"),
        ("Driver=x;Server=db;PWD= {a} ; ", "a"),
        ("PWD={\"};Server=db;DRIVER={ODBC Driver 17 for SQL Server}", "\""),
        ("PWD={'a;'b};Server=db;Driver=x", "'a;'b"),
    ];
    for (text, expected) in cases {
        assert_eq!(password(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn the_last_one_wins_in_ado_net_and_an_empty_one_takes_back() {
    let string = parse("Server=a;Database=x;Data Source=b,1;Password=a;PWD=b;Initial Catalog=;Encrypt=no;Encrypt=");
    assert_eq!((string.host.as_str(), string.port), ("b", Some(1)));
    assert_eq!((string.database, string.encrypt), (None, None));
    assert_eq!(string.password.as_ref().map(Secret::expose), Some("b"));
    assert_eq!(message("Server=a;Server="), "names no server; add `Server=host,1433`");
}

#[test]
fn words_for_yes_and_no_are_those_of_the_clients() {
    for (word, on) in
        [("true", true), ("Yes", true), ("Mandatory", true), ("false", false), ("NO", false), ("optional", false)]
    {
        assert_eq!(parse(&format!("Server=db;Encrypt={word}")).encrypt, Some(on));
    }
    assert_eq!(parse("Server=db;Trust Server Certificate=yes").trust_server_certificate, Some(true));
    assert_eq!(parse("Server=db;Application Intent=readwrite").application_intent_readonly, Some(false));
    for harmless in [
        "Integrated Security=false",
        "Trusted_Connection=no",
        "Authentication=SqlPassword",
        "Authentication=Sql Password",
        "Network Library=DBMSSOCN",
        "Column Encryption Setting=Disabled",
        "User Instance=false",
        "AttachDBFilename=",
    ] {
        assert!(parse(&format!("Server=db;{harmless}")).ignored.is_empty(), "{harmless}");
    }
}

#[test]
fn every_mistake_has_one_message() {
    let strings = [
        "",
        ";;",
        "Database=x",
        "hunter2",
        "Server=db;hunter2;User ID=sa",
        "Server=db;=hunter2",
        "Server=db;Servre=hunter2",
        "Server=db;Frobnicate=hunter2",
        "Server=db;Passwrd=hunter2",
        "Server=db;hunter2!=x",
        "Server=db;Password=x;hunter=x",
        "Server=db;Password=x;ap=x",
        "Server=db;Password=x;Encrpyt=true",
        "Server=db;Password='x';hunter=x",
        "mssql://sa:hunter2@db/master?encrypt=true",
        "jdbc:sqlserver://db:1433;user=sa;password=hunter2",
        "Server=db;Password==hunter2",
        "Server=db;Password='hunter2",
        "Server=db;Password='hunter2'x;User ID=sa",
        "Server=db;Password={hunter2}",
        "Server=db;hunter2='x",
        "DRIVER={x;Server=db;PWD=hunter2",
        "DRIVER={x};Server=db;PWD={hunter2",
        "DRIVER={x};Server=db;PWD={hunter2}3",
        "DRIVER={x};Server=db;PWD=hunter2;3",
        "DRIVER={x};Server=db;PWD=hunter2;UID=a;PWD=b",
        "DRIVER={x};Server=db;Address=hunter2",
        "Server=hunter2:1433",
        "Server=[::1]:1433",
        "Server=db,hunter2",
        "Server=db,0",
        "Server=db,65536",
        "Server=db,+1",
        "Server=,1433",
        "Server=a hunter2",
        r"Server=db\hunter2",
        r"Server=(localdb)\hunter2",
        r"Server=np:\\hunter2\pipe\sql\query",
        r"Server=\\hunter2\pipe\sql\query",
        "Server=db;Port=hunter2",
        "Server=db,1;Port=2",
        "Server=db;User ID=' '",
        "Server=db;Encrypt=hunter2",
        "Server=db;Encrypt=strict",
        "Server=db;TrustServerCertificate=hunter2",
        "Server=db;ApplicationIntent=hunter2",
        "Server=db;Connect Timeout=hunter2",
        "Server=db;Connect Timeout=0",
        "Server=db;Command Timeout=86401",
        "Server=db;Integrated Security=SSPI",
        "Server=db;Trusted_Connection=yes",
        "Server=db;Authentication=ActiveDirectoryPassword",
        "Server=db;Authentication=Active Directory Default",
        "Server=db;Network=dbnmpntw",
        "Server=db;ColumnEncryption=Enabled",
        "Server=db;AttachDBFilename=hunter2.mdf",
        "DSN=hunter2;UID=sa",
        "Server=db;ClientCertificate=hunter2",
    ];
    let mut report = String::new();
    for text in strings {
        let message = message(text);
        assert!(!message.contains(SECRET), "{message}");
        report += &format!("{text}\n  {message}\n");
    }
    insta::assert_snapshot!(report);
}

#[test]
fn every_keyword_is_documented() {
    let mut table = "| keyword | also written | here |\n|---|---|---|\n".to_owned();
    for keyword in KEYWORDS {
        let synonyms: Vec<String> = keyword.synonyms.iter().map(|name| format!("`{name}`")).collect();
        let effect = match keyword.meaning {
            Meaning::Server => "`sqlserver.server` and `port`; every string needs it".to_owned(),
            Meaning::Port => "`sqlserver.port`, where `Server` has none".to_owned(),
            Meaning::Database => "`sqlserver.oltp_database` or `dw_database`".to_owned(),
            Meaning::User => "`sqlserver.user`".to_owned(),
            Meaning::Password => "`sqlserver.password`".to_owned(),
            Meaning::Encrypt => "`sqlserver.encrypt`; also `mandatory`, `optional`; not `strict`".to_owned(),
            Meaning::TrustServerCertificate => "`sqlserver.trust_server_certificate`".to_owned(),
            Meaning::HostnameInCertificate => "`sqlserver.hostname_in_certificate`".to_owned(),
            Meaning::ServerCertificate => "`sqlserver.ca_file`".to_owned(),
            Meaning::ApplicationIntent => "`sqlserver.application_intent_readonly`".to_owned(),
            Meaning::ConnectTimeout => "`sqlserver.connect_timeout_seconds`".to_owned(),
            Meaning::CommandTimeout => "`sqlserver.timeout_seconds`".to_owned(),
            Meaning::Integrated => "refused unless false: SQL logins only".to_owned(),
            Meaning::Authentication => "refused unless `SqlPassword`: SQL logins only".to_owned(),
            Meaning::Network => "refused unless `dbmssocn` (TCP)".to_owned(),
            Meaning::MustBeOff(reason) => format!("refused unless off: {reason}"),
            Meaning::Refused(reason) => format!("refused: {reason}"),
            Meaning::Ignored(reason) => format!("no effect: {reason}"),
        };
        table += &format!("| `{}` | {} | {effect} |\n", keyword.name, synonyms.join(", "));
    }
    crate::config::tests::hold("keywords", &table);
}

proptest! {
    #[test]
    fn any_password_survives_the_quotes_of_ado_net(secret in any::<String>()) {
        prop_assume!(!secret.is_empty());
        for quoted in [ado(&secret), ado_single(&secret)] {
            for text in [format!("Server=db;Password={quoted};User ID=sa"), format!("PWD={quoted};Data Source=db")] {
                prop_assert_eq!(password(&text), Some(secret.clone()));
            }
        }
    }

    #[test]
    fn any_password_survives_the_braces_of_odbc(secret in any::<String>()) {
        prop_assume!(!secret.is_empty());
        let quoted = odbc(&secret);
        let text = format!("DRIVER={{ODBC Driver 18 for SQL Server}};SERVER=db,1433;UID=sa;PWD={quoted};Encrypt=yes");
        prop_assert_eq!(password(&text), Some(secret));
    }

    #[test]
    fn a_password_of_special_characters_survives_too(secret in "[;={}'\"\\[\\] a]{1,12}") {
        prop_assert_eq!(password(&format!("Server=db;Password={}", ado(&secret))), Some(secret.clone()));
        prop_assert_eq!(password(&format!("Server=db;Password={}", ado_single(&secret))), Some(secret.clone()));
        prop_assert_eq!(password(&format!("Driver=x;Server=db;PWD={}", odbc(&secret))), Some(secret));
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = ConnectionString::parse(&text);
    }

    #[test]
    fn no_broken_string_makes_it_panic(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "Server", "PWD", "Driver", "DSN", "Encrypt", "Port", "=", ";", "'", "\"", "{", "}", ",", "tcp:", "\\", "[",
                "]", ":", " ", "db", "1433", "é",
            ]),
            0..24,
        ),
    ) {
        let _ = ConnectionString::parse(&words.concat());
    }

    /// Whatever is wrong around it, quoted or not.
    #[test]
    fn no_message_holds_the_password(
        mistake in prop::sample::select(vec![
            "", "Encrypt=maybe", "Servr=db", "Trusted_Connection=yes", "Connect Timeout=x", "Server=a:1", "x", "Password='",
            "Server=a;Database={b}",
        ]),
        is_first in any::<bool>(),
        style in 0..4,
        rest in "[A-Za-z0-9;=]{0,8}",
    ) {
        let secret = format!("Zq7{rest}Zq8");
        let (driver, quoted) = match style {
            0 => ("", secret.clone()),
            1 => ("", ado(&secret)),
            2 => ("", ado_single(&secret)),
            _ => ("DRIVER=x;", odbc(&secret)),
        };
        let text = if is_first {
            format!("{driver}{mistake};PWD={quoted};UID=sa")
        } else {
            format!("{driver}UID=sa;PWD={quoted};{mistake}")
        };
        if let Err(error) = ConnectionString::parse(&text) {
            for piece in [secret.as_str(), "Zq7", "Zq8"] {
                prop_assert!(!error.to_string().contains(piece), "{text}: {error}");
            }
        }
    }
}
