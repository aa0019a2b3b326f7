//! Connection events: which sessions are recorded, how often, and for how long.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test that calls them")]

use std::sync::Arc;

use dw_audit::audit_file::{self, Reading};
use dw_audit::connections::{self, Recorded};
use dw_core::engine::{Access, Engine, Session};
use dw_core::error::{Database, DwError};
use dw_core::fake::{Answer, Call, FakeSession};
use dw_core::migrate;
use dw_core::sql_server::{SqlServerEngine, SqlServerSession, TsqlDialect};
use dw_core::time;
use dw_core::value::{RowBatch, Value};
use dw_testkit::on_sql_server;
use dw_testkit::server::{TestDatabases, target};

async fn warehouse(databases: &TestDatabases) -> (Arc<SqlServerEngine>, Box<dyn Session>) {
    let engine = databases.engine();
    migrate::init(&*engine).await.unwrap();
    let session = engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
    (engine, session)
}

async fn number(session: &mut dyn Session, sql: &str) -> i64 {
    session.query(sql, &[]).await.unwrap().get(0, 0).int().unwrap().unwrap_or(0)
}

#[tokio::test]
async fn an_engine_without_sessions_is_asked_nothing() {
    let mut session = FakeSession::new();
    assert_eq!(connections::capture(&mut session).await.unwrap(), None);
    assert_eq!(connections::cleanup(&mut session, 30).await.unwrap(), None);
    assert_eq!(connections::latest(&mut session, 0, 10).await.unwrap(), None);
    connections::record(&mut session, Some(30)).await;
    assert!(session.calls().is_empty());
}

#[tokio::test]
async fn recording_is_one_round_trip_and_its_failure_ends_nothing() {
    let mut session = FakeSession::speaking(&TsqlDialect);
    let mut counts = RowBatch::new(2);
    counts.push_row([Value::Int(3), Value::Int(40)]);
    session.answer("sp_capture_connection_snapshot", Answer::Rows(counts));
    let recorded = connections::capture_and_clean(&mut session, Some(7)).await.unwrap();
    assert_eq!(recorded, Some(Recorded { added: 3, removed: 40 }));
    let denied = DwError::Permission {
        database: Database::Dw,
        location: "x".to_owned(),
        login: "etl_runner".to_owned(),
        message: "EXECUTE".to_owned(),
    };
    session.answer("sp_capture_connection_snapshot", Answer::Error(denied));
    connections::record(&mut session, None).await;
    let params: Vec<Vec<Value>> = session
        .calls()
        .into_iter()
        .filter_map(|call| if let Call::Read(_, params) = call { Some(params) } else { None })
        .collect();
    assert_eq!(params, [[Value::Int(7)], [Value::Int(0)]]);
}

#[on_sql_server]
async fn a_session_is_recorded_once_however_often_and_however_many_at_a_time_capture() {
    let databases = TestDatabases::reserve();
    let (engine, mut session) = warehouse(&databases).await;
    assert!(connections::capture(&mut *session).await.unwrap().unwrap() >= 1);
    let twice = "SELECT COUNT(*) FROM (SELECT session_id, login_time FROM audit.connection_login_events \
                 WHERE session_id IS NOT NULL GROUP BY session_id, login_time HAVING COUNT(*) > 1) d";

    // Four at a time, while a session is there that is not recorded. Of the others, some come and go by themselves.
    let mut place = target();
    place.database = databases.name(Database::Dw).to_owned();
    let _guest = SqlServerSession::connect(&place, Database::Dw, "dw test guest").await.unwrap();
    let guests = format!(
        "SELECT COUNT(*) FROM audit.connection_login_events WHERE program_name = 'dw test guest' AND database_name = '{}' \
         AND captured_by = 'SNAPSHOT_DMV' AND login_time IS NOT NULL AND client_net_address IS NOT NULL",
        place.database
    );
    assert_eq!(number(&mut *session, &guests).await, 0);
    let mut captures = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let mut session = engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
        captures.spawn(async move { connections::capture(&mut *session).await.unwrap() });
    }
    captures.join_all().await;
    for _ in 0..2 {
        assert_eq!(number(&mut *session, &guests).await, 1);
        assert_eq!(number(&mut *session, twice).await, 0);
        connections::capture(&mut *session).await.unwrap();
    }
    let late = "SELECT COUNT(*) FROM audit.connection_login_events \
                WHERE ABS(DATEDIFF(SECOND, event_time_utc, SYSUTCDATETIME())) > 300";
    assert_eq!(number(&mut *session, late).await, 0, "the time of an event is the server's, in UTC");
}

#[on_sql_server]
async fn old_events_go_in_portions_and_a_retention_below_a_day_is_a_day() {
    let databases = TestDatabases::reserve();
    let (_engine, mut session) = warehouse(&databases).await;
    session
        .execute(
            "INSERT INTO audit.connection_login_events (event_time_utc, login_name) \
             SELECT DATEADD(DAY, -31, SYSUTCDATETIME()), 'old' FROM ctl.etl_control a, ctl.etl_control b, ctl.etl_control c, \
             ctl.etl_control d",
            &[],
        )
        .await
        .unwrap();
    for (hours, name) in [(23, "today"), (25, "yesterday"), (29 * 24, "month")] {
        let sql = format!(
            "INSERT INTO audit.connection_login_events (event_time_utc, login_name) \
             VALUES (DATEADD(HOUR, -{hours}, SYSUTCDATETIME()), '{name}')"
        );
        session.execute(&sql, &[]).await.unwrap();
    }
    let left = "SELECT COUNT(*) FROM audit.connection_login_events WHERE login_name IN ('today', 'yesterday', 'month')";
    // 9 to the power of 4: more than one portion.
    assert_eq!(connections::cleanup(&mut *session, 30).await.unwrap(), Some(6_561));
    assert_eq!(number(&mut *session, left).await, 3);
    assert_eq!(connections::cleanup(&mut *session, 0).await.unwrap(), Some(2));
    assert_eq!(number(&mut *session, left).await, 1);
    assert_eq!(connections::cleanup(&mut *session, u32::MAX / 2).await.unwrap(), Some(0));
    let recorded = connections::capture_and_clean(&mut *session, Some(1)).await.unwrap().unwrap();
    assert!(recorded.added >= 1);
    assert_eq!(recorded.removed, 0);
}

#[on_sql_server]
async fn the_overview_counts_by_hour_and_by_name() {
    let databases = TestDatabases::reserve();
    let (_engine, mut session) = warehouse(&databases).await;
    // 2026-05-01T10:00:00Z
    let ten = 1_777_629_600;
    for (seconds, login, host, program, status) in [
        (0, "ana", "h1", "etl", "running"),
        (3_599, "ana", "h1", "etl", "LOGIN"),
        (3_600, "bob", "h2", "", "FAILED"),
        (-1, "old", "h3", "x", "running"),
    ] {
        let sql = "INSERT INTO audit.connection_login_events (event_time_utc, login_name, host_name, program_name, status) \
                   VALUES (@P1, @P2, @P3, @P4, @P5)";
        let at = Value::Millis((ten + seconds) * 1_000 + 7);
        session.execute(sql, &[at, login.into(), host.into(), program.into(), status.into()]).await.unwrap();
    }
    let all = connections::latest(&mut *session, ten, 10).await.unwrap().unwrap();
    let hours: Vec<(i64, u64, u64)> = all.hours.iter().map(|h| (h.started_at - ten, h.events, h.failed)).collect();
    assert_eq!(hours, [(3_600, 1, 1), (0, 2, 0)]);
    let names = |list: &[connections::Named]| -> Vec<(Option<String>, u64, u64)> {
        list.iter().map(|one| (one.name.clone(), one.events, one.failed)).collect()
    };
    let of = |name: &str| Some(name.to_owned());
    assert_eq!(names(&all.logins), [(of("ana"), 2, 0), (of("bob"), 1, 1)]);
    assert_eq!(names(&all.programs), [(of("etl"), 2, 0), (None, 1, 1)]);
    assert_eq!(names(&all.hosts), [(of("h1"), 2, 0), (of("h2"), 1, 1)]);
    assert_eq!(all.logins[0].last_at, (ten + 3_599) * 1_000 + 7);
    assert_eq!(all.newest.len(), 3);
    assert_eq!((all.newest[0].at, all.newest[0].login.as_deref()), ((ten + 3_600) * 1_000 + 7, Some("bob")));
    assert_eq!(all.newest[0].captured_by, "SNAPSHOT_DMV");

    let one = connections::latest(&mut *session, ten, 1).await.unwrap().unwrap();
    assert_eq!([one.logins.len(), one.programs.len(), one.hosts.len(), one.newest.len()], [1, 1, 1, 1]);
    let none = connections::latest(&mut *session, time::now() + 86_400, 1).await.unwrap().unwrap();
    assert_eq!(none, connections::Overview::default());
}

#[on_sql_server]
async fn a_server_without_a_server_audit_is_asked_once() {
    let databases = TestDatabases::reserve();
    let (_engine, mut session) = warehouse(&databases).await;
    let reading = audit_file::read(&mut *session).await.unwrap();
    // A boxed SQL Server may have one; the common part of T-SQL has not.
    assert!(matches!(reading, Reading::NoAudit | Reading::NotAllowed | Reading::Read { .. }));
    if number(&mut *session, "SELECT CASE WHEN SERVERPROPERTY('BabelfishVersion') IS NULL THEN 0 ELSE 1 END").await == 1
    {
        assert_eq!(reading, Reading::NoAudit);
    }
}
