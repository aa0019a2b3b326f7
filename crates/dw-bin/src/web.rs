//! What the binaries of both dashboards do alike: where to listen, the guards, the password, the first line.

use std::io::{IsTerminal, Read};
use std::net::IpAddr;
use std::sync::Arc;

use dw_core::config::WebSettings;
use dw_core::error::{DwError, DwResult};
use dw_core::exit;
use dw_web::server::auth::Gate;
use dw_web::server::guard::Guards;
use dw_web::server::metrics::Metrics;
use dw_web::server::{self, Listen, Router, password};
use serde_json::json;
use tokio::net::TcpListener;

use crate::app::Context;
use crate::signal;

/// Where to listen and who may see it, checked.
///
/// # Errors
/// [`DwError::Config`] for an address that is none, or one that needs a password.
pub fn listen(web: &WebSettings, setting: &str, address: &str, port: u16) -> DwResult<Listen> {
    let address: IpAddr = address.trim().parse().map_err(|_| DwError::Config {
        origin: setting.to_owned(),
        message: format!("`{address}` is not an IP address; use one such as 127.0.0.1 or 0.0.0.0"),
    })?;
    let hosts =
        web.allowed_hosts.iter().flat_map(|hosts| hosts.split(',')).map(str::trim).filter(|host| !host.is_empty());
    let listen =
        Listen { address, port, password_hash: web.password_hash.clone(), hosts: hosts.map(str::to_owned).collect() };
    listen.check()?;
    Ok(listen)
}

/// The guards of what listens there.
///
/// # Errors
/// When the operating system has no random numbers.
pub fn guards(listen: &Listen, metrics: Arc<Metrics>) -> DwResult<Guards> {
    let gate = listen.password_hash.clone().map(Gate::new).transpose()?;
    Ok(Guards::new(listen.address, &listen.hosts, gate, metrics))
}

/// Serves the pages until a stop is asked for, and does something beside it, which ends with them.
///
/// # Errors
/// A port that cannot be had; standard output that cannot be written.
pub async fn serve(
    context: &Context,
    listen: &Listen,
    app: Router,
    beside: impl Future<Output = ()> + Send + 'static,
) -> DwResult<u8> {
    let stop = signal::listen(|| tracing::info!("stopping"));
    let listener = listen.bind().await?;
    announce(context, listen, &listener)?;
    let beside = tokio::spawn(beside);
    server::serve(listener, app, async move { stop.stopped().await }).await;
    beside.abort();
    Ok(exit::OK)
}

/// Says where the dashboard is.
fn announce(context: &Context, listen: &Listen, listener: &TcpListener) -> DwResult<()> {
    let port = listener.local_addr().map_or(listen.port, |address| address.port());
    let host = if listen.address.is_ipv6() { format!("[{}]", listen.address) } else { listen.address.to_string() };
    let url = format!("http://{host}:{port}/");
    if context.console.is_json() {
        return context.console.json_line(&json!({ "listening": url }));
    }
    context.console.line(&format!("listening on {url}"))
}

/// Reads a password from standard input, up to its first line end, and prints its hash.
///
/// # Errors
/// Too short, no text, or standard output cannot be written.
pub fn hash_password(context: &Context) -> DwResult<u8> {
    let mut input = std::io::stdin();
    if input.is_terminal() {
        context.console.notice("type the password, Enter, and Ctrl-D; it is shown while you type");
    }
    let mut text = String::new();
    input.read_to_string(&mut text).map_err(|error| {
        DwError::usage(format!("standard input cannot be read: {error}"), "give the password as UTF-8 text")
    })?;
    let hash = password::hash(text.lines().next().unwrap_or_default())?;
    context.console.line(&hash)?;
    Ok(exit::OK)
}
