//! Points of a run that the kill test knows by name. Only debug builds have them; a release build has none of this.
//!
//! `DW_TEST_POINTS=FILE` appends the name of every point that is passed to FILE, a line each. `DW_TEST_PAUSE=applied:3` halts
//! the thread for good when that point is passed for the third time, after the line `applied paused`: the test then kills the
//! process exactly there.

/// The rows of a batch are staged and nothing else.
pub(crate) const STAGED: &str = "staged";
/// Everything that a batch does is done and not committed.
pub(crate) const APPLIED: &str = "applied";
/// A batch is committed.
pub(crate) const COMMITTED: &str = "committed";
/// An entity is closed in the audit trail; the next one, or what is derived from sets, has not begun.
pub(crate) const BETWEEN_ENTITIES: &str = "between_entities";

/// Passes a point.
#[cfg(not(debug_assertions))]
pub(crate) fn pass(_point: &'static str) {}

#[cfg(debug_assertions)]
pub(crate) use hook::pass;

#[cfg(debug_assertions)]
mod hook {
    use std::fs::File;
    use std::io::Write;
    use std::sync::{LazyLock, Mutex, PoisonError};

    struct Hook {
        file: File,
        pause: Option<(String, u64)>,
    }

    static HOOK: LazyLock<Option<Mutex<Hook>>> = LazyLock::new(|| {
        let path = std::env::var_os("DW_TEST_POINTS")?;
        let file = File::options().create(true).append(true).open(path).ok()?;
        let pause = std::env::var("DW_TEST_PAUSE").ok();
        let pause = pause.as_deref().and_then(|text| text.split_once(':'));
        let pause = pause.and_then(|(point, pass)| Some((point.to_owned(), pass.parse().ok()?)));
        Some(Mutex::new(Hook { file, pause }))
    });

    /// Passes a point.
    pub(crate) fn pass(point: &'static str) {
        let Some(hook) = &*HOOK else { return };
        let mut hook = hook.lock().unwrap_or_else(PoisonError::into_inner);
        let mut halt = false;
        if let Some((wanted, left)) = &mut hook.pause
            && wanted == point
        {
            *left = left.saturating_sub(1);
            halt = *left == 0;
        }
        let line = if halt { format!("{point} paused\n") } else { format!("{point}\n") };
        // A test that cannot read the file fails by itself.
        let _unwritten = hook.file.write_all(line.as_bytes());
        if halt {
            loop {
                std::thread::park();
            }
        }
    }
}
