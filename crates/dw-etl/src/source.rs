//! The port from which rows come, and its implementation over a database session: changed keys go to a work table by one
//! index seek a driving table, then the rows are read once, in order, as one stream (rulings 11 and 12).

use async_trait::async_trait;
use dw_core::engine::Session;
use dw_core::error::DwResult;
use dw_core::time::Seconds;
use dw_core::value::{RowBatch, Value};

use crate::entity::Entity;
use crate::feed::{Feed, Flow, KeyClass, Position};
use crate::statements::Statements;

/// Rows a chunk of the stream: large enough to be cheap, small enough to keep two of them in memory.
const CHUNK: usize = 1_024;

/// Where the rows of an entity come from.
#[async_trait]
pub trait Source: Send {
    /// Hands rows to `feed` in (class, stamp, key) order until there is none left or the feed says stop.
    ///
    /// # Errors
    /// Whatever keeps the source from reading.
    async fn extract(&mut self, feed: &mut Feed) -> DwResult<()>;
}

/// Which changes are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Changes at or after this time.
    pub lower: Seconds,
    /// Changes at or before this time: the cutoff of the run.
    pub upper: Seconds,
    /// The watermark: what lies behind it is new.
    pub watermark: (Seconds, i64),
    /// Keys that are read whatever their stamp.
    pub again: Vec<i64>,
}

impl Window {
    /// The window of an incremental run. The lower bound includes the watermark's own second and the lookback, so that a row
    /// with a smaller key that changed within that second, or was committed late, is read (defects E9 and E13).
    ///
    /// A run that read all there was up to a time has seen what was committed within the lookback before it: where that is
    /// behind the watermark, only what lies behind the watermark is read. Else the last rows of a source at rest would be read
    /// again by every run. A clock of the source that went back makes that knowledge worthless.
    pub fn incremental(
        (watermark, read_until): ((Seconds, i64), Option<Seconds>),
        lookback_minutes: i64,
        cutoff: Seconds,
        again: Vec<i64>,
    ) -> Self {
        let lookback = lookback_minutes.saturating_mul(60);
        // A watermark without a key, which an operator may set, has nothing of its own second behind it.
        let behind = watermark.0.saturating_add(i64::from(watermark.1 != 0));
        let seen = read_until.filter(|until| *until <= cutoff).map(|until| until.saturating_sub(lookback).min(behind));
        let lower = watermark.0.saturating_sub(lookback).max(seen.unwrap_or(i64::MIN));
        Self { lower, upper: cutoff, watermark, again }
    }
}

/// Reads an entity from a session on the source database.
#[derive(Debug)]
pub struct SqlSource<S> {
    session: S,
    statements: Statements,
    window: Window,
}

impl SqlSource<Box<dyn Session>> {
    /// A source of `entity` in `window`.
    pub fn new(session: Box<dyn Session>, entity: &'static dyn Entity, window: Window) -> Self {
        let statements = Statements::new(entity, session.dialect());
        Self { session, statements, window }
    }

    /// Fills the work table and returns how many keys are read again, in the lookback, and new.
    ///
    /// # Errors
    /// Of the engine.
    pub async fn prepare(&mut self) -> DwResult<[u64; 3]> {
        for sql in self.statements.create_work_tables() {
            self.session.execute(&sql, &[]).await?;
        }
        fill(&mut *self.session, &self.statements, &self.window).await
    }
}

async fn fill(session: &mut dyn Session, statements: &Statements, window: &Window) -> DwResult<[u64; 3]> {
    let bounds = [Value::seconds(window.lower), Value::seconds(window.upper)];
    session.execute(&statements.collect_keys(), &bounds).await?;
    if !window.again.is_empty() {
        let mut keys = RowBatch::with_capacity(1, window.again.len());
        for key in &window.again {
            keys.push_value(*key);
        }
        let table = session.dialect().temp("again_keys");
        session.bulk(&table, &["id"], keys.into()).await?;
    }
    let order: [Value; 3] =
        [Value::seconds(window.watermark.0), window.watermark.1.into(), Value::seconds(window.lower)];
    for sql in statements.order_keys() {
        session.execute(&sql, &order).await?;
    }
    let mut counts = [0; 3];
    for row in session.query(&statements.count_work(), &[]).await?.rows() {
        let [class, count] = row else { continue };
        let class = usize::try_from(class.int()?.unwrap_or(0)).unwrap_or(0);
        if let Some(slot) = counts.get_mut(class) {
            *slot = u64::try_from(count.int()?.unwrap_or(0)).unwrap_or(0);
        }
    }
    Ok(counts)
}

#[async_trait]
impl Source for SqlSource<Box<dyn Session>> {
    async fn extract(&mut self, feed: &mut Feed) -> DwResult<()> {
        // Before the snapshot: not every engine lets a snapshot create tables.
        for sql in self.statements.create_work_tables() {
            self.session.execute(&sql, &[]).await?;
        }
        // One moment for keys and rows, where the engine has snapshots (defect E14).
        self.session.begin_snapshot().await?;
        let counts = fill(&mut *self.session, &self.statements, &self.window).await?;
        if counts.iter().sum::<u64>() > 0 {
            let sql = self.statements.read_work();
            let mut rows = self.session.stream(&sql, &[], CHUNK).await?;
            'stream: while let Some(chunk) = rows.next().await? {
                for row in chunk.rows() {
                    if push(feed, row).await? == Flow::Stop {
                        break 'stream;
                    }
                }
            }
        }
        self.session.end_snapshot().await
    }
}

async fn push(feed: &mut Feed, row: &[Value]) -> DwResult<Flow> {
    let [class, stamp, key, values @ ..] = row else { return Ok(Flow::Continue) };
    let class = match class.int()? {
        Some(0) => KeyClass::Again,
        Some(1) => KeyClass::Lookback,
        _ => KeyClass::New,
    };
    let position = Position { class, stamp: stamp.int()?.unwrap_or_default(), key: key.int()?.unwrap_or_default() };
    // The join is an outer one: a key without a row has NULL in the row's own key.
    let values = values.first().is_some_and(|key| !key.is_null()).then_some(values);
    feed.push(position, values).await
}
