//! Rows of `ctl.etl_control`: watermarks and what an operator set for an entity.

use std::collections::HashMap;

use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::{Seconds, WATERMARK_START};
use dw_core::value::Value;

const READ: SqlText = sql_text!("etl/read_control");
const READ_AGAIN: SqlText = sql_text!("etl/keys_to_read_again");
const FINISH_IDLE: SqlText = sql_text!("etl/finish_idle");
const FINISH: SqlText = sql_text!("etl/finish_control");
const PARKED: SqlText = sql_text!("etl/parked_keys");

/// A control row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Entity.
    pub entity: String,
    /// The last change that was loaded: stamp and key.
    pub watermark: (Seconds, i64),
    /// How far a run stays behind the clock of the source.
    pub cutoff_minutes: i64,
    /// Rows a batch.
    pub batch_size: i64,
    /// An operator's switch; `init` never touches it (product decision 11).
    pub is_active: bool,
    /// The last run that worked on it.
    pub last_run: Option<i64>,
    /// How that ended.
    pub last_status: Option<String>,
    /// When it last ended well.
    pub last_success: Option<Seconds>,
    /// How far behind the watermark a run reads again.
    pub lookback_minutes: i64,
    /// The cutoff of the last run that read all there was, if no batch has moved the watermark since.
    pub read_until: Option<Seconds>,
}

/// All control rows.
///
/// # Errors
/// Of the engine.
pub async fn read<E: Executor + ?Sized>(executor: &mut E) -> DwResult<Vec<Control>> {
    let sql = READ.for_dialect(executor.dialect())?;
    let rows = executor.query(&sql, &[]).await?;
    rows.rows()
        .map(|row| {
            let int =
                |column: usize| -> DwResult<Option<i64>> { row.get(column).map_or(Ok(None), |value| value.int()) };
            let text = |column: usize| -> DwResult<Option<String>> {
                row.get(column).map_or(Ok(None), |value| Ok(value.text()?.map(str::to_owned)))
            };
            Ok(Control {
                entity: text(0)?.unwrap_or_default(),
                watermark: (int(1)?.unwrap_or(WATERMARK_START), int(2)?.unwrap_or(0)),
                cutoff_minutes: int(3)?.unwrap_or(2),
                batch_size: int(4)?.unwrap_or(1_000),
                is_active: int(5)? == Some(1),
                last_run: int(6)?,
                last_status: text(7)?,
                last_success: int(8)?,
                lookback_minutes: int(9)?.unwrap_or(10),
                read_until: int(10)?,
            })
        })
        .collect()
}

/// The keys of every entity that are read again whatever their stamp, in order: rows in quarantine, and parked ones.
///
/// # Errors
/// Of the engine.
pub async fn keys_to_read_again<E: Executor + ?Sized>(executor: &mut E) -> DwResult<HashMap<String, Vec<i64>>> {
    let sql = READ_AGAIN.for_dialect(executor.dialect())?;
    let mut keys: HashMap<String, Vec<i64>> = HashMap::new();
    for row in executor.query(&sql, &[]).await?.rows() {
        let [entity, key] = row else { continue };
        if let (Some(entity), Some(key)) = (entity.text()?, key.int()?) {
            keys.entry(entity.to_owned()).or_default().push(key);
        }
    }
    Ok(keys)
}

/// Records that entities had nothing to do up to `read_until`, or in a window of somebody's choice.
///
/// # Errors
/// Of the engine.
pub async fn finish_idle<E: Executor + ?Sized>(
    executor: &mut E,
    entities: &[&str],
    run: i64,
    read_until: Option<Seconds>,
    now: Seconds,
) -> DwResult<()> {
    let sql = FINISH_IDLE.for_dialect(executor.dialect())?;
    let params =
        [run.into(), format!(",{},", entities.join(",")).into(), Value::seconds(now), Value::seconds(read_until)];
    executor.execute(&sql, &params).await.map(|_| ())
}

/// Records how an entity ended, and with `read_until` that nothing before that time is left to read.
///
/// # Errors
/// Of the engine.
pub async fn finish<E: Executor + ?Sized>(
    executor: &mut E,
    entity: &str,
    run: i64,
    succeeded: bool,
    read_until: Option<Seconds>,
    now: Seconds,
) -> DwResult<()> {
    let sql = FINISH.for_dialect(executor.dialect())?;
    let status = if succeeded { "success" } else { "failed" };
    let params = [
        entity.into(),
        run.into(),
        status.into(),
        Value::seconds(succeeded.then_some(now)),
        Value::seconds(now),
        Value::seconds(read_until),
    ];
    executor.execute(&sql, &params).await.map(|_| ())
}

/// The keys of an entity whose rows hold a placeholder in a unique column.
///
/// # Errors
/// Of the engine.
pub async fn parked<E: Executor + ?Sized>(executor: &mut E, entity: &str) -> DwResult<Vec<i64>> {
    let sql = PARKED.for_dialect(executor.dialect())?;
    let rows = executor.query(&sql, &[entity.into()]).await?;
    rows.rows().filter_map(|row| row.first()).filter_map(|key| key.int().transpose()).collect()
}
