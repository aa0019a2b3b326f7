//! Files of backups on a disk of this machine: sums, room, and changes that are there as a whole or not at all. Blocking.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use dw_core::error::{DwError, DwResult};
use sha2::{Digest, Sha256};

/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;

pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> DwError {
    DwError::Io { action, path: path.to_owned(), source }
}

/// Length and SHA-256 of a file, read once. `progress` gets the bytes done and all.
pub(crate) fn sum(path: &Path, progress: &mut dyn FnMut(u64, u64)) -> DwResult<(u64, String)> {
    let mut file = File::open(path).map_err(|error| io("cannot read", path, error))?;
    let all = file.metadata().map_err(|error| io("cannot read", path, error))?.len();
    // What is read is what the disk has, not what this process has just written.
    let _advised = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut done = 0;
    loop {
        let read = file.read(&mut chunk).map_err(|error| io("cannot read", path, error))?;
        if read == 0 {
            break;
        }
        hasher.update(&chunk[..read]);
        done += u64::try_from(read).unwrap_or(0);
        progress(done, all);
    }
    let digest = hasher.finalize();
    Ok((done, digest.iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// The bytes that are free for this user on the disk of a folder.
pub(crate) fn free(folder: &Path) -> DwResult<u64> {
    let found = rustix::fs::statvfs(folder).map_err(|error| io("cannot read", folder, error.into()))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Writes a file to the disk for good.
pub(crate) fn sync(path: &Path) -> DwResult<()> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| io("cannot write", path, error))
}

/// Gives a file another name, so that it is there under it after a power cut.
pub(crate) fn rename(from: &Path, to: &Path) -> DwResult<()> {
    std::fs::rename(from, to).map_err(|error| io("cannot rename", from, error))?;
    to.parent().map_or(Ok(()), sync)
}

/// Removes a file; one that is gone is no error.
pub(crate) fn remove(path: &Path) -> DwResult<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io("cannot delete", path, error)),
        _ => Ok(()),
    }
}
