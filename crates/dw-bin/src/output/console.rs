//! The one place that writes to standard output and standard error.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dw_core::config::OutputFormat;
use dw_core::error::{DwError, DwResult};
use dw_core::telemetry::no_color;
use indicatif::MultiProgress;
use serde::Serialize;

use super::failure::Failure;
use super::listing::Listing;
use super::log::LogWriter;

/// Standard output and standard error of a command.
pub struct Console {
    format: OutputFormat,
    out_is_terminal: bool,
    err_is_terminal: bool,
    /// `None` once the reader has closed the pipe.
    out: Mutex<Option<Box<dyn Write + Send>>>,
    err: Mutex<Box<dyn Write + Send>>,
    bars: MultiProgress,
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("format", &self.format).finish_non_exhaustive()
    }
}

impl Console {
    /// The console of this process.
    pub fn standard(format: OutputFormat) -> Self {
        Self {
            out_is_terminal: io::stdout().is_terminal(),
            err_is_terminal: io::stderr().is_terminal(),
            ..Self::with_writers(format, Box::new(io::stdout()), Box::new(io::stderr()))
        }
    }

    /// A console over other writers, as a pipe would be.
    pub fn with_writers(format: OutputFormat, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Self {
            format,
            out_is_terminal: false,
            err_is_terminal: false,
            out: Mutex::new(Some(out)),
            err: Mutex::new(err),
            bars: MultiProgress::new(),
        }
    }

    /// True when a program reads the output.
    pub fn is_json(&self) -> bool {
        self.format == OutputFormat::Json
    }

    /// True when a person sees standard output come.
    pub fn is_terminal(&self) -> bool {
        self.out_is_terminal
    }

    /// The writer of the log.
    pub fn log_writer(&self) -> LogWriter {
        LogWriter(self.bars.clone())
    }

    /// The progress lines, where there is a terminal to draw them on.
    pub(super) fn bars(&self) -> Option<&MultiProgress> {
        (self.err_is_terminal && !self.is_json()).then_some(&self.bars)
    }

    /// One line of data.
    ///
    /// # Errors
    /// When standard output cannot be written. A reader that closes the pipe is no error: he has seen enough.
    pub fn line(&self, text: &str) -> DwResult<()> {
        let mut out = lock(&self.out);
        let Some(writer) = out.as_mut() else { return Ok(()) };
        let written = self.bars.suspend(|| {
            writer.write_all(text.as_bytes())?;
            writer.write_all(b"\n")?;
            writer.flush()
        });
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                *out = None;
                Ok(())
            }
            Err(source) => Err(DwError::Io { action: "cannot write", path: PathBuf::from("standard output"), source }),
            Ok(()) => Ok(()),
        }
    }

    /// One JSON document on one line.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn json_line(&self, document: &impl Serialize) -> DwResult<()> {
        self.line(&serde_json::to_string(document).map_err(|error| unserializable(&error))?)
    }

    /// One JSON document, indented.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn document(&self, document: &impl Serialize) -> DwResult<()> {
        self.line(&serde_json::to_string_pretty(document).map_err(|error| unserializable(&error))?)
    }

    /// The result of a command: the document for a program, the listing for a person.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn present(&self, document: &impl Serialize, listing: impl FnOnce() -> Listing) -> DwResult<()> {
        if self.is_json() { self.document(document) } else { self.listing(&listing()) }
    }

    /// A table on a terminal, tab-separated lines in a pipe.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn listing(&self, listing: &Listing) -> DwResult<()> {
        if self.out_is_terminal {
            let width = terminal_size::terminal_size().map(|(width, _)| width.0);
            return self.line(&listing.table(width));
        }
        listing.lines().iter().try_for_each(|line| self.line(line))
    }

    /// A remark for a person, which a program does not see.
    pub fn notice(&self, text: &str) {
        if !self.is_json() {
            self.complain(&format!("{text}\n"));
        }
    }

    /// Shows an error; returns the exit code that belongs to it.
    pub fn fail(&self, error: &DwError) -> u8 {
        let failure = Failure::from(error);
        self.failure(&failure);
        failure.exit_code
    }

    /// Shows an error without ending anything.
    pub fn failure(&self, failure: &Failure) {
        let text =
            if self.is_json() { failure.json() + "\n" } else { failure.text(self.err_is_terminal && !no_color()) };
        self.complain(&text);
    }

    fn complain(&self, text: &str) {
        let mut err = lock(&self.err);
        // There is nowhere left to say that standard error is closed.
        let _closed = self.bars.suspend(|| err.write_all(text.as_bytes()).and_then(|()| err.flush()));
    }
}

/// A panic of another thread while it wrote leaves a half line behind, which is better than silence.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unserializable(error: &serde_json::Error) -> DwError {
    DwError::Internal(format!("a result has no JSON form: {error}"))
}
