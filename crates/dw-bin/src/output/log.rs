//! Where the log is written: to standard error, above the progress lines and not through them.

use std::io::{self, Write};

use indicatif::MultiProgress;
use tracing_subscriber::fmt::MakeWriter;

/// Makes writers that move the progress lines out of the way.
#[derive(Debug, Clone)]
pub struct LogWriter(pub(super) MultiProgress);

impl LogWriter {
    /// One line for a person.
    pub fn say(&self, text: &str) {
        // There is nowhere left to say that standard error is closed.
        let _closed = self.0.suspend(|| writeln!(io::stderr().lock(), "{text}"));
    }
}

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().lock().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
