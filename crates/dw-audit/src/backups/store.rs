//! Rows of `audit.backup_run` and `audit.backup_drill`.

use dw_core::engine::Executor;
use dw_core::error::{DwError, DwResult};
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::Seconds;
use dw_core::value::Value;

use super::{BackupRecord, BackupStatus, DrillRecord};
use crate::row::Row;
use crate::runs::Process;

const START: SqlText = sql_text!("audit/start_backup");
const FIND: SqlText = sql_text!("audit/find_backup");
const SAVE: SqlText = sql_text!("audit/save_backup");
const READ: SqlText = sql_text!("audit/read_backups");
const LAST_VERIFIED: SqlText = sql_text!("audit/last_verified_backups");
const INSERT_DRILL: SqlText = sql_text!("audit/insert_drill");
const READ_DRILLS: SqlText = sql_text!("audit/read_drills");

fn number(value: Option<u64>) -> Value {
    value.map_or(Value::Null, |value| Value::Int(i64::try_from(value).unwrap_or(i64::MAX)))
}

fn message(text: &str) -> String {
    text.chars().map(|c| if dw_core::text::is_windows_1252(c) { c } else { '?' }).take(4_000).collect()
}

/// Adds a row and returns its id; the id of the given record is not used.
///
/// # Errors
/// Of the engine.
pub async fn start<E: Executor + ?Sized>(executor: &mut E, record: &BackupRecord, process: &Process) -> DwResult<i64> {
    let params = [
        record.database.as_str().into(),
        record.kind.as_str().into(),
        record.copy_only.into(),
        record.status.as_str().into(),
        Value::seconds(record.started_at),
        record.file.as_str().into(),
        record.folder.as_str().into(),
        i64::from(record.stripes).into(),
        process.host.as_str().into(),
        i64::from(process.id).into(),
    ];
    let dialect = executor.dialect();
    executor.execute(&START.for_dialect(dialect)?, &params).await?;
    let found = executor.query(&FIND.for_dialect(dialect)?, &[record.file.as_str().into()]).await?;
    found.get(0, 0).int()?.ok_or_else(|| DwError::Internal("the row of the backup was not found".to_owned()))
}

/// Writes what may have changed of a row.
///
/// # Errors
/// Of the engine.
pub async fn save<E: Executor + ?Sized>(executor: &mut E, record: &BackupRecord) -> DwResult<()> {
    let params = [
        record.id.into(),
        record.status.as_str().into(),
        Value::seconds(record.finished_at),
        Value::seconds(record.verified_at),
        number(record.size_bytes),
        number(record.database_bytes),
        record.sha256.as_deref().into(),
        number(record.backup_ms),
        number(record.verify_ms),
        record.totals.as_deref().into(),
        record.failed_step.as_deref().into(),
        record.error.as_deref().map(message).into(),
        Value::seconds(record.deleted_at),
    ];
    executor.execute(&SAVE.for_dialect(executor.dialect())?, &params).await.map(|_| ())
}

/// All backups whose file is there, and from `since` on also those that failed or were deleted. The newest first.
///
/// # Errors
/// Of the engine.
pub async fn backups<E: Executor + ?Sized>(executor: &mut E, since: Seconds) -> DwResult<Vec<BackupRecord>> {
    let rows = executor.query(&READ.for_dialect(executor.dialect())?, &[Value::Seconds(since)]).await?;
    rows.rows().map(backup).collect()
}

/// The newest so many of [`backups`], for a reader who cannot take any number of them.
///
/// # Errors
/// Of the engine.
pub async fn newest_backups<E: Executor + ?Sized>(
    executor: &mut E,
    since: Seconds,
    most: u32,
) -> DwResult<Vec<BackupRecord>> {
    let dialect = executor.dialect();
    let sql = format!("{}\n{}", READ.for_dialect(dialect)?.trim_end(), dialect.page(0, u64::from(most)));
    let rows = executor.query(&sql, &[Value::Seconds(since)]).await?;
    rows.rows().map(backup).collect()
}

/// Each database of [`backups`], with the moment of its last verified backup whose file is there. One row a database.
///
/// # Errors
/// Of the engine.
pub async fn last_verified<E: Executor + ?Sized>(
    executor: &mut E,
    since: Seconds,
) -> DwResult<Vec<(String, Option<Seconds>)>> {
    let rows = executor.query(&LAST_VERIFIED.for_dialect(executor.dialect())?, &[Value::Seconds(since)]).await?;
    rows.rows().map(|row| Ok((Row(row).word(0)?, Row(row).int(1)?))).collect()
}

fn backup(row: &[Value]) -> DwResult<BackupRecord> {
    let row = Row(row);
    let count = |column: usize| -> DwResult<Option<u64>> {
        Ok(row.int(column)?.map(|number| u64::try_from(number).unwrap_or(0)))
    };
    Ok(BackupRecord {
        id: row.int(0)?.unwrap_or_default(),
        database: row.word(1)?,
        kind: row.word(2)?,
        copy_only: row.flag(3)?,
        status: BackupStatus::parse(&row.word(4)?),
        started_at: row.int(5)?.unwrap_or_default(),
        finished_at: row.int(6)?,
        verified_at: row.int(7)?,
        file: row.word(8)?,
        folder: row.word(9)?,
        stripes: u32::try_from(row.int(10)?.unwrap_or(1)).unwrap_or(1),
        size_bytes: count(11)?,
        database_bytes: count(12)?,
        sha256: row.text(13)?,
        backup_ms: count(14)?,
        verify_ms: count(15)?,
        totals: row.text(16)?,
        failed_step: row.text(17)?,
        error: row.text(18)?,
        host: row.text(19)?,
        process: row.int(20)?,
        deleted_at: row.int(21)?,
    })
}

/// Adds a drill.
///
/// # Errors
/// Of the engine.
pub async fn add_drill<E: Executor + ?Sized>(executor: &mut E, drill: &DrillRecord, process: &Process) -> DwResult<()> {
    let params = [
        drill.database.as_str().into(),
        drill.file.as_str().into(),
        if drill.passed { "passed" } else { "failed" }.into(),
        Value::seconds(drill.started_at),
        Value::seconds(drill.finished_at),
        number(drill.restore_ms),
        number(drill.check_ms),
        number(drill.total_ms),
        number(drill.compared_tables),
        drill.failed_step.as_deref().into(),
        drill.error.as_deref().map(message).into(),
        process.host.as_str().into(),
    ];
    executor.execute(&INSERT_DRILL.for_dialect(executor.dialect())?, &params).await.map(|_| ())
}

/// The drills since a moment, and the last of each database. The newest first.
///
/// # Errors
/// Of the engine.
pub async fn drills<E: Executor + ?Sized>(executor: &mut E, since: Seconds) -> DwResult<Vec<DrillRecord>> {
    let rows = executor.query(&READ_DRILLS.for_dialect(executor.dialect())?, &[Value::Seconds(since)]).await?;
    let drill = |row: &[Value]| {
        let row = Row(row);
        let count = |column: usize| -> DwResult<Option<u64>> {
            Ok(row.int(column)?.map(|number| u64::try_from(number).unwrap_or(0)))
        };
        Ok(DrillRecord {
            id: row.int(0)?.unwrap_or_default(),
            database: row.word(1)?,
            file: row.word(2)?,
            passed: row.word(3)? == "passed",
            started_at: row.int(4)?.unwrap_or_default(),
            finished_at: row.int(5)?,
            restore_ms: count(6)?,
            check_ms: count(7)?,
            total_ms: count(8)?,
            compared_tables: count(9)?,
            failed_step: row.text(10)?,
            error: row.text(11)?,
        })
    };
    rows.rows().map(drill).collect()
}
