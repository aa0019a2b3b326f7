//! Quarantine: rows that could not be loaded, with entity, key, reason and payload (design invariant 5, ruling 9).

use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::Seconds;
use dw_core::value::Value;

const OPEN: SqlText = sql_text!("audit/open_rejects");
const REPEAT: SqlText = sql_text!("audit/repeat_reject");
const INSERT: SqlText = sql_text!("audit/insert_reject");
const RESOLVE: SqlText = sql_text!("audit/resolve_reject");

/// Why an open reject is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The row was loaded.
    Loaded,
    /// The row is no longer in the source.
    GoneFromSource,
}

impl Resolution {
    /// The stored form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::GoneFromSource => "gone_from_source",
        }
    }
}

/// A row for quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// Key of the source row.
    pub key: i64,
    /// Stored code of the reason.
    pub code: &'static str,
    /// The reason for people.
    pub reason: String,
    /// The row as JSON, in ASCII.
    pub payload: String,
    /// Stamp of the source row.
    pub stamp: Option<Seconds>,
}

/// The keys of an entity that are in quarantine, in order.
///
/// # Errors
/// Of the engine.
pub async fn open_keys<E: Executor + ?Sized>(executor: &mut E, entity: &str) -> DwResult<Vec<i64>> {
    let sql = OPEN.for_dialect(executor.dialect())?;
    let rows = executor.query(&sql, &[entity.into()]).await?;
    rows.rows().filter_map(|row| row.first()).filter_map(|key| key.int().transpose()).collect()
}

/// Stores a rejected row; one that is already in quarantine is counted as a further attempt.
///
/// # Errors
/// Of the engine.
pub async fn store<E: Executor + ?Sized>(
    executor: &mut E,
    entity: &str,
    run: i64,
    row: &RejectedRow,
    now: Seconds,
) -> DwResult<()> {
    let reason: String = row.reason.chars().take(1_000).collect();
    let params: [Value; 8] = [
        entity.into(),
        row.key.into(),
        row.code.into(),
        reason.into(),
        row.payload.as_str().into(),
        Value::seconds(row.stamp),
        run.into(),
        Value::seconds(now),
    ];
    let sql = REPEAT.for_dialect(executor.dialect())?;
    if executor.execute(&sql, &params).await? == 0 {
        let sql = INSERT.for_dialect(executor.dialect())?;
        executor.execute(&sql, &params).await?;
    }
    Ok(())
}

/// Closes the open reject of a key, if there is one.
///
/// # Errors
/// Of the engine.
pub async fn resolve<E: Executor + ?Sized>(
    executor: &mut E,
    entity: &str,
    key: i64,
    resolution: Resolution,
    now: Seconds,
) -> DwResult<()> {
    let sql = RESOLVE.for_dialect(executor.dialect())?;
    executor
        .execute(&sql, &[entity.into(), key.into(), resolution.as_str().into(), Value::seconds(now)])
        .await
        .map(|_| ())
}

/// A JSON object of named values in ASCII, so that it fits a VARCHAR on every engine.
pub fn payload<'a>(fields: impl Iterator<Item = (&'a str, Option<String>)>) -> String {
    let object: serde_json::Map<String, serde_json::Value> =
        fields.map(|(name, value)| (name.to_owned(), value.map_or(serde_json::Value::Null, Into::into))).collect();
    let text = serde_json::Value::Object(object).to_string();
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}
