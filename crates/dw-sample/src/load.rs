//! Writes the base sample into a source.
//!
//! Everything is one transaction: a crash leaves the source as it was, so the next attempt starts over without any marker.
//! Memory stays bounded, because both engines keep an open transaction in their log and not in memory.
//! Not here: what the rows are (see [`crate::base`]), and the creation of tables.

use dw_core::engine::{Executor, Session};
use dw_core::error::{DwError, DwResult};
use dw_core::schema::Table;

use crate::base::{Base, BaseOptions, Part};
use crate::indexes;
use crate::wave::stage::Stage;

/// What to do with a source that has rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IfFilled {
    /// Leave it as it is and say so.
    #[default]
    Keep,
    /// Delete all rows of the eleven tables first, in the same transaction.
    Replace,
}

/// How far the load is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The table that is being written, without its schema.
    pub table: &'static str,
    /// Its rows so far.
    pub rows: u64,
    /// Its rows at the end.
    pub of: u64,
}

/// Rows that were written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoadReport {
    /// Rows of each table, in the order of writing.
    pub tables: Vec<(&'static str, u64)>,
}

impl LoadReport {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// How a load ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadOutcome {
    /// The sample is there, all of it.
    Loaded(LoadReport),
    /// The source had rows in these tables, and nothing was changed.
    AlreadyFilled(Vec<&'static str>),
}

/// Writes the base sample that `options` describe through `session`, whose tables exist.
///
/// # Errors
/// [`DwError::Usage`] for options that cannot be met, otherwise what the engine reports; nothing is then written.
pub async fn base(
    session: &mut dyn Session,
    options: BaseOptions,
    if_filled: IfFilled,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> DwResult<LoadOutcome> {
    let sample = Base::new(options)?;
    // The source is looked at inside of the writing transaction, so that two loads cannot both find it empty.
    let mut tx = session.begin().await?;
    let filled = filled_tables(&mut *tx).await?;
    if !filled.is_empty() {
        if if_filled == IfFilled::Keep {
            tx.rollback().await?;
            return Ok(LoadOutcome::AlreadyFilled(filled));
        }
        for part in Part::ALL.iter().rev() {
            let target = name(&*tx, part.table());
            tx.execute(&format!("DELETE FROM {target}"), &[]).await?;
        }
    }
    let mut report = LoadReport::default();
    for part in Part::ALL {
        let rows = write(&mut *tx, &sample, part, progress).await?;
        report.tables.push((part.table().name, rows));
    }
    Stage::new(Part::Campaigns.table(), &["current_usage_count", "total_revenue_generated", "total_discount_given"])
        .update(&mut *tx, sample.campaign_usage())
        .await?;
    tx.commit().await?;
    tracing::info!(rows = report.rows(), "base sample written");
    Ok(LoadOutcome::Loaded(report))
}

/// The tables of the source that have at least one row.
///
/// # Errors
/// [`DwError`] of the engine.
pub async fn filled_tables<E: Executor + ?Sized>(executor: &mut E) -> DwResult<Vec<&'static str>> {
    let mut filled = vec![];
    for part in Part::ALL {
        let table = part.table();
        let body = format!("1 FROM {}", name(executor, table));
        let sql = executor.dialect().select_limited(&body, 1);
        if !executor.query(&sql, &[]).await?.is_empty() {
            filled.push(table.name);
        }
    }
    Ok(filled)
}

async fn write<E: Executor + ?Sized>(
    executor: &mut E,
    sample: &Base,
    part: Part,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> DwResult<u64> {
    let (target, columns) = (name(executor, part.table()), part.columns());
    let of = u64::try_from(sample.rows(part)).unwrap_or(0);
    let mut rows = 0;
    indexes::drop_all(executor, part.table()).await?;
    for chunk in sample.chunks(part) {
        rows += executor.bulk(&target, &columns, chunk.into()).await?;
        progress(Progress { table: part.table().name, rows, of });
    }
    indexes::create_all(executor, part.table()).await?;
    if rows != of {
        return Err(DwError::Internal(format!("{rows} rows of {} were written instead of {of}", part.table().name)));
    }
    Ok(rows)
}

fn name<E: Executor + ?Sized>(executor: &E, table: &Table) -> String {
    executor.dialect().table(table.schema, table.name)
}
