//! Which backups are kept and which are deleted: a pure function of files, policy and time, with a reason for each. Not here:
//! deleting anything.
//!
//! A backup is kept when any rule wants it. Increments (differential and log backups) are kept by their age alone, and what a
//! kept one needs is kept with it. Hours, days, weeks, months and years are those of a stated time zone; weeks are those of
//! ISO 8601, of which the first days of January may belong to the year before.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Offset, TimeZone, Timelike};
use chrono_tz::Tz;
use dw_core::time::{DAY, Seconds};
use serde::Serialize;

use crate::name::BackupKind;

/// A file that retention judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBackup {
    /// Its name.
    pub file: String,
    /// Its database: those of one never count for another.
    pub database: String,
    /// What it holds.
    pub kind: BackupKind,
    /// A full backup that no differential one builds on.
    pub copy_only: bool,
    /// When it began.
    pub at: Seconds,
    /// It was read back and found to be right.
    pub is_verified: bool,
    /// A record says that this program wrote it.
    pub is_ours: bool,
}

/// How much is kept. 0 switches a rule off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Everything that is at most so many days old.
    pub days: u32,
    /// The newest so many.
    pub last: u32,
    /// The newest of each of so many hours that have one.
    pub hourly: u32,
    /// The same for days.
    pub daily: u32,
    /// For ISO weeks.
    pub weekly: u32,
    /// For months.
    pub monthly: u32,
    /// For years.
    pub yearly: u32,
    /// Never fewer verified full backups than this, at least one.
    pub min: u32,
    /// Where hours and days are local.
    pub zone: Tz,
}

/// Why a backup is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nobody wrote down that it is ours.
    Foreign,
    /// Its moment is still to come: the clock was wrong once.
    Future,
    /// Young enough.
    Age,
    /// Among the newest.
    Last,
    /// The newest verified full backup.
    NewestVerified,
    /// One of the least number.
    Minimum,
    /// The newest of an hour, `2026-11-28T09-03:00`.
    Hourly(String),
    /// Of a day.
    Daily(String),
    /// Of a week, `2026-W53`.
    Weekly(String),
    /// Of a month.
    Monthly(String),
    /// Of a year.
    Yearly(String),
    /// A kept one cannot be restored without it.
    NeededBy(String),
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Foreign => f.write_str("not written by backup"),
            Self::Future => f.write_str("stamped in the future"),
            Self::Age => f.write_str("young"),
            Self::Last => f.write_str("last"),
            Self::NewestVerified => f.write_str("newest verified"),
            Self::Minimum => f.write_str("minimum"),
            Self::Hourly(of) => write!(f, "hour {of}"),
            Self::Daily(of) => write!(f, "day {of}"),
            Self::Weekly(of) => write!(f, "week {of}"),
            Self::Monthly(of) => write!(f, "month {of}"),
            Self::Yearly(of) => write!(f, "year {of}"),
            Self::NeededBy(file) => write!(f, "needed by {file}"),
        }
    }
}

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Which file, by its place in the input.
    pub index: usize,
    /// Why it is kept; empty when it is deleted.
    pub reasons: Vec<Reason>,
}

impl Decision {
    /// True when it stays.
    pub fn keeps(&self) -> bool {
        !self.reasons.is_empty()
    }
}

/// Judges every file, in the order of the input.
pub fn decide(files: &[StoredBackup], policy: &Policy, now: Seconds) -> Vec<Decision> {
    let mut kept: Vec<BTreeSet<Reason>> = vec![BTreeSet::new(); files.len()];
    let databases: BTreeSet<&str> = files.iter().map(|file| file.database.as_str()).collect();
    for database in databases {
        let mut of: Vec<usize> = (0..files.len()).filter(|at| files[*at].database == database).collect();
        // The newest first; of one moment, by name, so that the answer does not depend on the order of the input.
        of.sort_by(|left, right| (files[*right].at, &files[*right].file).cmp(&(files[*left].at, &files[*left].file)));
        keep_of_database(files, &of, policy, now, &mut kept);
    }
    kept.into_iter()
        .enumerate()
        .map(|(index, reasons)| Decision { index, reasons: reasons.into_iter().collect() })
        .collect()
}

fn keep_of_database(
    files: &[StoredBackup],
    newest_first: &[usize],
    policy: &Policy,
    now: Seconds,
    kept: &mut [BTreeSet<Reason>],
) {
    let oldest = now.saturating_sub(i64::from(policy.days) * DAY);
    for at in newest_first.iter().copied() {
        let file = &files[at];
        if !file.is_ours {
            kept[at].insert(Reason::Foreign);
        } else if file.at > now {
            kept[at].insert(Reason::Future);
        } else if policy.days > 0 && file.at >= oldest {
            kept[at].insert(Reason::Age);
        }
    }
    // Only what is known to be good counts; a file of the future would hide the one that is really the newest.
    let good: Vec<usize> = newest_first
        .iter()
        .copied()
        .filter(|at| {
            let file = &files[*at];
            file.is_ours && file.is_verified && file.kind == BackupKind::Full && file.at <= now
        })
        .collect();
    for (place, at) in (0_u32..).zip(good.iter().copied()) {
        if place == 0 {
            kept[at].insert(Reason::NewestVerified);
        }
        if place < policy.min {
            kept[at].insert(Reason::Minimum);
        }
        if place < policy.last {
            kept[at].insert(Reason::Last);
        }
    }
    let periods: [Period; 5] = [
        (policy.hourly, hour, Reason::Hourly),
        (policy.daily, day, Reason::Daily),
        (policy.weekly, week, Reason::Weekly),
        (policy.monthly, month, Reason::Monthly),
        (policy.yearly, year, Reason::Yearly),
    ];
    for (wanted, bucket, reason) in periods {
        let mut seen: Vec<String> = Vec::new();
        for at in good.iter().copied() {
            let of = bucket(&local(files[at].at, policy.zone));
            if seen.contains(&of) {
                continue;
            }
            if seen.len() >= usize::try_from(wanted).unwrap_or(usize::MAX) {
                break;
            }
            kept[at].insert(reason(of.clone()));
            seen.push(of);
        }
    }
    pin(files, newest_first, kept);
}

/// Keeps what a kept increment needs. The newest come first, so that what is pinned can pin in its turn.
fn pin(files: &[StoredBackup], newest_first: &[usize], kept: &mut [BTreeSet<Reason>]) {
    for (place, at) in newest_first.iter().copied().enumerate() {
        if kept[at].is_empty() || files[at].kind == BackupKind::Full {
            continue;
        }
        for needed in needs(files, &newest_first[place + 1..], files[at].kind) {
            kept[needed].insert(Reason::NeededBy(files[at].file.clone()));
        }
    }
}

/// What a backup of this kind needs of the older ones, the newest first.
fn needs(files: &[StoredBackup], older: &[usize], kind: BackupKind) -> Vec<usize> {
    let mut needed = Vec::new();
    for at in older.iter().copied().filter(|at| files[*at].is_ours) {
        let file = &files[at];
        match (kind, file.kind) {
            // A differential backup is of the last full one that was no copy, and of no other.
            (BackupKind::Diff, BackupKind::Full) if !file.copy_only => return [needed, vec![at]].concat(),
            (BackupKind::Log, BackupKind::Log) => needed.push(at),
            // A log can follow any full backup. One that is not verified is kept, and so is the one before it.
            (BackupKind::Log, BackupKind::Full) => {
                needed.push(at);
                if file.is_verified {
                    return needed;
                }
            }
            _ => {}
        }
    }
    needed
}

type Bucket = fn(&DateTime<Tz>) -> String;

/// How many of which bucket are kept, for which reason.
type Period = (u32, Bucket, fn(String) -> Reason);

fn local(at: Seconds, zone: Tz) -> DateTime<Tz> {
    zone.from_utc_datetime(&DateTime::from_timestamp(at, 0).unwrap_or_default().naive_utc())
}

fn hour(at: &DateTime<Tz>) -> String {
    // With the offset: an hour that comes twice when clocks are set back is two.
    format!("{}T{:02}{}", at.format("%Y-%m-%d"), at.hour(), at.offset().fix())
}

fn day(at: &DateTime<Tz>) -> String {
    at.format("%Y-%m-%d").to_string()
}

fn week(at: &DateTime<Tz>) -> String {
    let week = at.iso_week();
    format!("{}-W{:02}", week.year(), week.week())
}

fn month(at: &DateTime<Tz>) -> String {
    at.format("%Y-%m").to_string()
}

fn year(at: &DateTime<Tz>) -> String {
    at.year().to_string()
}

#[cfg(test)]
mod tests;
