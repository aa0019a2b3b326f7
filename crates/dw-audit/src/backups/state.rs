//! RPO and RTO of each database, and whether they are within the rules. Pure.

use dw_core::time::{DAY, Seconds};
use serde::Serialize;

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

/// What is known of the backups of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatabaseState {
    /// Name.
    pub database: String,
    /// The worst that is the case.
    pub standing: Standing,
    /// Why, for a reader of English; empty when it is good.
    pub reasons: Vec<String>,
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
    let mut standing = Standing::Good;
    let mut note = |what: Standing, why: String| {
        standing = standing.max(what);
        reasons.push(why);
    };
    match rpo_seconds {
        None => note(Standing::Stale, "there is no verified backup".to_owned()),
        Some(age) if age > rpo_limits.1 => {
            note(
                Standing::Stale,
                format!("the last verified backup is {} old, more than {}", span(age), span(rpo_limits.1)),
            );
        }
        Some(age) if age > rpo_limits.0 => {
            note(
                Standing::Late,
                format!("the last verified backup is {} old, more than {}", span(age), span(rpo_limits.0)),
            );
        }
        Some(_) => {}
    }
    if let Some(failed) = last_attempt.as_ref().filter(|record| record.status == BackupStatus::Failed) {
        let step = failed.failed_step.as_deref().unwrap_or("an unknown step");
        let what = if step == "verify" { Standing::Unproven } else { Standing::Stale };
        note(what, format!("the last attempt failed at {step}: {}", failed.error.as_deref().unwrap_or("no message")));
    }
    if let Some(damaged) = of().find(|record| record.status == BackupStatus::Damaged && record.deleted_at.is_none()) {
        note(Standing::Unproven, format!("{} is damaged", damaged.file));
    }
    if let Some(failed) = last_drill.as_ref().filter(|drill| !drill.passed) {
        note(
            Standing::Unproven,
            format!(
                "the last drill failed at {}: {}",
                failed.failed_step.as_deref().unwrap_or("an unknown step"),
                failed.error.as_deref().unwrap_or("no message")
            ),
        );
    }
    let drill_age = last_drill.as_ref().map(|drill| now.saturating_sub(drill.started_at));
    if drill_age.is_some_and(|age| age > rules.backup_drill_days.saturating_mul(DAY)) {
        note(Standing::Unproven, format!("the last drill is more than {} days ago", rules.backup_drill_days));
    }
    let rto_ms = passed.and_then(|drill| drill.total_ms);
    if let Some(took) = rto_ms.filter(|took| *took > rto_limit_ms) {
        note(
            Standing::Unproven,
            format!("a restore took {}, more than {}", span(took / 1_000), span(rto_limit_ms / 1_000)),
        );
    }
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
                state.reasons.join("; ")
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
}
