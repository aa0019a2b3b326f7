//! The pool: a connection whose state is not known is never lent again, and who cannot connect is told why at once.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use dw_core::engine::{Access, Engine, SharedEngine};
use dw_core::error::{Database, DwError};
use dw_core::migrate;
use dw_core::sql_server::SqlServerEngine;
use dw_testkit::on_sql_server;
use dw_testkit::proxy::{Ending, Only, Proxy};
use dw_testkit::server::{TestDatabases, target};

struct Place {
    engine: SharedEngine,
    proxy: Proxy,
    _databases: TestDatabases,
}

/// Empty databases, reached through a proxy by an engine with one connection for each kind of access.
async fn place() -> Place {
    let databases = TestDatabases::reserve();
    let server = target();
    let proxy = Proxy::start(&server.host, server.port);
    let mut options = databases.options();
    options.max_connections = 1;
    for target in [&mut options.oltp, &mut options.dw] {
        target.host = proxy.address().ip().to_string();
        target.port = proxy.address().port();
        target.connect_timeout = Duration::from_secs(5);
    }
    let engine: SharedEngine = std::sync::Arc::new(SqlServerEngine::new(options));
    migrate::init(&*engine).await.unwrap();
    Place { engine, proxy, _databases: databases }
}

/// Which connection a session has, as the server calls it.
async fn spid(session: &mut dyn dw_core::engine::Session) -> i64 {
    session.query("SELECT CAST(@@SPID AS BIGINT)", &[]).await.unwrap().get(0, 0).int().unwrap().unwrap()
}

async fn open(engine: &SharedEngine) -> Box<dyn dw_core::engine::Session> {
    engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap()
}

/// One test for all that need databases, which a server takes its time to make.
#[on_sql_server]
async fn a_connection_whose_state_is_not_known_is_never_lent_again() {
    let place = &place().await;
    a_session_in_good_order_is_lent_again(place).await;
    a_session_whose_query_was_dropped_is_not_lent_again(place).await;
    a_transaction_that_is_dropped_is_rolled_back_and_its_connection_closed(place).await;
    a_stream_that_is_dropped_half_way_does_not_poison_the_next_session(place).await;
    a_connection_that_broke_while_it_waited_is_replaced_unseen(place).await;
    who_waits_for_a_connection_that_another_one_keeps_is_told_so(place).await;
}

async fn a_session_in_good_order_is_lent_again(place: &Place) {
    let mut session = open(&place.engine).await;
    let first = spid(&mut *session).await;
    drop(session);
    assert_eq!(spid(&mut *open(&place.engine).await).await, first);
}

async fn a_session_whose_query_was_dropped_is_not_lent_again(place: &Place) {
    let mut session = open(&place.engine).await;
    let first = spid(&mut *session).await;
    place.proxy.stall(true);
    let asked = tokio::time::timeout(Duration::from_millis(200), session.query("SELECT 41", &[])).await;
    assert!(asked.is_err(), "the answer is on its way for ever");
    assert!(!session.is_usable());
    drop(session);
    place.proxy.stall(false);
    let mut next = open(&place.engine).await;
    assert_eq!(next.query("SELECT CAST(42 AS BIGINT)", &[]).await.unwrap().get(0, 0).int().unwrap(), Some(42));
    assert_ne!(spid(&mut *next).await, first);
}

async fn a_transaction_that_is_dropped_is_rolled_back_and_its_connection_closed(place: &Place) {
    let mut session = open(&place.engine).await;
    let first = spid(&mut *session).await;
    let mut tx = session.begin().await.unwrap();
    let sql = "UPDATE ctl.etl_control SET batch_size = 77";
    assert_eq!(tx.execute(sql, &[]).await.unwrap(), 9);
    drop(tx);
    assert!(!session.is_usable());
    assert!(session.begin().await.is_err(), "its commit would be one inside of the transaction that was dropped");
    drop(session);
    let mut next = open(&place.engine).await;
    assert_ne!(spid(&mut *next).await, first);
    let changed = "SELECT COUNT(*) FROM ctl.etl_control WHERE batch_size = 77";
    assert_eq!(next.query(changed, &[]).await.unwrap().get(0, 0).int().unwrap(), Some(0));
    // And nothing is locked any more.
    assert_eq!(next.execute(sql, &[]).await.unwrap(), 9);
}

async fn a_stream_that_is_dropped_half_way_does_not_poison_the_next_session(place: &Place) {
    // 59,049 rows: more than are on the way at a time.
    let control = "ctl.etl_control";
    let many = format!(
        "SELECT a.entity_name FROM {control} a CROSS JOIN {control} b CROSS JOIN {control} c CROSS JOIN {control} d \
         CROSS JOIN {control} e"
    );
    for access in [Access::ReadWrite, Access::ReadOnly] {
        let mut session = place.engine.open(Database::Dw, access, "test").await.unwrap();
        let mut stream = session.stream(&many, &[], 10).await.unwrap();
        assert_eq!(stream.next().await.unwrap().unwrap().len(), 10);
        drop(stream);
        assert!(!session.is_usable());
        drop(session);
        let mut next = place.engine.open(Database::Dw, access, "test").await.unwrap();
        let rows = next.query("SELECT CAST(42 AS BIGINT)", &[]).await.unwrap();
        assert_eq!((rows.len(), rows.get(0, 0).int().unwrap()), (1, Some(42)));

        // One that is read to its end leaves its session in good order.
        let mut stream = next.stream("SELECT entity_name FROM ctl.etl_control", &[], 2).await.unwrap();
        while stream.next().await.unwrap().is_some() {}
        drop(stream);
        assert!(next.is_usable());
    }
}

async fn a_connection_that_broke_while_it_waited_is_replaced_unseen(place: &Place) {
    drop(open(&place.engine).await);
    for ending in [Ending::Reset, Ending::Close] {
        assert!(place.proxy.cut(&Only::All, ending) > 0);
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut session = open(&place.engine).await;
        assert!(spid(&mut *session).await > 0);
    }
}

async fn who_waits_for_a_connection_that_another_one_keeps_is_told_so(place: &Place) {
    let kept = open(&place.engine).await;
    let error = place.engine.open(Database::Dw, Access::ReadWrite, "test").await.err().unwrap();
    assert!(error.to_string().contains("no connection became free; all 1 are in use"), "{error}");
    drop(kept);
    drop(open(&place.engine).await);
}

#[tokio::test]
async fn a_closed_port_is_told_at_once_and_as_what_it_is() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let engine = SqlServerEngine::new(nowhere("127.0.0.1", nobody.port()));
    let began = Instant::now();
    // More than one at once, each of whom is told.
    let (first, second) = tokio::join!(
        engine.open(Database::Dw, Access::ReadWrite, "test"),
        engine.open(Database::Dw, Access::ReadWrite, "test")
    );
    for error in [first.err().unwrap(), second.err().unwrap()] {
        assert!(matches!(error, DwError::Connection { transient: true, .. }), "{error:?}");
        assert!(error.to_string().to_lowercase().contains("refused"), "{error}");
        assert!(error.hint().contains("nothing listens there"), "{error:?}");
        assert_eq!(error.exit_code(), 60);
    }
    assert!(began.elapsed() < Duration::from_secs(3), "{:?} of 15 s", began.elapsed());
}

/// Options for a server of which nothing is known but its address.
fn nowhere(host: &str, port: u16) -> dw_core::sql_server::SqlServerOptions {
    let place = dw_core::config::ConnectionTarget {
        host: host.to_owned(),
        port,
        database: "master".to_owned(),
        user: "somebody".to_owned(),
        password: dw_core::config::Secret::new("hush"),
        encrypt: false,
        trust_server_certificate: false,
        ca_file: None,
        hostname_in_certificate: None,
        connect_timeout: Duration::from_secs(15),
        command_timeout: Duration::from_secs(15),
        application_intent_readonly: true,
        ignored: Vec::new(),
    };
    dw_testkit::server::options(&place, "ECOMMERCE_OLTP", "DW_ECOMMERCE")
}
