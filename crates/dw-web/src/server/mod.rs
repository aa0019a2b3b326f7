//! How a dashboard is served: address, limits, guards, and the loop that accepts connections and stops in seconds.
//! Not here: pages.

pub mod auth;
pub mod guard;
pub mod io;
pub mod metrics;
pub mod password;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

pub use axum::Router;
use dw_core::config::Secret;
use dw_core::error::{DwError, DwResult};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// How long the head of a request may take to arrive, and how long a connection may be idle.
const HEAD: Duration = Duration::from_secs(10);
/// How long a client may let an answer wait.
const STALL: Duration = Duration::from_secs(20);
/// Bytes of the head of a request; more is answered with 431.
const HEAD_BYTES: usize = 16 * 1_024;
/// Connections at one time; a further one waits.
const CONNECTIONS: usize = 512;
/// How long open requests may go on after a stop.
const FAREWELL: Duration = Duration::from_secs(3);

/// Where a dashboard listens and who may see it.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The address.
    pub address: IpAddr,
    /// The port; 0 for any.
    pub port: u16,
    /// The argon2 hash of the password.
    pub password_hash: Option<Secret>,
    /// Host names beyond the loopback ones under which it may be asked for.
    pub hosts: Vec<String>,
}

impl Listen {
    /// Refuses an address that others reach when there is no password, and a hash that is none.
    ///
    /// # Errors
    /// [`DwError::Config`], exit code 2.
    pub fn check(&self) -> DwResult<()> {
        if let Some(hash) = &self.password_hash {
            password::check(hash)?;
        } else if !self.address.is_loopback() {
            return Err(DwError::Config {
                origin: "web.password_hash".to_owned(),
                message: format!(
                    "is needed to listen on {}, which other machines can reach; make one with the command `hash-password`, or listen on 127.0.0.1",
                    self.address
                ),
            });
        }
        Ok(())
    }

    /// Opens the port.
    ///
    /// # Errors
    /// [`DwError::Config`] from [`Listen::check`] or when the port cannot be had.
    pub async fn bind(&self) -> DwResult<TcpListener> {
        self.check()?;
        let address = SocketAddr::new(self.address, self.port);
        TcpListener::bind(address).await.map_err(|error| DwError::Config {
            origin: format!("address {address}"),
            message: format!("cannot listen there: {error}"),
        })
    }
}

/// Serves until `stop` ends, then lets open requests end for a few seconds.
pub async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()> + Send) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let (closing, _) = tokio::sync::watch::channel(false);
    let mut connections = tokio::task::JoinSet::new();
    tokio::pin!(stop);
    loop {
        // The set keeps what has ended until it is asked.
        while connections.try_join_next().is_some() {}
        let Ok(slot) = slots.clone().acquire_owned().await else { break };
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, or a client that left: neither is a reason to end.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let _small_answers_at_once = stream.set_nodelay(true);
        let service = TowerToHyperService::new(app.clone().layer(axum::Extension(Peer(peer.ip()))));
        let mut closed = closing.subscribe();
        connections.spawn(async move {
            let _slot = slot;
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .max_buf_size(HEAD_BYTES)
                .serve_connection(TokioIo::new(io::Impatient::new(stream, STALL)), service);
            tokio::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                _told = async { closed.wait_for(|closed| *closed).await.is_ok() } => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, %peer, "a connection broke");
            }
        });
    }
    drop(listener);
    closing.send_replace(true);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(FAREWELL, all).await.is_err() {
        tracing::warn!("requests that did not end in time were cut off");
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_others_reach_needs_a_password() {
        let mut listen =
            Listen { address: "127.0.0.1".parse().unwrap(), port: 0, password_hash: None, hosts: Vec::new() };
        listen.check().unwrap();
        listen.address = "0.0.0.0".parse().unwrap();
        let error = listen.check().unwrap_err();
        assert_eq!((error.exit_code(), error.code()), (2, "DW-E0002"));
        listen.password_hash = Some(Secret::new(password::hash("correct horse").unwrap()));
        listen.check().unwrap();
        listen.password_hash = Some(Secret::new("correct horse"));
        assert_eq!(listen.check().unwrap_err().exit_code(), 2);
    }
}
