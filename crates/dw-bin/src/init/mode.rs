//! Which of its jobs `init` does without a command: create, plan, check or repair. One at a time.

use dw_core::error::{DwError, DwResult};

use super::args::{FillArgs, ModeArgs};
use super::base;

/// The job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Create what is missing.
    Create {
        /// Set the passwords of existing logins too.
        rotate: bool,
    },
    /// Show what creating would do.
    Plan {
        /// The same.
        rotate: bool,
    },
    /// Say whether the databases can be used.
    Check,
    /// Forget the record of a script.
    Repair(String),
}

/// Checks what was typed.
///
/// # Errors
/// A usage error when two jobs were typed, or a flag that does not belong to the job.
pub fn check(args: &ModeArgs, fill: &FillArgs) -> DwResult<Mode> {
    let jobs: Vec<&str> = jobs(args).collect();
    if let [first, second, ..] = jobs[..] {
        return Err(DwError::usage(
            format!("`{first}` and `{second}` cannot stand together"),
            "run `init` once for each",
        ));
    }
    if let (Some(job), Some(flag)) = (jobs.first(), base::any_typed(fill)) {
        return Err(DwError::usage(
            format!("`{flag}` and `{job}` cannot stand together"),
            format!("`{job}` fills no source; leave `{flag}` out"),
        ));
    }
    let rotate = args.rotate_logins;
    if let (true, Some(job)) = (rotate, jobs.first().filter(|job| **job != PLAN)) {
        return Err(DwError::usage(
            format!("`--rotate-logins` and `{job}` cannot stand together"),
            format!("`{job}` makes no login; leave `--rotate-logins` out"),
        ));
    }
    Ok(match (&args.repair, args.plan, args.check) {
        (Some(script), ..) => Mode::Repair(script.clone()),
        (None, true, _) => Mode::Plan { rotate },
        (None, _, true) => Mode::Check,
        (None, ..) => Mode::Create { rotate },
    })
}

/// Refuses these flags in front of a command.
///
/// # Errors
/// A usage error that names the flag.
pub fn refuse(args: &ModeArgs) -> DwResult<()> {
    match jobs(args).next().or(args.rotate_logins.then_some("--rotate-logins")) {
        Some(flag) => Err(DwError::usage(
            format!("`{flag}` cannot stand before a command"),
            format!("run `init {flag}` by itself, then the command"),
        )),
        None => Ok(()),
    }
}

const PLAN: &str = "--plan";

fn jobs(args: &ModeArgs) -> impl Iterator<Item = &'static str> {
    [(args.plan, PLAN), (args.check, "--check"), (args.repair.is_some(), "--repair")]
        .into_iter()
        .filter_map(|(typed, flag)| typed.then_some(flag))
}
