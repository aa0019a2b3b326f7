//! Locks as files: the operating system frees them when their process dies, so that no stale lock can stay.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;

use crate::engine::LockGuard;
use crate::error::{DwError, DwResult};

/// A held lock file. The file stays when the lock goes: removing it would let two processes lock two files of one name.
#[derive(Debug)]
pub(super) struct FileLock {
    resource: String,
    _file: File,
}

#[async_trait]
impl LockGuard for FileLock {
    fn resource(&self) -> &str {
        &self.resource
    }

    async fn verify(&self) -> DwResult<()> {
        // The operating system keeps it as long as the file is open.
        Ok(())
    }
}

fn path_of(folder: &Path, resource: &str) -> PathBuf {
    folder.join(format!("{resource}.lock"))
}

fn open(folder: &Path, resource: &str) -> DwResult<File> {
    let path = path_of(folder, resource);
    std::fs::create_dir_all(folder)
        .and_then(|()| OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path))
        .map_err(|source| DwError::Io { action: "cannot open the lock file", path, source })
}

/// Somebody who asks for the holder takes a shared lock for a moment; that is not a run.
fn try_lock(file: &File) -> Result<(), TryLockError> {
    for _ in 0..10 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
            result => return result,
        }
    }
    file.try_lock()
}

pub(super) fn take(folder: &Path, resource: &str, holder: &str) -> DwResult<FileLock> {
    let mut file = open(folder, resource)?;
    match try_lock(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(DwError::LockHeld { entity: resource.to_owned(), holder: read_holder(&mut file) });
        }
        Err(TryLockError::Error(source)) => {
            return Err(DwError::Io { action: "cannot lock", path: path_of(folder, resource), source });
        }
    }
    file.set_len(0)
        .and_then(|()| file.write_all(holder.as_bytes()))
        .and_then(|()| file.flush())
        .map_err(|source| DwError::Io { action: "cannot write", path: path_of(folder, resource), source })?;
    Ok(FileLock { resource: resource.to_owned(), _file: file })
}

/// Who holds the lock now; `None` when it is free.
pub(super) fn holder(folder: &Path, resource: &str) -> DwResult<Option<String>> {
    if !path_of(folder, resource).is_file() {
        return Ok(None);
    }
    let mut file = open(folder, resource)?;
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(read_holder(&mut file))),
        Err(TryLockError::Error(source)) => {
            Err(DwError::Io { action: "cannot lock", path: path_of(folder, resource), source })
        }
    }
}

fn read_holder(file: &mut File) -> String {
    let mut holder = String::new();
    match file.read_to_string(&mut holder) {
        Ok(_) if !holder.trim().is_empty() => holder.trim().to_owned(),
        _ => "another process".to_owned(),
    }
}
