//! What is seen while a backup goes on: a bar on a terminal, remarks everywhere.

use std::sync::Mutex;
use std::sync::PoisonError;

use dw_backup::port::Watcher;

use crate::output::{Console, Progress};

/// Shows progress on a console.
#[derive(Debug)]
pub struct ConsoleWatcher<'a> {
    console: &'a Console,
    progress: Progress<'a>,
    step: Mutex<Option<&'static str>>,
}

impl<'a> ConsoleWatcher<'a> {
    /// Nothing is shown yet.
    pub fn new(console: &'a Console) -> Self {
        Self { console, progress: Progress::new(console).without_lines(), step: Mutex::default() }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(step) = self.step.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.progress.withdrawn(step);
        }
    }
}

impl Watcher for ConsoleWatcher<'_> {
    fn progress(&self, step: &'static str, done: u64, all: u64) {
        let mut shown = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        if *shown != Some(step) {
            if let Some(before) = shown.replace(step) {
                self.progress.withdrawn(before);
            }
            self.progress.started(step);
        }
        self.progress.share(step, done, all);
    }

    fn remark(&self, text: &str) {
        if self.console.is_json() {
            tracing::warn!("{text}");
        } else {
            self.console.notice(text);
        }
    }
}
