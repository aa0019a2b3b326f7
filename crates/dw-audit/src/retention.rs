//! How long the audit trail is kept: runs with their entities, and rejected rows that were resolved (defect O9). What is open, what
//! runs and the newest row of each entity stay whatever their age.

use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::{DAY, Seconds};
use dw_core::value::Value;

const CLEAN_ENTITIES: SqlText = sql_text!("audit/clean_run_entities");
const CLEAN_RUNS: SqlText = sql_text!("audit/clean_runs");
const CLEAN_REJECTS: SqlText = sql_text!("audit/clean_rejects");

/// Days to keep; 0 keeps for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuditRetention {
    /// Of runs and their entities.
    pub run_days: u32,
    /// Of rejected rows that were resolved.
    pub reject_days: u32,
}

/// Deletes what is too old; returns how many rows.
///
/// # Errors
/// Of the engine.
pub async fn clean<E: Executor + ?Sized>(executor: &mut E, keep: AuditRetention, now: Seconds) -> DwResult<u64> {
    let dialect = executor.dialect();
    let mut deleted = 0;
    for (text, days) in
        [(CLEAN_ENTITIES, keep.run_days), (CLEAN_RUNS, keep.run_days), (CLEAN_REJECTS, keep.reject_days)]
    {
        if days > 0 {
            let oldest = now.saturating_sub(i64::from(days) * DAY);
            deleted += executor.execute(&text.for_dialect(dialect)?, &[Value::Seconds(oldest)]).await?;
        }
    }
    Ok(deleted)
}
