//! The engine factory: from settings to the engine that a command works on.

use std::sync::Arc;
use std::time::Duration;

use dw_core::config::{EngineKind, Settings};
use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::SharedEngine;
use dw_core::error::{Database, DwError, DwResult};

/// The engine of the settings. Nothing is opened or created yet.
///
/// # Errors
/// A usage error for an engine that this version does not have.
pub fn from_settings(settings: &Settings) -> DwResult<SharedEngine> {
    match settings.engine {
        EngineKind::Embedded => {
            let busy_timeout = Duration::from_secs(settings.busy_timeout_seconds);
            Ok(Arc::new(EmbeddedEngine::new(&settings.data_dir).with_busy_timeout(busy_timeout)))
        }
        EngineKind::SqlServer => Err(DwError::usage(
            "the SQL Server engine is not in this version yet",
            "use `--engine embedded`, which needs no server",
        )),
    }
}

/// True when neither database exists: the machine of somebody who tries the stack for the first time. Only the embedded
/// engine can tell without a connection, and only there is a sample created unasked (ruling 26).
pub fn is_untouched(settings: &Settings) -> bool {
    let engine = EmbeddedEngine::new(&settings.data_dir);
    settings.engine == EngineKind::Embedded && !engine.exists(Database::Oltp) && !engine.exists(Database::Dw)
}
