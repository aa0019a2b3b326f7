//! One entity of a run, from its row in the audit trail to its report. Not here: the order of the entities.

use std::time::Instant;

use dw_audit::counters::Counters;
use dw_audit::runs;
use dw_core::error::{DwError, DwResult};
use dw_core::schema::Table;
use dw_core::time;

use super::select::{Job, find, shown_watermark};
use super::{Context, stored_error};
use crate::checkpoint;
use crate::control;
use crate::indexes;
use crate::pipeline::{Extraction, Outcome};
use crate::report::{EntityReport, EntityStatus};
use crate::settle;
use crate::sink::WarehouseSink;
use crate::source::Window;
use crate::statements::Compare;
use crate::writers::transact;

impl Context<'_, '_> {
    pub(super) async fn entity(
        &self,
        job: &Job,
        extraction: DwResult<Extraction>,
        sales_failed: bool,
        incomplete: bool,
    ) -> EntityReport {
        let started = Instant::now();
        self.reporter.entity_started(job.name());
        let mut kept = Counters::default();
        let result = if let Err(error) = self.open_entity(job).await {
            Err(error)
        } else if sales_failed {
            Err(DwError::DependencyFailed { entity: job.name().to_owned(), dependency: "fact_vendas".to_owned() })
        } else {
            self.load(job, extraction, incomplete, &mut kept).await
        };
        let mut report = EntityReport::new(job.name(), EntityStatus::Success);
        match &result {
            Ok(outcome) => {
                report.count(&outcome.counters, started.elapsed());
                report.more_pending = outcome.more_pending;
            }
            Err(error) => {
                // The batches before the error are in the warehouse.
                report.count(&kept, started.elapsed());
                fail(&mut report, error);
            }
        }
        if let Err(error) = self.finish(job, &mut report).await {
            fail(&mut report, &error);
        }
        self.reporter.entity_finished(&report);
        checkpoint::pass(checkpoint::BETWEEN_ENTITIES);
        report
    }

    async fn open_entity(&self, job: &Job) -> DwResult<()> {
        let Some(run) = self.run_id else { return Ok(()) };
        let watermark = job.control.watermark;
        transact!(self.writers, tx => runs::start_entity(tx, run, job.name(), watermark, time::now()))
    }

    /// `incomplete` says that the target may lack an index; `kept` counts what was committed, also when an error ends the load.
    async fn load(
        &self,
        job: &Job,
        extraction: DwResult<Extraction>,
        incomplete: bool,
        kept: &mut Counters,
    ) -> DwResult<Outcome> {
        let extraction = extraction?;
        let target = job.entity.descriptor().target;
        let first_load = indexes::prepare(self.writers, job.entity.descriptor(), incomplete).await?;
        let watermark = self.options.window.is_none().then_some(job.control.watermark);
        let mut sink = WarehouseSink::new(job.entity, self.writers, self.run_id, watermark).first_load(first_load);
        if self.options.full_refresh {
            sink = sink.comparing(Compare::Values);
        }
        if let Some(lock) = self.locks.iter().find(|lock| lock.resource() == job.name()) {
            sink = sink.under(&**lock);
        }
        let drained = extraction.drain(&mut sink, self.reporter).await;
        *kept = sink.kept();
        if first_load {
            indexes::ensure(self.writers, target).await?;
            sink.end_first_load();
        }
        let mut outcome = drained?;
        if outcome.counters.inserted > 0 {
            self.columnstore(target).await;
        }
        if !job.entity.descriptor().swappable.is_empty() && !outcome.more_pending {
            let unparked = self.unpark(job, &mut sink).await;
            *kept = sink.kept();
            outcome.counters += unparked?;
        }
        if job.name() == "dim_equipe" {
            settle::team_names(self.writers).await?;
        }
        Ok(outcome)
    }

    /// Makes the columnstore index of a fact when its time has come. The rows are in the warehouse, with it or without.
    async fn columnstore(&self, target: &'static Table) {
        let Some(from_rows) = self.options.columnstore.from_rows() else { return };
        if target.schema != "fact" || self.options.dry_run {
            return;
        }
        let made = async {
            Ok::<_, DwError>(
                self.engine.has_columnstore().await?
                    && indexes::ensure_columnstore(self.writers, target, from_rows).await?,
            )
        };
        match made.await {
            Ok(true) => self.reporter.notice(&format!("{} has a columnstore index now", target.full_name())),
            Ok(false) => {}
            Err(error) => self.reporter.notice(&format!(
                "the columnstore index of {} could not be made, and the next run tries again: {error}",
                target.full_name()
            )),
        }
    }

    /// Rows that were parked for a value of theirs and did not come with this run are read again by key; whatever is still
    /// parked then fails the entity (ruling 8).
    async fn unpark(&self, job: &Job, sink: &mut WarehouseSink<'_, '_>) -> DwResult<Counters> {
        let parked = self.parked(job).await?;
        if parked.is_empty() {
            return Ok(Counters::default());
        }
        let nothing_new = (i64::MAX, i64::MAX);
        let window = Window { lower: i64::MAX, upper: i64::MIN, watermark: nothing_new, again: parked };
        let outcome = self.extraction(job, window, None).await?.drain(sink, &crate::report::Silent).await?;
        let left = self.parked(job).await?;
        if left.is_empty() {
            return Ok(outcome.counters);
        }
        let sample: Vec<String> = left.iter().take(5).map(i64::to_string).collect();
        Err(DwError::StillParked {
            entity: job.name().to_owned(),
            count: i64::try_from(left.len()).unwrap_or(i64::MAX),
            sample: format!("keys {}", sample.join(", ")),
        })
    }

    async fn parked(&self, job: &Job) -> DwResult<Vec<i64>> {
        transact!(self.writers, tx => control::parked(tx, job.name()))
    }

    async fn finish(&self, job: &Job, report: &mut EntityReport) -> DwResult<()> {
        let ok = report.status == EntityStatus::Success;
        let (error, more_pending) = (stored_error(report), report.more_pending);
        let read_until = self.read_until().filter(|_| ok && !more_pending);
        let controls = transact!(self.writers, tx => async {
            if let Some(run) = self.run_id {
                let now = time::now();
                runs::finish_entity(tx, run, job.name(), error.as_deref(), more_pending, now).await?;
                control::finish(tx, job.name(), run, ok, read_until, now).await?;
            }
            control::read(tx).await
        })?;
        report.watermark_to = find(&controls, job.name()).as_ref().and_then(shown_watermark);
        Ok(())
    }
}

pub(super) fn fail(report: &mut EntityReport, error: &DwError) {
    tracing::error!(entity = report.entity, code = error.code(), %error, "entity failed");
    report.status = EntityStatus::Failed;
    report.error = Some(error.to_string());
    report.error_code = Some(error.code());
    report.error_hint = Some(error.hint());
    report.exit_code = error.exit_code();
}
