//! The order in which the audit file is read and recorded, on a scripted session. No test server has a server audit, so that
//! what `sys.fn_get_audit_file` itself does is not shown here; `audit_file_on_server` runs the statements.
#![expect(clippy::panic, reason = "helpers of tests fail the test that calls them")]

use dw_audit::audit_file::{PORTION, Reading, read, read_in_portions};
use dw_core::error::{Database, DwError};
use dw_core::fake::{Answer, Call, FakeSession};
use dw_core::sql_server::TsqlDialect;
use dw_core::value::{RowBatch, Value};

const FIND: &str = "server_file_audits";
const POSITION: &str = "SELECT file_name, audit_file_offset, event_time_utc FROM ctl.audit_file_position";
const STAGE: &str = "fn_get_audit_file";
const START: &str = "INSERT INTO ctl.audit_file_position";
const MOVE: &str = "UPDATE ctl.audit_file_position";
const INSERT: &str = "INSERT INTO audit.connection_login_events";

fn rows<const N: usize>(values: [Value; N]) -> Answer {
    let mut batch = RowBatch::new(N);
    batch.push_row(values);
    Answer::Rows(batch)
}

fn refused(statement: &str) -> Answer {
    let (message, statement) = ("deadlock".to_owned(), statement.to_owned());
    Answer::Error(DwError::Statement { database: Database::Dw, message, statement, transient: true })
}

/// A server with an audit that may be read.
fn server() -> FakeSession {
    let session = FakeSession::speaking(&TsqlDialect);
    session.answer(FIND, rows(["/audit/DW_SERVER_AUDIT_X_*.sqlaudit".into(), Value::Int(1)]));
    session
}

fn staged(session: &FakeSession, number: i64, restarted: bool) {
    session.answer(STAGE, rows([Value::Int(number), restarted.into()]));
}

fn at(session: &FakeSession, file: &str, offset: i64) {
    session.answer(POSITION, rows([file.into(), Value::Int(offset), Value::Int(1_700_000_000_123)]));
}

/// What was asked, each statement by the word that tells it.
fn steps(session: &FakeSession) -> Vec<&'static str> {
    let step = |call: Call| match call {
        Call::Begin => "begin",
        Call::Commit => "commit",
        Call::Rollback => "rollback",
        Call::Bulk(..) => panic!("nothing is copied"),
        Call::Read(sql, _) | Call::Execute(sql, _) => {
            let known = [
                (FIND, "find"),
                (POSITION, "position"),
                (STAGE, "stage"),
                ("CREATE TABLE #audit_event", "create"),
                (START, "start"),
                (MOVE, "move"),
                (INSERT, "insert"),
            ];
            known.iter().find(|(text, _)| sql.contains(text)).map_or_else(|| panic!("{sql}"), |(_, step)| *step)
        }
    };
    session.calls().into_iter().map(step).collect()
}

fn params(session: &FakeSession, text: &str) -> Vec<Vec<Value>> {
    let of = |call: Call| match call {
        Call::Read(sql, params) | Call::Execute(sql, params) if sql.contains(text) => Some(params),
        _ => None,
    };
    session.calls().into_iter().filter_map(of).collect()
}

#[tokio::test]
async fn the_first_reading_begins_at_the_beginning_and_notes_where_it_ended_in_the_same_transaction() {
    let mut session = server();
    staged(&session, 7, false);
    session.answer(START, Answer::Changed(1)).answer(INSERT, Answer::Changed(7));
    assert_eq!(read(&mut session).await.unwrap(), Reading::Read { events: 7, gap: false });
    assert_eq!(steps(&session), ["find", "position", "create", "stage", "begin", "start", "insert", "commit"]);
    let limit = Value::Int(i64::try_from(PORTION).unwrap());
    let nothing = || Value::Null;
    let expected = vec!["/audit/DW_SERVER_AUDIT_X_*.sqlaudit".into(), nothing(), nothing(), nothing(), limit];
    assert_eq!(params(&session, STAGE), [expected]);
}

#[tokio::test]
async fn a_later_reading_begins_where_the_last_one_ended_and_goes_on_until_a_portion_is_not_full() {
    let mut session = server();
    at(&session, "/audit/a", 4_096);
    at(&session, "/audit/b", 512);
    staged(&session, 10, false);
    staged(&session, 3, false);
    session.answer(MOVE, Answer::Changed(1)).answer(MOVE, Answer::Changed(1));
    session.answer(INSERT, Answer::Changed(10)).answer(INSERT, Answer::Changed(3));
    assert_eq!(read_in_portions(&mut session, 10).await.unwrap(), Reading::Read { events: 13, gap: false });
    let portion = ["position", "create", "stage", "begin", "move", "insert", "commit"];
    assert_eq!(steps(&session)[1..], [portion, portion].concat());
    let from: Vec<Vec<Value>> = params(&session, STAGE).into_iter().map(|params| params[1..4].to_vec()).collect();
    let newest = Value::Millis(1_700_000_000_123);
    assert_eq!(
        from,
        [vec!["/audit/a".into(), Value::Int(4_096), newest.clone()], vec!["/audit/b".into(), Value::Int(512), newest]]
    );
    // The position moves from where was read, and from nowhere else.
    let moved: Vec<Vec<Value>> = params(&session, MOVE).into_iter().map(|params| params[1..].to_vec()).collect();
    assert_eq!(moved, [vec!["/audit/a".into(), Value::Int(4_096)], vec!["/audit/b".into(), Value::Int(512)]]);
}

/// Whatever fails: no commit without both halves, and the next reading asks for the same place.
#[tokio::test]
async fn an_error_in_the_middle_moves_nothing_and_loses_nothing() {
    for failing in [STAGE, MOVE, INSERT] {
        let mut session = server();
        at(&session, "/audit/a", 4_096);
        if failing != STAGE {
            staged(&session, 5, false);
        }
        if failing == INSERT {
            session.answer(MOVE, Answer::Changed(1));
        }
        session.answer(failing, refused(failing));
        let error = read(&mut session).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        assert!(!steps(&session).contains(&"commit"), "{failing}");
        assert_eq!(steps(&session).last(), Some(if failing == STAGE { &"stage" } else { &"rollback" }));

        session.answer(FIND, rows(["p".into(), Value::Int(1)]));
        at(&session, "/audit/a", 4_096);
        staged(&session, 5, false);
        session.answer(MOVE, Answer::Changed(1)).answer(INSERT, Answer::Changed(5));
        assert_eq!(read(&mut session).await.unwrap(), Reading::Read { events: 5, gap: false });
        let places: Vec<Vec<Value>> = params(&session, STAGE).into_iter().map(|params| params[1..3].to_vec()).collect();
        assert_eq!(places, [["/audit/a".into(), Value::Int(4_096)], ["/audit/a".into(), Value::Int(4_096)]]);
        assert_eq!(steps(&session).iter().filter(|step| **step == "commit").count(), 1, "{failing}");
    }
}

#[tokio::test]
async fn what_another_reading_has_moved_past_is_not_recorded_twice() {
    let mut session = server();
    at(&session, "/audit/a", 4_096);
    staged(&session, 5, false);
    session.answer(MOVE, Answer::Changed(0));
    assert_eq!(read(&mut session).await.unwrap(), Reading::Read { events: 0, gap: false });
    assert_eq!(steps(&session)[4..], ["begin", "move", "rollback"]);
}

#[tokio::test]
async fn nothing_new_begins_no_transaction() {
    let mut session = server();
    at(&session, "/audit/a", 4_096);
    staged(&session, 0, false);
    assert_eq!(read(&mut session).await.unwrap(), Reading::Read { events: 0, gap: false });
    assert_eq!(steps(&session), ["find", "position", "create", "stage"]);
}

#[tokio::test]
async fn a_file_that_is_gone_is_a_gap() {
    let mut session = server();
    at(&session, "/audit/a", 4_096);
    staged(&session, 2, true);
    session.answer(MOVE, Answer::Changed(1)).answer(INSERT, Answer::Changed(1));
    assert_eq!(read(&mut session).await.unwrap(), Reading::Read { events: 1, gap: true });
}

#[tokio::test]
async fn without_an_audit_or_a_permission_nothing_is_read() {
    let mut embedded = FakeSession::new();
    assert_eq!(read(&mut embedded).await.unwrap(), Reading::NoAudit);
    assert!(embedded.calls().is_empty());

    let mut without = FakeSession::speaking(&TsqlDialect);
    assert_eq!(read(&mut without).await.unwrap(), Reading::NoAudit);
    assert_eq!(steps(&without), ["find"]);

    let mut forbidden = FakeSession::speaking(&TsqlDialect);
    forbidden.answer(FIND, rows(["p".into(), Value::Int(0)]));
    assert_eq!(read(&mut forbidden).await.unwrap(), Reading::NotAllowed);
    assert_eq!(steps(&forbidden), ["find"]);
}
