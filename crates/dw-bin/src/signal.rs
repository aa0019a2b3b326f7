//! SIGTERM and Ctrl-C: the first asks a run to finish its current batch, the second ends the process at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// Exit code after a second Ctrl-C, as shells give it.
const INTERRUPTED: i32 = 130;

/// A request to stop, which everybody who holds a clone sees.
#[derive(Debug, Clone)]
pub struct StopFlag(Arc<watch::Sender<bool>>);

impl Default for StopFlag {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl StopFlag {
    /// Asks everybody to stop.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// True once somebody asked.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody asks.
    pub async fn stopped(&self) {
        // The sender lives as long as this flag, so the only way to end is the request.
        let mut requests = self.0.subscribe();
        let _never_closed = requests.wait_for(|stopped| *stopped).await;
    }

    /// Waits that long, or until somebody asks; true when somebody asked.
    pub async fn sleep(&self, time: Duration) -> bool {
        tokio::time::timeout(time, self.stopped()).await.is_ok()
    }
}

/// Calls `on_stop` and raises the returned flag at the first SIGTERM or Ctrl-C; a second one ends the process, whose
/// open transaction is then discarded by the engine. Must be called inside of the runtime.
pub fn listen(on_stop: impl FnOnce() + Send + 'static) -> StopFlag {
    let flag = StopFlag::default();
    let raised = flag.clone();
    // Both are watched from here on, before anything is spawned, so that no early signal ends the process unasked.
    let mut signals = Signals::watch();
    tokio::spawn(async move {
        signals.next().await;
        raised.stop();
        on_stop();
        signals.next().await;
        std::process::exit(INTERRUPTED);
    });
    flag
}

/// The signals that mean stop. One that cannot be watched keeps its default effect, which ends the process.
#[cfg(unix)]
struct Signals {
    terminate: Option<tokio::signal::unix::Signal>,
    interrupt: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn watch() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let watched = |kind: SignalKind| match signal(kind) {
            Ok(signal) => Some(signal),
            Err(error) => {
                tracing::warn!(%error, ?kind, "a signal cannot be watched");
                None
            }
        };
        Self { terminate: watched(SignalKind::terminate()), interrupt: watched(SignalKind::interrupt()) }
    }

    async fn next(&mut self) {
        async fn one(signal: &mut Option<tokio::signal::unix::Signal>) {
            let received = match signal {
                Some(signal) => signal.recv().await.is_some(),
                None => false,
            };
            if !received {
                std::future::pending::<()>().await;
            }
        }
        tokio::select! {
            () = one(&mut self.terminate) => {}
            () = one(&mut self.interrupt) => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn watch() -> Self {
        Self
    }

    async fn next(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "Ctrl-C cannot be watched");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[tokio::test]
    async fn sigterm_raises_the_flag_and_the_process_goes_on() {
        let (told, heard) = tokio::sync::oneshot::channel();
        let flag = listen(move || assert!(told.send(()).is_ok()));
        let process = std::process::id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
        assert!(flag.sleep(Duration::from_secs(30)).await);
        heard.await.unwrap();
    }

    #[tokio::test]
    async fn a_stop_ends_every_wait_and_stays() {
        let flag = StopFlag::default();
        assert!(!flag.sleep(Duration::from_millis(1)).await);
        let other = flag.clone();
        let waiter = tokio::spawn(async move { other.sleep(Duration::from_secs(600)).await });
        flag.stop();
        assert!(waiter.await.unwrap());
        assert!(flag.is_stopped() && flag.sleep(Duration::from_secs(600)).await);
    }
}
