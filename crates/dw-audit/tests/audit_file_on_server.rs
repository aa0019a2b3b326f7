//! The statements that read the audit file, on the test server. It has no server audit, so a table of records and a function over
//! it stand for the files and `sys.fn_get_audit_file`, by overriding two texts; a division by zero stands for error 33225.
//! A program of its own, because such a folder is set for a whole process.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test that calls them")]

use std::path::Path;

use dw_audit::audit_file::{Reading, read, read_in_portions};
use dw_core::engine::{Access, Engine, Session};
use dw_core::error::Database;
use dw_core::migrate;
use dw_core::sql_text;
use dw_testkit::on_sql_server;
use dw_testkit::server::TestDatabases;

const FILES: &str = "CREATE TABLE dbo.audit_record (file_name NVARCHAR(260) NOT NULL, audit_file_offset BIGINT NOT NULL, \
     event_time DATETIME2(6) NOT NULL, sequence_number INT NOT NULL, action_id VARCHAR(4) NOT NULL, session_id SMALLINT NOT NULL, \
     server_principal_name NVARCHAR(128) NULL, session_server_principal_name NVARCHAR(128) NULL, \
     database_name NVARCHAR(128) NULL, application_name NVARCHAR(128) NULL, client_ip NVARCHAR(128) NULL)";

/// Reads from a buffer of a file on, then the files behind it; an error when the file is not there.
const FUNCTION: &str = "CREATE FUNCTION dbo.fn_get_audit_file (@pattern NVARCHAR(260), @file NVARCHAR(260), @offset BIGINT) \
     RETURNS TABLE AS RETURN ( \
     SELECT r.* FROM dbo.audit_record r CROSS JOIN (SELECT COUNT(*) AS files FROM dbo.audit_record f WHERE f.file_name = @file) f \
     WHERE r.file_name LIKE REPLACE(@pattern, '*', '%') \
     AND (@file IS NULL OR (1 / f.files >= 0 \
     AND (r.file_name > @file OR (r.file_name = @file AND r.audit_file_offset > @offset)))))";

/// A folder that overrides the two statements that name what this server lacks.
fn overrides() -> tempfile::TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql/audit");
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("audit")).unwrap();
    let stage = std::fs::read_to_string(root.join("stage_audit_events.sql")).unwrap();
    assert!(stage.contains("sys.fn_get_audit_file") && stage.contains("<> 33225"));
    let stage = stage.replace("sys.fn_get_audit_file", "dbo.fn_get_audit_file").replace("<> 33225", "<> 8134");
    std::fs::write(folder.path().join("audit/stage_audit_events.sql"), stage).unwrap();
    let find = "SELECT N'/audit/DW_%.sqlaudit' AS file_pattern, 1 AS may_read";
    std::fs::write(folder.path().join("audit/find_audit_file.sql"), find).unwrap();
    folder
}

async fn write(session: &mut dyn Session, records: &[(&str, i64, &str, &str, i64, &str)]) {
    for (file, offset, time, action, session_id, login) in records {
        let sql = format!(
            "INSERT INTO dbo.audit_record VALUES ('/audit/DW_{file}.sqlaudit', {offset}, '2026-05-01T{time}', 1, '{action}', \
             {session_id}, '{login}', '', 'master', 'app', '10.0.0.9')"
        );
        session.execute(&sql, &[]).await.unwrap();
    }
}

async fn recorded(session: &mut dyn Session) -> Vec<String> {
    let sql = "SELECT login_name, status, session_id, client_net_address FROM audit.connection_login_events \
               WHERE captured_by = 'SERVER_AUDIT' ORDER BY event_time_utc, connection_event_id";
    let rows = session.query(sql, &[]).await.unwrap();
    let line = |row: &[dw_core::value::Value]| {
        let text = |at: usize| row[at].text().unwrap().unwrap_or("-").to_owned();
        format!("{} {} {} {}", text(0), text(1), row[2].int().unwrap().unwrap_or(-1), text(3))
    };
    rows.rows().map(line).collect()
}

#[on_sql_server]
async fn each_event_of_the_audit_file_is_recorded_once_whatever_happens_between_the_readings() {
    let folder = overrides();
    sql_text::set_folder(folder.path().to_owned()).unwrap();
    let databases = TestDatabases::reserve();
    let engine = databases.engine();
    migrate::init(&*engine).await.unwrap();
    let mut session = engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
    session.execute(FILES, &[]).await.unwrap();
    session.execute(FUNCTION, &[]).await.unwrap();
    let session = &mut *session;
    assert_eq!(read(session).await.unwrap(), Reading::Read { events: 0, gap: false });

    // Three records of one buffer, of which a portion of two takes all; one that is no login; another buffer.
    write(
        session,
        &[
            ("1", 512, "10:00:00.0004", "LGIS", 51, "ana"),
            ("1", 512, "10:00:00.0006", "LGIF", 0, "eve"),
            ("1", 512, "10:00:00.1", "LGO", 51, "ana"),
            ("1", 1024, "10:00:01", "AUSC", 1, "sa"),
            ("1", 1536, "10:00:02", "LGIS", 52, "bob"),
        ],
    )
    .await;
    assert_eq!(read_in_portions(session, 2).await.unwrap(), Reading::Read { events: 4, gap: false });
    let first = ["ana LOGIN 51 10.0.0.9", "eve FAILED 0 10.0.0.9", "ana LOGOUT 51 10.0.0.9", "bob LOGIN 52 10.0.0.9"];
    assert_eq!(recorded(session).await, first);
    assert_eq!(read(session).await.unwrap(), Reading::Read { events: 0, gap: false });

    // An error while recording: the position is where it was, and the next reading records the event.
    write(session, &[("2", 512, "10:00:03", "LGIS", 53, "cid")]).await;
    session
        .execute("ALTER TABLE audit.connection_login_events ADD CONSTRAINT CK_test CHECK (login_name <> 'cid')", &[])
        .await
        .unwrap();
    let position = "SELECT file_name, audit_file_offset FROM ctl.audit_file_position";
    let before = session.query(position, &[]).await.unwrap();
    assert!(read(session).await.is_err());
    assert!(!session.is_usable());
    let mut other = engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap();
    let session = &mut *other;
    assert_eq!(session.query(position, &[]).await.unwrap(), before);
    assert_eq!(recorded(session).await.len(), 4);
    session.execute("ALTER TABLE audit.connection_login_events DROP CONSTRAINT CK_test", &[]).await.unwrap();
    assert_eq!(read(session).await.unwrap(), Reading::Read { events: 1, gap: false });
    assert_eq!(recorded(session).await.last().unwrap(), "cid LOGIN 53 10.0.0.9");

    // The file of the position is gone: what is recorded is not recorded again, what is new is, and the gap is told.
    session.execute("DELETE FROM dbo.audit_record", &[]).await.unwrap();
    write(
        session,
        &[
            ("3", 512, "10:00:03", "LGIS", 53, "cid"),
            ("3", 512, "10:00:03", "LGIS", 54, "dan"),
            ("3", 1024, "10:00:04", "LGIF", 0, "eve"),
        ],
    )
    .await;
    assert_eq!(read(session).await.unwrap(), Reading::Read { events: 2, gap: true });
    assert_eq!(recorded(session).await.len(), 7);
    assert_eq!(read(session).await.unwrap(), Reading::Read { events: 0, gap: false });
}
