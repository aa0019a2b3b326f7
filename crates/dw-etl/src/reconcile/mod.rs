//! Source against warehouse: rows and money of every month, read from both sides separately and merged row by row, and the rows
//! whose source row is gone, which are marked as deleted (product decision 5, ruling 32).
//!
//! Every row falls in one of these:
//!
//! | source | warehouse | it is |
//! |---|---|---|
//! | same | same | equal |
//! | other, or alone; changed past the watermark | any | pending |
//! | other, or alone; in quarantine | any | rejected |
//! | other, or alone | any | a difference |
//! | none | live | hard-deleted in the source: marked, unless it is a dry run |
//! | none | deleted | known |
//!
//! A row is live when neither it nor what it belongs to (item, order) is deleted. Only live rows count and sum. So for each month
//! `warehouse - deleted + rejected + pending - source` is 0, for rows and for each amount, unless a row differs.
//!
//! Comparing takes no lock: the warehouse is read at the moment of its watermark, and whatever the source has changed since lies
//! past that. Marking takes the locks of the entities that it changes, and looks again under them.

mod comparison;
mod mark;
mod merge;
mod tally;

use std::time::Instant;

use dw_audit::quality::{MonthFigures, Reconciled, store};
use dw_core::engine::{Access, Engine, Session, SharedEngine};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::exit;
use dw_core::time::{self, Seconds};

use crate::control;
use crate::report::Reporter;
use comparison::{ALL, Comparison};
use merge::{Merge, Pair};
use tally::Tally;
pub use tally::{Figures, RowDifference, Sums, money, month_name};

/// Rows between two reports of progress.
const REPORT_EVERY: u64 = 16_384;

/// The comparison of one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityComparison {
    /// Name.
    pub entity: &'static str,
    /// The amounts that are compared, the main one first; none for a dimension.
    pub measures: Vec<&'static str>,
    /// The months in order, `202601`; one without a month for a dimension.
    pub months: Vec<(Option<i64>, Figures)>,
    /// All months together.
    pub total: Figures,
    /// The first rows that differ.
    pub first: Vec<RowDifference>,
}

impl EntityComparison {
    /// True when no row differs.
    pub fn agrees(&self) -> bool {
        self.total.different == 0
    }

    /// The figures as the quality checks and the page know them.
    pub fn reconciled(&self) -> Reconciled {
        let total = &self.total.rows;
        Reconciled {
            entity: self.entity.to_owned(),
            months: self.months.iter().flat_map(|(month, figures)| self.month(*month, figures)).collect(),
            compared: u64::try_from(total.source.max(total.warehouse)).unwrap_or(0),
            different: self.total.different,
            sample: self.first.iter().map(|row| row.key).collect(),
        }
    }

    fn month<'f>(&'f self, month: Option<i64>, figures: &'f Figures) -> impl Iterator<Item = MonthFigures> + 'f {
        let rows = std::iter::once(("rows", &figures.rows));
        rows.chain(self.amounts(figures)).map(move |(measure, sums)| MonthFigures {
            month,
            measure: measure.to_owned(),
            source: narrow(sums.source),
            warehouse: narrow(sums.warehouse),
            rejected: narrow(sums.rejected),
            deleted: narrow(sums.deleted),
            pending: narrow(sums.pending),
            difference: narrow(sums.difference()),
            differing_rows: figures.different,
        })
    }

    /// The amounts of a month with their names.
    pub fn amounts<'f>(&'f self, figures: &'f Figures) -> impl Iterator<Item = (&'static str, &'f Sums)> {
        self.measures.iter().copied().zip(&figures.amounts)
    }
}

/// A sum in the width of its column; one that does not fit, which no shop has, is the greatest.
fn narrow(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}

/// How source and warehouse compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    /// True when nothing was marked.
    pub dry_run: bool,
    /// The run that marked rows; none when there was nothing to mark.
    pub run_id: Option<i64>,
    /// Rows that were marked.
    pub marked: u64,
    /// The entities in the order of work, as they were before anything was marked.
    pub entities: Vec<EntityComparison>,
}

impl Reconciliation {
    /// True when no row differs without a reason.
    pub fn agrees(&self) -> bool {
        self.entities.iter().all(EntityComparison::agrees)
    }

    /// Rows whose source row is gone.
    pub fn hard_deleted(&self) -> u64 {
        self.entities.iter().map(|entity| entity.total.deleted).sum()
    }

    /// 0, or 20 when a row differs.
    pub fn exit_code(&self) -> u8 {
        if self.agrees() { exit::OK } else { exit::QUALITY }
    }
}

/// Compares all entities, and marks the rows whose source row is gone unless it is a dry run.
///
/// # Errors
/// A database that cannot be read or written; an entity with rows to mark that somebody else is running.
pub async fn reconcile(engine: &SharedEngine, dry_run: bool, reporter: &dyn Reporter) -> DwResult<Reconciliation> {
    let entities = compare_all(&**engine, |_| true, reporter).await?;
    if !dry_run {
        remember(&**engine, &entities).await;
    }
    let mut result = Reconciliation { dry_run, run_id: None, marked: 0, entities };
    let gone = |comparison: &&'static Comparison| {
        let found = result.entities.iter().find(|entity| entity.entity == comparison.name());
        found.is_some_and(|entity| entity.total.deleted > 0)
    };
    let gone: Vec<&'static Comparison> = ALL.iter().filter(gone).collect();
    if !dry_run && !gone.is_empty() {
        let (run, marked) = mark::mark(&**engine, &gone, reporter).await?;
        result.run_id = Some(run);
        result.marked = marked;
    }
    Ok(result)
}

/// Compares the entities whose name is chosen, and marks nothing.
///
/// # Errors
/// A database that cannot be read.
pub async fn compare_all(
    engine: &dyn Engine,
    chosen: impl Fn(&str) -> bool,
    reporter: &dyn Reporter,
) -> DwResult<Vec<EntityComparison>> {
    let mut entities = Vec::new();
    for comparison in ALL.iter().filter(|comparison| chosen(comparison.name())) {
        reporter.entity_started(comparison.name());
        entities.push(compare(engine, comparison, reporter).await?);
    }
    Ok(entities)
}

/// Keeps what was found for the page. That it cannot be kept is a warning: the comparison itself stands.
async fn remember(engine: &dyn Engine, entities: &[EntityComparison]) {
    let found: Vec<Reconciled> = entities.iter().map(EntityComparison::reconciled).collect();
    let kept = async {
        let mut session = engine.open(Database::Dw, Access::ReadWrite, "etl reconcile").await?;
        store::save_reconciliation(&mut *session, &found, time::now()).await
    };
    if let Err(error) = kept.await {
        tracing::warn!(code = error.code(), %error, "the comparison could not be kept for the page");
    }
}

async fn compare(
    engine: &dyn Engine,
    comparison: &'static Comparison,
    reporter: &dyn Reporter,
) -> DwResult<EntityComparison> {
    let started = Instant::now();
    let mut sides = Sides::open(engine, comparison).await?;
    let mut pairs = sides.merge(comparison).await?;
    let mut tally = Tally::default();
    let mut rows = 0;
    while let Some(pair) = pairs.next().await? {
        tally.add(comparison, &pair);
        rows += 1;
        if rows % REPORT_EVERY == 0 {
            reporter.batch(comparison.name(), rows, started.elapsed());
        }
    }
    let mut total = Figures::default();
    tally.months.values().for_each(|month| total.merge(month));
    Ok(EntityComparison {
        entity: comparison.name(),
        measures: comparison.amounts.iter().map(|amount| amount.name).collect(),
        months: tally.months.into_iter().collect(),
        total,
        first: tally.first,
    })
}

/// A session on each side, each at one moment, the warehouse's first.
struct Sides {
    source: Box<dyn Session>,
    warehouse: Box<dyn Session>,
    watermark: (Seconds, i64),
}

impl Sides {
    async fn open(engine: &dyn Engine, comparison: &Comparison) -> DwResult<Self> {
        let mut source = engine.open(Database::Oltp, Access::ReadOnly, "etl reconcile").await?;
        let mut warehouse = engine.open(Database::Dw, Access::ReadOnly, "etl reconcile").await?;
        warehouse.begin_snapshot().await?;
        let controls = control::read(&mut *warehouse).await?;
        let control = controls.iter().find(|control| control.entity == comparison.name());
        let watermark = control.map(|control| control.watermark).ok_or_else(|| DwError::SchemaMismatch {
            message: format!("{} has no row in ctl.etl_control", comparison.name()),
            hint: "run `init`, which adds the rows that are missing".to_owned(),
        })?;
        source.begin_snapshot().await?;
        Ok(Self { source, warehouse, watermark })
    }

    async fn merge(&mut self, comparison: &Comparison) -> DwResult<Merge<'_>> {
        Merge::start(comparison, &mut *self.warehouse, &mut *self.source, self.watermark).await
    }
}

/// True for a row whose source row is gone and which is not marked yet.
fn is_gone(pair: &Pair) -> bool {
    tally::verdict(pair) == tally::Verdict::Gone
}

#[cfg(test)]
mod tests {
    use dw_core::embedded::EmbeddedEngine;
    use dw_core::migrate;

    use super::*;

    /// Both sides come in order from an index: nothing is sorted, so that memory and time to the first row do not grow.
    #[tokio::test]
    async fn neither_side_is_sorted() {
        let folder = tempfile::tempdir().unwrap();
        let engine = EmbeddedEngine::new(folder.path());
        migrate::init(&engine).await.unwrap();
        let dialect = engine.dialect();
        for comparison in ALL {
            for (database, sql) in
                [(Database::Oltp, comparison.source(dialect)), (Database::Dw, comparison.target(dialect))]
            {
                let mut session = engine.open(database, Access::ReadOnly, "test").await.unwrap();
                let params = [0.into(), 0.into()];
                let plan = session.query(&format!("EXPLAIN QUERY PLAN {sql}"), &params).await.unwrap();
                let steps: Vec<String> = plan.rows().map(|step| format!("{:?}", step[3])).collect();
                // The pending keys, which are few, are grouped.
                assert!(!steps.iter().any(|step| step.contains("ORDER BY") && step.contains("B-TREE")), "{steps:#?}");
            }
        }
    }
}
