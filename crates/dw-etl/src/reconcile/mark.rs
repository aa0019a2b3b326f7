//! Marks the rows whose source row is gone, as a soft delete would: under the lock of their entity, in bounded transactions that
//! also record the groups they belong to, and as a run of its own in the audit trail. What is derived from those groups follows.

use dw_audit::counters::Counters;
use dw_audit::failures;
use dw_audit::runs::{self, Process};
use dw_core::dialect::Dialect;
use dw_core::engine::{Engine, LockGuard};
use dw_core::error::{DwError, DwResult};
use dw_core::sql_type::SqlType;
use dw_core::time;
use dw_core::value::RowBatch;

use super::comparison::Comparison;
use super::{Sides, is_gone};
use crate::report::Reporter;
use crate::settle;
use crate::writers::{Writers, transact};

/// Rows of one transaction.
const MARKED_AT_ONCE: usize = 5_000;
/// The temporary table of the keys.
const KEYS: &str = "gone_keys";

/// Marks the rows of these entities and returns the run and how many rows it marked.
pub(super) async fn mark(
    engine: &dyn Engine,
    comparisons: &[&'static Comparison],
    reporter: &dyn Reporter,
) -> DwResult<(i64, u64)> {
    let process = Process::current();
    let locks = lock(engine, comparisons, &process).await?;
    let writers = Writers::open(engine).await?;
    let run = open_run(&writers, comparisons, &process, reporter).await?;
    let mut marked = 0;
    let mut failure = None;
    let mut succeeded = 0;
    for comparison in comparisons {
        let result = entity(engine, &writers, run, comparison).await;
        let error = result.as_ref().err().map(stored);
        finish_entity(&writers, run, comparison, error.as_deref()).await?;
        match result {
            Ok(rows) => {
                marked += rows;
                succeeded += 1;
            }
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    // Whatever was marked is settled, also before an error: the next run of the ETL would do it, but only then.
    if let Err(error) = settle_groups(&writers, comparisons).await {
        failure.get_or_insert(error);
    }
    let failed = if failure.is_some() { comparisons.len().saturating_sub(succeeded).max(1) } else { 0 };
    finish_run(&writers, run, succeeded, failed, failure.as_ref().map(stored).as_deref()).await?;
    drop(locks);
    match failure {
        Some(error) => Err(error),
        None => Ok((run, marked)),
    }
}

async fn lock(
    engine: &dyn Engine,
    comparisons: &[&'static Comparison],
    process: &Process,
) -> DwResult<Vec<Box<dyn LockGuard>>> {
    let since = time::format_timestamp(time::now());
    let holder =
        format!("process {} on {} (user {}) since {since}Z, reconciling", process.id, process.host, process.user);
    let mut names: Vec<&str> = comparisons.iter().map(|comparison| comparison.name()).collect();
    // The order of the ETL's own runs, so that two never wait for each other.
    names.sort_unstable();
    let mut locks = Vec::new();
    for name in names {
        locks.push(engine.lock(name, &holder).await?);
    }
    Ok(locks)
}

async fn open_run(
    writers: &Writers<'_>,
    comparisons: &[&'static Comparison],
    process: &Process,
    reporter: &dyn Reporter,
) -> DwResult<i64> {
    let names: Vec<&str> = comparisons.iter().map(|comparison| comparison.name()).collect();
    let now = time::now();
    let (closed, run) = transact!(writers, tx => async {
        let closed = runs::close_interrupted(tx, &names, now).await?;
        Ok::<_, DwError>((closed, runs::start_run(tx, &names, process, now, now).await?))
    })?;
    for run in closed {
        reporter.notice(&format!("run {run} was interrupted; it is now closed as failed"));
    }
    Ok(run)
}

/// Looks for the rows again under the lock, and marks them.
async fn entity(engine: &dyn Engine, writers: &Writers<'_>, run: i64, comparison: &Comparison) -> DwResult<u64> {
    let mut sides = Sides::open(engine, comparison).await?;
    start_entity(writers, run, comparison, sides.watermark).await?;
    let mut pairs = sides.merge(comparison).await?;
    let mut marked = 0;
    let mut keys = RowBatch::new(1);
    while let Some(pair) = pairs.next().await? {
        if is_gone(&pair) {
            keys.push_value(pair.key);
        }
        if keys.len() >= MARKED_AT_ONCE {
            marked += batch(writers, run, comparison, std::mem::replace(&mut keys, RowBatch::new(1))).await?;
        }
    }
    if !keys.is_empty() {
        marked += batch(writers, run, comparison, keys).await?;
    }
    Ok(marked)
}

async fn start_entity(
    writers: &Writers<'_>,
    run: i64,
    comparison: &Comparison,
    watermark: (time::Seconds, i64),
) -> DwResult<()> {
    transact!(writers, tx => runs::start_entity(tx, run, comparison.name(), watermark, time::now()))
}

async fn batch(writers: &Writers<'_>, run: i64, comparison: &Comparison, keys: RowBatch) -> DwResult<u64> {
    let dialect = writers.dialect();
    let now = time::now();
    let mut writer = writers.take().await?;
    let bigint = dialect.staging_type(SqlType::BigInt);
    writer.prepare(KEYS, || dialect.create_temp(KEYS, &[("id".to_owned(), bigint, false)], &["id"])).await?;
    let mut work = writer.begin().await?;
    let tx = work.transaction();
    tx.execute(&dialect.clear_temp(KEYS), &[]).await?;
    tx.bulk(&dialect.temp(KEYS), &["id"], keys.into()).await?;
    for group in comparison.entity.groups {
        settle::exclusive(tx, group.kind).await?;
    }
    for sql in record_groups(dialect, comparison) {
        tx.execute(&sql, &[]).await?;
    }
    let marked = tx.execute(&mark_rows(dialect, comparison), &[dw_core::value::Value::seconds(now)]).await?;
    let counters = Counters { soft_deleted: marked, batches: 1, ..Counters::default() };
    runs::add_counters(tx, run, comparison.name(), &counters, now).await?;
    work.commit().await?;
    Ok(marked)
}

/// The rows that are marked, under the alias `t`.
fn condition(comparison: &Comparison) -> String {
    let real = comparison.real_rows().map(|real| format!(" AND {real}")).unwrap_or_default();
    format!("t.excluido_em IS NULL{real}")
}

fn record_groups(dialect: &dyn Dialect, comparison: &Comparison) -> Vec<String> {
    let entity = comparison.entity;
    let groups = dialect.table("ctl", "etl_affected_group");
    let target = dialect.table(entity.target.schema, entity.target.name);
    entity
        .groups
        .iter()
        .map(|group| {
            format!(
                "INSERT INTO {groups} (group_kind, group_id) SELECT '{kind}', x.id FROM (SELECT DISTINCT t.{column} AS id \
                 FROM {keys} k JOIN {target} t ON t.{key} = k.id WHERE {condition}) x WHERE x.id IS NOT NULL \
                 AND NOT EXISTS (SELECT 1 FROM {groups} g WHERE g.group_kind = '{kind}' AND g.group_id = x.id)",
                kind = group.kind,
                column = group.column,
                keys = dialect.temp(KEYS),
                key = entity.business_key,
                condition = condition(comparison),
            )
        })
        .collect()
}

/// Parameter: now.
fn mark_rows(dialect: &dyn Dialect, comparison: &Comparison) -> String {
    let entity = comparison.entity;
    dialect.update_from(
        &dialect.table(entity.target.schema, entity.target.name),
        "t",
        &["excluido_em = @P1".to_owned(), format!("{} = NULL", crate::row_hash::COLUMN)],
        &format!("{} k", dialect.temp(KEYS)),
        &format!("t.{} = k.id AND {}", entity.business_key, condition(comparison)),
    )
}

/// Derives what depends on the marked rows. Groups that nobody recorded cost nothing.
async fn settle_groups(writers: &Writers<'_>, comparisons: &[&'static Comparison]) -> DwResult<()> {
    let has = |name: &str| comparisons.iter().any(|comparison| comparison.name() == name);
    if has("dim_vendedor") || has("dim_equipe") {
        settle::after_sellers(writers).await?;
    }
    if has("fact_vendas") {
        settle::after_sales(writers).await?;
    }
    if has("fact_metas") {
        settle::after_targets(writers).await?;
    }
    Ok(())
}

/// An error as the audit trail has it.
fn stored(error: &DwError) -> String {
    failures::with_code(Some(error.code()), &error.to_string())
}

async fn finish_entity(writers: &Writers<'_>, run: i64, comparison: &Comparison, error: Option<&str>) -> DwResult<()> {
    transact!(writers, tx => runs::finish_entity(tx, run, comparison.name(), error, false, time::now()))
}

async fn finish_run(
    writers: &Writers<'_>,
    run: i64,
    succeeded: usize,
    failed: usize,
    error: Option<&str>,
) -> DwResult<()> {
    transact!(writers, tx => runs::finish_run(tx, run, succeeded, failed, error, time::now())).map(|_| ())
}

#[cfg(test)]
mod tests {
    use dw_core::embedded::SqliteDialect;

    use super::super::comparison::ALL;
    use super::*;

    #[test]
    fn statements_that_mark() {
        let of = |name: &str| ALL.iter().find(|comparison| comparison.name() == name).unwrap();
        let text: Vec<String> = ["dim_vendedor", "fact_vendas"]
            .into_iter()
            .flat_map(|name| {
                let mut all = record_groups(&SqliteDialect, of(name));
                all.push(mark_rows(&SqliteDialect, of(name)));
                all
            })
            .collect();
        insta::assert_snapshot!(text.join("\n\n"));
    }
}
