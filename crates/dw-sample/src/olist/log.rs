//! Collects counts and issues while the files are read, within bounds.
//! Not here: what the caller gets in the end (see [`super::report`]).

use std::collections::BTreeMap;

use super::report::{Effect, FileCounts, OlistIssue, OlistReport, ReasonCode, SourceFile};

/// Why a row or a value is refused, before it is known in which file and line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reject {
    /// The code.
    pub(super) code: ReasonCode,
    /// The sentence.
    pub(super) reason: String,
}

impl Reject {
    /// A rejection.
    pub(super) fn new(code: ReasonCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

/// Collects counts and issues while the files are read.
#[derive(Debug, Default)]
pub(super) struct IssueLog {
    limit: usize,
    issues: Vec<OlistIssue>,
    left_off: u64,
    by_reason: BTreeMap<(SourceFile, ReasonCode, Effect), u64>,
    files: BTreeMap<SourceFile, FileCounts>,
}

impl IssueLog {
    /// A log that lists at most `limit` issues, so that a hopeless file of a million lines does not fill the memory.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Counts a row as read.
    pub(super) fn read(&mut self, file: SourceFile) {
        self.files.entry(file).or_default().read += 1;
    }

    /// Counts a row as loaded.
    pub(super) fn loaded(&mut self, file: SourceFile) {
        self.files.entry(file).or_default().loaded += 1;
    }

    /// Counts rows as sound and not needed.
    pub(super) fn not_needed(&mut self, file: SourceFile, rows: u64) {
        self.files.entry(file).or_default().not_needed += rows;
    }

    /// Counts rows as loaded.
    pub(super) fn loaded_many(&mut self, file: SourceFile, rows: u64) {
        self.files.entry(file).or_default().loaded += rows;
    }

    /// Notes a row that is left out.
    pub(super) fn row(&mut self, file: SourceFile, line: u64, reject: Reject) {
        self.files.entry(file).or_default().reported += 1;
        self.note(file, line, reject, Effect::RowLeftOut);
    }

    /// Notes a value that is left out of a row that is loaded.
    pub(super) fn value(&mut self, file: SourceFile, line: u64, reject: Reject) {
        self.note(file, line, reject, Effect::ValueLeftOut);
    }

    /// The value, or `None` and a note.
    pub(super) fn or_note<T>(&mut self, file: SourceFile, line: u64, value: Result<Option<T>, Reject>) -> Option<T> {
        match value {
            Ok(value) => value,
            Err(reject) => {
                self.value(file, line, reject);
                None
            }
        }
    }

    /// Rows read so far, over all files.
    pub(super) fn rows_read(&self) -> u64 {
        self.files.values().map(|counts| counts.read).sum()
    }

    /// Rows read of one file.
    pub(super) fn rows_read_of(&self, file: SourceFile) -> u64 {
        self.files.get(&file).map_or(0, |counts| counts.read)
    }

    /// The first issue, for the message of an import that loads nothing.
    pub(super) fn first(&self) -> Option<&OlistIssue> {
        self.issues.iter().find(|issue| issue.effect == Effect::RowLeftOut).or(self.issues.first())
    }

    /// Moves everything into a report.
    pub(super) fn finish(mut self, report: &mut OlistReport) {
        self.issues.sort_by_key(|issue| (issue.file, issue.line));
        report.files = self.files;
        report.issues = self.issues;
        report.issue_counts = self.by_reason;
        report.issues_left_off = self.left_off;
    }

    fn note(&mut self, file: SourceFile, line: u64, reject: Reject, effect: Effect) {
        *self.by_reason.entry((file, reject.code, effect)).or_default() += 1;
        if self.issues.len() < self.limit {
            self.issues.push(OlistIssue { file, line, reason_code: reject.code, reason: reject.reason, effect });
        } else {
            self.left_off += 1;
        }
    }
}
