//! Databases, their schema, logins and the server audit, in the order in which `init` makes them. Not here: what is said of it
//! (see [`super::base`]) and how it is done (`dw-core`).

use std::sync::Arc;

use dw_core::config::{EngineKind, Settings};
use dw_core::drift;
use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::{Access, Session, SharedEngine};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::sql_server::{LoginOptions, LoginStep, SqlServerEngine};
use dw_core::time::now;
use dw_core::{exit, migrate, scripts};
use dw_etl::calendar_table;
use serde_json::json;

use crate::app::Context;
use crate::engine;
use crate::output::Progress;

/// The source first: the warehouse is filled from it.
pub(super) const DATABASES: [Database; 2] = [Database::Oltp, Database::Dw];

/// The word of `sqlserver.server_audit_folder` for no server audit.
const NO_AUDIT: &str = "none";

/// The engine as `init` needs it: it looks at databases of any version, and at what no other command needs of a server.
#[derive(Debug, Clone)]
pub enum Target {
    /// Files.
    Embedded(Arc<EmbeddedEngine>),
    /// A server, or two.
    SqlServer(Arc<SqlServerEngine>),
}

impl Target {
    /// The target of the settings. Nothing is connected yet.
    ///
    /// # Errors
    /// See [`engine::sql_server`].
    pub fn of(settings: &Settings) -> DwResult<Self> {
        Ok(match settings.engine {
            EngineKind::Embedded => Self::Embedded(Arc::new(engine::embedded(settings))),
            EngineKind::SqlServer => Self::SqlServer(Arc::new(engine::sql_server(settings)?)),
        })
    }

    /// The same, for everything that any engine can do.
    pub fn engine(&self) -> SharedEngine {
        match self {
            Self::Embedded(engine) => Arc::clone(engine) as SharedEngine,
            Self::SqlServer(engine) => Arc::clone(engine) as SharedEngine,
        }
    }

    /// A session on a database of any version that is there.
    pub(super) async fn open(&self, database: Database) -> DwResult<Box<dyn Session>> {
        match self {
            Self::Embedded(engine) => engine.open_any_version(database).await,
            Self::SqlServer(engine) => engine.open_any_version(database).await,
        }
    }
}

/// What was made.
#[derive(Debug, Default)]
pub struct Created {
    /// Each database with the scripts or migrations that ran.
    pub databases: Vec<(Database, Vec<String>)>,
    /// What was done to logins.
    pub logins: Vec<LoginStep>,
    /// The servers whose server audit runs.
    pub server_audit: Vec<String>,
}

/// What `[logins]` asks for.
pub(super) fn login_options(settings: &Settings, rotate: bool) -> LoginOptions {
    LoginOptions { passwords: settings.logins.clone(), rotate, ..LoginOptions::default() }
}

/// The folder of the server audit; `None` when none is wanted.
pub(super) fn audit_folder(settings: &Settings) -> Option<&str> {
    let folder = settings.sqlserver.server_audit_folder.trim();
    (!folder.eq_ignore_ascii_case(NO_AUDIT)).then_some(folder)
}

/// Refuses what the embedded engine does not have.
///
/// # Errors
/// A usage error.
pub(super) fn refuse_rotation(target: &Target, rotate: bool) -> DwResult<()> {
    if rotate && matches!(target, Target::Embedded(_)) {
        return Err(DwError::usage(
            "the embedded engine has no logins",
            "leave `--rotate-logins` out, or choose the server with `--engine sqlserver`",
        ));
    }
    Ok(())
}

/// Creates or upgrades both databases, the calendar, the logins and the server audit. Tables that were changed by hand are refused
/// before anything is written.
///
/// # Errors
/// When a database cannot be created or written, or is not what this program made.
pub async fn create(target: &Target, context: &Context, rotate: bool, progress: &Progress<'_>) -> DwResult<Created> {
    refuse_rotation(target, rotate)?;
    for database in DATABASES {
        if !is_there(target, database, progress).await? {
            continue;
        }
        let comparison = drift::precheck(&mut *target.open(database).await?, database).await?;
        comparison.refuse(database)?;
        if let Some(notice) = comparison.notice(database) {
            progress.remark(&notice);
        }
    }
    let engine = target.engine();
    let mut created = Created { databases: migrate::init(&*engine).await?, ..Created::default() };
    calendar(&engine).await?;
    let Target::SqlServer(server) = target else { return Ok(created) };
    let logins = server.ensure_logins(&login_options(&context.settings, rotate)).await?;
    logins.notices.iter().for_each(|notice| progress.remark(notice));
    created.logins = logins.steps;
    if let Some(folder) = audit_folder(&context.settings) {
        let audit = server.ensure_server_audit(folder).await?;
        audit.notices.iter().for_each(|notice| progress.remark(notice));
        created.server_audit = audit.servers;
    }
    Ok(created)
}

/// Whether a database is there. A server that starts is waited for; a terminal shows that.
async fn is_there(target: &Target, database: Database, progress: &Progress<'_>) -> DwResult<bool> {
    match target {
        Target::Embedded(engine) => Ok(engine.exists(database)),
        Target::SqlServer(engine) => {
            let name = format!("waiting for {database}");
            progress.started(&name);
            let ready = engine.wait_until_ready(database).await;
            progress.withdrawn(&name);
            ready
        }
    }
}

async fn calendar(engine: &SharedEngine) -> DwResult<()> {
    let mut session = engine.open(Database::Dw, Access::ReadWrite, "init").await?;
    let mut tx = session.begin().await?;
    calendar_table::ensure(&mut *tx, None, now()).await?;
    tx.commit().await
}

/// `init --repair`: forgets the record of a script.
///
/// # Errors
/// A usage error when there is no such record, or no such thing as a script on this engine.
pub async fn repair(context: &Context, script: &str) -> DwResult<u8> {
    let Target::SqlServer(server) = Target::of(&context.settings)? else {
        return Err(DwError::usage(
            "the embedded engine has no scripts that could be left unfinished",
            "choose the server with `--engine sqlserver`",
        ));
    };
    let database = match script.split('/').next() {
        Some("oltp") => Database::Oltp,
        Some("dw") => Database::Dw,
        _ => {
            return Err(DwError::usage(
                format!("`{script}` is not the name of a script"),
                "a name begins with `oltp/` or `dw/`, such as `dw/views`",
            ));
        }
    };
    let mut session = server.open_any_version(database).await?;
    scripts::run::repair(&mut *session, database, script).await?;
    let console = &context.console;
    if console.is_json() {
        console.document(&json!({ "command": "init", "repaired": script, "database": database.name() }))?;
    } else {
        console.line(&format!("{database} has forgotten `{script}`; the next `init` runs it"))?;
    }
    Ok(exit::OK)
}

/// What `init` would refuse, for those who only look.
///
/// # Errors
/// [`DwError::SchemaMismatch`] with the differences.
pub(super) async fn precheck(target: &Target, database: Database) -> DwResult<Option<String>> {
    let comparison = drift::precheck(&mut *target.open(database).await?, database).await?;
    comparison.refuse(database)?;
    Ok(comparison.notice(database))
}
