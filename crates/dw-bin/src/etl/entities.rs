//! Which entities a flag means.

use dw_core::config::closest;
use dw_core::entities;
use dw_core::error::{DwError, DwResult};

/// The word for every entity.
const ALL: &str = "all";

/// The entities of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Their names, in the order of work.
    pub names: Vec<&'static str>,
    /// True for `all`: an inactive entity is then skipped, while one that was named is an error (ruling 27).
    pub all: bool,
}

/// Reads `a,b` or `all`.
///
/// # Errors
/// A usage error that lists the nine names.
pub fn choose(text: &str) -> DwResult<Chosen> {
    let known: Vec<&'static str> = entities::ALL.iter().map(|entity| entity.name).collect();
    let mut wanted = Vec::new();
    let mut all = false;
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if name.eq_ignore_ascii_case(ALL) {
            all = true;
        } else if let Some(entity) = known.iter().find(|entity| entity.eq_ignore_ascii_case(name)) {
            wanted.push(*entity);
        } else {
            let guess = closest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`? "));
            let hint = format!("{}the entities are {}, or `{ALL}`", guess.unwrap_or_default(), known.join(", "));
            return Err(DwError::usage(format!("unknown entity `{}`", name.escape_debug()), hint));
        }
    }
    if !all && wanted.is_empty() {
        return Err(DwError::usage(
            "`--entity` names no entity",
            format!("the entities are {}, or `{ALL}`", known.join(", ")),
        ));
    }
    Ok(Chosen { names: known.into_iter().filter(|name| all || wanted.contains(name)).collect(), all })
}
