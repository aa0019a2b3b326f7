//! The log: to standard error, never to standard output, which belongs to data.
//! Not here: what is logged. No secret reaches a log, because [`crate::config::Secret`] does not show itself and because
//! `-v` speaks for the stack's own crates alone: a driver's trace could hold what it sends.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

/// Starts the log of this process on standard error: warnings, with `-v` 1 information, 2 debugging, 3 everything.
/// `filter` holds directives such as `dw_etl=debug` and counts when no `-v` was typed. A second call changes nothing.
pub fn init(verbosity: u8, json: bool, filter: Option<&str>) {
    init_with_writer(verbosity, json, filter, std::io::stderr);
}

/// Like [`init`], with a writer that knows what else is drawn on the terminal.
pub fn init_with_writer<W>(verbosity: u8, json: bool, filter: Option<&str>, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt()
        .with_env_filter(directives(verbosity, filter))
        .with_writer(BoxMakeWriter::new(writer))
        .with_ansi(std::io::stderr().is_terminal() && !no_color());
    // A subscriber that is already there stays: a library user may have set his own.
    let _already_set = if json { builder.json().try_init() } else { builder.try_init() };
}

/// Says whether a text is a usable filter.
///
/// # Errors
/// What is wrong with it.
pub fn check_filter(filter: &str) -> Result<(), String> {
    if filter.trim().is_empty() {
        return Err("it is blank".to_owned());
    }
    EnvFilter::try_new(filter).map(|_| ()).map_err(|error| error.to_string())
}

/// True when the user asks for no colour (<https://no-color.org>).
pub fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

fn directives(verbosity: u8, filter: Option<&str>) -> EnvFilter {
    let text = match (verbosity, filter) {
        (0, Some(filter)) => filter,
        (0, None) => "warn,tiberius=error",
        (1, _) => "warn,tiberius=error,dw_=info",
        (2, _) => "warn,tiberius=error,dw_=debug",
        (_, _) => "info,tiberius=warn,dw_=trace",
    };
    EnvFilter::try_new(text).unwrap_or_else(|_| EnvFilter::new("warn"))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(verbosity: u8, filter: Option<&str>) -> String {
        let sink = Sink::default();
        let writer = sink.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(directives(verbosity, filter))
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .without_time()
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(target: "dw_etl::run", "our warning");
            tracing::info!(target: "dw_etl::run", "our information");
            tracing::debug!(target: "dw_etl::run", "our detail");
            tracing::trace!(target: "driver::wire", "bytes of a login");
        });
        let bytes = sink.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn each_v_shows_more_of_ours_and_never_the_trace_of_a_driver() {
        let counts: Vec<usize> = (0..4).map(|verbosity| logged(verbosity, None).lines().count()).collect();
        assert_eq!(counts, [1, 2, 3, 3]);
        assert!(!logged(255, None).contains("bytes of a login"));
    }

    #[test]
    fn a_filter_counts_until_v_is_typed() {
        assert_eq!(logged(0, Some("dw_etl=debug")).lines().count(), 3);
        assert_eq!(logged(1, Some("error")).lines().count(), 2);
    }

    #[test]
    fn a_second_start_is_harmless_and_a_bad_filter_too() {
        init(0, false, None);
        init(3, true, Some("=/=["));
        assert!(check_filter("dw_etl=debug,warn").is_ok());
        assert!(check_filter("dw_etl=loud").is_err());
    }
}
