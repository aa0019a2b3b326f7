//! The `vendas` command: the sales dashboard as a process. Its pages are in [`dw_web::vendas`].

pub mod args;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use dw_audit::sla::rules;
use dw_core::config::{EngineKind, Overrides, Settings};
use dw_core::engine::SharedEngine;
use dw_core::error::DwResult;
use dw_web::server::metrics::Metrics;
use dw_web::{site, vendas};

pub use args::VendasCli;

use crate::app::{self, Binary, Context};
use crate::args::GlobalArgs;
use crate::{engine, web};

/// The process `vendas`.
pub fn main() -> ExitCode {
    app::start::<VendasCli>()
}

impl Binary for VendasCli {
    fn globals(&self) -> &GlobalArgs {
        &self.globals
    }

    fn overrides(&self) -> Overrides {
        self.serve.lay_over(self.globals.overrides(), "vendas.address", "vendas.port")
    }

    async fn execute(self, context: &Context) -> DwResult<u8> {
        match self.command {
            None => run(context).await,
            Some(command) => {
                let vendas = &context.settings.vendas;
                command.execute(context, "vendas.address", &vendas.address, vendas.port)
            }
        }
    }
}

async fn run(context: &Context) -> DwResult<u8> {
    let settings = &context.settings;
    let listen = web::listen(&settings.web, "vendas.address", &settings.vendas.address, settings.vendas.port)?;
    let zone = site::zone(&settings.web.time_zone)?;
    let names = settings.vendas.show_customer_names;
    let deadlines = rules::load(settings.sla.file.as_deref())?.deadlines;
    let query = Duration::from_secs(settings.web.query_timeout_seconds);
    let options = vendas::Options::new(zone, deadlines, names, query);
    let guards = web::guards(&listen, Arc::new(Metrics::default()))?;
    let app = vendas::app(reader(settings, names)?, options, &guards)?;
    web::serve(context, &listen, app, std::future::ready(())).await
}

/// The engine of somebody who reads views alone. On a server the login is restricted, on a file the session is.
fn reader(settings: &Settings, names: bool) -> DwResult<SharedEngine> {
    Ok(match settings.engine {
        EngineKind::Embedded => Arc::new(engine::embedded(settings).restricted_to(vendas::readable(names))),
        EngineKind::SqlServer => Arc::new(engine::sql_server(settings)?),
    })
}
