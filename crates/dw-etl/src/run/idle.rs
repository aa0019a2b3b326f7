//! Entities with nothing to do: one session asks for all of them, and one transaction records them. Not here: an entity that
//! has something to do.

use std::collections::HashMap;

use dw_audit::runs;
use dw_core::engine::Access;
use dw_core::error::{Database, DwResult};
use dw_core::time::{self, Seconds};
use dw_core::value::Value;

use super::Context;
use super::entity::fail;
use super::select::{Job, shown_watermark};
use crate::control;
use crate::report::{EntityReport, EntityStatus};
use crate::statements::Statements;
use crate::writers::transact;

impl Context<'_, '_> {
    /// The entities for which the source has no change in their window and no key is to be read again. One session asks
    /// for all of them; each other one is spared its own, with its temporary tables.
    pub(super) async fn idle(&self, jobs: &[Job], again: &HashMap<String, Vec<i64>>) -> DwResult<Vec<&'static str>> {
        let mut session = self.engine.open(Database::Oltp, Access::ReadOnly, "etl").await?;
        let dialect = session.dialect();
        let mut idle = Vec::new();
        for job in jobs.iter().filter(|job| !again.contains_key(job.name())) {
            let window = self.options.reading_window(&job.control, self.cutoff, Vec::new());
            let sql = Statements::new(job.entity, dialect).any_change();
            let bounds = [Value::seconds(window.lower), Value::seconds(window.upper)];
            if session.query(&sql, &bounds).await?.get(0, 0).int()? == Some(0) {
                idle.push(job.name());
            }
        }
        Ok(idle)
    }

    /// Up to when all is read once a run is complete. A window of somebody's choice says nothing of what lies beside it.
    pub(super) fn read_until(&self) -> Option<Seconds> {
        self.options.window.is_none().then_some(self.cutoff)
    }

    pub(super) async fn report_idle(&self, jobs: &[Job], idle: &[&'static str]) -> Vec<EntityReport> {
        if idle.is_empty() {
            return Vec::new();
        }
        let recorded = match self.run_id {
            None => Ok(()),
            Some(run) => transact!(self.writers, tx => async {
                let now = time::now();
                runs::idle_entities(tx, run, idle, now).await?;
                control::finish_idle(tx, idle, run, self.read_until(), now).await
            }),
        };
        let mut reports = Vec::new();
        for job in jobs.iter().filter(|job| idle.contains(&job.name())) {
            let mut report = EntityReport::new(job.name(), EntityStatus::Success);
            report.watermark_to = shown_watermark(&job.control);
            if let Err(error) = &recorded {
                fail(&mut report, error);
            }
            self.reporter.entity_started(job.name());
            self.reporter.entity_finished(&report);
            reports.push(report);
        }
        reports
    }
}
