//! The `backup` command: from a command line to [`dw_backup::vault::Vault`], and back to a report.

pub mod args;
mod cycle;
mod watch;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use dw_audit::sla::rules;
use dw_backup::embedded::EmbeddedBackups;
use dw_backup::name::BackupKind;
use dw_backup::port::{BackupEngine, Watcher};
use dw_backup::sql_server::{ServerBackups, ServerOptions, TargetSessions};
use dw_backup::vault::{OnceOptions, Vault, database_of};
use dw_core::config::{ConnectionTarget, EngineKind, Overrides, Settings};
use dw_core::engine::{LockGuard, SharedEngine};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::{exit, time};

pub use args::BackupCli;

use crate::app::{self, Binary, Context};
use crate::args::GlobalArgs;
use crate::report::backup::{
    BackupDocument, DrillDocument, ListDocument, PruneDocument, RestoreDocument, StatusDocument, VerifyDocument,
};
use crate::{config_command, engine, signal};
use args::{BackupCommand, OnceArgs, RestoreArgs, VerifyArgs};
use watch::ConsoleWatcher;

/// The process `backup`.
pub fn main() -> ExitCode {
    app::start::<BackupCli>()
}

impl Binary for BackupCli {
    fn globals(&self) -> &GlobalArgs {
        &self.globals
    }

    fn overrides(&self) -> Overrides {
        let mut overrides = self.globals.overrides();
        overrides.flag("--directory", "backup.directory", self.directory.as_deref());
        overrides
    }

    async fn execute(self, context: &Context) -> DwResult<u8> {
        if matches!(self.command, BackupCommand::Config) {
            return config_command::show(context);
        }
        let vault = vault(&context.settings)?;
        // The first signal is heard by the loop; whatever else goes on ends with its step.
        let log = context.console.is_json();
        let stop = signal::listen(move || {
            if !log {
                tracing::warn!("stopping after the current backup; once more stops at once");
            }
        });
        let watcher = ConsoleWatcher::new(&context.console);
        match self.command {
            BackupCommand::Once(args) => once(context, &vault, &args, &watcher).await,
            BackupCommand::Loop => cycle::repeat(context, &vault, &watcher, &stop).await,
            BackupCommand::Verify(args) => verify(context, &vault, &args, &watcher).await,
            BackupCommand::Drill(args) => {
                drill(context, &vault, &databases(&vault, args.database.as_deref())?, &watcher).await
            }
            BackupCommand::Restore(args) => restore(context, &vault, &args, &watcher).await,
            BackupCommand::Prune(args) => prune(context, &vault, args.dry_run, &watcher).await,
            BackupCommand::List => list(context, &vault).await,
            BackupCommand::Status => status(context, &vault).await,
            BackupCommand::Config => Ok(exit::OK),
        }
    }
}

/// The vault of the settings.
///
/// # Errors
/// A bad configuration.
pub fn vault(settings: &Settings) -> DwResult<Vault> {
    let rules = rules::load(settings.sla.file.as_deref())?;
    let (engine, port): (SharedEngine, Box<dyn BackupEngine>) = match settings.engine {
        EngineKind::Embedded => {
            let engine = engine::embedded(settings);
            (Arc::new(engine.clone()), Box::new(EmbeddedBackups::new(engine, &settings.backup.directory)))
        }
        EngineKind::SqlServer => (Arc::new(engine::sql_server(settings)?), Box::new(server(settings)?)),
    };
    Vault::new(engine, port, settings.backup.clone(), rules)
}

/// Backups of the server of the settings.
fn server(settings: &Settings) -> DwResult<ServerBackups> {
    let backup = &settings.backup;
    let target = |database| -> DwResult<ConnectionTarget> {
        let command_timeout = Duration::from_secs(backup.timeout_seconds);
        Ok(ConnectionTarget { command_timeout, ..settings.connection_target(database)? })
    };
    let sessions = TargetSessions {
        oltp: target(Database::Oltp)?,
        dw: target(Database::Dw)?,
        restore_user: backup.restore_user.clone(),
        restore_password: settings.logins.etl_restore_password.clone(),
    };
    let options = ServerOptions {
        folder: backup.server_directory.clone(),
        // The default is of the embedded engine: only somebody who names a folder means the one of the server.
        local: settings.is_given("backup.directory").then(|| backup.directory.clone()),
        compression: backup.compression.clone(),
        max_transfer_kb: backup.max_transfer_kb.parse().unwrap_or(1_024),
        certificate: backup.certificate.clone(),
    };
    Ok(ServerBackups::new(Box::new(sessions), options))
}

/// The databases of a flag, or those of the settings.
fn databases(vault: &Vault, names: Option<&str>) -> DwResult<Vec<Database>> {
    let Some(names) = names else { return Ok(vault.databases()) };
    names
        .split(',')
        .map(|name| {
            database_of(name).ok_or_else(|| {
                DwError::usage(
                    format!("`--database {name}` is no database of the stack"),
                    "use DW_ECOMMERCE or ECOMMERCE_OLTP, or both divided by a comma",
                )
            })
        })
        .collect()
}

fn kind(word: &str) -> DwResult<BackupKind> {
    BackupKind::parse(word.trim())
        .ok_or_else(|| DwError::usage(format!("`--type {word}` is no kind of backup"), "use full, diff or log"))
}

async fn once(context: &Context, vault: &Vault, args: &OnceArgs, watcher: &ConsoleWatcher<'_>) -> DwResult<u8> {
    let options = OnceOptions {
        databases: databases(vault, args.databases.database.as_deref())?,
        kind: kind(&args.kind)?,
        copy_only: args.copy_only,
    };
    let lock = vault.lock().await?;
    let document = back_up(vault, &options, watcher).await?;
    drop(lock);
    let code = document.exit_code;
    context.console.present(&document, || document.listing())?;
    document.errors(&context.console);
    Ok(code)
}

/// Backups, and retention when all of them are verified: a failure deletes nothing.
async fn back_up(vault: &Vault, options: &OnceOptions, watcher: &ConsoleWatcher<'_>) -> DwResult<BackupDocument> {
    let taken = vault.once(options, watcher).await?;
    let mut document = BackupDocument::of(taken);
    if document.exit_code == exit::OK {
        match vault.prune(false, watcher).await {
            Ok(pruned) => document.add(pruned),
            Err(error) => document.fail(&error),
        }
    }
    watcher.end();
    Ok(document)
}

/// The lock, unless there is nothing to keep it: a server has its locks in the warehouse, which may be what is to be restored.
async fn lock_if_there_is_one(vault: &Vault, watcher: &ConsoleWatcher<'_>) -> DwResult<Option<Box<dyn LockGuard>>> {
    match vault.lock().await {
        Ok(lock) => Ok(Some(lock)),
        Err(error @ DwError::LockHeld { .. }) => Err(error),
        Err(error) => {
            watcher.remark(&format!("no lock can be had, because the warehouse cannot be reached: {error}"));
            Ok(None)
        }
    }
}

async fn verify(context: &Context, vault: &Vault, args: &VerifyArgs, watcher: &ConsoleWatcher<'_>) -> DwResult<u8> {
    let file = if args.latest { None } else { args.file.as_deref() };
    let lock = lock_if_there_is_one(vault, watcher).await?;
    let verified = vault.verify(file, watcher).await?;
    drop(lock);
    watcher.end();
    let document = VerifyDocument::of(verified);
    context.console.present(&document, || document.listing())?;
    document.errors(&context.console);
    Ok(document.exit_code)
}

async fn drill(context: &Context, vault: &Vault, databases: &[Database], watcher: &ConsoleWatcher<'_>) -> DwResult<u8> {
    let lock = vault.lock().await?;
    let drills = vault.drill(databases, watcher).await?;
    drop(lock);
    watcher.end();
    let document = DrillDocument::of(drills);
    context.console.present(&document, || document.listing())?;
    document.errors(&context.console);
    Ok(document.exit_code)
}

async fn restore(context: &Context, vault: &Vault, args: &RestoreArgs, watcher: &ConsoleWatcher<'_>) -> DwResult<u8> {
    let lock = lock_if_there_is_one(vault, watcher).await?;
    let restored = vault.restore(&args.file, &args.to, args.replace.as_deref(), watcher).await;
    drop(lock);
    watcher.end();
    let document = RestoreDocument::of(restored?);
    context.console.present(&document, || document.listing())?;
    if database_of(&document.name).is_some() {
        context.console.notice(&format!(
            "now type `etl rewind --from-backup {}`, then `etl run` and `etl reconcile`; restart programs that read {}",
            args.file, document.name
        ));
    }
    Ok(exit::OK)
}

async fn prune(context: &Context, vault: &Vault, dry_run: bool, watcher: &ConsoleWatcher<'_>) -> DwResult<u8> {
    let lock = vault.lock().await?;
    let pruned = vault.prune(dry_run, watcher).await?;
    drop(lock);
    watcher.end();
    let document = PruneDocument::of(pruned, dry_run);
    context.console.present(&document, || document.listing())?;
    document.errors(&context.console);
    Ok(document.exit_code)
}

async fn list(context: &Context, vault: &Vault) -> DwResult<u8> {
    let document = ListDocument::of(vault.known().await?);
    context.console.present(&document, || document.listing())?;
    Ok(exit::OK)
}

async fn status(context: &Context, vault: &Vault) -> DwResult<u8> {
    let now = time::now();
    let document = StatusDocument::of(vault.status(now).await?, now);
    context.console.present(&document, || document.listing())?;
    Ok(document.exit_code)
}
