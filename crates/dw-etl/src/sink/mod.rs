//! The port to which batches go, and its implementation over the warehouse: stage, resolve keys, infer members, park swapped
//! values, insert what is new, update what differs, move the watermark, add the counters, commit. One batch is one
//! transaction (design invariant 4); the steps are the same on every engine.

mod batch;

use std::sync::Arc;

use async_trait::async_trait;
use dw_audit::counters::Counters;
use dw_audit::rejects::{self, Resolution};
use dw_core::engine::{LockGuard, Transaction};
use dw_core::entity::Absent;
use dw_core::error::{DwError, DwResult};
use dw_core::retry;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::{self, Seconds};
use dw_core::value::Value;
use futures_util::future::join;

use crate::calendar_table;
use crate::checkpoint;
use crate::entity::Entity;
use crate::feed::{StagedBatch, orphan};
use crate::settle;
use crate::statements::{Compare, Statements};
use crate::writers::{Writers, transact};
use batch::{Batch, Copier, Prepared};

const MOVE_WATERMARK: SqlText = sql_text!("etl/move_watermark");
const NOTE_PARKED: SqlText = sql_text!("etl/note_parked");
const FORGET_PARKED: SqlText = sql_text!("etl/forget_parked");

/// Where the batches of an entity go.
#[async_trait]
pub trait Sink: Send {
    /// Takes a batch and applies it, all of it or nothing. A sink may apply it later, while it takes the next one; what
    /// it returns is what it did in this call.
    ///
    /// # Errors
    /// Whatever keeps the sink from applying; nothing of the batch is then kept.
    async fn apply(&mut self, batch: StagedBatch) -> DwResult<Counters>;

    /// Applies what was taken and is not applied yet.
    ///
    /// # Errors
    /// See [`Sink::apply`].
    async fn finish(&mut self) -> DwResult<Counters> {
        Ok(Counters::default())
    }

    /// Gives up what was taken and is not applied yet: a stop lets nothing new begin. Tells whether there was something.
    fn leave(&mut self) -> bool {
        false
    }
}

/// Writes an entity to the warehouse.
pub struct WarehouseSink<'w, 'a> {
    entity: &'static dyn Entity,
    statements: Statements,
    writers: &'w Writers<'a>,
    /// The run whose counters are kept, `None` in a dry run.
    run: Option<i64>,
    /// The watermark as this run knows it; `None` when the run must not move it.
    watermark: Option<(Seconds, i64)>,
    /// Whether the target had no row when the entity began: no staged row can be there, and all groups are affected.
    first_load: bool,
    /// What the committed batches did.
    kept: Counters,
    /// Whether the entity may have rows in quarantine; asked with the first batch.
    quarantine: Option<bool>,
    /// A batch that is copied and not applied yet.
    waiting: Option<Prepared<'w, 'a>>,
    /// How staged rows are compared with those that are there.
    compare: Compare,
    /// The lock under which it writes; it must still be held when a batch is committed.
    lock: Option<&'w dyn LockGuard>,
    /// The `data_id`s, first and last, for which committed batches made sure that the calendar has them.
    calendar: Option<(i64, i64)>,
}

impl<'w, 'a> WarehouseSink<'w, 'a> {
    /// A sink for `entity`. With a `watermark` it is moved by compare and set, without one it stays (backfill, ruling 27).
    pub fn new(
        entity: &'static dyn Entity,
        writers: &'w Writers<'a>,
        run: Option<i64>,
        watermark: Option<(Seconds, i64)>,
    ) -> Self {
        let statements = Statements::new(entity, writers.dialect());
        Self {
            entity,
            statements,
            writers,
            run,
            watermark,
            first_load: false,
            kept: Counters::default(),
            quarantine: None,
            waiting: None,
            compare: Compare::Hash,
            lock: None,
            calendar: None,
        }
    }

    /// The same for a target that was empty: all its groups are affected.
    #[must_use]
    pub fn first_load(mut self, first_load: bool) -> Self {
        self.first_load = first_load;
        self
    }

    /// The same with another comparison.
    #[must_use]
    pub fn comparing(mut self, compare: Compare) -> Self {
        self.compare = compare;
        self
    }

    /// The same under a lock that is verified before each commit.
    #[must_use]
    pub fn under(mut self, lock: &'w dyn LockGuard) -> Self {
        self.lock = Some(lock);
        self
    }

    /// From here on the target has rows and all its indexes.
    pub fn end_first_load(&mut self) {
        self.first_load = false;
    }

    /// What the committed batches did, also when a later one failed.
    pub fn kept(&self) -> Counters {
        self.kept
    }

    async fn write(&mut self, tx: &mut dyn Transaction, batch: &Batch) -> DwResult<Counters> {
        let mut counters = Counters { extracted: batch.extracted, batches: 1, ..Counters::default() };
        let now = time::now();
        let name = self.entity.descriptor().name;
        let run = self.run.unwrap_or(0);
        let last = batch.last;
        for row in &batch.rejects {
            rejects::store(tx, name, run, row, now).await?;
            counters.rejected += 1;
        }
        for key in &batch.gone {
            rejects::resolve(tx, name, *key, Resolution::GoneFromSource, now).await?;
            counters.soft_deleted += self.retire(tx, *key, now).await?;
        }
        if self.quarantine.is_none() {
            self.quarantine = Some(!rejects::open_keys(tx, name).await?.is_empty());
        }
        if !batch.rows.is_empty() {
            if let Some((first, last)) = batch.days.filter(|days| !self.calendar_has(*days)) {
                calendar_table::ensure(tx, Some((first, last)), now).await?;
            }
            self.load(tx, batch, &mut counters, now).await?;
        }
        if let (Some(from), Some(to)) = (self.watermark, last.filter(|to| Some(*to) > self.watermark)) {
            let sql = MOVE_WATERMARK.for_dialect(tx.dialect())?;
            let params = [
                name.into(),
                Value::seconds(to.0),
                to.1.into(),
                Value::seconds(from.0),
                from.1.into(),
                Value::seconds(now),
            ];
            if tx.execute(&sql, &params).await? != 1 {
                return Err(DwError::WatermarkMoved { entity: name.to_owned() });
            }
        }
        if let Some(run) = self.run {
            dw_audit::runs::add_counters(tx, run, name, &counters, now).await?;
        }
        Ok(counters)
    }

    fn calendar_has(&self, (first, last): (i64, i64)) -> bool {
        self.calendar.is_some_and(|(from, to)| from <= first && last <= to)
    }

    async fn load(
        &mut self,
        tx: &mut dyn Transaction,
        batch: &Batch,
        counters: &mut Counters,
        now: Seconds,
    ) -> DwResult<()> {
        let written_at = Value::Millis(now * 1_000);
        let rows = u64::try_from(batch.rows.len()).unwrap_or(u64::MAX);
        let inserted = self.stage(tx, batch, &written_at, counters).await?;
        checkpoint::pass(checkpoint::STAGED);
        counters.inserted += inserted;
        let mut left_out = 0;
        if inserted < rows {
            left_out = self.apply_stage(tx, counters, &written_at, now).await?;
        }
        let entity = self.entity.descriptor();
        if self.first_load && counters.inserted > 0 {
            for group in entity.groups {
                // Again with each batch: another process may have derived them meanwhile.
                settle::affect_all(tx, group.kind).await?;
            }
        }
        if !entity.swappable.is_empty() {
            tx.execute(&self.statements.unpark(), &[]).await?;
        }
        if self.quarantine != Some(false) {
            tx.execute(&self.statements.resolve_rejects(), &[Value::seconds(now)]).await?;
        }
        counters.unchanged += rows.saturating_sub(counters.inserted + counters.updated + left_out);
        Ok(())
    }

    /// Brings the rows into the stage, those that are new or changed at least. Into an empty target they may go at once;
    /// returns how many did.
    async fn stage(
        &mut self,
        tx: &mut dyn Transaction,
        batch: &Batch,
        written_at: &Value,
        counters: &mut Counters,
    ) -> DwResult<u64> {
        let statements = self.statements;
        if !tx.dialect().resolves_apart() {
            let columns = statements.staged_columns();
            let staged = tx
                .stage(&statements.stage(), &columns, &statements.resolved(self.first_load), Arc::clone(&batch.rows))
                .await?;
            if staged != u64::try_from(batch.rows.len()).unwrap_or(u64::MAX) {
                return Err(DwError::Internal(format!("{} rows were to be staged, {staged} were", batch.rows.len())));
            }
            return Ok(0);
        }
        let mut inserted = 0;
        if self.first_load
            && let Some(sql) = statements.insert_resolved()
        {
            inserted = tx.execute(&sql, std::slice::from_ref(written_at)).await?;
            if inserted > 0 && batch.deleted > 0 {
                counters.soft_deleted += batch.deleted;
            }
        }
        if inserted < u64::try_from(batch.rows.len()).unwrap_or(u64::MAX) {
            tx.execute(&statements.clear_stage(), &[]).await?;
            // What was inserted just now has its hash, and is left out by it.
            let (first_load, compare) =
                if inserted > 0 { (false, Compare::Hash) } else { (self.first_load, self.compare) };
            tx.execute(&statements.resolve(first_load, compare), &[]).await?;
        }
        Ok(inserted)
    }

    /// Applies what is in the stage. Returns how many rows were put into quarantine.
    async fn apply_stage(
        &mut self,
        tx: &mut dyn Transaction,
        counters: &mut Counters,
        written_at: &Value,
        now: Seconds,
    ) -> DwResult<u64> {
        let statements = self.statements;
        let entity = self.entity.descriptor();
        let straight = counters.inserted;
        let counts = tx.query(&statements.count_stage(), &[]).await?;
        let count = |column: usize| -> DwResult<u64> {
            Ok(u64::try_from(counts.get(0, column).int()?.unwrap_or(0)).unwrap_or(0))
        };
        let staged = count(0)?;
        if staged == 0 {
            return Ok(0);
        }
        let mut orphans = 0;
        for (index, parent) in statements.parents().enumerate() {
            if count(3 + index)? == 0 {
                continue;
            }
            if parent.absent == Absent::Infer {
                // Another entity may miss the same member at the same time.
                tx.exclusive(&format!("members of {}", parent.table.name)).await?;
                counters.inferred += tx.execute(&statements.infer(parent), &[]).await?;
                tx.execute(&statements.resolve_again(parent), &[]).await?;
            } else {
                orphans += self.reject_orphans(tx, parent.staged, now).await?;
            }
        }
        counters.rejected += orphans;
        if counters.rejected > 0 {
            self.quarantine = Some(true);
        }
        // A row in quarantine is not marked as deleted. Rows that were inserted straight were counted with their batch.
        let marked = match orphans {
            _ if straight > 0 => 0,
            0 => count(2)?,
            _ => {
                let left = tx.query(&statements.count_stage(), &[]).await?;
                u64::try_from(left.get(0, 2).int()?.unwrap_or(0)).unwrap_or(0)
            }
        };
        counters.soft_deleted += marked;
        self.park_conflicts(tx, now).await?;
        // Where all staged rows are new there is nothing to compare.
        let updates =
            if count(1)? < staged { tx.execute(&statements.mark_changed(self.compare), &[]).await? } else { 0 };
        if updates > 0 && !self.first_load {
            for group in entity.groups {
                settle::exclusive(tx, group.kind).await?;
                tx.execute(&statements.record_group(group, true), &[]).await?;
            }
            if let Some(sql) = statements.healed_months() {
                settle::exclusive(tx, "mes").await?;
                tx.execute(&sql, &[]).await?;
            }
        }
        let inserts =
            if count(1)? > 0 { tx.execute(&statements.insert(), std::slice::from_ref(written_at)).await? } else { 0 };
        if let (Some(link), Some(parent)) = (statements.link_self(), entity.self_parent) {
            tx.execute(&statements.resolve_again(parent), &[]).await?;
            tx.execute(&link, &[]).await?;
        }
        if updates > 0 {
            tx.execute(&statements.update(), std::slice::from_ref(written_at)).await?;
        }
        if updates + inserts > 0 && !self.first_load {
            for group in entity.groups {
                settle::exclusive(tx, group.kind).await?;
                tx.execute(&statements.record_group(group, false), &[]).await?;
            }
        }
        counters.inserted += inserts;
        counters.updated += updates;
        Ok(orphans)
    }

    /// Moves staged rows whose mandatory reference is absent to quarantine.
    async fn reject_orphans(&mut self, tx: &mut dyn Transaction, staged: &str, now: Seconds) -> DwResult<u64> {
        let Some((read, remove)) = self.statements.orphans() else { return Ok(0) };
        let name = self.entity.descriptor().name;
        let rows = tx.query(&read, &[]).await?;
        for row in rows.rows() {
            let row = orphan(self.entity, staged, row)?;
            rejects::store(tx, name, self.run.unwrap_or(0), &row, now).await?;
        }
        if let Some(sql) = self.statements.forget_orphans() {
            tx.execute(&sql, &[]).await?;
        }
        tx.execute(&remove, &[]).await
    }

    /// Frees unique values that staged rows bring and other rows hold (ruling 8).
    async fn park_conflicts(&mut self, tx: &mut dyn Transaction, now: Seconds) -> DwResult<()> {
        let entity = self.entity.descriptor();
        for swappable in entity.swappable {
            let holders = tx.query(&self.statements.conflicts(swappable), &[]).await?;
            for row in holders.rows() {
                let Some(key) = row.first() else { continue };
                tx.execute(&self.statements.park(swappable), std::slice::from_ref(key)).await?;
                let sql = NOTE_PARKED.for_dialect(tx.dialect())?;
                tx.execute(&sql, &[entity.name.into(), key.clone(), Value::seconds(now)]).await?;
            }
        }
        Ok(())
    }

    /// A row that was read again and is no longer in the source: its target row, if there is one, is marked as deleted, and a
    /// parked one keeps its placeholder.
    async fn retire(&mut self, tx: &mut dyn Transaction, key: i64, now: Seconds) -> DwResult<u64> {
        let entity = self.entity.descriptor();
        let sql = FORGET_PARKED.for_dialect(tx.dialect())?;
        tx.execute(&sql, &[entity.name.into(), key.into()]).await?;
        for group in entity.groups {
            settle::exclusive(tx, group.kind).await?;
            tx.execute(&self.statements.record_group_of_key(group), &[key.into()]).await?;
        }
        tx.execute(&self.statements.mark_deleted(), &[Value::seconds(now), key.into()]).await
    }
}

impl std::fmt::Debug for WarehouseSink<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WarehouseSink").field("entity", &self.entity).field("run", &self.run).finish_non_exhaustive()
    }
}

impl<'w, 'a> WarehouseSink<'w, 'a> {
    /// What copies a batch, without the sink itself, which is busy with the batch before.
    fn copier(&self) -> Copier<'w, 'a> {
        Copier { entity: self.entity, statements: self.statements, writers: self.writers }
    }

    async fn attempt(&mut self, prepared: &mut Prepared<'w, 'a>) -> DwResult<Counters> {
        let mut writer = match prepared.writer.take() {
            Some(writer) => writer,
            None => self.copier().copy(&prepared.batch).await?,
        };
        let mut tx = writer.begin().await?;
        let counters = self.write(tx.transaction(), &prepared.batch).await?;
        checkpoint::pass(checkpoint::APPLIED);
        if let Some(lock) = self.lock {
            lock.verify().await?;
        }
        match tx.commit().await {
            Ok(()) => Ok(counters),
            Err(DwError::CommitUnknown { database, location, message }) => {
                let entity = self.entity.descriptor().name;
                tracing::warn!(entity, message, "the connection broke in a commit; asking what became of it");
                drop(writer);
                if self.was_committed().await? {
                    return Ok(counters);
                }
                // It was not, so that it may be done again like after any other lost connection.
                Err(DwError::Connection {
                    database,
                    location,
                    message,
                    hint: "run again: the batch was rolled back".to_owned(),
                    transient: true,
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the batch whose commit was not answered is in the warehouse: its counters were a part of it.
    async fn was_committed(&mut self) -> DwResult<bool> {
        let Some(run) = self.run else { return Ok(false) };
        let name = self.entity.descriptor().name;
        let expected = self.kept.batches + 1;
        let counted = transact!(self.writers, tx => dw_audit::runs::batches(tx, run, name))?;
        Ok(counted >= expected)
    }

    /// Applies a batch, and again when it fails for a reason that passes. A constraint that refuses a row is one of them once: somebody
    /// who loads another entity may have inferred the same member meanwhile, which the next attempt finds and fills.
    async fn commit(&mut self, mut prepared: Prepared<'w, 'a>) -> DwResult<Counters> {
        let mut pauses = retry::pauses(self.writers.attempts());
        let mut refused = false;
        let counters = loop {
            let error = match self.attempt(&mut prepared).await {
                Ok(counters) => break counters,
                Err(error) => error,
            };
            let passes = match error {
                DwError::Constraint { .. } => !std::mem::replace(&mut refused, true),
                _ => error.is_transient(),
            };
            let Some(pause) = pauses.next().filter(|_| passes) else { return Err(error) };
            let entity = self.entity.descriptor().name;
            tracing::warn!(entity, code = error.code(), %error, ?pause, "a batch failed and is tried again");
            tokio::time::sleep(pause).await;
        };
        checkpoint::pass(checkpoint::COMMITTED);
        let batch = prepared.batch;
        if let (Some(known), Some(last)) = (self.watermark.as_mut(), batch.last) {
            *known = (*known).max(last);
        }
        if let Some((first, last)) = batch.days {
            // The calendar has whole years without a gap.
            let (from, to) = self.calendar.unwrap_or((first, last));
            self.calendar = Some((from.min(first), to.max(last)));
        }
        self.kept += counters;
        Ok(counters)
    }
}

#[async_trait]
impl Sink for WarehouseSink<'_, '_> {
    async fn apply(&mut self, batch: StagedBatch) -> DwResult<Counters> {
        let batch = Batch::new(self.entity, batch);
        if !self.writers.dialect().resolves_apart() {
            return self.commit(Prepared { batch, writer: None }).await;
        }
        let copier = self.copier();
        let (done, next) = match self.waiting.take() {
            None => (Ok(Counters::default()), copier.ahead(batch).await),
            Some(waiting) => join(self.commit(waiting), copier.ahead(batch)).await,
        };
        let done = done?;
        self.waiting = Some(next);
        Ok(done)
    }

    async fn finish(&mut self) -> DwResult<Counters> {
        match self.waiting.take() {
            Some(waiting) => self.commit(waiting).await,
            None => Ok(Counters::default()),
        }
    }

    fn leave(&mut self) -> bool {
        self.waiting.take().is_some()
    }
}
