//! Over a real socket: heads that are too large or too slow, a password, a stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use dw_core::config::Secret;
use dw_web::server::auth::Gate;
use dw_web::server::guard::{Guards, guarded};
use dw_web::server::metrics::Metrics;
use dw_web::server::{password, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::stage::Stage;

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

async fn run(app: Router) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::spawn(serve(listener, app, async move {
        let _ = stopped.await;
    }));
    Running { address, stop, ended }
}

/// Sends bytes and reads until the other side closes or says nothing for a while.
async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(path: &str, more: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n").into_bytes()
}

#[tokio::test]
async fn a_head_that_is_too_large_or_broken_is_refused_and_others_go_on() {
    let stage = Stage::sample().await;
    let running = run(stage.app.clone()).await;
    let large = exchange(running.address, &get("/", &format!("X-Large: {}\r\n", "a".repeat(40_000)))).await;
    assert!(large.starts_with("HTTP/1.1 431") || large.is_empty(), "{large}");
    let many: String = (0..300).map(|n| format!("X-{n}: 1\r\n")).collect();
    let many = exchange(running.address, &get("/", &many)).await;
    assert!(many.starts_with("HTTP/1.1 431") || many.starts_with("HTTP/1.1 400"), "{many}");
    for broken in [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"GET / HTTP/9.9\r\n\r\n", b"\r\n\r\n\r\n", b"GET /\r\n\r\n"] {
        let answer = exchange(running.address, broken).await;
        assert!(!answer.contains("200 OK"), "{answer}");
    }
    let two_hosts = exchange(running.address, &get("/", "Host: evil.example\r\n")).await;
    assert!(two_hosts.starts_with("HTTP/1.1 421"), "{two_hosts}");
    let long = exchange(running.address, &get(&format!("/?estado={}", "a".repeat(9_000)), "")).await;
    assert!(long.starts_with("HTTP/1.1 200"), "{}", &long[..60.min(long.len())]);
}

#[tokio::test]
async fn a_slow_head_is_cut_off_and_does_not_keep_others_waiting() {
    let stage = Stage::sample().await;
    let running = run(stage.app.clone()).await;
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: loc").await.unwrap();
        slow.push(stream);
    }
    let began = Instant::now();
    let answer = exchange(running.address, &get("/healthz", "")).await;
    assert!(answer.starts_with("HTTP/1.1 200") && began.elapsed() < Duration::from_secs(3));
    let mut rest = Vec::new();
    let mut last = slow.pop().unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(20), last.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "a head may take ten seconds");
}

#[tokio::test]
async fn a_stop_lets_an_open_answer_end_and_takes_seconds() {
    let stage = Stage::sample().await;
    let running = run(stage.app.clone()).await;
    // A connection that is kept and says nothing must not hold the stop up.
    let mut idle = TcpStream::connect(running.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut piece = [0; 32];
    assert!(idle.read(&mut piece).await.unwrap() > 0);
    let export = tokio::spawn(async move { exchange(running.address, &get("/base.csv?periodo=tudo", "")).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let began = Instant::now();
    running.stop.send(()).unwrap();
    running.ended.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
    let answer = export.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("0\r\n\r\n"), "the export is whole");
}

#[tokio::test]
async fn a_password_is_asked_for_except_for_health() {
    let pages = Router::new().route("/", axum::routing::get(|| async { "secret" }));
    let open = Router::new().route("/healthz", axum::routing::get(|| async { "ok" }));
    let gate = Gate::new(Secret::new(password::hash("correct horse").unwrap())).unwrap();
    let guards = Guards::new(
        "0.0.0.0".parse().unwrap(),
        &["painel.example".to_owned()],
        Some(gate),
        Arc::new(Metrics::default()),
    );
    let running = run(guarded(open, pages, &guards)).await;
    assert!(exchange(running.address, &get("/healthz", "")).await.starts_with("HTTP/1.1 200"));
    let without = exchange(running.address, &get("/", "")).await;
    assert!(
        without.starts_with("HTTP/1.1 401")
            && without.to_lowercase().contains("www-authenticate: basic")
            && !without.contains("secret")
    );
    let right = "Authorization: Basic dXNlcjpjb3JyZWN0IGhvcnNl\r\n";
    assert!(exchange(running.address, &get("/", right)).await.ends_with("secret"));
    let wrong = "Authorization: Basic dXNlcjp3cm9uZw==\r\n";
    for _ in 0..5 {
        assert!(exchange(running.address, &get("/", wrong)).await.starts_with("HTTP/1.1 401"));
    }
    assert!(exchange(running.address, &get("/", wrong)).await.starts_with("HTTP/1.1 429"));
    assert!(exchange(running.address, &get("/", right)).await.ends_with("secret"), "who has it is not locked out");
}
