//! HTTP Basic with one password. The name in the browser's dialog is not looked at.
//!
//! argon2 is slow by intent, so a password that was right once is remembered as a keyed digest, compared in constant time.
//! Wrong ones are counted an address and all together; too many are answered with 429 before anything is computed.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dw_core::config::Secret;
use dw_core::error::DwResult;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use super::{Peer, password};

/// Wrong passwords of one address within [`WINDOW`].
const TRIES: u32 = 5;
/// Wrong passwords of all addresses within [`WINDOW`].
const ALL_TRIES: u32 = 50;
/// How long a wrong password is remembered.
const WINDOW: Duration = Duration::from_secs(60);
/// Longest password that is looked at.
const LONGEST: usize = 1_024;

/// The guard of a password.
#[derive(Debug)]
pub struct Gate {
    hash: Secret,
    key: [u8; 32],
    right: Mutex<Option<[u8; 32]>>,
    failures: Mutex<Failures>,
    /// One verification at a time: it takes memory and a processor.
    turn: Semaphore,
}

#[derive(Debug, Default)]
struct Failures {
    by_address: HashMap<IpAddr, (u32, Option<Instant>)>,
    all: (u32, Option<Instant>),
}

impl Gate {
    /// A guard for a hash that [`password::check`] accepted.
    ///
    /// # Errors
    /// When the operating system has no random numbers.
    pub fn new(hash: Secret) -> DwResult<Arc<Self>> {
        Ok(Arc::new(Self {
            hash,
            key: password::random()?,
            right: Mutex::default(),
            failures: Mutex::default(),
            turn: Semaphore::new(1),
        }))
    }

    async fn admits(self: &Arc<Self>, peer: IpAddr, given: Option<Vec<u8>>) -> Admission {
        let Some(given) = given else { return Admission::Ask };
        let digest: [u8; 32] = Sha256::new().chain_update(self.key).chain_update(&given).finalize().into();
        if self.is_remembered(&digest) {
            return Admission::Pass;
        }
        if self.failures().is_over(peer, Instant::now()) {
            return Admission::Wait;
        }
        let Ok(_turn) = self.turn.acquire().await else { return Admission::Wait };
        // Somebody before in the line may have been the last one that was allowed, or may have had it right.
        if self.failures().is_over(peer, Instant::now()) {
            return Admission::Wait;
        }
        let gate = self.clone();
        let is_right =
            tokio::task::spawn_blocking(move || password::matches(&gate.hash, &given)).await.unwrap_or(false);
        if is_right {
            *self.right.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest);
            return Admission::Pass;
        }
        self.failures().add(peer, Instant::now());
        tracing::warn!(%peer, "wrong password");
        Admission::Ask
    }

    fn is_remembered(&self, digest: &[u8; 32]) -> bool {
        let right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        right.as_ref().is_some_and(|right| bool::from(right.ct_eq(digest)))
    }

    fn failures(&self) -> std::sync::MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Admission {
    Pass,
    Ask,
    Wait,
}

impl Failures {
    fn is_over(&mut self, peer: IpAddr, now: Instant) -> bool {
        let is_fresh = |since: Option<Instant>| since.is_some_and(|since| now.duration_since(since) < WINDOW);
        self.by_address.retain(|_, (_, since)| is_fresh(*since));
        if !is_fresh(self.all.1) {
            self.all = (0, None);
        }
        self.all.0 >= ALL_TRIES || self.by_address.get(&peer).is_some_and(|(tries, _)| *tries >= TRIES)
    }

    fn add(&mut self, peer: IpAddr, now: Instant) {
        // The map is bounded by the number of failures of all addresses.
        for (tries, since) in [self.by_address.entry(peer).or_default(), &mut self.all] {
            *tries += 1;
            since.get_or_insert(now);
        }
    }
}

/// Lets a request pass that brings the password.
pub async fn demand(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0);
    let given = request.headers().get(header::AUTHORIZATION).and_then(basic_password);
    match gate.admits(peer, given).await {
        Admission::Pass => next.run(request).await,
        Admission::Ask => {
            let ask =
                [(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"painel\", charset=\"UTF-8\""))];
            (StatusCode::UNAUTHORIZED, ask, "Senha necessária.\n").into_response()
        }
        Admission::Wait => {
            let later = [(header::RETRY_AFTER, HeaderValue::from_static("60"))];
            (StatusCode::TOO_MANY_REQUESTS, later, "Muitas senhas erradas. Tente de novo em um minuto.\n")
                .into_response()
        }
    }
}

/// The password of `Basic dXNlcjpwYXNz`.
fn basic_password(value: &HeaderValue) -> Option<Vec<u8>> {
    let (scheme, text) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || text.len() > LONGEST * 2 {
        return None;
    }
    let decoded = base64(text.trim())?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    Some(decoded[colon + 1..].to_vec())
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut bits = 0_u32;
    let mut count = 0;
    for byte in text.trim_end_matches('=').bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0x00FF_FFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 0xFF).unwrap_or(0));
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_header_is_found() {
        let of = |text: &str| basic_password(&HeaderValue::from_str(text).unwrap());
        // user:correct horse, and a: (nothing)
        assert_eq!(of("Basic dXNlcjpjb3JyZWN0IGhvcnNl").as_deref(), Some(&b"correct horse"[..]));
        assert_eq!(of("basic YTo=").as_deref(), Some(&b""[..]));
        assert_eq!(of("Basic !!!"), None);
        assert_eq!(of("Bearer dXNlcjpjb3JyZWN0IGhvcnNl"), None);
    }

    #[tokio::test]
    async fn after_five_wrong_passwords_an_address_waits_and_others_do_not() {
        let gate = Gate::new(Secret::new(password::hash("correct horse").unwrap())).unwrap();
        let (here, there) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        assert_eq!(gate.admits(here, None).await, Admission::Ask);
        for _ in 0..TRIES {
            assert_eq!(gate.admits(here, Some(b"wrong".to_vec())).await, Admission::Ask);
        }
        assert_eq!(gate.admits(here, Some(b"correct horse".to_vec())).await, Admission::Wait);
        assert_eq!(gate.admits(there, Some(b"correct horse".to_vec())).await, Admission::Pass);
        // A password that was right once is known, from anywhere.
        assert_eq!(gate.admits(here, Some(b"correct horse".to_vec())).await, Admission::Pass);
    }
}
