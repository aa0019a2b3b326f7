//! A batch on its way into the warehouse: what of it is needed to apply it more than once, and copying it ahead, while the batch
//! before it is applied. Not here: how it is applied.

use std::sync::Arc;

use dw_audit::rejects::RejectedRow;
use dw_core::error::{DwError, DwResult};
use dw_core::time::Seconds;
use dw_core::value::{RowBatch, Value};

use crate::entity::Entity;
use crate::feed::StagedBatch;
use crate::statements::Statements;
use crate::writers::{Writer, Writers};

/// A batch that may be applied more than once.
pub(super) struct Batch {
    pub(super) rows: Arc<RowBatch>,
    pub(super) rejects: Vec<RejectedRow>,
    pub(super) gone: Vec<i64>,
    pub(super) extracted: u64,
    pub(super) last: Option<(Seconds, i64)>,
    pub(super) days: Option<(i64, i64)>,
    /// How many of the rows are marked as deleted.
    pub(super) deleted: u64,
}

impl Batch {
    pub(super) fn new(entity: &dyn Entity, batch: StagedBatch) -> Self {
        let StagedBatch { rows, rejects, gone, extracted, last, days } = batch;
        let place = entity.target_columns().iter().position(|column| *column == "excluido_em");
        let marked = |row: &&[Value]| place.and_then(|place| row.get(place)).is_some_and(|value| !value.is_null());
        let deleted = u64::try_from(rows.rows().filter(marked).count()).unwrap_or(0);
        Self { rows: Arc::new(rows), rejects, gone, extracted, last, days, deleted }
    }
}

/// A batch on its way: on an engine that resolves apart it is copied already, into a table of this writer's session.
pub(super) struct Prepared<'w, 'a> {
    pub(super) batch: Batch,
    pub(super) writer: Option<Writer<'w, 'a>>,
}

/// Copies a batch to where a writer applies it.
pub(super) struct Copier<'w, 'a> {
    pub(super) entity: &'static dyn Entity,
    pub(super) statements: Statements,
    pub(super) writers: &'w Writers<'a>,
}

impl<'w, 'a> Copier<'w, 'a> {
    pub(super) async fn copy(&self, batch: &Batch) -> DwResult<Writer<'w, 'a>> {
        let statements = self.statements;
        let mut writer = self.writers.take().await?;
        writer.prepare(self.entity.descriptor().name, || statements.create_stage()).await?;
        if self.writers.dialect().resolves_apart() && !batch.rows.is_empty() {
            let columns = statements.staged_columns();
            let copied = writer
                .copy(&statements.clear_incoming(), &statements.incoming(), &columns, Arc::clone(&batch.rows))
                .await?;
            if copied != u64::try_from(batch.rows.len()).unwrap_or(u64::MAX) {
                return Err(DwError::Internal(format!("{} rows were to be copied, {copied} were", batch.rows.len())));
            }
        }
        Ok(writer)
    }

    /// Copies ahead, while the batch before is applied. An error is left to the attempt that then copies again.
    pub(super) async fn ahead(&self, batch: Batch) -> Prepared<'w, 'a> {
        match self.copy(&batch).await {
            Ok(writer) => Prepared { batch, writer: Some(writer) },
            Err(error) => {
                tracing::debug!(%error, "a batch was not copied ahead");
                Prepared { batch, writer: None }
            }
        }
    }
}
