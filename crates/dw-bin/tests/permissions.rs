//! What each login of the stack may do on a server, and that it may do nothing else: every verb on every table, view and
//! procedure is tried.
#![cfg(all(feature = "etl", feature = "init", feature = "monitor"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

#[path = "permissions/passwords.rs"]
mod passwords;
#[path = "permissions/stage.rs"]
mod stage;

use std::collections::BTreeMap;
use std::sync::Arc;

use dw_core::catalog::{self, views::VIEWS};
use dw_core::drift::{self, Comparison};
use dw_core::engine::{Access, Engine, Executor, Session, SharedEngine};
use dw_core::error::{Database, DwError};
use dw_core::schema::Table;
use dw_core::sql_server::{LoginOptions, SqlServerSession};
use dw_core::{entities, scripts, time};
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::{EntityStatus, RunReport, Silent};
use dw_sample::base::BaseOptions;
use dw_sample::load::{self, IfFilled};
use dw_testkit::logins::NAMES;
use dw_testkit::on_sql_server;
use stage::{Stage, is_refusal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verb {
    Select,
    Insert,
    Update,
    Delete,
}

const VERBS: [Verb; 4] = [Verb::Select, Verb::Insert, Verb::Update, Verb::Delete];

/// What docs/operations.md says of tables.
fn may(login: &str, verb: Verb, database: Database, table: &str) -> bool {
    use Verb::{Delete, Insert, Select, Update};
    let schema = table.split('.').next().unwrap();
    match (login, database) {
        ("etl_runner" | "etl_monitor", Database::Oltp) => {
            verb == Select && (schema == "core" || table == "ctl.schema_version")
        }
        ("etl_runner", Database::Dw) => match (schema, verb) {
            (_, Select) => true,
            (_, Insert | Update) => !table.starts_with("ctl.schema_"),
            (_, Delete) => [
                "ctl.etl_affected_group",
                "ctl.etl_parked",
                "audit.connection_login_events",
                "audit.etl_run",
                "audit.etl_run_entity",
                "audit.etl_reject",
                "audit.quality_result",
                "audit.reconciliation_month",
            ]
            .contains(&table),
        },
        ("etl_monitor", Database::Dw) => verb == Select,
        ("etl_backup", Database::Oltp) => verb == Select && table == "ctl.schema_version",
        ("etl_backup", Database::Dw) if table.starts_with("audit.backup_") => verb != Delete,
        ("bi_reader" | "etl_backup", Database::Dw) => verb == Select && table == "ctl.schema_version",
        _ => false,
    }
}

/// A statement that needs the permission and changes nothing.
fn statement(verb: Verb, table: &str, column: &str) -> String {
    match verb {
        Verb::Select => format!("SELECT {column} FROM {table} WHERE 1 = 0"),
        Verb::Insert => format!("INSERT INTO {table} ({column}) SELECT NULL WHERE 1 = 0"),
        Verb::Update => format!("UPDATE {table} SET {column} = {column} WHERE 1 = 0"),
        Verb::Delete => format!("DELETE FROM {table} WHERE 1 = 0"),
    }
}

/// A column that may be written: no IDENTITY.
fn column(table: &Table) -> &'static str {
    table.columns.iter().find(|column| !column.identity).unwrap().name
}

/// All tables of a database with a column each, those of the migrator too.
fn tables(database: Database) -> Vec<(String, &'static str)> {
    let of = |table: &&'static Table| (table.full_name(), column(table));
    let mut all: Vec<(String, &'static str)> = match database {
        Database::Oltp => catalog::oltp_tables().map(|table| of(&table)).collect(),
        Database::Dw => catalog::dw_tables().map(|table| of(&table)).collect(),
    };
    all.push(("ctl.schema_version".to_owned(), "name"));
    all.push(("ctl.schema_script".to_owned(), "kind"));
    all
}

/// Tries a statement as a login and compares with what it may.
async fn expect(session: &mut SqlServerSession, login: &str, sql: &str, allowed: bool, wrong: &mut Vec<String>) {
    match (session.execute(sql, &[]).await, allowed) {
        (Ok(_), true) => {}
        (Err(error), false) if is_refusal(&error) => {}
        (Ok(_), false) => wrong.push(format!("{login} may: {sql}")),
        (Err(error), true) => wrong.push(format!("{login} may not: {sql}: {error}")),
        (Err(error), false) => wrong.push(format!("{login} fails, and for another reason: {sql}: {error}")),
    }
}

#[on_sql_server]
async fn each_login_may_do_what_it_is_for_and_nothing_else() {
    let stage = Stage::new().await;
    let mut wrong = Vec::new();
    tables_of_each_login(&stage, &mut wrong).await;
    views_of_each_login(&stage, &mut wrong).await;
    schema_and_server(&stage, &mut wrong).await;
    own_rights(&stage, &mut wrong).await;
    columns_of_backups(&stage, &mut wrong).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every verb on every table.
async fn tables_of_each_login(stage: &Stage, wrong: &mut Vec<String>) {
    let mut tried = BTreeMap::new();
    for login in NAMES {
        for database in [Database::Oltp, Database::Dw] {
            let tables = tables(database);
            let enters =
                tables.iter().any(|(table, _)| may(login, Verb::Select, database, table)) || login == "etl_backup";
            let mut session = match stage.connect(login, database).await {
                Ok(session) if enters => session,
                Ok(_) => {
                    wrong.push(format!("{login} enters {database}"));
                    continue;
                }
                Err(_) if !enters => continue,
                Err(error) => panic!("{login} does not enter {database}: {error}"),
            };
            for (table, column) in &tables {
                for verb in VERBS {
                    let allowed = may(login, verb, database, table);
                    let sql = statement(verb, table, column);
                    expect(&mut session, login, &sql, allowed, wrong).await;
                    *tried.entry((login, allowed)).or_insert(0) += 1;
                }
            }
        }
    }
    let tried_by = |login, allowed| tried.get(&(login, allowed)).copied().unwrap_or(0);
    for login in ["etl_runner", "etl_monitor", "bi_reader"] {
        assert!(tried_by(login, true) >= 1 && tried_by(login, false) >= 50, "{tried:?}");
    }
}

/// The views that `bi_reader` is for; and the column that it does not see.
const READER: [(&str, bool); 10] = [
    ("dim.VW_FILTROS_R1", false),
    ("dim.VW_DASH_PRODUTOS_R1", false),
    ("dim.VW_DASH_REGIOES_R1", false),
    ("dim.VW_DASH_VENDEDORES_R1", false),
    ("fact.VW_DASH_METAS_CHAVES_R1", false),
    ("fact.VW_DASH_VENDAS_CHAVES_R1", false),
    ("fact.VW_DASH_ATUALIZACAO_R1", false),
    ("fact.VW_DASH_METAS_R1", false),
    ("fact.VW_DASH_VENDAS_R1", true),
    ("fact.VW_DASH_DESCONTOS_R1", true),
];

/// The reader sees its views and no customer.
async fn views_of_each_login(stage: &Stage, wrong: &mut Vec<String>) {
    let mut reader = stage.connect("bi_reader", Database::Dw).await.unwrap();
    let mut backup = stage.connect("etl_backup", Database::Dw).await.unwrap();
    let mut others = [
        stage.connect("etl_runner", Database::Dw).await.unwrap(),
        stage.connect("etl_monitor", Database::Dw).await.unwrap(),
    ];
    for view in VIEWS {
        let name = format!("{}.{}", view.schema, view.name);
        let granted = READER.iter().find(|(granted, _)| *granted == name);
        let harmless: Vec<&str> =
            view.columns.iter().map(|(column, _)| *column).filter(|column| *column != "nome_cliente").collect();
        let sql = format!("SELECT {} FROM {name} WHERE 1 = 0", harmless.join(", "));
        expect(&mut reader, "bi_reader", &sql, granted.is_some(), wrong).await;
        expect(&mut backup, "etl_backup", &sql, false, wrong).await;
        if let Some((_, true)) = granted {
            let sql = format!("SELECT nome_cliente FROM {name} WHERE 1 = 0");
            expect(&mut reader, "bi_reader", &sql, false, wrong).await;
            expect(&mut reader, "bi_reader", &format!("SELECT * FROM {name}"), false, wrong).await;
        }
        for session in &mut others {
            expect(session, "etl_runner, etl_monitor", &format!("SELECT * FROM {name} WHERE 1 = 0"), true, wrong).await;
        }
    }
    // Where names are shown, one statement of an operator is enough.
    let name = stage.logins.name("bi_reader");
    let mut owner = stage.engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
    owner.execute(&format!("ALTER ROLE dw_reader_names ADD MEMBER [{name}]"), &[]).await.unwrap();
    let mut reader = stage.connect("bi_reader", Database::Dw).await.unwrap();
    expect(&mut reader, "bi_reader", "SELECT nome_cliente FROM fact.VW_DASH_VENDAS_R1 WHERE 1 = 0", true, wrong).await;
    owner.execute(&format!("ALTER ROLE dw_reader_names DROP MEMBER [{name}]"), &[]).await.unwrap();
}

/// Nobody changes tables, views, procedures, databases or logins.
async fn schema_and_server(stage: &Stage, wrong: &mut Vec<String>) {
    let can = stage.capabilities().await;
    for login in ["etl_runner", "etl_monitor", "etl_backup", "bi_reader"] {
        let mut session = stage.connect(login, Database::Dw).await.unwrap();
        let other = stage.logins.name("other");
        // What a first load needs on a server that can grant it (see sql/security/dw_grants.sql).
        let alters = login == "etl_runner" && can.full_tsql;
        for (sql, allowed) in [
            ("CREATE TABLE dim.mine (id INT NOT NULL)".to_owned(), false),
            ("CREATE TABLE dbo.mine (id INT NOT NULL)".to_owned(), false),
            ("DROP TABLE dim.DIM_CLIENTE".to_owned(), false),
            ("DROP TABLE fact.FACT_VENDAS".to_owned(), false),
            ("CREATE INDEX IX_mine ON audit.etl_run (status)".to_owned(), false),
            ("CREATE INDEX IX_mine ON fact.FACT_METAS (valor_meta)".to_owned(), alters),
            ("ALTER TABLE ctl.etl_control ADD mine INT NULL".to_owned(), false),
            ("TRUNCATE TABLE audit.etl_reject".to_owned(), false),
            ("DROP VIEW fact.VW_DASH_VENDAS_R1".to_owned(), false),
            ("CREATE VIEW dim.mine AS SELECT 1 AS one".to_owned(), false),
            ("DROP PROCEDURE audit.sp_connection_audit_cleanup".to_owned(), false),
            ("EXEC audit.sp_capture_connection_snapshot".to_owned(), login == "etl_runner"),
            ("EXEC audit.sp_connection_audit_cleanup @retention_days = 30".to_owned(), login == "etl_runner"),
            (format!("CREATE DATABASE [{other}]"), false),
            (format!("CREATE LOGIN [{other}] WITH PASSWORD = 'Aa1!Aa1!Aa1!'"), false),
            (format!("DROP DATABASE [{}]", stage.databases.name(Database::Oltp)), false),
        ] {
            expect(&mut session, login, &sql, allowed, wrong).await;
            if !session.is_usable() {
                session = stage.connect(login, Database::Dw).await.unwrap();
            }
        }
    }
    // etl_restore enters no database; it creates others, for drills, where the server has backups.
    let master = stage.logins.target("etl_restore", "master");
    let mut session = SqlServerSession::connect(&master, Database::Dw, "dw tests").await.unwrap();
    let other = stage.logins.name("drill");
    expect(&mut session, "etl_restore", &format!("CREATE DATABASE [{other}]"), can.backup, wrong).await;
    if can.backup {
        dw_testkit::server::on_master(&format!("DROP DATABASE [{other}]")).await.unwrap();
    }
}

/// Nobody gets more rights by himself. Babelfish takes a GRANT of what one does not have and grants nothing, and lets a member
/// of a role put others into the same role; so what counts is what may be done afterwards.
async fn own_rights(stage: &Stage, wrong: &mut Vec<String>) {
    let can = stage.capabilities().await;
    let update = "UPDATE ctl.schema_version SET name = name WHERE 1 = 0";
    for login in ["etl_runner", "etl_monitor", "etl_backup", "bi_reader"] {
        let name = stage.logins.name(login);
        for sql in [
            format!("GRANT UPDATE ON ctl.schema_version TO [{name}]"),
            format!("GRANT UPDATE ON SCHEMA::ctl TO [{name}]"),
            format!("ALTER ROLE db_owner ADD MEMBER [{name}]"),
            "ALTER ROLE db_owner ADD MEMBER dw_runner".to_owned(),
        ] {
            let mut session = stage.connect(login, Database::Dw).await.unwrap();
            if let Err(error) = session.execute(&sql, &[]).await {
                assert!(is_refusal(&error) || !can.full_tsql, "{login}: {sql}: {error}");
            }
            let mut session = stage.connect(login, Database::Dw).await.unwrap();
            expect(&mut session, login, update, false, wrong).await;
        }
        for role in ["dw_runner", "dw_monitor", "dw_reader_names"] {
            let is_member = login.ends_with(role.trim_start_matches("dw_"));
            let mut session = stage.connect(login, Database::Dw).await.unwrap();
            if !is_member {
                expect(&mut session, login, &format!("ALTER ROLE {role} ADD MEMBER [{name}]"), false, wrong).await;
            } else if can.full_tsql {
                let other = stage.logins.name("bi_reader");
                expect(&mut session, login, &format!("ALTER ROLE {role} ADD MEMBER [{other}]"), false, wrong).await;
            }
        }
    }
}

/// `etl_backup` reads what its totals ask for, and no other column of the same tables.
async fn columns_of_backups(stage: &Stage, wrong: &mut Vec<String>) {
    for database in [Database::Oltp, Database::Dw] {
        let mut session = stage.connect("etl_backup", database).await.unwrap();
        let questions = dw_backup::totals::questions(session.dialect(), database);
        assert!(questions.len() >= 5);
        for question in questions {
            expect(&mut session, "etl_backup", &question, true, wrong).await;
        }
        let others: &[&str] = match database {
            Database::Oltp => &["full_name FROM core.customers", "seller_id FROM core.orders"],
            Database::Dw => &["nome_cliente FROM dim.DIM_CLIENTE", "valor_total_bruto FROM fact.FACT_VENDAS"],
        };
        for other in others {
            expect(&mut session, "etl_backup", &format!("SELECT {other} WHERE 1 = 0"), false, wrong).await;
        }
    }
}

async fn fill(stage: &Stage) {
    let mut oltp = stage.engine.open(Database::Oltp, Access::ReadWrite, "test").await.unwrap();
    let options = BaseOptions { scale: 0.01, ..BaseOptions::at(time::now() - 600) };
    load::base(&mut *oltp, options, IfFilled::Keep, &mut |_| {}).await.unwrap();
}

async fn run(engine: &SharedEngine) -> RunReport {
    let report = dw_etl::run::run(engine.clone(), &RunOptions::default(), &Silent, &StopFlag::default()).await.unwrap();
    for entity in &report.entities {
        assert_eq!(entity.status, EntityStatus::Success, "{}: {:?}", entity.entity, entity.error);
    }
    report
}

/// The login that the dashboard of the operators has is enough for all of it, and sees the source too.
async fn every_page_of_the_monitor(engine: SharedEngine) {
    let rules = dw_audit::sla::rules::load(None).unwrap();
    let mut options = dw_web::monitor::Options::new(
        dw_web::site::zone("America/Sao_Paulo").unwrap(),
        rules,
        &dw_core::config::load(&dw_core::config::Overrides::default()).unwrap(),
    );
    options.limits.query = std::time::Duration::from_secs(30);
    let metrics = Arc::default();
    let guards = dw_web::server::guard::Guards::new("127.0.0.1".parse().unwrap(), &[], None, metrics);
    let app = dw_web::monitor::app(engine, options, &guards).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(dw_web::server::serve(listener, app, async move {
        let _asked = stopped.await;
    }));
    for path in [
        "/",
        "/pipelines",
        "/pipelines/fact_vendas",
        "/runs",
        "/runs/1",
        "/qualidade",
        "/sla",
        "/backups?dias=90",
        "/conexoes",
        "/configuracao",
        "/metrics",
    ] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {}", &answer[..answer.len().min(400)]);
        assert!(path != "/metrics" || answer.contains("dw_source_up 1\n"), "{answer}");
    }
    stop.send(()).unwrap();
    serving.await.unwrap();
}

#[on_sql_server]
async fn the_runner_runs_and_the_monitor_watches_with_nothing_more_than_their_grants() {
    let stage = Stage::new().await;
    fill(&stage).await;
    let runner = stage.as_login("etl_runner");
    let first = run(&runner).await;
    assert!(first.entities.iter().map(|entity| entity.inserted).sum::<u64>() > 2_000);
    let second = run(&runner).await;
    assert_eq!(second.entities.iter().map(|entity| entity.inserted + entity.updated).sum::<u64>(), 0);
    let reconciled = dw_etl::reconcile::reconcile(&runner, false, &Silent).await.unwrap();
    assert!(reconciled.agrees());
    let monitor = stage.as_login("etl_monitor");
    let plan = dw_etl::plan::plan(&*monitor, &RunOptions::default()).await.unwrap();
    assert_eq!(plan.entities.len(), entities::ALL.len());
    dw_etl::status::status(&*monitor).await.unwrap();
    every_page_of_the_monitor(monitor.clone()).await;
    for login in ["etl_monitor", "bi_reader", "etl_backup"] {
        let refused =
            dw_etl::run::run(stage.as_login(login), &RunOptions::default(), &Silent, &StopFlag::default()).await;
        assert!(refused.is_err(), "{login} runs the ETL");
    }
    // What `init --check` asks, with the login of a health check and with one that sees no table.
    for database in [Database::Oltp, Database::Dw] {
        let mut session = monitor.open(database, Access::ReadOnly, "test").await.unwrap();
        assert_eq!(drift::check(&mut *session, database).await.unwrap(), Some(Comparison::default()));
    }
    let mut session = stage.as_login("bi_reader").open(Database::Dw, Access::ReadOnly, "test").await.unwrap();
    assert_eq!(drift::check(&mut *session, Database::Dw).await.unwrap(), None);
    let mut reader = stage.connect("bi_reader", Database::Dw).await.unwrap();
    let sold = reader.query("SELECT COUNT(*) FROM fact.VW_DASH_VENDAS_R1", &[]).await.unwrap();
    assert!(sold.get(0, 0).int().unwrap().unwrap() > 1_000);
}

#[on_sql_server]
async fn logins_are_made_once_and_their_passwords_are_set_again_only_when_asked() {
    let stage = Stage::without_logins().await;
    let none = LoginOptions { suffix: stage.logins.options().suffix, ..LoginOptions::default() };
    let nothing = stage.engine.ensure_logins(&none).await.unwrap();
    assert!(nothing.steps.is_empty());
    assert!(nothing.notices.iter().any(|notice| notice.ends_with(&NAMES.join(", "))), "{nothing:?}");

    let options = stage.logins.options();
    let planned = stage.engine.plan_logins(&options).await.unwrap();
    assert!(stage.connect("etl_runner", Database::Dw).await.is_err());
    let made = stage.engine.ensure_logins(&options).await.unwrap();
    assert_eq!(made.steps, planned.steps, "what was planned was done");
    stage.connect("etl_runner", Database::Dw).await.unwrap();

    // Another password without the wish to set it changes nothing.
    let mut other = stage.logins.options_with("Bb2'];--\"{$}% é&=");
    assert!(stage.engine.ensure_logins(&other).await.unwrap().steps.is_empty());
    stage.connect("etl_runner", Database::Dw).await.unwrap();
    other.rotate = true;
    let rotated = stage.engine.ensure_logins(&other).await.unwrap();
    assert_eq!(rotated.steps.len(), NAMES.len());
    let error = stage.connect("etl_runner", Database::Dw).await.unwrap_err();
    assert!(matches!(error, DwError::Connection { transient: false, .. }), "{error}");

    // A user or a membership that was lost comes back, without a password in sight.
    let mut dw = stage.engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
    let monitor = stage.logins.name("etl_monitor");
    dw.execute(&format!("ALTER ROLE dw_monitor DROP MEMBER [{monitor}]"), &[]).await.unwrap();
    let steps = stage.engine.ensure_logins(&none).await.unwrap().steps;
    let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
    assert_eq!(steps, [format!("add {monitor} to dw_monitor in DW_ECOMMERCE")]);
    drop(dw);
    // With the password of the other tests again.
    let mut options = stage.logins.options();
    options.rotate = true;
    stage.engine.ensure_logins(&options).await.unwrap();
    grants_come_back(&stage).await;
}

/// Replaced views keep their grants, and `init --repair` brings lost ones back.
async fn grants_come_back(stage: &Stage) {
    let mut dw = stage.engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
    dw.execute("REVOKE SELECT ON dim.VW_FILTROS_R1 FROM dw_reader", &[]).await.unwrap();
    dw.execute("REVOKE SELECT ON SCHEMA::dim FROM dw_monitor", &[]).await.unwrap();
    let mut wrong = Vec::new();
    let filters = "SELECT valor FROM dim.VW_FILTROS_R1 WHERE 1 = 0";
    let regions = "SELECT cidade FROM dim.DIM_REGIAO WHERE 1 = 0";
    expect(&mut stage.connect("bi_reader", Database::Dw).await.unwrap(), "bi_reader", filters, false, &mut wrong).await;
    expect(&mut stage.connect("etl_monitor", Database::Dw).await.unwrap(), "etl_monitor", regions, false, &mut wrong)
        .await;
    for script in ["dw/views", "dw/grants"] {
        scripts::run::repair(&mut *dw, Database::Dw, script).await.unwrap();
    }
    let ran = scripts::run::run(&mut *dw, Database::Dw).await.unwrap();
    assert_eq!(ran.scripts.iter().map(ToString::to_string).collect::<Vec<_>>(), ["dw/views (new)", "dw/grants (new)"]);
    expect(&mut stage.connect("bi_reader", Database::Dw).await.unwrap(), "bi_reader", filters, true, &mut wrong).await;
    expect(&mut stage.connect("etl_monitor", Database::Dw).await.unwrap(), "etl_monitor", regions, true, &mut wrong)
        .await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}
