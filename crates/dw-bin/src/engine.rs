//! The engine factory: from settings to the engine that a command works on.

use std::sync::Arc;
use std::time::Duration;

use dw_core::config::{EngineKind, Settings};
use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::SharedEngine;
use dw_core::error::{Database, DwResult};
use dw_core::sql_server::{SqlServerEngine, SqlServerOptions};

/// The engine of the settings. Nothing is opened or created yet.
///
/// # Errors
/// See [`sql_server`].
pub fn from_settings(settings: &Settings) -> DwResult<SharedEngine> {
    match settings.engine {
        EngineKind::Embedded => Ok(Arc::new(embedded(settings))),
        EngineKind::SqlServer => Ok(Arc::new(sql_server(settings)?)),
    }
}

/// The embedded engine of the settings.
pub fn embedded(settings: &Settings) -> EmbeddedEngine {
    EmbeddedEngine::new(&settings.data_dir).with_busy_timeout(Duration::from_secs(settings.busy_timeout_seconds))
}

/// The SQL Server engine of the settings.
///
/// # Errors
/// A configuration error when login or password are missing, or when two settings contradict each other.
pub fn sql_server(settings: &Settings) -> DwResult<SqlServerEngine> {
    let oltp = settings.connection_target(Database::Oltp)?;
    let dw = settings.connection_target(Database::Dw)?;
    let mut told: Vec<String> = Vec::new();
    for sentence in [&oltp, &dw].iter().flat_map(|target| target.warnings().into_iter().chain(target.notes())) {
        if !told.contains(&sentence) {
            tracing::warn!("{sentence}");
            told.push(sentence);
        }
    }
    let server = &settings.sqlserver;
    Ok(SqlServerEngine::new(SqlServerOptions {
        oltp,
        dw,
        max_connections: server.max_connections,
        attempts: server.retries,
        wait: Duration::from_secs(server.wait_seconds),
    })
    .with_recovery_models(settings.backup.oltp_recovery_model, settings.backup.dw_recovery_model))
}

/// True when neither database exists: the machine of somebody who tries the stack for the first time. Only the embedded
/// engine can tell without a connection, and only there is a sample created unasked (ruling 26).
pub fn is_untouched(settings: &Settings) -> bool {
    let engine = EmbeddedEngine::new(&settings.data_dir);
    settings.engine == EngineKind::Embedded && !engine.exists(Database::Oltp) && !engine.exists(Database::Dw)
}
