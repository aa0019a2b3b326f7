//! Which scripts a database still needs, in order, or why it cannot be brought up to date. Pure: a function of the scripts
//! of this program and of the rows of `ctl.schema_script`. Not here: running anything.
//!
//! | recorded | one-time script | repeatable script |
//! |---|---|---|
//! | not at all | runs | runs |
//! | done, same text | is left out | is left out |
//! | done, another text | is refused: a published script is never edited | runs |
//! | running or failed | transactional: runs again, with a notice; else refused until an operator has looked | runs |
//! | unknown to this program | is refused: the database is newer | a notice |
//!
//! A one-time script that is to run while a later one is recorded is refused too: the order is a part of the schema.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::batches::Batch;
use super::record::{Kind, Recorded, Script, Status};
use crate::error::{Database, DwError, DwResult};

/// The width of `ctl.schema_script.script_name`.
const NAME_WIDTH: usize = 200;

/// What is to be done to a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<'a> {
    /// Which database.
    pub database: Database,
    /// The scripts to run, in this order.
    pub steps: Vec<Step<'a>>,
    /// What an operator should know about it.
    pub notices: Vec<Notice>,
}

/// A script to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<'a> {
    /// The script.
    pub script: &'a Script,
    /// The hash to record.
    pub hash: String,
    /// Its batches: a text that cannot be split is refused before the first script runs.
    pub batches: Vec<Batch>,
    /// Why it runs.
    pub reason: Reason,
}

/// Why a script runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It has never run here.
    New,
    /// It is repeatable and its text is another one.
    Changed,
    /// It did not end the last time.
    Unfinished,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Unfinished => "did not end the last time",
        })
    }
}

/// Something that needs no hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A transactional one-time script did not end; nothing of it was kept, so that it runs again.
    RunsAgain {
        /// Name of the script.
        script: String,
        /// How far it came: not [`Status::Done`].
        status: Status,
        /// When that attempt began.
        began: String,
    },
    /// A repeatable script is recorded that this program does not have.
    UnknownRepeatable {
        /// Name of the script.
        script: String,
        /// The version of the program that ran it.
        version: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RunsAgain { script, status, began } => {
                write!(
                    f,
                    "script `{script}`, begun at {began}, {}; it is one transaction and left nothing behind, so it runs again",
                    status.ending()
                )
            }
            Self::UnknownRepeatable { script, version } => {
                write!(
                    f,
                    "script `{script}` of version {version} is unknown to this program; what it made is left as it is"
                )
            }
        }
    }
}

impl<'a> Plan<'a> {
    /// Compares the scripts of this program, in the order in which they run, with what a database has recorded.
    ///
    /// The caller holds the lock of the migrator, so that a recorded `running` is an attempt that died.
    ///
    /// # Errors
    /// - [`DwError::SchemaMismatch`]: the database is newer than this program, a one-time script has another text than the one
    ///   that ran, or one is missing while a later one is recorded.
    /// - [`DwError::ScriptUnfinished`]: a one-time script without a transaction did not end.
    /// - [`DwError::ScriptText`]: a script that is to run cannot be split into batches.
    /// - [`DwError::Internal`]: the list of scripts is wrong.
    pub fn of(database: Database, known: &'a [Script], recorded: &[Recorded]) -> DwResult<Self> {
        refuse_bad_list(known)?;
        let mut plan = Self { database, steps: Vec::new(), notices: Vec::new() };
        plan.notices.extend(unknown(database, known, recorded)?);
        let records: HashMap<&str, &Recorded> = recorded.iter().map(|record| (record.name.as_str(), record)).collect();
        for (at, script) in known.iter().enumerate() {
            let record = records.get(script.name.as_str()).copied();
            let hash = script.hash();
            let Some(reason) = reason_to_run(database, script, &hash, record)? else { continue };
            if script.kind == Kind::OneTime {
                refuse_out_of_order(database, script, &known[at + 1..], &records)?;
                if let Some(record) = record {
                    plan.notices.push(Notice::RunsAgain {
                        script: script.name.clone(),
                        status: record.status,
                        began: record.began(),
                    });
                }
            }
            plan.steps.push(Step { script, hash, batches: script.batches()?, reason });
        }
        Ok(plan)
    }

    /// Refuses a database that still needs a script: what every program but `init` asks of it.
    ///
    /// # Errors
    /// [`DwError::SchemaMismatch`] that names the first script.
    pub fn refuse_pending(&self) -> DwResult<()> {
        let Some(first) = self.steps.first() else { return Ok(()) };
        let others = match self.steps.len() - 1 {
            0 => String::new(),
            1 => " and one more".to_owned(),
            others => format!(" and {others} more"),
        };
        Err(DwError::SchemaMismatch {
            message: format!(
                "{} needs script `{}` ({}){others} for this program",
                self.database, first.script.name, first.reason
            ),
            hint: "run `init`, which upgrades it and keeps the data".to_owned(),
        })
    }
}

/// Why a script runs; `None` when it does not need to.
fn reason_to_run(
    database: Database,
    script: &Script,
    hash: &str,
    record: Option<&Recorded>,
) -> DwResult<Option<Reason>> {
    let Some(record) = record else { return Ok(Some(Reason::New)) };
    match (script.kind, record.status) {
        (_, Status::Done) if record.hash.eq_ignore_ascii_case(hash) => Ok(None),
        (Kind::OneTime, Status::Done) => Err(edited(database, script, hash, record)),
        (Kind::OneTime, Status::Running | Status::Failed) if !script.transactional => Err(DwError::ScriptUnfinished {
            database,
            script: script.name.clone(),
            began: record.began(),
            ending: record.status.ending(),
        }),
        (Kind::Repeatable, Status::Done) => Ok(Some(Reason::Changed)),
        (_, Status::Running | Status::Failed) => Ok(Some(Reason::Unfinished)),
    }
}

fn edited(database: Database, script: &Script, hash: &str, record: &Recorded) -> DwError {
    // The first digits tell two hashes apart for a reader; the whole ones stand in the table.
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    DwError::SchemaMismatch {
        message: format!(
            "script `{}` has been edited since it ran on {database} at {} (version {}): its hash was {}, now it is {}",
            script.name,
            record.began(),
            record.version,
            short(&record.hash),
            short(hash)
        ),
        hint:
            "restore the text that ran, also in the folder of `sql_dir`, and put the change into a new script with the \
               next number: a published script is never edited"
                .to_owned(),
    }
}

/// Refuses a one-time script that would run behind one that is recorded.
fn refuse_out_of_order(
    database: Database,
    script: &Script,
    later: &[Script],
    records: &HashMap<&str, &Recorded>,
) -> DwResult<()> {
    let is_recorded = |later: &&Script| later.kind == Kind::OneTime && records.contains_key(later.name.as_str());
    let Some(recorded) = later.iter().find(is_recorded) else { return Ok(()) };
    Err(DwError::SchemaMismatch {
        message: format!(
            "script `{}` has not run on {database}, but `{}`, which comes behind it, is recorded",
            script.name, recorded.name
        ),
        hint:
            "a new script takes the number behind the last one; if a row of `ctl.schema_script` was deleted, insert it \
               again, or restore the database"
                .to_owned(),
    })
}

/// The recorded scripts that this program does not have.
fn unknown(database: Database, known: &[Script], recorded: &[Recorded]) -> DwResult<Vec<Notice>> {
    let names: HashSet<&str> = known.iter().map(|script| script.name.as_str()).collect();
    let mut notices = Vec::new();
    for record in recorded.iter().filter(|record| !names.contains(record.name.as_str())) {
        if record.kind == Kind::OneTime {
            return Err(DwError::SchemaMismatch {
                message: format!(
                    "{database} is newer than this program: it has script `{}` of version {}",
                    record.name, record.version
                ),
                hint: format!("use version {} of the binaries, or a newer one", record.version),
            });
        }
        notices.push(Notice::UnknownRepeatable { script: record.name.clone(), version: record.version.clone() });
    }
    Ok(notices)
}

/// The list is written by hand: a name that does not fit its column, or one that stands twice, would be found on a server.
fn refuse_bad_list(known: &[Script]) -> DwResult<()> {
    let mut names = HashSet::new();
    for script in known {
        if script.name.chars().count() > NAME_WIDTH {
            return Err(DwError::Internal(format!("the name of script `{}` is too long", script.name)));
        }
        // The column compares without case.
        if !names.insert(script.name.to_ascii_lowercase()) {
            return Err(DwError::Internal(format!("script `{}` stands twice in its list", script.name)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
