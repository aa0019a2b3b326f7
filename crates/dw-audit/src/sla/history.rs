//! What ran for the due days of a deadline, counted in the database: one statement a deadline, one index range a day.
//! Not here: the verdict (see [`super::judge`]).

use std::collections::HashMap;

use dw_core::dialect::Dialect;
use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::Seconds;
use dw_core::value::Value;
use serde::Serialize;

use super::{Deadline, DueDay, Ran, Verdict, judge};
use crate::quality::Severity;
use crate::row::Row;

const FIRST_RUN: SqlText = sql_text!("audit/first_run");

/// The longest history that is read at once, in days.
pub const MAX_DAYS: u16 = 366;

/// A due day of a deadline and an entity, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayVerdict {
    /// The rule.
    pub rule: String,
    /// The entity.
    pub entity: String,
    /// The day of the deadline, `2026-05-02`.
    pub day: String,
    /// The day whose data was asked for.
    pub business_day: String,
    /// When it was due, in UTC.
    pub due_at: Seconds,
    /// How it ended.
    pub verdict: Verdict,
    /// When the data was there.
    pub loaded_at: Option<Seconds>,
    /// How late that was, or is by now.
    pub late_seconds: u64,
    /// Runs.
    pub attempts: u64,
    /// Those that failed.
    pub failed: u64,
    /// How bad a miss is.
    pub severity: Severity,
}

/// The statement that counts what ran, for so many days and entities. Parameters: a pair of moments a day, then the entities.
pub fn statement(dialect: &dyn Dialect, days: usize, entities: usize) -> String {
    let rows: Vec<String> = (0..days)
        .map(|day| format!("SELECT {day} AS day_no, @P{} AS starts_at, @P{} AS ends_at", 2 * day + 1, 2 * day + 2))
        .collect();
    let names: Vec<String> = (0..entities).map(|entity| format!("@P{}", 2 * days + entity + 1)).collect();
    dialect.translate(&format!(
        "SELECT d.day_no, e.entity_name, \
         CAST(MIN(CASE WHEN e.status = 'success' AND e.more_pending = 0 AND COALESCE(r.cutoff_at, r.started_at) >= d.starts_at \
         THEN e.entity_finished_at END) AS DATETIME2(0)) AS first_success, \
         COUNT(*) AS attempts, SUM(CASE WHEN e.status = 'failed' THEN 1 ELSE 0 END) AS failed \
         FROM ({}) d JOIN audit.etl_run r ON r.started_at >= d.starts_at AND r.started_at < d.ends_at \
         JOIN audit.etl_run_entity e ON e.run_id = r.run_id AND e.entity_name IN ({}) \
         GROUP BY d.day_no, e.entity_name",
        rows.join(" UNION ALL "),
        names.join(", ")
    ))
}

/// When the first run of all began; none before it.
///
/// # Errors
/// Of the engine.
pub async fn first_run<E: Executor + ?Sized>(warehouse: &mut E) -> DwResult<Option<Seconds>> {
    warehouse.query(&FIRST_RUN.for_dialect(warehouse.dialect())?, &[]).await?.get(0, 0).int()
}

/// Judges so many dates up to today, the oldest first, entities in the order of the rule. Days that were due before the first
/// run of all are left out: nothing was promised then. Two statements.
///
/// # Errors
/// Of the engine.
pub async fn verdicts<E: Executor + ?Sized>(
    warehouse: &mut E,
    rule: &Deadline,
    dates: u16,
    now: Seconds,
) -> DwResult<Vec<DayVerdict>> {
    let Some(first) = first_run(warehouse).await? else { return Ok(Vec::new()) };
    let days: Vec<DueDay> =
        rule.due_days(now, dates.min(MAX_DAYS)).into_iter().filter(|day| day.due_at >= first).collect();
    if days.is_empty() || rule.entities.is_empty() {
        return Ok(Vec::new());
    }
    let mut params: Vec<Value> =
        days.iter().flat_map(|day| [Value::Seconds(day.covers), Value::Seconds(day.ends_at)]).collect();
    params.extend(rule.entities.iter().map(|entity| Value::from(*entity)));
    let sql = statement(warehouse.dialect(), days.len(), rule.entities.len());
    let counted = warehouse.query(&sql, &params).await?;
    let mut found: HashMap<(i64, String), Ran> = HashMap::new();
    for row in counted.rows() {
        let row = Row(row);
        let ran = Ran { first_success: row.int(2)?, attempts: row.count(3)?, failed: row.count(4)? };
        found.insert((row.int(0)?.unwrap_or(-1), row.word(1)?), ran);
    }
    let mut verdicts = Vec::new();
    for (number, day) in (0_i64..).zip(&days) {
        for entity in &rule.entities {
            let ran = found.get(&(number, (*entity).to_owned())).copied().unwrap_or_default();
            verdicts.push(of(rule, entity, day, &ran, now));
        }
    }
    Ok(verdicts)
}

fn of(rule: &Deadline, entity: &str, day: &DueDay, ran: &Ran, now: Seconds) -> DayVerdict {
    let verdict = judge(day, ran, now);
    let until = ran.first_success.unwrap_or(now.min(day.ends_at));
    DayVerdict {
        rule: rule.name.clone(),
        entity: entity.to_owned(),
        day: day.day.to_string(),
        business_day: day.business_day.to_string(),
        due_at: day.due_at,
        verdict,
        loaded_at: ran.first_success,
        late_seconds: if verdict.is_miss() { u64::try_from(until - day.due_at).unwrap_or(0) } else { 0 },
        attempts: ran.attempts,
        failed: ran.failed,
        severity: rule.severity,
    }
}

#[cfg(test)]
mod tests {
    use dw_core::embedded::SqliteDialect;
    use dw_core::sql_server::TsqlDialect;

    use super::*;

    #[test]
    fn one_statement_counts_all_days() {
        insta::assert_snapshot!(format!("{}\n\n{}", statement(&SqliteDialect, 2, 1), statement(&TsqlDialect, 1, 2)));
    }
}
