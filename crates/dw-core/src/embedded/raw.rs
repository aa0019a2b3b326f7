//! Reads the file of a database beside the connections that have it open. POSIX frees all locks that a process holds on a file when
//! it closes any handle of it, the locks of SQLite among them; so a handle is closed only when this process has no connection on
//! that file, and kept else. Not here: whether the file may be read at all (see [`super::connection`]).

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct Open {
    connections: HashMap<PathBuf, usize>,
    kept: HashMap<PathBuf, Vec<File>>,
}

static OPEN: LazyLock<Mutex<Open>> = LazyLock::new(Mutex::default);

fn open() -> MutexGuard<'static, Open> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection on a file, for as long as it lives.
#[derive(Debug)]
pub(super) struct Counted(PathBuf);

impl Counted {
    pub(super) fn new(path: &Path) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        *open().connections.entry(path.clone()).or_default() += 1;
        Self(path)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = open();
        let left = open.connections.get_mut(&self.0).map_or(0, |count| {
            *count = count.saturating_sub(1);
            *count
        });
        if left == 0 {
            open.connections.remove(&self.0);
            open.kept.remove(&self.0);
        }
    }
}

/// A handle of the file of a database.
#[derive(Debug)]
pub(super) struct RawFile {
    path: PathBuf,
    file: Option<File>,
}

impl RawFile {
    pub(super) fn open(path: &Path) -> std::io::Result<Self> {
        let path = std::path::absolute(path)?;
        let file = File::open(&path)?;
        Ok(Self { path, file: Some(file) })
    }

    pub(super) fn file(&self) -> std::io::Result<&File> {
        self.file.as_ref().ok_or_else(|| std::io::Error::other("closed"))
    }
}

impl Drop for RawFile {
    fn drop(&mut self) {
        let mut open = open();
        if let Some(file) = self.file.take()
            && open.connections.contains_key(&self.path)
        {
            open.kept.entry(self.path.clone()).or_default().push(file);
        }
    }
}
