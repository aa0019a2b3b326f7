//! Points of a backup that the kill test knows by name. Only debug builds have them.
//!
//! `DW_TEST_BACKUP_HALT=copied` halts the process at that point, after a file of that name in the folder that
//! `DW_TEST_BACKUP_POINTS` names says so: the test then kills it exactly there.

/// Passes a point.
#[cfg(not(debug_assertions))]
pub(crate) fn pass(_point: &'static str) {}

/// Passes a point.
#[cfg(debug_assertions)]
pub(crate) fn pass(point: &'static str) {
    if std::env::var_os("DW_TEST_BACKUP_HALT").is_none_or(|halt| halt != point) {
        return;
    }
    let Some(folder) = std::env::var_os("DW_TEST_BACKUP_POINTS") else { return };
    if std::fs::write(std::path::Path::new(&folder).join(point), point).is_ok() {
        loop {
            std::thread::park();
        }
    }
}
