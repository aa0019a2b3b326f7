//! One entity from its source to its sink: reading and transforming run ahead on a task of their own, batches are applied in
//! order. This is the part that another program uses with its own source and sink.

use std::time::Instant;

use dw_audit::counters::Counters;
use dw_core::error::{DwError, DwResult};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::entity::Entity;
use crate::feed::{Feed, FeedOptions, StagedBatch, StopFlag};
use crate::report::Reporter;
use crate::sink::Sink;
use crate::source::Source;

/// A source that reads ahead.
#[derive(Debug)]
pub struct Extraction {
    entity: &'static dyn Entity,
    batches: mpsc::Receiver<StagedBatch>,
    reader: JoinHandle<DwResult<bool>>,
    stop: StopFlag,
}

/// What became of an entity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Rows.
    pub counters: Counters,
    /// True when the limit of batches or a stop ended it before its source did.
    pub more_pending: bool,
}

impl Extraction {
    /// Starts reading. At most one batch waits, so that memory does not grow with the data.
    pub fn start<S: Source + 'static>(entity: &'static dyn Entity, mut source: S, options: FeedOptions) -> Self {
        let stop = options.stop.clone();
        let (mut feed, batches) = Feed::new(entity, options);
        let reader = tokio::spawn(async move {
            source.extract(&mut feed).await?;
            feed.finish().await;
            Ok(feed.more_pending())
        });
        Self { entity, batches, reader, stop }
    }

    /// Applies all batches in order.
    ///
    /// # Errors
    /// Of the source or of the sink; batches that were applied before stay.
    pub async fn drain(mut self, sink: &mut dyn Sink, reporter: &dyn Reporter) -> DwResult<Outcome> {
        let name = self.entity.descriptor().name;
        let started = Instant::now();
        let mut outcome = Outcome::default();
        while let Some(batch) = self.batches.recv().await {
            if self.stop.is_set() {
                // A batch that was read ahead stays in the source.
                outcome.more_pending = true;
                break;
            }
            let applied = sink.apply(batch).await?;
            outcome.counters += applied;
            // A sink that works ahead has applied nothing yet of the first one.
            if applied.batches > 0 {
                reporter.batch(name, outcome.counters.extracted, started.elapsed());
            }
        }
        drop(self.batches);
        let applied = if self.stop.is_set() {
            // Nor is one applied that was copied ahead.
            outcome.more_pending |= sink.leave();
            Counters::default()
        } else {
            sink.finish().await?
        };
        outcome.counters += applied;
        if applied.batches > 0 {
            reporter.batch(name, outcome.counters.extracted, started.elapsed());
        }
        let more_pending =
            self.reader.await.map_err(|error| DwError::Internal(format!("reading {name}: {error}")))??;
        outcome.more_pending |= more_pending;
        Ok(outcome)
    }
}

/// Runs one entity from any source to any sink.
///
/// # Errors
/// Of the source or of the sink; batches that were applied before stay.
pub async fn run_entity<S: Source + 'static>(
    entity: &'static dyn Entity,
    source: S,
    sink: &mut dyn Sink,
    options: FeedOptions,
    reporter: &dyn Reporter,
) -> DwResult<Outcome> {
    Extraction::start(entity, source, options).drain(sink, reporter).await
}
