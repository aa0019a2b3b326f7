//! The `monitor` command: the dashboard of the operators as a process, and the alerts beside it. Its pages are in
//! [`dw_web::monitor`].

pub mod args;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use dw_core::config::{EngineKind, Overrides, Settings};
use dw_core::embedded::Readable;
use dw_core::engine::SharedEngine;
use dw_core::error::DwResult;
use dw_core::exit;
use dw_web::server::metrics::Metrics;
use dw_web::server::serve;
use dw_web::{monitor, site};

pub use args::MonitorCli;

use crate::app::{self, Binary, Context};
use crate::args::GlobalArgs;
use crate::{alerter, config_command, engine, ready, signal, web};
use args::MonitorCommand;

/// The process `monitor`.
pub fn main() -> ExitCode {
    app::start::<MonitorCli>()
}

impl Binary for MonitorCli {
    fn globals(&self) -> &GlobalArgs {
        &self.globals
    }

    fn overrides(&self) -> Overrides {
        let mut overrides = self.globals.overrides();
        overrides.flag("--address", "monitor.address", self.address.as_deref());
        overrides.flag("--port", "monitor.port", self.port.as_deref());
        overrides
    }

    async fn execute(self, context: &Context) -> DwResult<u8> {
        match self.command {
            None => run(context).await,
            Some(MonitorCommand::HashPassword) => web::hash_password(context),
            Some(MonitorCommand::Ready) => {
                let monitor = &context.settings.monitor;
                ready::execute(context, "monitor.address", &monitor.address, monitor.port)
            }
            Some(MonitorCommand::Config) => config_command::show(context),
        }
    }
}

async fn run(context: &Context) -> DwResult<u8> {
    let settings = &context.settings;
    let listen = web::listen(&settings.web, "monitor.address", &settings.monitor.address, settings.monitor.port)?;
    let zone = site::zone(&settings.web.time_zone)?;
    let alerter = alerter::alerter(settings)?;
    let options = monitor::Options::new(zone, alerter.rules.clone(), settings);
    let guards = web::guards(&listen, Arc::new(Metrics::default()))?;
    let engine = reader(settings)?;
    let app = monitor::app(engine.clone(), options, &guards)?;
    let stop = signal::listen(|| tracing::info!("stopping"));
    let listener = listen.bind().await?;
    web::announce(context, &listen, &listener)?;
    let every = Duration::from_secs(settings.alerts.every_seconds);
    // Ended with the runtime; what a cycle had to remember it has written before it waits.
    let alerts = alerter.webhook.is_some().then(|| tokio::spawn(async move { alerter.watch(&*engine, every).await }));
    serve(listener, app, async move { stop.stopped().await }).await;
    if let Some(alerts) = alerts {
        alerts.abort();
    }
    Ok(exit::OK)
}

/// The engine of somebody who reads everything and writes nothing. On a server the login is restricted, on a file the session is.
fn reader(settings: &Settings) -> DwResult<SharedEngine> {
    Ok(match settings.engine {
        EngineKind::Embedded => Arc::new(engine::embedded(settings).restricted_to(Readable::everything())),
        EngineKind::SqlServer => Arc::new(engine::sql_server(settings)?),
    })
}
