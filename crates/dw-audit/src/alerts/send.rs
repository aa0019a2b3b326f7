//! A message to a webhook: HTTP POST of JSON, tried again with pauses that grow. The URL is a secret, because whoever knows it
//! may write to the channel: it is in no message and in no log.

use std::time::Duration;

use dw_core::config::Secret;
use serde_json::Value;

use super::message::Format;

/// The longest pause that a server can ask for with `Retry-After`.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The pause behind the first attempt; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Where alerts go.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its address.
    pub url: Secret,
    /// The form that it understands.
    pub format: Format,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// Attempts of one message, at least one.
    pub attempts: u32,
}

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Attempt {
    Delivered,
    /// It may succeed later; the server may say when.
    Later(String, Option<Duration>),
    /// It never will.
    Refused(String),
}

impl Webhook {
    /// Sends a message.
    ///
    /// # Errors
    /// Why it was not taken, in words without the address.
    pub async fn post(&self, body: &Value) -> Result<(), String> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            let reason = match self.attempt(body).await {
                Attempt::Delivered => return Ok(()),
                Attempt::Refused(reason) => return Err(reason),
                Attempt::Later(reason, asked) => {
                    tracing::warn!(attempt, reason, "an alert was not delivered");
                    if let Some(asked) = asked {
                        pause = asked.min(LONGEST_PAUSE);
                    }
                    reason
                }
            };
            if attempt >= self.attempts.max(1) {
                return Err(format!("{reason}, after {attempt} attempts"));
            }
            attempt += 1;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn attempt(&self, body: &Value) -> Attempt {
        let (url, timeout, text) = (self.url.clone(), self.timeout, body.to_string());
        let sent = tokio::task::spawn_blocking(move || send(&url, timeout, &text)).await;
        sent.unwrap_or_else(|error| Attempt::Later(format!("the attempt ended early: {error}"), None))
    }
}

fn send(url: &Secret, timeout: Duration, body: &str) -> Attempt {
    let tls = ureq::tls::TlsConfig::builder()
        .provider(ureq::tls::TlsProvider::NativeTls)
        .root_certs(ureq::tls::RootCerts::PlatformVerifier)
        .build();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        // A webhook that leads elsewhere would take the message, and the secret in its path, with it.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .tls_config(tls)
        .user_agent("dw-alerts")
        .build()
        .into();
    match agent.post(url.expose()).content_type("application/json").send(body) {
        Ok(response) => {
            let status = response.status().as_u16();
            let seconds = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
            judged(status, seconds)
        }
        Err(error) => {
            let text = match &error {
                ureq::Error::BadUri(_) | ureq::Error::Http(_) => "the address of the webhook is not valid".to_owned(),
                other => other.to_string().replace(url.expose(), "***"),
            };
            match error {
                ureq::Error::BadUri(_) | ureq::Error::Http(_) => Attempt::Refused(text),
                _ => Attempt::Later(text, None),
            }
        }
    }
}

fn judged(status: u16, retry_after: Option<&str>) -> Attempt {
    match status {
        200..=299 => Attempt::Delivered,
        408 | 425 | 429 | 500..=599 => {
            let asked = retry_after.and_then(|text| text.trim().parse::<f64>().ok());
            let asked = asked.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            Attempt::Later(format!("the webhook answered {status}"), asked)
        }
        _ => Attempt::Refused(format!("the webhook answered {status}")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc;
    use std::time::Instant;

    use serde_json::json;

    use super::*;

    /// A server that gives these answers, one a connection, and tells what it was asked.
    fn server(answers: &'static [&'static str]) -> (String, mpsc::Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, questions) = mpsc::channel();
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut text = Vec::new();
                let mut bytes = [0; 4_096];
                while !is_whole(&text) {
                    let read = stream.read(&mut bytes).unwrap();
                    if read == 0 {
                        break;
                    }
                    text.extend_from_slice(&bytes[..read]);
                }
                asked.send(String::from_utf8_lossy(&text).into_owned()).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        (format!("http://{address}/hook/s3cret-token"), questions)
    }

    fn is_whole(request: &[u8]) -> bool {
        let text = String::from_utf8_lossy(request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
        length.is_none_or(|length| body.len() >= length.parse().unwrap())
    }

    fn webhook(url: &str, attempts: u32) -> Webhook {
        Webhook { url: Secret::new(url), format: Format::Generic, timeout: Duration::from_secs(5), attempts }
    }

    const OK: &str = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const BUSY: &str = "HTTP/1.1 429 Too Many\r\nRetry-After: 0.05\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const GONE: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const MOVED: &str =
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    #[tokio::test]
    async fn a_message_is_json_and_a_busy_server_says_when_it_is_tried_again() {
        let (url, questions) = server(&[BUSY, OK]);
        let started = Instant::now();
        webhook(&url, 3).post(&json!({ "text": "ação" })).await.unwrap();
        assert!(started.elapsed() < Duration::from_secs(1), "the pause is the one that the server asked for");
        let question = questions.recv().unwrap();
        assert!(question.starts_with("POST /hook/s3cret-token HTTP/1.1\r\n"), "{question}");
        assert!(question.to_lowercase().contains("content-type: application/json"), "{question}");
        assert!(question.ends_with("{\"text\":\"ação\"}"), "{question}");
        assert!(questions.recv().is_ok());
    }

    #[tokio::test]
    async fn what_never_works_is_tried_once_and_nothing_is_followed() {
        for (answers, reason) in [(&[GONE][..], "the webhook answered 404"), (&[MOVED][..], "the webhook answered 302")]
        {
            let (url, _questions) = server(answers);
            assert_eq!(webhook(&url, 3).post(&json!({})).await.unwrap_err(), reason);
        }
    }

    #[tokio::test]
    async fn no_message_repeats_the_address() {
        // A port that nobody listens on, a name that does not exist, and no address at all.
        for url in ["http://127.0.0.1:1/s3cret", "http://s3cret.invalid/s3cret", "s3cret", "http://a b/s3cret"] {
            let error = webhook(url, 1).post(&json!({})).await.unwrap_err();
            assert!(!error.contains("s3cret") || error.contains("s3cret.invalid"), "{error}");
            assert!(!format!("{:?}", webhook(url, 1)).contains("s3cret"));
        }
    }
}
