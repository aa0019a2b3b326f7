//! The file of the server audit `DW_SERVER_AUDIT`: it sees every login, refused ones too, where a capture sees only who is
//! there at the moment. Its events are copied to `audit.connection_login_events` from where the last reading ended.
//! Not here: making the audit, which `init` does, and captures (see [`crate::connections`]).
//!
//! Reading stages a bounded number of events in a table of the session. One transaction then moves the position, which must
//! still be the one from which was read, and records the events: after an error or a crash both are as they were, and the
//! next reading begins at the same place.

use dw_core::engine::Session;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time;
use dw_core::value::Value;

use crate::connections::has_sessions;

const FIND: SqlText = sql_text!("audit/find_audit_file");
const POSITION: SqlText = sql_text!("audit/read_audit_position");
const CREATE_STAGE: SqlText = sql_text!("audit/create_audit_stage");
const STAGE: SqlText = sql_text!("audit/stage_audit_events");
const START: SqlText = sql_text!("audit/start_audit_position");
const MOVE: SqlText = sql_text!("audit/move_audit_position");
const INSERT: SqlText = sql_text!("audit/insert_audit_events");

/// Events of one transaction.
pub const PORTION: u64 = 100_000;

/// What a reading found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// There is no such audit, or this login may not see it.
    NoAudit,
    /// There is one, and this login may not read its files.
    NotAllowed,
    /// It was read to its end, or to where another reading is at work.
    Read {
        /// Events that were recorded.
        events: u64,
        /// True when the file in which the last reading ended is gone: what was written there since then may be lost.
        gap: bool,
    },
}

/// Reads what the audit file holds since the last reading.
///
/// # Errors
/// Of the engine; what was read before in whole portions stays.
pub async fn read(session: &mut dyn Session) -> DwResult<Reading> {
    read_in_portions(session, PORTION).await
}

/// [`read`] with another number of events of a transaction.
///
/// # Errors
/// See [`read`].
pub async fn read_in_portions(session: &mut dyn Session, portion: u64) -> DwResult<Reading> {
    if !has_sessions(session.dialect()) {
        return Ok(Reading::NoAudit);
    }
    let found = session.query(&FIND.get()?, &[]).await?;
    let Some(pattern) = found.get(0, 0).text()?.map(str::to_owned) else { return Ok(Reading::NoAudit) };
    if found.get(0, 1).int()? != Some(1) {
        return Ok(Reading::NotAllowed);
    }
    let (mut events, mut gap) = (0, false);
    loop {
        let part = read_portion(session, &pattern, portion).await?;
        events += part.recorded;
        gap |= part.gap;
        if part.is_last {
            break;
        }
    }
    if gap {
        tracing::warn!("the audit file in which the last reading ended is gone; logins after it may not be recorded");
    }
    Ok(Reading::Read { events, gap })
}

struct Portion {
    recorded: u64,
    gap: bool,
    is_last: bool,
}

async fn read_portion(session: &mut dyn Session, pattern: &str, portion: u64) -> DwResult<Portion> {
    let position = session.query(&POSITION.get()?, &[]).await?;
    let place = [position.get(0, 0).clone(), position.get(0, 1).clone()];
    let newest = position.get(0, 2).int()?.map_or(Value::Null, Value::Millis);
    session.execute(&CREATE_STAGE.get()?, &[]).await?;
    let limit = i64::try_from(portion).unwrap_or(i64::MAX);
    let params = [pattern.into(), place[0].clone(), place[1].clone(), newest, limit.into()];
    let answer = session.query(&STAGE.get()?, &params).await?;
    let staged = answer.get(0, 0).int()?.unwrap_or(0);
    let gap = answer.get(0, 1).int()? == Some(1);
    if staged == 0 {
        return Ok(Portion { recorded: 0, gap, is_last: true });
    }
    let mut tx = session.begin().await?;
    // The position first: it is also the lock that makes a second reading wait, and then find that it comes too late.
    let now = Value::Seconds(time::now());
    let moved = if position.is_empty() {
        tx.execute(&START.get()?, &[now]).await?
    } else {
        let [file, offset] = place;
        tx.execute(&MOVE.get()?, &[now, file, offset]).await?
    };
    if moved == 0 {
        tx.rollback().await?;
        return Ok(Portion { recorded: 0, gap: false, is_last: true });
    }
    let recorded = tx.execute(&INSERT.get()?, &[]).await?;
    tx.commit().await?;
    Ok(Portion { recorded, gap, is_last: staged < limit })
}
