//! RPO and RTO of each database, and whether they are within the rules. Pure.

use std::fmt;

use dw_core::time::{DAY, Seconds};
use serde::{Serialize, Serializer};

use super::{BackupRecord, BackupStatus, DrillRecord};
use crate::sla::rules::Rules;

/// How a database stands, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Within all rules.
    Good,
    /// The last verified backup is older than the warning.
    Late,
    /// A verification or a drill failed, or there was no drill for too long, or a restore takes too long.
    Unproven,
    /// The last verified backup is older than the policy, or there is none.
    Stale,
}

/// What is wrong with the backups of a database. Shown, and serialized, as a sentence for a reader of English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Nothing could be restored.
    NoVerified,
    /// The last verified backup is older than a limit; both in seconds.
    Old {
        /// How old it is.
        age: u64,
        /// The limit.
        limit: u64,
        /// True beyond the limit of an error, false beyond that of a warning.
        is_error: bool,
    },
    /// The last attempt failed.
    AttemptFailed {
        /// At which step.
        step: Option<String>,
        /// Why.
        error: Option<String>,
    },
    /// A file that is there is wrong.
    Damaged {
        /// Its name.
        file: String,
    },
    /// The last drill failed.
    DrillFailed {
        /// At which step.
        step: Option<String>,
        /// Why.
        error: Option<String>,
    },
    /// The last drill proves nothing any more.
    DrillOld {
        /// It may be so many days old.
        days: i64,
    },
    /// A restore takes longer than the limit; both in milliseconds.
    RestoreSlow {
        /// How long it took in the last drill that passed.
        took: u64,
        /// The limit.
        limit: u64,
    },
}

impl Reason {
    /// How bad it is.
    pub fn standing(&self) -> Standing {
        match self {
            Self::Old { is_error: false, .. } => Standing::Late,
            Self::AttemptFailed { step, .. } if step.as_deref() == Some("verify") => Standing::Unproven,
            Self::NoVerified | Self::Old { .. } | Self::AttemptFailed { .. } => Standing::Stale,
            Self::Damaged { .. } | Self::DrillFailed { .. } | Self::DrillOld { .. } | Self::RestoreSlow { .. } => {
                Standing::Unproven
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = |f: &mut fmt::Formatter<'_>, what: &str, step: &Option<String>, error: &Option<String>| {
            let (step, error) = (step.as_deref(), error.as_deref());
            write!(f, "{what} at {}: {}", step.unwrap_or("an unknown step"), error.unwrap_or("no message"))
        };
        match self {
            Self::NoVerified => f.write_str("there is no verified backup"),
            Self::Old { age, limit, .. } => {
                write!(f, "the last verified backup is {} old, more than {}", span(*age), span(*limit))
            }
            Self::AttemptFailed { step, error } => failed(f, "the last attempt failed", step, error),
            Self::Damaged { file } => write!(f, "{file} is damaged"),
            Self::DrillFailed { step, error } => failed(f, "the last drill failed", step, error),
            Self::DrillOld { days } => write!(f, "the last drill is more than {days} days ago"),
            Self::RestoreSlow { took, limit } => {
                write!(f, "a restore took {}, more than {}", span(took / 1_000), span(limit / 1_000))
            }
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What is known of the backups of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatabaseState {
    /// Name.
    pub database: String,
    /// The worst that is the case.
    pub standing: Standing,
    /// Why; empty when it is good.
    pub reasons: Vec<Reason>,
    /// How much would be lost now: seconds since the moment of the last verified backup.
    pub rpo_seconds: Option<u64>,
    /// The limits of it, warning and error, in seconds.
    pub rpo_limits: (u64, u64),
    /// The last verified backup, of any kind.
    pub last_verified: Option<BackupRecord>,
    /// The last attempt, however it ended.
    pub last_attempt: Option<BackupRecord>,
    /// The last drill.
    pub last_drill: Option<DrillRecord>,
    /// How long a restore took in the last drill that passed, in milliseconds.
    pub rto_ms: Option<u64>,
    /// The limit of it.
    pub rto_limit_ms: u64,
    /// Verified backups whose files are there.
    pub kept: usize,
    /// Bytes of these.
    pub kept_bytes: u64,
}

/// The state of each of these databases. `records` and `drills` are those of the store, the newest first.
pub fn assess(
    databases: &[String],
    records: &[BackupRecord],
    drills: &[DrillRecord],
    rules: &Rules,
    now: Seconds,
) -> Vec<DatabaseState> {
    databases.iter().map(|database| one(database, records, drills, rules, now)).collect()
}

fn one(database: &str, records: &[BackupRecord], drills: &[DrillRecord], rules: &Rules, now: Seconds) -> DatabaseState {
    let of = || records.iter().filter(|record| record.database == database);
    let last_verified = of().find(|record| record.is_good()).cloned();
    let last_attempt = of().find(|record| record.status != BackupStatus::Running).cloned();
    let last_drill = drills.iter().find(|drill| drill.database == database).cloned();
    let passed = drills.iter().find(|drill| drill.database == database && drill.passed);
    let hours = |hours: i64| u64::try_from(hours).unwrap_or(0).saturating_mul(3_600);
    let rpo_limits = (hours(rules.backup_warn_hours), hours(rules.backup_error_hours));
    let rto_limit_ms = u64::try_from(rules.backup_rto_minutes).unwrap_or(0).saturating_mul(60_000);
    // A record of the future, from before a clock was set back, is as old as nothing.
    let rpo_seconds =
        last_verified.as_ref().map(|record| u64::try_from(now.saturating_sub(record.started_at)).unwrap_or(0));
    let mut reasons = Vec::new();
    match rpo_seconds {
        None => reasons.push(Reason::NoVerified),
        Some(age) if age > rpo_limits.1 => reasons.push(Reason::Old { age, limit: rpo_limits.1, is_error: true }),
        Some(age) if age > rpo_limits.0 => reasons.push(Reason::Old { age, limit: rpo_limits.0, is_error: false }),
        Some(_) => {}
    }
    if let Some(failed) = last_attempt.as_ref().filter(|record| record.status == BackupStatus::Failed) {
        reasons.push(Reason::AttemptFailed { step: failed.failed_step.clone(), error: failed.error.clone() });
    }
    if let Some(damaged) = of().find(|record| record.status == BackupStatus::Damaged && record.deleted_at.is_none()) {
        reasons.push(Reason::Damaged { file: damaged.file.clone() });
    }
    if let Some(failed) = last_drill.as_ref().filter(|drill| !drill.passed) {
        reasons.push(Reason::DrillFailed { step: failed.failed_step.clone(), error: failed.error.clone() });
    }
    let drill_age = last_drill.as_ref().map(|drill| now.saturating_sub(drill.started_at));
    if drill_age.is_some_and(|age| age > rules.backup_drill_days.saturating_mul(DAY)) {
        reasons.push(Reason::DrillOld { days: rules.backup_drill_days });
    }
    let rto_ms = passed.and_then(|drill| drill.total_ms);
    if let Some(took) = rto_ms.filter(|took| *took > rto_limit_ms) {
        reasons.push(Reason::RestoreSlow { took, limit: rto_limit_ms });
    }
    let standing = reasons.iter().map(Reason::standing).max().unwrap_or(Standing::Good);
    DatabaseState {
        database: database.to_owned(),
        standing,
        reasons,
        rpo_seconds,
        rpo_limits,
        kept: of().filter(|record| record.is_good()).count(),
        kept_bytes: of().filter(|record| record.is_good()).filter_map(|record| record.size_bytes).sum(),
        last_verified,
        last_attempt,
        last_drill,
        rto_ms,
        rto_limit_ms,
    }
}

/// The longest time since a moment of which everything could have been lost, in seconds: from what one verified backup holds until
/// the next one was written, or until now. Backups that retention deleted count: they were there. None without any.
pub fn widest_gap(database: &str, records: &[BackupRecord], since: Seconds, now: Seconds) -> Option<u64> {
    let counts = |record: &&BackupRecord| {
        record.database == database
            && record.status == BackupStatus::Verified
            && (since..=now).contains(&record.started_at)
    };
    let mut backups: Vec<&BackupRecord> = records.iter().filter(counts).collect();
    backups.sort_by_key(|record| record.started_at);
    let written = backups.iter().skip(1).map(|next| next.finished_at.unwrap_or(next.started_at)).chain([now]);
    let gaps = backups.iter().zip(written).map(|(held, until)| until.saturating_sub(held.started_at));
    gaps.max().map(|gap| u64::try_from(gap).unwrap_or(0))
}

/// `45 s`, `12 min`, `6 h 30 min`, `3 d 4 h`.
pub fn span(seconds: u64) -> String {
    let minutes = seconds / 60;
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, rest) => format!("{rest} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, rest) => format!("{hours} h {rest} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sla::rules::declared;

    const NOW: Seconds = 1_800_000_000;

    fn record(hours_ago: i64, status: BackupStatus) -> BackupRecord {
        let at = NOW - hours_ago * 3_600;
        let failed = matches!(status, BackupStatus::Failed);
        BackupRecord {
            id: hours_ago,
            database: "DW".to_owned(),
            kind: "full".to_owned(),
            copy_only: false,
            status,
            started_at: at,
            finished_at: Some(at + 10),
            verified_at: Some(at + 20),
            file: format!("DW_{hours_ago}"),
            folder: "f".to_owned(),
            stripes: 1,
            size_bytes: Some(100),
            database_bytes: Some(200),
            sha256: None,
            backup_ms: Some(1),
            verify_ms: Some(1),
            totals: None,
            failed_step: failed.then(|| "copy".to_owned()),
            error: failed.then(|| "the disk is full".to_owned()),
            host: None,
            process: None,
            deleted_at: None,
        }
    }

    fn drill(days_ago: i64, passed: bool, minutes: u64) -> DrillRecord {
        DrillRecord {
            id: days_ago,
            database: "DW".to_owned(),
            file: "f".to_owned(),
            passed,
            started_at: NOW - days_ago * DAY,
            finished_at: None,
            restore_ms: None,
            check_ms: None,
            total_ms: Some(minutes * 60_000),
            compared_tables: Some(5),
            failed_step: (!passed).then(|| "check".to_owned()),
            error: (!passed).then(|| "a page is wrong".to_owned()),
        }
    }

    #[test]
    fn every_standing_says_why() {
        let rules = declared(None).unwrap();
        let told = |records: &[BackupRecord], drills: &[DrillRecord]| {
            let state = &assess(&["DW".to_owned()], records, drills, &rules, NOW)[0];
            format!(
                "{:?} rpo {:?} rto {:?}: {}",
                state.standing,
                state.rpo_seconds,
                state.rto_ms,
                state.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
            )
        };
        use BackupStatus::{Damaged, Failed, Running, Verified};
        let mut deleted = record(1, Verified);
        deleted.deleted_at = Some(NOW);
        insta::assert_snapshot!(
            [
                told(&[], &[]),
                told(&[record(1, Verified)], &[drill(1, true, 2)]),
                told(&[record(0, Running), record(27, Verified)], &[]),
                told(&[record(1, Failed), record(51, Verified)], &[drill(1, false, 0), drill(2, true, 3)]),
                told(&[record(1, Damaged), record(2, Verified)], &[drill(30, true, 90)]),
                told(&[deleted, record(-3, Verified)], &[]),
            ]
            .join("\n")
        );
    }

    #[test]
    fn the_widest_gap_ends_when_the_next_one_was_written() {
        use BackupStatus::{Failed, Verified};
        let gap = |records: &[BackupRecord]| widest_gap("DW", records, NOW - 30 * DAY, NOW);
        assert_eq!(gap(&[]), None);
        assert_eq!(gap(&[record(5, Failed)]), None);
        assert_eq!(gap(&[record(5, Verified)]), Some(5 * 3_600));
        // Written ten seconds after it began; the failed one between them changes nothing, the deleted one counts.
        let mut deleted = record(40, Verified);
        deleted.deleted_at = Some(NOW);
        let records = [record(2, Verified), record(20, Failed), record(26, Verified), deleted];
        assert_eq!(gap(&records), Some(24 * 3_600 + 10));
        // What was before, and what the future holds, counts for nothing.
        assert_eq!(gap(&[record(-3, Verified), record(1, Verified), record(31 * 24, Verified)]), Some(3_600));
    }
}
