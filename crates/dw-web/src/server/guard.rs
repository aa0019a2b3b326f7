//! What every request passes: headers, host, method, time, number. The order is in [`guarded`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::auth::{self, Gate};
use super::metrics::Metrics;

/// How long a request may take until its answer begins.
pub const REQUEST: Duration = Duration::from_secs(20);
/// Requests that are worked on at one time.
const AT_ONCE: usize = 64;
/// How long a request waits for its turn.
const TURN: Duration = Duration::from_secs(5);

/// Headers of every answer.
const HEADERS: [(&str, &str); 8] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("x-robots-tag", "noindex, nofollow"),
];

/// The guards of an application.
#[derive(Debug, Clone)]
pub struct Guards {
    /// Host names that are answered, in lower case, without a port.
    pub hosts: Arc<[String]>,
    /// The password, where there is one.
    pub gate: Option<Arc<Gate>>,
    /// The counters.
    pub metrics: Arc<Metrics>,
}

impl Guards {
    /// Guards for the loopback names, the listening address and further names.
    pub fn new(address: std::net::IpAddr, further: &[String], gate: Option<Arc<Gate>>, metrics: Arc<Metrics>) -> Self {
        let mut hosts: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        if !address.is_unspecified() {
            hosts.push(address.to_string());
        }
        hosts.extend(further.iter().map(|host| host.trim().to_lowercase()));
        Self { hosts: hosts.into(), gate, metrics }
    }
}

/// `open` is answered without a password (health checks), `closed` with one. From the outside in: headers, panics, counters,
/// host, method, password, turn, time.
pub fn guarded(open: Router, closed: Router, guards: &Guards) -> Router {
    let closed = match &guards.gate {
        Some(gate) => closed.layer(middleware::from_fn_with_state(gate.clone(), auth::demand)),
        None => closed,
    };
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut app = open
        .merge(closed)
        .layer(middleware::from_fn_with_state(turns, in_turn))
        .layer(middleware::from_fn(only_reads))
        .layer(middleware::from_fn_with_state(guards.hosts.clone(), known_host))
        .layer(middleware::from_fn_with_state(guards.metrics.clone(), counted))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            tracing::error!("a page panicked");
            (StatusCode::INTERNAL_SERVER_ERROR, "Erro interno.\n").into_response()
        }));
    for (name, value) in HEADERS {
        let name = HeaderName::from_static(name);
        app = app.layer(SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value)));
    }
    // Assets bear the hash of their content in their name and say so themselves.
    app.layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

/// Answers only for names that are ours: a foreign page that points its own name at this address reads nothing.
async fn known_host(State(hosts): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    let from_header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request.uri().authority().map(axum::http::uri::Authority::as_str).or(from_header).unwrap_or_default();
    let only_one = request.headers().get_all(header::HOST).iter().count() <= 1;
    if only_one && hosts.iter().any(|known| *known == without_port(host).to_lowercase()) {
        return next.run(request).await;
    }
    (StatusCode::MISDIRECTED_REQUEST, "Este endereço não é servido aqui; veja a configuração web.allowed_hosts.\n")
        .into_response()
}

fn without_port(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').map_or(rest, |(address, _)| address);
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

async fn only_reads(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")], "Só GET e HEAD.\n").into_response()
}

async fn in_turn(State(turns): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    let busy =
        || (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")], "Ocupado; tente de novo.\n").into_response();
    let Ok(Ok(_turn)) = tokio::time::timeout(TURN, turns.acquire()).await else { return busy() };
    tokio::time::timeout(REQUEST, next.run(request)).await.unwrap_or_else(|_| busy())
}

async fn counted(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    // A path that no page has is counted under one name, or the counters would grow with what is asked.
    let page = request.extensions().get::<MatchedPath>().map_or("other".to_owned(), |path| path.as_str().to_owned());
    let start = Instant::now();
    let response = next.run(request).await;
    metrics.request(&page, response.status().as_u16(), start.elapsed());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_known_without_its_port() {
        assert_eq!(without_port("localhost:8502"), "localhost");
        assert_eq!(without_port("[::1]:8502"), "::1");
        assert_eq!(without_port("example.com"), "example.com");
    }
}
