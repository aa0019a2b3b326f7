//! The figures of the monitor page, as plain structs: each function reads a session by a constant number of statements and writes
//! nothing. What is added up is added up in the database. Times are seconds since 1970-01-01 in UTC, except those of connection
//! events, which are milliseconds. Not here: how they are shown.
//!
//! | page | functions |
//! |---|---|
//! | Resumo, Pipelines | [`state::State::read`], [`overview::pending`], [`overview::overview`], [`crate::alerts::conditions`] |
//! | a pipeline | the same, [`entity::page`], [`entity::source_rows`], [`quality::trends`], [`sla`] |
//! | Runs | [`runs::runs`], [`runs::run`] |
//! | Qualidade | [`quality::page`] |
//! | SLA | [`sla`] |
//! | Conexoes | [`connections::page`] |
//! | Backups | [`crate::backups::page()`] |
//! | Configuracao | [`schema_versions`]; settings and capabilities come from `dw-core` |

pub mod connections;
pub mod entity;
pub mod overview;
mod personal;
pub mod quality;
pub mod runs;
pub mod state;

use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::Seconds;
use serde::Serialize;

pub use overview::{Overview, overview};
pub use state::State;

use crate::row::Row;
use crate::sla::Verdict;
use crate::sla::history::{DayVerdict, verdicts};
use crate::sla::rules::Rules;

const SCHEMA_VERSIONS: SqlText = sql_text!("audit/schema_versions");

/// A version of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SchemaVersion {
    /// Number.
    pub version: i64,
    /// What it brought.
    pub name: String,
    /// When it was applied, in UTC.
    pub applied_at: Option<Seconds>,
}

/// The versions of the schema of the warehouse, the oldest first. One statement.
///
/// # Errors
/// Of the engine.
pub async fn schema_versions<E: Executor + ?Sized>(warehouse: &mut E) -> DwResult<Vec<SchemaVersion>> {
    let rows = warehouse.query(&SCHEMA_VERSIONS.for_dialect(warehouse.dialect())?, &[]).await?;
    rows.rows()
        .map(|row| {
            let row = Row(row);
            Ok(SchemaVersion { version: row.int(0)?.unwrap_or_default(), name: row.word(1)?, applied_at: row.int(2)? })
        })
        .collect()
}

/// A deadline with its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlaRule {
    /// Name of the rule.
    pub rule: String,
    /// Entities.
    pub entities: Vec<&'static str>,
    /// Time of day, `08:00`.
    pub deadline: String,
    /// IANA time zone.
    pub time_zone: &'static str,
    /// Weekdays, `Mon`.
    pub weekdays: Vec<String>,
    /// Days between the day of the data and that of the deadline.
    pub days_after: u16,
    /// Minutes of grace.
    pub grace_minutes: i64,
    /// Due days by entity, the oldest first: a calendar.
    pub days: Vec<DayVerdict>,
    /// Days that were met, and days that were judged, without those that are pending.
    pub kept: (u64, u64),
}

/// All deadlines with their history of so many dates. Two statements a rule.
///
/// # Errors
/// Of the engine.
pub async fn sla<E: Executor + ?Sized>(
    warehouse: &mut E,
    rules: &Rules,
    dates: u16,
    now: Seconds,
) -> DwResult<Vec<SlaRule>> {
    let mut found = Vec::new();
    for rule in &rules.deadlines {
        let days = verdicts(warehouse, rule, dates, now).await?;
        let count = |is: fn(Verdict) -> bool| days.iter().filter(|day| is(day.verdict)).count();
        let (met, missed) = (count(|verdict| verdict == Verdict::Met), count(Verdict::is_miss));
        found.push(SlaRule {
            rule: rule.name.clone(),
            entities: rule.entities.clone(),
            deadline: rule.at.format("%H:%M").to_string(),
            time_zone: rule.zone.name(),
            weekdays: rule.weekdays.iter().map(ToString::to_string).collect(),
            days_after: rule.days_after,
            grace_minutes: rule.grace_minutes,
            kept: (u64::try_from(met).unwrap_or(0), u64::try_from(met + missed).unwrap_or(0)),
            days,
        });
    }
    Ok(found)
}
