//! The page of one entity: its runs, rejects with reasons, and the newest rows of its source, without personal data.

use dw_core::dialect::Dialect;
use dw_core::engine::Executor;
use dw_core::entities;
use dw_core::entity::EntityDescriptor;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::{DAY, Seconds};
use dw_core::value::Value;
use serde::Serialize;

use super::personal;
use super::state::{EntityRun, entity_run};
use crate::row::Row;

const RUNS: SqlText = sql_text!("audit/monitor_entity_runs");
const REASONS: SqlText = sql_text!("audit/monitor_reject_reasons");
const REJECTS: SqlText = sql_text!("audit/monitor_rejects");

/// How far back runs of an entity are shown.
const RUN_DAYS: i64 = 92;

/// Rejects of a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectReason {
    /// Stored code: `too_long`.
    pub code: String,
    /// Open rejects.
    pub rejects: u64,
    /// When the oldest was rejected, in UTC.
    pub oldest_at: Option<Seconds>,
    /// When one was last tried.
    pub newest_at: Option<Seconds>,
    /// The most attempts.
    pub attempts: u64,
}

/// An open reject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectLine {
    /// Key of the source row.
    pub key: i64,
    /// Stored code.
    pub code: String,
    /// Why, for people; without the value where the entity is about people.
    pub reason: String,
    /// The columns of the source row that hold no personal data.
    pub fields: Vec<(String, Option<String>)>,
    /// How often it was tried.
    pub attempts: u64,
    /// When it was rejected first, in UTC.
    pub rejected_at: Option<Seconds>,
    /// When it was tried last.
    pub last_seen_at: Option<Seconds>,
    /// The run that did.
    pub last_run_id: Option<i64>,
}

/// Rows of the source, as texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SourceRows {
    /// The columns without personal data.
    pub columns: Vec<String>,
    /// The rows, the one changed last first; none for NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

/// The page of an entity, besides what the overview, the quality page and the service levels say of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntityPage {
    /// Entity.
    pub entity: String,
    /// Its newest runs.
    pub runs: Vec<EntityRun>,
    /// Its open rejects by reason.
    pub reasons: Vec<RejectReason>,
    /// The open rejects that were tried last.
    pub rejects: Vec<RejectLine>,
}

/// The page of an entity with at most `top` runs and rejects; none for a name that is no entity. Three statements.
///
/// # Errors
/// Of the engine.
pub async fn page<E: Executor + ?Sized>(
    warehouse: &mut E,
    name: &str,
    top: u32,
    now: Seconds,
) -> DwResult<Option<EntityPage>> {
    let Some(entity) = entities::ALL.iter().find(|entity| entity.name == name) else { return Ok(None) };
    let dialect = warehouse.dialect();
    let top = i64::from(top.clamp(1, 500));
    let params = [name.into(), Value::Seconds(now.saturating_sub(RUN_DAYS * DAY)), top.into()];
    let rows = warehouse.query(&RUNS.for_dialect(dialect)?, &params).await?;
    let runs = rows.rows().map(entity_run).collect::<DwResult<Vec<_>>>()?;
    let rows = warehouse.query(&REASONS.for_dialect(dialect)?, &[name.into()]).await?;
    let reasons = rows
        .rows()
        .map(|row| {
            let row = Row(row);
            Ok(RejectReason {
                code: row.word(0)?,
                rejects: row.count(1)?,
                oldest_at: row.int(2)?,
                newest_at: row.int(3)?,
                attempts: row.count(4)?,
            })
        })
        .collect::<DwResult<Vec<_>>>()?;
    let rows = warehouse.query(&REJECTS.for_dialect(dialect)?, &[name.into(), top.into()]).await?;
    let rejects = rows.rows().map(|row| reject(entity, row)).collect::<DwResult<Vec<_>>>()?;
    Ok(Some(EntityPage { entity: entity.name.to_owned(), runs, reasons, rejects }))
}

fn reject(entity: &EntityDescriptor, row: &[Value]) -> DwResult<RejectLine> {
    let row = Row(row);
    let reason = row.word(2)?;
    let payload: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&row.word(3)?).unwrap_or_default();
    let harmless = personal::harmless(entity);
    let fields = payload
        .into_iter()
        .filter(|(name, _)| harmless.iter().any(|column| column.name == name))
        .map(|(name, value)| (name, value.as_str().map(str::to_owned)))
        .collect();
    Ok(RejectLine {
        key: row.int(0)?.unwrap_or_default(),
        code: row.word(1)?,
        reason: if personal::is_about_people(entity.name) { personal::without_values(&reason) } else { reason },
        fields,
        attempts: row.count(4)?,
        rejected_at: row.int(5)?,
        last_seen_at: row.int(6)?,
        last_run_id: row.int(7)?,
    })
}

/// The statement for the rows of the source that changed last: a range of the index on the stamp.
pub fn source_statement(dialect: &dyn Dialect, entity: &EntityDescriptor, rows: u32) -> String {
    let columns: Vec<String> = personal::harmless(entity).iter().map(|column| format!("t.{}", column.name)).collect();
    let table = dialect.table(entity.source.schema, entity.source.name);
    let body =
        format!("{} FROM {table} t ORDER BY t.updated_at DESC, t.{} DESC", columns.join(", "), entity.source_key);
    dialect.select_limited(&body, u64::from(rows.clamp(1, 200)))
}

/// The rows of an entity's source that changed last, without personal data; none for a name that is no entity. One statement.
///
/// # Errors
/// Of the engine.
pub async fn source_rows<E: Executor + ?Sized>(source: &mut E, name: &str, rows: u32) -> DwResult<Option<SourceRows>> {
    let Some(entity) = entities::ALL.iter().find(|entity| entity.name == name) else { return Ok(None) };
    let columns = personal::harmless(entity);
    let found = source.query(&source_statement(source.dialect(), entity, rows), &[]).await?;
    let shown = |row: &[Value]| columns.iter().zip(row).map(|(column, value)| column.ty.render(value)).collect();
    Ok(Some(SourceRows {
        columns: columns.iter().map(|column| column.name.to_owned()).collect(),
        rows: found.rows().map(shown).collect(),
    }))
}

#[cfg(test)]
mod tests {
    use dw_core::embedded::SqliteDialect;
    use dw_core::sql_server::TsqlDialect;

    use super::*;

    #[test]
    fn the_statement_for_rows_of_the_source() {
        let entity = &entities::FACT_METAS;
        insta::assert_snapshot!(format!(
            "{}\n\n{}",
            source_statement(&SqliteDialect, entity, 20),
            source_statement(&TsqlDialect, entity, 20)
        ));
    }
}
