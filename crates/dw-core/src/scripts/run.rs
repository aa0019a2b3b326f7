//! Brings a database of a server up to date: takes the lock of the migrator, compares the scripts of this program with what the
//! database has recorded, and runs what is missing. Not here: the comparison (see [`super::plan`]).

use std::fmt;

use super::batches::Batch;
use super::known;
use super::plan::{Plan, Reason, Step};
use super::record::{Kind, Recorded, Script, Status};
use crate::dialect::Dialect;
use crate::engine::{Executor, Session};
use crate::error::{Database, DwError, DwResult};
use crate::migrate;
use crate::sql_text;
use crate::sql_text::SqlText;
use crate::time;
use crate::value::Value;

const TAKE_LOCK: SqlText = sql_text!("bootstrap/take_lock");
const FREE_LOCK: SqlText = sql_text!("bootstrap/free_lock");
const READ_RECORDS: SqlText = sql_text!("bootstrap/read_records");
const START_RECORD: SqlText = sql_text!("bootstrap/start_record");
const END_RECORD: SqlText = sql_text!("bootstrap/end_record");
const FORGET_RECORD: SqlText = sql_text!("bootstrap/forget_record");

/// How long a second `init` waits for the first one.
const LOCK_WAIT_MILLIS: i64 = 120_000;

/// A script that ran, or would run, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptRun {
    /// `dw/up/0001_star_schema`.
    pub name: String,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for ScriptRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.reason)
    }
}

/// What a run did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The scripts in order.
    pub scripts: Vec<ScriptRun>,
    /// What an operator should know.
    pub notices: Vec<String>,
}

/// All scripts of a database in the order in which they run.
///
/// # Errors
/// [`DwError::Io`] when a file in the folder of `sql_dir` cannot be read.
pub fn all(dialect: &dyn Dialect, database: Database) -> DwResult<Vec<Script>> {
    let mut scripts = known::one_time_scripts(database)?;
    scripts.extend(known::repeatable_scripts(dialect, database)?);
    Ok(scripts)
}

/// What [`run`] would do now. Changes nothing.
///
/// # Errors
/// See [`Plan::of`].
pub async fn plan(session: &mut dyn Session, database: Database) -> DwResult<Outcome> {
    let scripts = all(session.dialect(), database)?;
    let recorded = recorded(session).await?;
    Plan::of(database, &scripts, &recorded).map(|plan| outcome(&plan))
}

/// What [`run`] would do to a database that does not exist yet.
///
/// # Errors
/// See [`Plan::of`].
pub fn plan_of_new(dialect: &dyn Dialect, database: Database) -> DwResult<Outcome> {
    Plan::of(database, &all(dialect, database)?, &[]).map(|plan| outcome(&plan))
}

/// The one-time scripts that [`run`] would run now.
///
/// # Errors
/// See [`Plan::of`].
pub async fn pending_one_time(session: &mut dyn Session, database: Database) -> DwResult<Vec<Script>> {
    let scripts = known::one_time_scripts(database)?;
    let recorded = recorded(session).await?;
    let plan = Plan::of(database, &scripts, &recorded)?;
    Ok(plan.steps.iter().map(|step| step.script.clone()).collect())
}

async fn recorded(session: &mut dyn Session) -> DwResult<Vec<Recorded>> {
    if migrate::table_exists(session, "ctl", "schema_script").await? { read(session).await } else { Ok(Vec::new()) }
}

/// Runs what is missing, one init at a time.
///
/// # Errors
/// See [`Plan::of`]; a script that fails is recorded as failed and named.
pub async fn run(session: &mut dyn Session, database: Database) -> DwResult<Outcome> {
    lock(session, database).await?;
    let result = run_locked(session, database).await;
    // Also after an error, as far as the connection is still of use; else the lock ends with it.
    let freed = session.query(&FREE_LOCK.get()?, &[]).await;
    let outcome = result?;
    freed?;
    Ok(outcome)
}

/// Forgets the record of a script, so that it runs again: for an operator who has looked at what it left behind.
///
/// # Errors
/// [`DwError::Usage`] when no such script is recorded.
pub async fn repair(session: &mut dyn Session, database: Database, script: &str) -> DwResult<()> {
    lock(session, database).await?;
    let forgotten = session.execute(&FORGET_RECORD.get()?, &[script.into()]).await;
    session.query(&FREE_LOCK.get()?, &[]).await?;
    if forgotten? == 0 {
        return Err(DwError::usage(
            format!("{database} has no unfinished script `{script}`"),
            "`init --plan` names the scripts",
        ));
    }
    Ok(())
}

async fn lock(session: &mut dyn Session, database: Database) -> DwResult<()> {
    let answer = session.query(&TAKE_LOCK.get()?, &[Value::Int(LOCK_WAIT_MILLIS)]).await?;
    match answer.get(0, 0).int()?.unwrap_or(-999) {
        0 | 1 => Ok(()),
        _ => {
            Err(DwError::LockHeld { entity: format!("the schema of {database}"), holder: "another `init`".to_owned() })
        }
    }
}

async fn run_locked(session: &mut dyn Session, database: Database) -> DwResult<Outcome> {
    for batch in known::bootstrap_batches()? {
        session.execute(&batch.text, &[]).await?;
    }
    let scripts = all(session.dialect(), database)?;
    let recorded = read(session).await?;
    let plan = Plan::of(database, &scripts, &recorded)?;
    for notice in &plan.notices {
        tracing::warn!(%database, "{notice}");
    }
    for step in &plan.steps {
        tracing::info!(%database, script = step.script.name, reason = %step.reason, "running a script");
        run_step(session, step).await.map_err(|error| {
            tracing::error!(%database, script = step.script.name, %error, "a script failed");
            error
        })?;
    }
    Ok(outcome(&plan))
}

fn outcome(plan: &Plan<'_>) -> Outcome {
    Outcome {
        scripts: plan
            .steps
            .iter()
            .map(|step| ScriptRun { name: step.script.name.clone(), reason: step.reason })
            .collect(),
        notices: plan.notices.iter().map(ToString::to_string).collect(),
    }
}

async fn run_step(session: &mut dyn Session, step: &Step<'_>) -> DwResult<()> {
    start_record(session, step).await?;
    let result = if step.script.transactional {
        let mut tx = session.begin().await?;
        let mut result = run_batches(&mut *tx, &step.batches).await;
        if result.is_ok() {
            result = end_record(&mut *tx, step, Status::Done).await;
        }
        match result {
            Ok(()) => tx.commit().await,
            Err(error) => {
                // The first error is the one that matters; a connection that is gone has rolled back by itself.
                if let Err(second) = tx.rollback().await {
                    tracing::debug!(%second, "the rollback was not answered");
                }
                Err(error)
            }
        }
    } else {
        match run_batches(session, &step.batches).await {
            Ok(()) => end_record(session, step, Status::Done).await,
            Err(error) => Err(error),
        }
    };
    if let Err(error) = result {
        if let Err(second) = end_record(session, step, Status::Failed).await {
            tracing::debug!(%second, "the failure was not recorded; the script counts as interrupted");
        }
        return Err(error);
    }
    Ok(())
}

async fn run_batches<E: Executor + ?Sized>(executor: &mut E, batches: &[Batch]) -> DwResult<()> {
    for batch in batches {
        for _ in 0..batch.repeat {
            executor.execute(&batch.text, &[]).await?;
        }
    }
    Ok(())
}

async fn read(session: &mut dyn Session) -> DwResult<Vec<Recorded>> {
    let rows = session.query(&READ_RECORDS.get()?, &[]).await?;
    rows.rows()
        .map(|row| {
            let text = |column: usize| -> DwResult<String> {
                Ok(row.get(column).map_or(Ok(None), Value::text)?.unwrap_or_default().to_owned())
            };
            let int = |column: usize| row.get(column).map_or(Ok(None), Value::int);
            Ok(Recorded {
                name: text(0)?,
                kind: Kind::from_record(&text(1)?)?,
                hash: text(2)?,
                status: Status::from_record(&text(3)?)?,
                started_at: int(4)?.unwrap_or_default(),
                finished_at: int(5)?,
                version: text(6)?,
            })
        })
        .collect()
}

async fn start_record(session: &mut dyn Session, step: &Step<'_>) -> DwResult<()> {
    let params = [
        step.script.name.as_str().into(),
        step.script.kind.as_str().into(),
        step.hash.as_str().into(),
        Value::seconds(time::now()),
        env!("CARGO_PKG_VERSION").into(),
    ];
    let sql = START_RECORD.get()?;
    session.execute(&FORGET_RECORD.get()?, &params[..1]).await?;
    session.execute(&sql, &params).await.map(|_| ())
}

async fn end_record<E: Executor + ?Sized>(executor: &mut E, step: &Step<'_>, status: Status) -> DwResult<()> {
    let params = [step.script.name.as_str().into(), status.as_str().into(), Value::seconds(time::now())];
    executor.execute(&END_RECORD.get()?, &params).await.map(|_| ())
}
