//! Fills a source with the base sample and shows how far it is: for `init --scale`, and for `etl` on an empty machine.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use dw_core::engine::{Access, Engine};
use dw_core::error::{Database, DwResult};
use dw_core::time::{Seconds, now};
use dw_sample::base::BaseOptions;
use dw_sample::load::{self, IfFilled, LoadOutcome};

use crate::output::Progress;

/// How long ago the present of a sample is, so that no cutoff hides it (ruling 1).
const AGO: Seconds = 300;

/// The present of a sample when nobody names one.
pub fn default_as_of() -> Seconds {
    now() - AGO
}

/// Fills the source, whose tables exist.
///
/// # Errors
/// What `dw-sample` or the engine reports; the source is then as it was.
pub async fn fill(
    engine: &dyn Engine,
    options: BaseOptions,
    if_filled: IfFilled,
    progress: &Progress<'_>,
) -> DwResult<LoadOutcome> {
    let mut session = engine.open(Database::Oltp, Access::ReadWrite, "init").await?;
    let meter = Meter::new(progress);
    let outcome = load::base(&mut *session, options, if_filled, &mut |step| {
        meter.rows(step.table, step.rows, Some(step.of));
    })
    .await;
    meter.end();
    outcome
}

/// Turns running totals into progress lines: a line for each name, with its rate.
pub(crate) struct Meter<'a, 'c> {
    progress: &'a Progress<'c>,
    state: Mutex<State>,
}

/// The line that is open, and since when its rows are being made: the first total comes after the first rows.
struct State {
    since: Instant,
    open: Option<(String, u64)>,
}

impl<'a, 'c> Meter<'a, 'c> {
    /// A meter without lines.
    pub fn new(progress: &'a Progress<'c>) -> Self {
        Self { progress, state: Mutex::new(State { since: Instant::now(), open: None }) }
    }

    /// So many rows of `name` are done. A new name ends the line of the one before.
    pub fn rows(&self, name: &str, rows: u64, of: Option<u64>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.open.as_ref().is_none_or(|(last, _)| last != name) {
            self.close(&mut state);
            self.progress.started(name);
        }
        state.open = Some((name.to_owned(), rows));
        self.progress.rows(name, rows, of, per_second(rows, state.since));
    }

    /// Ends the line that is open.
    pub fn end(&self) {
        self.close(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn close(&self, state: &mut State) {
        if let Some((name, rows)) = state.open.take() {
            let line = format!("{name} rows={rows} seconds={:.3}", state.since.elapsed().as_secs_f64());
            self.progress.finished(&name, &line);
            state.since = Instant::now();
        }
    }
}

fn per_second(rows: u64, since: Instant) -> u64 {
    u64::try_from(u128::from(rows) * 1_000 / since.elapsed().as_millis().max(1)).unwrap_or(u64::MAX)
}
