//! What is seen while a run goes on: a line per entity on a terminal, a plain line per finished entity in a pipe.
//! Not here: what a run reports at its end (see [`crate::report`]).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::console::Console;
use super::number::{rate, whole};

/// How often the mark in front of a line turns.
const TICK: Duration = Duration::from_millis(120);
const RUNNING: &str = "{spinner} {prefix:<16} {wide_msg}";

/// The progress of one run.
#[derive(Debug)]
pub struct Progress<'a> {
    console: &'a Console,
    bars: Mutex<BTreeMap<String, ProgressBar>>,
    notices: Mutex<Vec<String>>,
    has_lines: bool,
}

impl<'a> Progress<'a> {
    /// Progress on a console.
    pub fn new(console: &'a Console) -> Self {
        let has_lines = !console.is_json() && !console.is_terminal();
        Self { console, bars: Mutex::default(), notices: Mutex::default(), has_lines }
    }

    /// The same without a line for what has finished.
    #[must_use]
    pub fn without_lines(self) -> Self {
        Self { has_lines: false, ..self }
    }

    /// Something with a name has begun.
    pub fn started(&self, name: &str) {
        let Some(all) = self.console.bars() else { return };
        let bar = all.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template(RUNNING) {
            bar.set_style(style);
        }
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(TICK);
        lock(&self.bars).insert(name.to_owned(), bar);
    }

    /// So many rows of it are done; `of` is how many there will be, where that is known.
    pub fn rows(&self, name: &str, rows: u64, of: Option<u64>, rows_per_second: u64) {
        if let Some(bar) = lock(&self.bars).get(name) {
            let of = of.map(|of| format!(" of {}", whole(of))).unwrap_or_default();
            bar.set_message(format!("{:>12}{of} rows {:>10} rows/s", whole(rows), rate(rows_per_second)));
        }
    }

    /// So much of it is done: bytes or pages, whose share is what counts.
    pub fn share(&self, name: &str, done: u64, all: u64) {
        if let Some(bar) = lock(&self.bars).get(name) {
            let percent = done.saturating_mul(100).checked_div(all).map(|share| format!("{share:>3} %"));
            bar.set_message(percent.unwrap_or_default());
        }
    }

    /// It has ended; `line` says how, for a reader who sees no table.
    pub fn finished(&self, name: &str, line: &str) {
        if let Some(bar) = lock(&self.bars).remove(name) {
            bar.finish_and_clear();
        }
        if self.has_lines {
            // The document or the summary at the end meets the same broken output and reports it.
            if let Err(error) = self.console.line(line) {
                tracing::debug!(%error, "a line of progress was lost");
            }
        }
    }

    /// It has ended and nothing is to be said of it.
    pub fn withdrawn(&self, name: &str) {
        if let Some(bar) = lock(&self.bars).remove(name) {
            bar.finish_and_clear();
        }
    }

    /// A remark: at once for a person, in the document for a program.
    pub fn remark(&self, text: &str) {
        self.console.notice(text);
        lock(&self.notices).push(text.to_owned());
    }

    /// Takes the lines away and returns the remarks.
    pub fn end(self) -> Vec<String> {
        for bar in lock(&self.bars).values() {
            bar.finish_and_clear();
        }
        std::mem::take(&mut *lock(&self.notices))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
