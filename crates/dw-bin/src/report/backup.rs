//! The reports of `backup`.

use dw_audit::backups::state::span;
use dw_audit::backups::{BackupRecord, DatabaseState, DrillRecord, Standing};
use dw_backup::vault::{DrillReport, Known, Pruned, PrunedFile, Restored, Taken, Verified};
use dw_core::error::DwError;
use dw_core::exit;
use dw_core::time::{Seconds, format_timestamp};
use serde::Serialize;

use crate::output::{Align, Console, Failure, Listing, whole};

/// A backup.
#[derive(Debug, Clone, Serialize)]
pub struct BackupRow {
    /// All that is recorded.
    #[serde(flatten)]
    pub record: BackupRecord,
    /// Megabytes of the database a second, while it was copied.
    pub megabytes_per_second: Option<u64>,
    /// What is wrong.
    pub failure: Option<Failure>,
}

fn row(record: BackupRecord, error: Option<&DwError>) -> BackupRow {
    let rate = |bytes: u64, millis: u64| bytes / 1_000 / millis.max(1);
    let megabytes_per_second =
        record.size_bytes.or(record.database_bytes).zip(record.backup_ms).map(|(bytes, millis)| rate(bytes, millis));
    BackupRow { record, megabytes_per_second, failure: error.map(Failure::from) }
}

/// The worst of some exit codes: what failed before what is not proven.
fn worst<'e>(errors: impl Iterator<Item = Option<&'e DwError>>) -> u8 {
    let codes: Vec<u8> = errors.flatten().map(DwError::exit_code).collect();
    for code in [exit::BACKUP, exit::VERIFY] {
        if codes.contains(&code) {
            return code;
        }
    }
    codes.first().copied().unwrap_or(exit::OK)
}

fn backups_listing<'r>(rows: impl Iterator<Item = &'r BackupRow>) -> Listing {
    use Align::{Left, Right};
    let mut listing = Listing::new(&[
        ("file", Left),
        ("status", Left),
        ("began (UTC)", Left),
        ("bytes", Right),
        ("ms", Right),
        ("MB/s", Right),
        ("verified (UTC)", Left),
    ]);
    let number = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), whole);
    for BackupRow { record, megabytes_per_second, .. } in rows {
        let status = if record.deleted_at.is_some() { "deleted" } else { record.status.as_str() };
        let step = record.failed_step.as_ref().map_or_else(String::new, |step| format!(" ({step})"));
        listing.row(vec![
            record.file.clone(),
            format!("{status}{step}"),
            format_timestamp(record.started_at),
            number(record.size_bytes),
            number(record.backup_ms),
            number(*megabytes_per_second),
            record.verified_at.map_or_else(|| "-".to_owned(), format_timestamp),
        ]);
    }
    listing
}

fn tell<'f>(console: &Console, failures: impl Iterator<Item = &'f Failure>) {
    // A program has them in the document.
    if !console.is_json() {
        failures.for_each(|failure| console.failure(failure));
    }
}

/// `backup once`, and a cycle of `backup loop`.
#[derive(Debug, Serialize)]
pub struct BackupDocument {
    /// `once`.
    pub command: &'static str,
    /// 0, 70 or 71.
    pub exit_code: u8,
    /// A row a database.
    pub backups: Vec<BackupRow>,
    /// Files that retention deleted.
    pub deleted: usize,
    /// What retention could not do.
    pub retention_failure: Option<Failure>,
}

impl BackupDocument {
    /// What was taken.
    pub fn of(taken: Vec<Taken>) -> Self {
        let exit_code = worst(taken.iter().map(|taken| taken.error.as_ref()));
        let backups = taken.into_iter().map(|taken| row(taken.record, taken.error.as_ref())).collect();
        Self { command: "once", exit_code, backups, deleted: 0, retention_failure: None }
    }

    /// Adds what retention did.
    pub fn add(&mut self, pruned: Pruned) {
        self.deleted = pruned.deleted;
        if let Some(error) = pruned.error {
            self.fail(&error);
        }
    }

    /// Retention failed.
    pub fn fail(&mut self, error: &DwError) {
        self.exit_code = exit::BACKUP;
        self.retention_failure = Some(Failure::from(error));
    }

    /// A row a backup.
    pub fn listing(&self) -> Listing {
        backups_listing(self.backups.iter())
    }

    /// What went wrong, for a person.
    pub fn errors(&self, console: &Console) {
        tell(console, self.backups.iter().filter_map(|row| row.failure.as_ref()).chain(&self.retention_failure));
    }
}

/// `backup verify`.
#[derive(Debug, Serialize)]
pub struct VerifyDocument {
    /// `verify`.
    pub command: &'static str,
    /// 0, or 71.
    pub exit_code: u8,
    /// A row a backup.
    pub backups: Vec<BackupRow>,
}

impl VerifyDocument {
    /// What was read back.
    pub fn of(verified: Vec<Verified>) -> Self {
        let exit_code = worst(verified.iter().map(|one| one.error.as_ref()));
        let backups = verified.into_iter().map(|one| row(one.record, one.error.as_ref())).collect();
        Self { command: "verify", exit_code, backups }
    }

    /// A row a backup.
    pub fn listing(&self) -> Listing {
        backups_listing(self.backups.iter())
    }

    /// What went wrong, for a person.
    pub fn errors(&self, console: &Console) {
        tell(console, self.backups.iter().filter_map(|row| row.failure.as_ref()));
    }
}

/// A drill.
#[derive(Debug, Serialize)]
pub struct DrillRow {
    /// All that is recorded.
    #[serde(flatten)]
    pub drill: DrillRecord,
    /// What is wrong.
    pub failure: Option<Failure>,
}

/// `backup drill`.
#[derive(Debug, Serialize)]
pub struct DrillDocument {
    /// `drill`.
    pub command: &'static str,
    /// 0, 70 or 71.
    pub exit_code: u8,
    /// A row a database.
    pub drills: Vec<DrillRow>,
}

impl DrillDocument {
    /// What was tried.
    pub fn of(drills: Vec<DrillReport>) -> Self {
        let exit_code = worst(drills.iter().map(|one| one.error.as_ref()));
        let drills = drills
            .into_iter()
            .map(|one| DrillRow { drill: one.drill, failure: one.error.as_ref().map(Failure::from) })
            .collect();
        Self { command: "drill", exit_code, drills }
    }

    /// A row a drill.
    pub fn listing(&self) -> Listing {
        use Align::{Left, Right};
        let columns = [
            ("database", Left),
            ("file", Left),
            ("result", Left),
            ("restore ms", Right),
            ("check ms", Right),
            ("RTO ms", Right),
            ("compared", Right),
        ];
        let mut listing = Listing::new(&columns);
        let number = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), whole);
        for DrillRow { drill, .. } in &self.drills {
            listing.row(vec![
                drill.database.clone(),
                drill.file.clone(),
                drill.failed_step.as_ref().map_or_else(|| "passed".to_owned(), |step| format!("failed ({step})")),
                number(drill.restore_ms),
                number(drill.check_ms),
                number(drill.total_ms),
                number(drill.compared_tables),
            ]);
        }
        listing
    }

    /// What went wrong, for a person.
    pub fn errors(&self, console: &Console) {
        tell(console, self.drills.iter().filter_map(|row| row.failure.as_ref()));
    }
}

/// `backup restore`.
#[derive(Debug, Serialize)]
pub struct RestoreDocument {
    /// `restore`.
    pub command: &'static str,
    /// Database whose backup it is.
    pub database: String,
    /// File.
    pub file: String,
    /// Backups that were needed.
    pub chain: usize,
    /// The new database.
    pub name: String,
    /// Milliseconds.
    pub millis: u64,
    /// Where the old one is.
    pub set_aside: Option<String>,
}

impl RestoreDocument {
    /// What was restored.
    pub fn of(restored: Restored) -> Self {
        Self {
            command: "restore",
            database: restored.database,
            file: restored.file,
            chain: restored.chain,
            name: restored.name,
            millis: restored.millis,
            set_aside: restored.set_aside,
        }
    }

    /// One row.
    pub fn listing(&self) -> Listing {
        use Align::{Left, Right};
        let mut listing = Listing::new(&[("restored", Left), ("from", Left), ("ms", Right), ("old one", Left)]);
        listing.row(vec![
            self.name.clone(),
            self.file.clone(),
            whole(self.millis),
            self.set_aside.clone().unwrap_or_else(|| "-".to_owned()),
        ]);
        listing
    }
}

/// A file that retention judged.
#[derive(Debug, Serialize)]
pub struct PruneRow {
    /// Database.
    pub database: String,
    /// File.
    pub file: String,
    /// Kind.
    pub kind: &'static str,
    /// When it began.
    pub at: String,
    /// Bytes.
    pub size_bytes: Option<u64>,
    /// True when it stays.
    pub keep: bool,
    /// Why.
    pub reasons: Vec<String>,
}

impl From<PrunedFile> for PruneRow {
    fn from(file: PrunedFile) -> Self {
        Self {
            database: file.database,
            file: file.file,
            kind: file.kind.as_str(),
            at: format_timestamp(file.at),
            size_bytes: file.size,
            keep: !file.reasons.is_empty(),
            reasons: file.reasons.iter().map(ToString::to_string).collect(),
        }
    }
}

/// `backup prune`.
#[derive(Debug, Serialize)]
pub struct PruneDocument {
    /// `prune`.
    pub command: &'static str,
    /// 0, or 70 when something could not be deleted.
    pub exit_code: u8,
    /// True when nothing was deleted.
    pub dry_run: bool,
    /// Files that were deleted.
    pub deleted: usize,
    /// A row a file.
    pub files: Vec<PruneRow>,
    /// What could not be deleted.
    pub failure: Option<Failure>,
}

impl PruneDocument {
    /// What retention did, or would do.
    pub fn of(pruned: Pruned, dry_run: bool) -> Self {
        Self {
            command: "prune",
            exit_code: if pruned.error.is_some() { exit::BACKUP } else { exit::OK },
            dry_run,
            deleted: pruned.deleted,
            files: pruned.files.into_iter().map(PruneRow::from).collect(),
            failure: pruned.error.as_ref().map(Failure::from),
        }
    }

    /// A row a file.
    pub fn listing(&self) -> Listing {
        use Align::{Left, Right};
        let mut listing = Listing::new(&[("file", Left), ("bytes", Right), ("what", Left), ("why", Left)]);
        for row in &self.files {
            let what = match (row.keep, self.dry_run) {
                (true, _) => "keep",
                (false, true) => "would delete",
                (false, false) => "deleted",
            };
            let why = if row.keep { row.reasons.join(", ") } else { "no rule keeps it".to_owned() };
            let bytes = row.size_bytes.map_or_else(|| "-".to_owned(), whole);
            listing.row(vec![row.file.clone(), bytes, what.to_owned(), why]);
        }
        listing
    }

    /// What went wrong, for a person.
    pub fn errors(&self, console: &Console) {
        tell(console, self.failure.iter());
    }
}

/// `backup list`.
#[derive(Debug, Serialize)]
pub struct ListDocument {
    /// `list`.
    pub command: &'static str,
    /// Backups, the newest first.
    pub backups: Vec<BackupRow>,
    /// Drills, the newest first.
    pub drills: Vec<DrillRecord>,
}

impl ListDocument {
    /// What is recorded.
    pub fn of(known: Known) -> Self {
        let backups = known.backups.into_iter().map(|record| row(record, None)).collect();
        Self { command: "list", backups, drills: known.drills }
    }

    /// A row a backup.
    pub fn listing(&self) -> Listing {
        backups_listing(self.backups.iter())
    }
}

/// `backup status`.
#[derive(Debug, Serialize)]
pub struct StatusDocument {
    /// `status`.
    pub command: &'static str,
    /// 0; 70 when too much could be lost; 71 when nothing proves a backup.
    pub exit_code: u8,
    /// When was looked, in UTC.
    pub as_of: String,
    /// A row a database.
    pub databases: Vec<DatabaseState>,
}

impl StatusDocument {
    /// Where the databases stand.
    pub fn of(databases: Vec<DatabaseState>, now: Seconds) -> Self {
        let exit_code = match databases.iter().map(|state| state.standing).max() {
            Some(Standing::Stale) => exit::BACKUP,
            Some(Standing::Unproven) => exit::VERIFY,
            _ => exit::OK,
        };
        Self { command: "status", exit_code, as_of: format_timestamp(now), databases }
    }

    /// A row a database.
    pub fn listing(&self) -> Listing {
        use Align::{Left, Right};
        let columns = [
            ("database", Left),
            ("state", Left),
            ("RPO", Right),
            ("RTO", Right),
            ("last verified (UTC)", Left),
            ("last drill (UTC)", Left),
            ("kept", Right),
            ("bytes", Right),
            ("why", Left),
        ];
        let mut listing = Listing::new(&columns);
        let dash = || "-".to_owned();
        for state in &self.databases {
            let word = match state.standing {
                Standing::Good => "good",
                Standing::Late => "late",
                Standing::Unproven => "UNPROVEN",
                Standing::Stale => "STALE",
            };
            let millis = |millis: u64| if millis < 1_000 { format!("{millis} ms") } else { span(millis / 1_000) };
            listing.row(vec![
                state.database.clone(),
                word.to_owned(),
                state.rpo_seconds.map_or_else(dash, span),
                state.rto_ms.map_or_else(dash, millis),
                state.last_verified.as_ref().map_or_else(dash, |record| format_timestamp(record.started_at)),
                state.last_drill.as_ref().map_or_else(dash, |drill| format_timestamp(drill.started_at)),
                state.kept.to_string(),
                whole(state.kept_bytes),
                state.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            ]);
        }
        listing
    }
}
