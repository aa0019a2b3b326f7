//! Quality checks over both databases: what `etl check` does, and what is done behind a run. The checks themselves are those of
//! [`dw_audit::quality`]; this crate adds the comparison of source and warehouse, which only it can make.

use std::time::Instant;

use dw_audit::quality::{self, Check, CheckResult, Inputs, Kind, Reconciled, store};
use dw_core::engine::{Access, Engine};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::exit;
use dw_core::time::{self, Seconds};

use crate::reconcile::{EntityComparison, compare_all};
use crate::report::{EntityStatus, Reporter, RunReport, Silent};

/// What was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckReport {
    /// When.
    pub checked_at: Seconds,
    /// The results in the order of the declaration.
    pub results: Vec<CheckResult>,
    /// How long it took.
    pub seconds: f64,
    /// Why the results could not be stored; they stand all the same.
    pub not_stored: Option<String>,
}

impl CheckReport {
    /// Checks of severity `error` that failed.
    pub fn errors(&self) -> usize {
        self.results.iter().filter(|result| result.is_error()).count()
    }

    /// Checks of severity `warn` that failed.
    pub fn warnings(&self) -> usize {
        self.results.iter().filter(|result| result.is_warning()).count()
    }

    /// 0, or 20 when a check of severity `error` failed.
    pub fn exit_code(&self) -> u8 {
        if self.errors() == 0 { exit::OK } else { exit::QUALITY }
    }
}

/// The checks that are chosen by names of entities and of checks; none of either chooses all.
///
/// # Errors
/// [`DwError::Usage`] for a name that no check has.
pub fn choose(checks: Vec<Check>, entities: &[String], names: &[String]) -> DwResult<Vec<Check>> {
    for entity in entities {
        if !checks.iter().any(|check| check.subject() == entity) {
            return Err(DwError::usage(
                format!("no check is about `{}`", entity.escape_debug()),
                "name an entity, or `source` or `warehouse`; `etl check --list` shows all checks",
            ));
        }
    }
    for name in names {
        if !checks.iter().any(|check| matches(check, name)) {
            return Err(DwError::usage(
                format!("there is no check `{}`", name.escape_debug()),
                "name a check such as `fact_vendas.key`, or a kind such as `reconciliation`; `etl check --list` shows all",
            ));
        }
    }
    let wanted = |check: &Check| {
        (entities.is_empty() || entities.iter().any(|entity| check.subject() == entity))
            && (names.is_empty() || names.iter().any(|name| matches(check, name)))
    };
    Ok(checks.into_iter().filter(wanted).collect())
}

/// True for the name of a check, or for a kind.
fn matches(check: &Check, name: &str) -> bool {
    check.name == name || check.kind.as_str() == name
}

/// Asks checks, compares what a reconciliation check needs, and stores the results. `run` is the run behind which is checked.
///
/// # Errors
/// A database that cannot be read. That the results cannot be stored is part of the report.
pub async fn check(
    engine: &dyn Engine,
    checks: &[Check],
    run: Option<i64>,
    retention_days: u32,
    reporter: &dyn Reporter,
) -> DwResult<CheckReport> {
    let started = Instant::now();
    let is_compared = |entity: &str| {
        checks.iter().any(|check| check.subject() == entity && matches!(check.kind, Kind::Reconciliation(_)))
    };
    let compared = compare_all(engine, is_compared, reporter).await?;
    let reconciliation: Vec<Reconciled> = compared.iter().map(EntityComparison::reconciled).collect();
    let mut inputs = Inputs::open(engine, checks, &reconciliation).await?;
    let results = quality::run(checks, &mut inputs).await?;
    drop(inputs);
    let checked_at = time::now();
    let stored = async {
        let mut session = engine.open(Database::Dw, Access::ReadWrite, "etl check").await?;
        store::save(&mut *session, &results, &reconciliation, run, checked_at, retention_days).await
    };
    let not_stored = stored.await.err().map(|error| {
        tracing::warn!(code = error.code(), %error, "the results of the checks could not be stored");
        error.to_string()
    });
    Ok(CheckReport { checked_at, results, seconds: started.elapsed().as_secs_f64(), not_stored })
}

/// What is checked behind a run: the entities that it changed, by all checks but those that read both sides whole or say nothing
/// behind a run. An entity that was checked within the last `pause` seconds is left out.
///
/// None when there is nothing to check.
///
/// # Errors
/// See [`check`]. A run never fails for it: the caller tells it.
pub async fn after_run(
    engine: &dyn Engine,
    checks: &[Check],
    run: &RunReport,
    pause: Seconds,
    retention_days: u32,
) -> DwResult<Option<CheckReport>> {
    let Some(run_id) = run.run_id else { return Ok(None) };
    let changed: Vec<&str> = run
        .entities
        .iter()
        .filter(|entity| entity.status == EntityStatus::Success)
        .filter(|entity| entity.inserted + entity.updated + entity.soft_deleted + entity.rejected > 0)
        .map(|entity| entity.entity)
        .collect();
    if changed.is_empty() {
        return Ok(None);
    }
    let lately = if pause == 0 {
        Vec::new()
    } else {
        let mut session = engine.open(Database::Dw, Access::ReadOnly, "etl check").await?;
        store::checked_since(&mut *session, time::now().saturating_sub(pause)).await?
    };
    let wanted = |check: &&Check| {
        changed.contains(&check.subject())
            && !lately.iter().any(|entity| entity == check.subject())
            && !matches!(check.kind, Kind::Reconciliation(_) | Kind::Freshness(_) | Kind::Drift(_))
    };
    let checks: Vec<Check> = checks.iter().filter(wanted).cloned().collect();
    if checks.is_empty() {
        return Ok(None);
    }
    check(engine, &checks, Some(run_id), retention_days, &Silent).await.map(Some)
}
