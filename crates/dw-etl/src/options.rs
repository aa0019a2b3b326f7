//! What can be asked of a run, and what is refused before anything is touched.

use dw_audit::retention::AuditRetention;
use dw_core::config::{Columnstore, closest};
use dw_core::error::{DwError, DwResult};
use dw_core::time::{Seconds, WATERMARK_START};

use crate::control::Control;
use crate::entities;
use crate::entity::Entity;
use crate::source::Window;

/// Which entities.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selection {
    /// All that are switched on.
    #[default]
    All,
    /// These; one that is switched off is an error.
    Named(Vec<String>),
}

impl Selection {
    /// Reads `all` or `a,b`, without case; the names are kept in the order of work, each once.
    ///
    /// # Errors
    /// [`DwError::Usage`] for an unknown name or none.
    pub fn parse(text: &str) -> DwResult<Self> {
        let (all, named): (Vec<String>, Vec<String>) = text
            .split(',')
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty())
            .partition(|name| name == "all");
        if !all.is_empty() && named.is_empty() {
            return Ok(Self::All);
        }
        let known = Self::Named(named).resolve()?;
        let names = known.iter().map(|entity| entity.descriptor().name.to_owned()).collect();
        Ok(if all.is_empty() { Self::Named(names) } else { Self::All })
    }

    /// The entities in the order of work, each once.
    ///
    /// # Errors
    /// [`DwError::Usage`] for an unknown name or none.
    pub fn resolve(&self) -> DwResult<Vec<&'static dyn Entity>> {
        let Self::Named(names) = self else { return Ok(entities::ALL.to_vec()) };
        let known: Vec<&'static str> = entities::ALL.iter().map(|entity| entity.descriptor().name).collect();
        let hint = format!("the entities are {}, or `all`", known.join(", "));
        if let Some(unknown) = names.iter().find(|name| entities::find(name).is_none()) {
            let guess = closest(unknown, known.iter().copied()).map(|near| format!("did you mean `{near}`? "));
            return Err(DwError::usage(
                format!("unknown entity `{}`", unknown.escape_debug()),
                format!("{}{hint}", guess.unwrap_or_default()),
            ));
        }
        if names.is_empty() {
            return Err(DwError::usage("no entity is named", hint));
        }
        Ok(entities::ALL.iter().copied().filter(|e| names.iter().any(|name| name == e.descriptor().name)).collect())
    }
}

/// Options of a run. The defaults are those of `etl` without flags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// Which entities.
    pub entities: Selection,
    /// Rows a batch, instead of the control row's.
    pub batch_size: Option<usize>,
    /// Minutes behind the source's clock, instead of the control rows'.
    pub cutoff_minutes: Option<i64>,
    /// Minutes behind the watermark that are read again, instead of the control row's.
    pub lookback_minutes: Option<i64>,
    /// Batches of new changes an entity; the rest is pending.
    pub max_batches: Option<u64>,
    /// More rejected rows than this give exit code 10.
    pub max_rejects: Option<u64>,
    /// Apply everything and roll it back; no audit row.
    pub dry_run: bool,
    /// Read everything again, whatever the watermark.
    pub full_refresh: bool,
    /// Read the changes between two moments, both included, without moving a watermark.
    pub window: Option<(Seconds, Seconds)>,
    /// When a fact gets a columnstore index, on a server that has them.
    pub columnstore: Columnstore,
    /// Connection events that are older than so many days are deleted at the end; without it none is.
    pub connection_retention_days: Option<u32>,
    /// How long runs and resolved rejects are kept; by default for ever.
    pub audit_retention: AuditRetention,
}

impl RunOptions {
    /// What a run with these options reads of an entity.
    pub fn reading_window(&self, control: &Control, cutoff: Seconds, again: Vec<i64>) -> Window {
        let everything_is_new = (i64::MIN, i64::MIN);
        if let Some((from, to)) = self.window {
            // A backfill: the watermark stays, and quarantine is left to the runs that move it.
            return Window { lower: from, upper: to.min(cutoff), watermark: everything_is_new, again: Vec::new() };
        }
        if self.full_refresh {
            return Window { lower: WATERMARK_START, upper: cutoff, watermark: everything_is_new, again };
        }
        let lookback = self.lookback_minutes.unwrap_or(control.lookback_minutes);
        Window::incremental((control.watermark, control.read_until), lookback, cutoff, again)
    }

    /// Checks the ranges of the contract (contract/03).
    ///
    /// # Errors
    /// [`DwError::Usage`] naming the option, the value and the range.
    pub fn validate(&self) -> DwResult<()> {
        let range = |name: &str, value: i64, low: i64, high: i64| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(DwError::usage(
                    format!("{name} is {value}, which is outside of {low} to {high}"),
                    format!("pass a value of {low} to {high}, or leave the option out"),
                ))
            }
        };
        if let Some(size) = self.batch_size {
            range("--batch-size", i64::try_from(size).unwrap_or(i64::MAX), 1, 100_000)?;
        }
        if let Some(minutes) = self.cutoff_minutes {
            range("--cutoff-minutes", minutes, 0, 1_440)?;
        }
        if let Some(minutes) = self.lookback_minutes {
            range("--lookback-minutes", minutes, 0, 44_640)?;
        }
        if self.max_batches == Some(0) {
            return Err(DwError::usage("--max-batches is 0, which would do nothing", "pass 1 or more"));
        }
        if self.window.is_some_and(|(from, to)| from > to) {
            return Err(DwError::usage("--from lies after --to", "exchange the two"));
        }
        if self.full_refresh && self.max_batches.is_some() {
            return Err(DwError::usage(
                "--full-refresh and --max-batches exclude each other: each call would read the same first batches",
                "leave --max-batches out",
            ));
        }
        if self.window.is_some() && self.full_refresh {
            return Err(DwError::usage("--full-refresh and --from exclude each other", "pass one of them"));
        }
        Ok(())
    }
}
