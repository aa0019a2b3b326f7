//! The state of the alerter in a file: written beside it and renamed, so that a crash leaves the old one or the new one. A
//! damaged file is set aside and told, and the alerter begins anew: it must not fall silent over it.

use std::io::Write;
use std::path::{Path, PathBuf};

use dw_core::error::{DwError, DwResult};

use super::plan::{AlertState, VERSION};

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The state; an empty one without a file or with a damaged one.
    pub state: AlertState,
    /// Where a damaged file was set aside, and why.
    pub set_aside: Option<(PathBuf, String)>,
}

/// Reads the state, and sets a damaged file aside.
///
/// # Errors
/// [`DwError::Io`] when the file is there and cannot be read, or a damaged one cannot be set aside.
pub fn load(path: &Path) -> DwResult<Loaded> {
    let loaded = peek(path)?;
    if let Some((aside, _)) = &loaded.set_aside {
        std::fs::rename(path, aside).map_err(|source| io("cannot set aside", path, source))?;
    }
    Ok(loaded)
}

/// Reads the state and touches nothing: a damaged file stays where it is.
///
/// # Errors
/// [`DwError::Io`] when the file is there and cannot be read.
pub fn peek(path: &Path) -> DwResult<Loaded> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Loaded::default()),
        Err(source) => return Err(io("cannot read", path, source)),
    };
    let reason = match serde_json::from_slice::<AlertState>(&text) {
        Ok(state) if state.version == VERSION => return Ok(Loaded { state, set_aside: None }),
        Ok(state) => format!("version {} is not {VERSION}", state.version),
        Err(error) => error.to_string(),
    };
    Ok(Loaded { state: AlertState::default(), set_aside: Some((beside(path, "damaged"), reason)) })
}

/// Writes the state: to a file beside it, to the disk, then renamed.
///
/// # Errors
/// [`DwError::Io`].
pub fn save(path: &Path, state: &AlertState) -> DwResult<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|source| io("cannot create", folder, source))?;
    }
    let text = serde_json::to_vec_pretty(state)
        .map_err(|error| DwError::Internal(format!("the state of the alerts has no JSON form: {error}")))?;
    let new = beside(path, &format!("{}.new", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&new)?;
        file.write_all(&text)?;
        file.sync_all()
    };
    write().map_err(|source| io("cannot write", &new, source))?;
    std::fs::rename(&new, path).map_err(|source| io("cannot write", path, source))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn io(action: &'static str, path: &Path, source: std::io::Error) -> DwError {
    DwError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/state.json");
        assert_eq!(load(&path).unwrap(), Loaded::default());
        let state = AlertState { version: VERSION, ..AlertState::default() };
        save(&path, &state).unwrap();
        save(&path, &state).unwrap();
        assert_eq!(load(&path).unwrap().state, state);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        for text in [
            "{\"version\":1,",
            "",
            "\u{0}\u{0}",
            "{\"version\":9,\"alerts\":{}}",
            "{\"version\":1,\"alerts\":{\"k\":{}}}",
        ] {
            std::fs::write(&path, text).unwrap();
            let loaded = load(&path).unwrap();
            let (aside, reason) = loaded.set_aside.unwrap();
            assert_eq!(
                (loaded.state, std::fs::read_to_string(aside).unwrap()),
                (AlertState::default(), text.to_owned())
            );
            assert!(!reason.is_empty() && !path.is_file());
        }
    }
}
