//! The control rows as readers of the audit trail need them. Not here: moving a watermark, which `dw-etl` does.

use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::{Seconds, WATERMARK_START};
use serde::Serialize;

use crate::row::Row;

const READ: SqlText = sql_text!("audit/read_control_state");

/// A row of `ctl.etl_control`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ControlState {
    /// Entity.
    pub entity: String,
    /// Driving table of the source.
    pub source_table: String,
    /// Target.
    pub target_table: String,
    /// The last change that was loaded: stamp and key.
    pub watermark: (Seconds, i64),
    /// How far a run stays behind the clock of the source.
    pub cutoff_minutes: i64,
    /// False when an operator switched it off.
    pub is_active: bool,
    /// The last run that worked on it to an end.
    pub last_run: Option<i64>,
    /// How that ended.
    pub last_status: Option<String>,
    /// When it last ended well.
    pub last_success: Option<Seconds>,
    /// When the row was made.
    pub created_at: Option<Seconds>,
}

/// All control rows by name.
///
/// # Errors
/// Of the engine.
pub async fn read<E: Executor + ?Sized>(executor: &mut E) -> DwResult<Vec<ControlState>> {
    let sql = READ.for_dialect(executor.dialect())?;
    let rows = executor.query(&sql, &[]).await?;
    rows.rows()
        .map(|row| {
            let row = Row(row);
            Ok(ControlState {
                entity: row.word(0)?,
                source_table: row.word(1)?,
                target_table: row.word(2)?,
                watermark: (row.int(3)?.unwrap_or(WATERMARK_START), row.int(4)?.unwrap_or(0)),
                cutoff_minutes: row.int(5)?.unwrap_or(2),
                is_active: row.flag(6)?,
                last_run: row.int(7)?,
                last_status: row.text(8)?,
                last_success: row.int(9)?,
                created_at: row.int(10)?,
            })
        })
        .collect()
}
