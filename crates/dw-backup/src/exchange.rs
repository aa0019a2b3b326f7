//! What a restore leaves that was killed, and which database is in place then: the old one or the restored one, never half of
//! one. A note beside the database is there from before the copy until the restored database was checked; the copy has another
//! name until it takes the place of the database in one step. So note and copy say that the old one is there, the note
//! alone that the restored one is. Not here: the copy and the exchange (see [`crate::embedded`]).

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use dw_core::embedded::backup::{beside, check_file};
use dw_core::error::{Database, DwResult};

use crate::checkpoint;
use crate::files::{io, remove, rename};
use crate::port::Watcher;

/// Ends the name of a database that is not whole yet.
pub(crate) const RESTORING: &str = ".restoring";
/// Ends the name of the note.
const NOTE: &str = ".restore";
/// Ends the name of the database that was replaced, with a number behind it.
pub(crate) const REPLACED: &str = ".replaced-";
/// Begins the names of databases that only drills have.
const DRILL: &str = "drill_";

/// Says that a file is being restored under the name of `target`. The empty copy comes first: a note alone means that it has
/// taken its place.
pub(crate) fn begin(target: &Path, file: &str) -> DwResult<()> {
    let (fresh, note) = (beside(target, RESTORING), beside(target, NOTE));
    File::create(&fresh).map_err(|error| io("cannot write", &fresh, error))?;
    let written = File::create(&note).and_then(|mut note| {
        note.write_all(file.as_bytes())?;
        note.sync_all()
    });
    written.map_err(|error| io("cannot write", &note, error))?;
    checkpoint::pass("restoring");
    Ok(())
}

/// Takes back what [`begin`] left, when nothing was exchanged.
pub(crate) fn give_up(target: &Path) -> DwResult<()> {
    remove(&beside(target, RESTORING))?;
    end(target)
}

/// The restored database was checked, or is gone again.
pub(crate) fn end(target: &Path) -> DwResult<()> {
    remove(&beside(target, NOTE))
}

/// Looks for notes of restores that are no more, says which database is in place, and cleans up. Only for who holds the lock of
/// backups, without which a note may be one of a restore that goes on.
pub(crate) fn close(folder: &Path, watcher: &dyn Watcher) -> DwResult<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(name) = file_name.strip_suffix(NOTE).and_then(|name| name.strip_suffix(".db")) else { continue };
        if !name.starts_with(DRILL) {
            close_one(&path.with_file_name(format!("{name}.db")), name, watcher)?;
        }
    }
    Ok(())
}

fn close_one(target: &Path, name: &str, watcher: &dyn Watcher) -> DwResult<()> {
    let file = fs::read_to_string(beside(target, NOTE)).unwrap_or_default();
    let restore = format!("a restore of {file} under the name {name} was interrupted");
    let is_exchanged = target.exists() && !beside(target, RESTORING).exists();
    if is_exchanged {
        // A database of the stack has its rules; of another name it is one that somebody looks at.
        let database = if name.eq_ignore_ascii_case(Database::Oltp.name()) { Database::Oltp } else { Database::Dw };
        let found = check_file(database, target);
        let state = match &found {
            Ok(faults) if faults.is_empty() => "is the restored database, and it is whole".to_owned(),
            Ok(faults) => format!("is the restored database, and it is damaged: {}", faults.join("; ")),
            Err(error) => format!("is the restored database, and it cannot be read: {error}"),
        };
        watcher.remark(&format!("{restore} after the exchange: {name} {state}"));
        return end(target);
    }
    take_back(target)?;
    let state = if target.exists() { "is the old database, as it was" } else { "was not made" };
    watcher.remark(&format!("{restore} before the exchange: {name} {state}"));
    give_up(target)
}

/// Undoes what was set aside of a database that is still in place: a second name of its file, and a log that was moved away.
fn take_back(target: &Path) -> DwResult<()> {
    if !target.exists() {
        return Ok(());
    }
    for aside in set_aside(target) {
        // Where only the log was moved, there is no second name yet.
        if aside.exists() && !same_file::is_same_file(&aside, target).unwrap_or(false) {
            continue;
        }
        let (log, index) = (beside(&aside, "-wal"), beside(&aside, "-shm"));
        let place = beside(target, "-wal");
        if log.exists() && !place.exists() {
            rename(&log, &place)?;
        }
        // It is made anew out of the log.
        remove(&index)?;
        remove(&aside)?;
    }
    Ok(())
}

/// The names of databases that were set aside for `target`, also those of which only the log was moved.
fn set_aside(target: &Path) -> Vec<PathBuf> {
    let Some(start) = target.file_name().and_then(|name| name.to_str()).map(|name| format!("{name}{REPLACED}")) else {
        return Vec::new();
    };
    let entries = target.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let number = name.strip_prefix(&start)?;
            let number = number.strip_suffix("-wal").or(number.strip_suffix("-shm")).unwrap_or(number);
            number.bytes().all(|byte| byte.is_ascii_digit()).then(|| target.with_file_name(format!("{start}{number}")))
        })
        .collect();
    found.sort();
    found.dedup();
    found
}
