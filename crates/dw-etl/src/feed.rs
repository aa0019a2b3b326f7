//! From source rows to staged batches: transforms each row, collects rejections, cuts batches and hands them over through a
//! bounded channel, so that reading runs ahead of applying by one batch and no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dw_audit::rejects::{RejectedRow, payload};
use dw_core::error::{DwError, DwResult};
use dw_core::sql_type::SqlType;
use dw_core::time::Seconds;
use dw_core::value::{RowBatch, Value};
use tokio::sync::mpsc;

use crate::entity::{Entity, TransformContext};
use crate::reject::{RejectCode, Rejection};
use crate::row_hash::row_hash;

/// Why a key is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyClass {
    /// It is in quarantine or parked: read again on purpose.
    Again,
    /// It lies in the lookback, at or before the watermark.
    Lookback,
    /// It changed after the watermark.
    New,
}

/// Where a row stands in reading order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Why it is read.
    pub class: KeyClass,
    /// The newest stamp of the tables that it is made of.
    pub stamp: Seconds,
    /// Its key.
    pub key: i64,
}

/// Rows that are applied together, in one transaction.
#[derive(Debug, Clone, Default)]
pub struct StagedBatch {
    /// Staged rows, in the columns of [`Entity::target_columns`] and, as the last value, their [`row_hash`].
    pub rows: RowBatch,
    /// Rows for quarantine.
    pub rejects: Vec<RejectedRow>,
    /// Keys that were read again and whose source row is gone.
    pub gone: Vec<i64>,
    /// Rows read.
    pub extracted: u64,
    /// The last new change in this batch: the watermark moves there.
    pub last: Option<(Seconds, i64)>,
    /// Smallest and largest `data_id` of the batch.
    pub days: Option<(i64, i64)>,
}

/// Whether a source should go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// More rows are welcome.
    Continue,
    /// Enough: the limit of batches is reached, a stop was asked for, or nobody listens any more.
    Stop,
}

/// A request to end after the current batch, shared by everything that runs.
#[derive(Debug, Clone, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// A flag that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everything that shares the flag to end.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True after [`StopFlag::stop`].
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What limits a feed.
#[derive(Debug, Clone)]
pub struct FeedOptions {
    /// Rows a batch.
    pub batch_size: usize,
    /// Batches of new changes, `None` without a limit.
    pub max_batches: Option<u64>,
    /// The constants of the rules.
    pub context: TransformContext,
    /// Ends the feed between two batches.
    pub stop: StopFlag,
}

impl FeedOptions {
    /// Batches of 5,000 rows without a limit.
    pub fn new(context: TransformContext) -> Self {
        Self { batch_size: 5_000, max_batches: None, context, stop: StopFlag::new() }
    }
}

/// Takes rows from a source.
#[derive(Debug)]
pub struct Feed {
    entity: &'static dyn Entity,
    options: FeedOptions,
    batch: StagedBatch,
    class: Option<KeyClass>,
    counted: u64,
    day_column: Option<usize>,
    /// Places of the columns that are no part of the hash.
    unhashed: Vec<usize>,
    out: mpsc::Sender<StagedBatch>,
    more_pending: bool,
}

impl Feed {
    /// A feed and the channel that its batches come out of.
    pub fn new(entity: &'static dyn Entity, options: FeedOptions) -> (Self, mpsc::Receiver<StagedBatch>) {
        let (out, batches) = mpsc::channel(1);
        let day_column =
            entity.target_columns().iter().position(|column| *column == "data_id" || *column == "data_aplicacao_id");
        let insert_only = entity.descriptor().insert_only;
        let places = entity.target_columns().iter().enumerate();
        let unhashed = places.filter(|(_, column)| insert_only.contains(column)).map(|(place, _)| place).collect();
        let feed = Self {
            entity,
            options,
            batch: StagedBatch::default(),
            class: None,
            counted: 0,
            day_column,
            unhashed,
            out,
            more_pending: false,
        };
        (feed, batches)
    }

    /// True when the feed stopped before its source ended.
    pub fn more_pending(&self) -> bool {
        self.more_pending
    }

    /// Takes a row. `values` stand in the order of [`Entity::source_columns`]; `None` says that the key has no row any more.
    ///
    /// # Errors
    /// A schema mismatch in the row.
    pub async fn push(&mut self, position: Position, values: Option<&[Value]>) -> DwResult<Flow> {
        let full = self.batch.extracted >= u64::try_from(self.options.batch_size).unwrap_or(u64::MAX);
        if (full || self.class.is_some_and(|class| class != position.class)) && self.flush().await == Flow::Stop {
            self.more_pending = true;
            return Ok(Flow::Stop);
        }
        if self.is_over(position.class) {
            self.more_pending = true;
            return Ok(Flow::Stop);
        }
        self.class = Some(position.class);
        self.take(position, values)?;
        Ok(Flow::Continue)
    }

    /// Hands over the last, partly filled batch.
    pub async fn finish(&mut self) {
        if !self.more_pending {
            self.flush().await;
        }
    }

    /// Only batches of new changes count: the lookback is read again by every run, and must not use up the limit.
    fn is_over(&self, class: KeyClass) -> bool {
        self.options.stop.is_set()
            || (class == KeyClass::New && self.options.max_batches.is_some_and(|limit| self.counted >= limit))
    }

    fn take(&mut self, position: Position, values: Option<&[Value]>) -> DwResult<()> {
        let Some(values) = values else {
            self.batch.gone.push(position.key);
            return Ok(());
        };
        self.batch.extracted += 1;
        if position.class == KeyClass::New {
            self.batch.last = Some((position.stamp, position.key));
        }
        match self.entity.transform(values, &self.options.context)? {
            Ok(row) => self.stage(row),
            Err(rejection) => {
                let stamp = (position.class != KeyClass::Again).then_some(position.stamp);
                let row = self.rejected(position.key, stamp, &rejection, values);
                self.batch.rejects.push(row);
            }
        }
        Ok(())
    }

    fn stage(&mut self, mut row: Vec<Value>) {
        row.push(row_hash(&row, &self.unhashed).into());
        if self.batch.rows.width() == 0 {
            self.batch.rows = RowBatch::with_capacity(row.len(), self.options.batch_size.min(100_000));
        }
        if let Some(Value::Int(day)) = self.day_column.and_then(|column| row.get(column)) {
            let (first, last) = self.batch.days.unwrap_or((*day, *day));
            self.batch.days = Some((first.min(*day), last.max(*day)));
        }
        self.batch.rows.push_row(row);
    }

    fn rejected(&self, key: i64, stamp: Option<Seconds>, rejection: &Rejection, values: &[Value]) -> RejectedRow {
        let columns = self.entity.source_columns();
        let fields = columns.iter().zip(values).map(|(column, value)| (column.name, column.ty.render(value)));
        rejected_row(key, stamp, rejection, fields)
    }

    async fn flush(&mut self) -> Flow {
        let batch = std::mem::take(&mut self.batch);
        if batch.extracted == 0 && batch.gone.is_empty() {
            return Flow::Continue;
        }
        if self.class == Some(KeyClass::New) {
            self.counted += 1;
        }
        // The receiver goes when applying failed; the source then ends too.
        if self.out.send(batch).await.is_err() { Flow::Stop } else { Flow::Continue }
    }
}

fn rejected_row<'a>(
    key: i64,
    stamp: Option<Seconds>,
    rejection: &Rejection,
    fields: impl Iterator<Item = (&'a str, Option<String>)>,
) -> RejectedRow {
    RejectedRow {
        key,
        code: rejection.code.as_str(),
        reason: rejection.reason.clone(),
        payload: payload(fields),
        stamp,
    }
}

/// The quarantine row of a staged row whose mandatory reference is absent.
pub(crate) fn orphan(entity: &dyn Entity, what: &str, row: &[Value]) -> DwResult<RejectedRow> {
    let key = row
        .first()
        .map(Value::int)
        .transpose()?
        .flatten()
        .ok_or_else(|| DwError::Internal("a staged row has no key".to_owned()))?;
    let types: &[SqlType] = entity.target_types();
    let fields =
        entity.target_columns().iter().zip(types).zip(row).map(|((name, ty), value)| (*name, ty.render(value)));
    let rejection = Rejection::new(RejectCode::DependencyMissing, format!("{what} is not in the warehouse yet"));
    Ok(rejected_row(key, None, &rejection, fields))
}
