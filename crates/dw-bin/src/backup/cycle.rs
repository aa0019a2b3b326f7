//! `backup loop`: what is due is done, one thing after another, until a stop is asked for; the current one ends first. Nothing is
//! due because the process started, what was missed is made up for once, and a failure is told and tried again.

use std::time::Duration;

use dw_backup::name::BackupKind;
use dw_backup::vault::{Known, OnceOptions, Vault};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::exit;
use dw_core::time::{self, Seconds};
use serde_json::json;

use super::back_up;
use super::watch::ConsoleWatcher;
use crate::app::Context;
use crate::output::Failure;
use crate::report::backup::DrillDocument;
use crate::signal::StopFlag;

/// The longest sleep: the clock may be set, and somebody may back up by hand.
const LONGEST: Seconds = 60;

/// What is due next.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    Full(Vec<Database>),
    Log(Database),
    Drill(Vec<Database>),
    Wait(Seconds),
}

pub(super) async fn repeat(
    context: &Context,
    vault: &Vault,
    watcher: &ConsoleWatcher<'_>,
    stop: &StopFlag,
) -> DwResult<u8> {
    let console = &context.console;
    let mut failures = 0_u32;
    while !stop.is_stopped() {
        let outcome = step(context, vault, watcher).await;
        let pause = match outcome {
            Ok(pause) => {
                failures = 0;
                pause
            }
            Err(error) if error.exit_code() == exit::USAGE || error.exit_code() == exit::SCHEMA_MISMATCH => {
                return Err(error);
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                tracing::error!(code = error.code(), %error, "a cycle of backups failed; it is tried again");
                console.json_line(&json!({ "command": "loop", "status": "failed", "error": Failure::from(&error) }))?;
                dw_backup::schedule::pause_after(failures).min(LONGEST * 5)
            }
        };
        let pause = Duration::from_secs(u64::try_from(pause).unwrap_or(0));
        if stop.sleep(pause).await {
            break;
        }
    }
    Ok(exit::OK)
}

/// Does one thing that is due; returns how long to wait.
async fn step(context: &Context, vault: &Vault, watcher: &ConsoleWatcher<'_>) -> DwResult<Seconds> {
    let known = vault.known().await?;
    let now = time::now();
    let mut logged = Vec::new();
    for database in vault.databases() {
        if vault.plan().log.is_some() && vault.keeps_log(database).await? {
            logged.push(database);
        }
    }
    let next = next(vault, &known, &logged, now);
    if let Next::Wait(seconds) = next {
        return Ok(seconds);
    }
    let lock = match vault.lock().await {
        Ok(lock) => lock,
        // Somebody backs up by hand; what is due is due later too.
        Err(DwError::LockHeld { holder, .. }) => {
            tracing::info!(holder, "another backup goes on");
            return Ok(5);
        }
        Err(error) => return Err(error),
    };
    let console = &context.console;
    match next {
        Next::Full(databases) => {
            let options = OnceOptions { databases, kind: BackupKind::Full, copy_only: false };
            console.json_line(&back_up(vault, &options, watcher).await?)?;
        }
        Next::Log(database) => {
            let options = OnceOptions { databases: vec![database], kind: BackupKind::Log, copy_only: false };
            console.json_line(&back_up(vault, &options, watcher).await?)?;
        }
        Next::Drill(databases) => {
            let document = DrillDocument::of(vault.drill(&databases, watcher).await?);
            watcher.end();
            console.json_line(&document)?;
        }
        Next::Wait(_) => {}
    }
    drop(lock);
    Ok(1)
}

/// What is due now: full backups before logs, both before drills; else how long nothing is.
fn next(vault: &Vault, known: &Known, logged: &[Database], now: Seconds) -> Next {
    let mut wait = LONGEST;
    let mut full = Vec::new();
    for database in vault.databases() {
        if let Some(due) = vault.plan().next_full(database.name(), &known.backups, now) {
            if due.at <= now {
                full.push(database);
            } else {
                wait = wait.min(due.at - now);
            }
        }
    }
    if !full.is_empty() {
        return Next::Full(full);
    }
    for database in logged.iter().copied() {
        let of = || known.backups.iter().filter(|record| record.database == database.name());
        // Without a full backup there is no chain to go on with; a failed log waits as long as a good one.
        let Some(last) = of().find(|record| record.kind == "log" || (record.is_good() && !record.copy_only)) else {
            continue;
        };
        let due = last.started_at.min(now).saturating_add(vault.plan().log.unwrap_or(Seconds::MAX));
        if due <= now {
            return Next::Log(database);
        }
        wait = wait.min(due - now);
    }
    if let Some(every) = vault.plan().drill {
        let is_due = |database: &Database| {
            let has_backup =
                known.backups.iter().any(|one| one.database == database.name() && one.kind == "full" && one.is_good());
            let last = known.drills.iter().find(|drill| drill.database == database.name());
            has_backup && last.is_none_or(|last| last.started_at.min(now).saturating_add(every) <= now)
        };
        let due: Vec<Database> = vault.databases().into_iter().filter(is_due).collect();
        if !due.is_empty() {
            return Next::Drill(due);
        }
    }
    Next::Wait(wait.max(1))
}
