//! Service levels: by when the data of a day must be loaded, and how fresh an entity must be. The rules live here once, for
//! `etl sla`, for alerts and for the page (ruling 23). Judging is pure; [`history`] reads what is judged.
//!
//! A deadline is about loading, not about the newest date in the data: a Sunday without an order, or a target that is dated on
//! the first of a month, is no delay. On a due day, every change before the midnight that began the day (or an earlier one,
//! see `days_after`) must be loaded by a run that ended well. A run covers what lies before its cutoff.

pub mod health;
pub mod history;
pub mod rules;

use chrono::{DateTime, Datelike, Days as ChronoDays, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use dw_core::time::Seconds;
use serde::Serialize;

pub use rules::{Deadline, FreshnessRule, Rules};

/// How long after a deadline a late run is still looked for.
const LATE: Seconds = 86_400;

/// How a due day ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// In time.
    Met,
    /// Loaded late, or what ran did not cover the day.
    Missed,
    /// Nothing ran.
    NotRun,
    /// Everything that ran failed.
    Failed,
    /// The deadline is still to come.
    Pending,
}

impl Verdict {
    /// `MET`, `MISSED`, `NOT_RUN`, `FAILED`, `PENDING`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "MET",
            Self::Missed => "MISSED",
            Self::NotRun => "NOT_RUN",
            Self::Failed => "FAILED",
            Self::Pending => "PENDING",
        }
    }

    /// True for a service level that was not kept.
    pub fn is_miss(self) -> bool {
        matches!(self, Self::Missed | Self::NotRun | Self::Failed)
    }
}

/// A due day of a deadline, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueDay {
    /// The day of the deadline, local.
    pub day: NaiveDate,
    /// The last day whose data must be there.
    pub business_day: NaiveDate,
    /// What a run must cover: the midnight that ended the business day.
    pub covers: Seconds,
    /// The deadline with its grace.
    pub due_at: Seconds,
    /// Until when late runs are looked for.
    pub ends_at: Seconds,
}

/// What ran for a due day: runs that began between [`DueDay::covers`] and [`DueDay::ends_at`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ran {
    /// When the first run that covers the day ended well.
    pub first_success: Option<Seconds>,
    /// Runs that began by the deadline or later.
    pub attempts: u64,
    /// Those that failed.
    pub failed: u64,
}

/// The moment of a local time. A time that a change of the clock leaves out is the first moment after it; one that comes
/// twice is the earlier, or the later with `later`.
pub fn local_moment(zone: Tz, local: NaiveDateTime, later: bool) -> Seconds {
    match zone.from_local_datetime(&local) {
        chrono::LocalResult::Single(moment) => moment.timestamp(),
        chrono::LocalResult::Ambiguous(first, second) => {
            if later {
                second.timestamp()
            } else {
                first.timestamp()
            }
        }
        chrono::LocalResult::None => first_after_gap(zone, local),
    }
}

/// Minute by minute to the end of the gap, which no zone has longer than a day.
fn first_after_gap(zone: Tz, local: NaiveDateTime) -> Seconds {
    let mut at = local;
    for _ in 0..2_880 {
        at = at.checked_add_signed(TimeDelta::minutes(1)).unwrap_or(at);
        if let Some(moment) = zone.from_local_datetime(&at).earliest() {
            return moment.timestamp();
        }
    }
    local.and_utc().timestamp()
}

impl Deadline {
    /// The due day on a local date; none on a weekday on which the deadline does not apply.
    pub fn due_day(&self, day: NaiveDate) -> Option<DueDay> {
        if !self.weekdays.contains(&day.weekday()) {
            return None;
        }
        let back = u64::from(self.days_after);
        let business_day = day.checked_sub_days(ChronoDays::new(back))?;
        let covered = business_day.succ_opt()?;
        let due_at = local_moment(self.zone, day.and_time(self.at), true) + self.grace_minutes * 60;
        Some(DueDay {
            day,
            business_day,
            covers: local_moment(self.zone, covered.and_time(NaiveTime::MIN), false),
            due_at,
            ends_at: due_at + LATE,
        })
    }

    /// The local date of a moment.
    pub fn local_date(&self, moment: Seconds) -> NaiveDate {
        let utc = DateTime::from_timestamp(moment, 0).unwrap_or_default();
        utc.with_timezone(&self.zone).date_naive()
    }

    /// The due days of so many local dates up to that of `now`, the oldest first.
    pub fn due_days(&self, now: Seconds, dates: u16) -> Vec<DueDay> {
        let today = self.local_date(now);
        (0..u64::from(dates))
            .rev()
            .filter_map(|back| self.due_day(today.checked_sub_days(ChronoDays::new(back))?))
            .collect()
    }

    /// The newest due day whose deadline has passed.
    pub fn last_due(&self, now: Seconds) -> Option<DueDay> {
        self.due_days(now, 16).into_iter().rev().find(|day| day.due_at <= now)
    }

    /// The first due day whose data is not all loaded, by nothing but up to when the source is loaded: for a reader who sees the
    /// last success alone, such as the sales dashboard. Late once its deadline has passed. `loaded_until` is the cutoff of the
    /// last run that ended well.
    pub fn first_open(&self, loaded_until: Seconds) -> Option<DueDay> {
        let loaded = self.local_date(loaded_until);
        // A deadline applies on one weekday at least, and a date that a zone left out is one more.
        (0..=u64::from(self.days_after) + 8)
            .filter_map(|ahead| self.due_day(loaded.checked_add_days(ChronoDays::new(ahead))?))
            .find(|day| day.covers > loaded_until)
    }
}

/// The verdict on a due day.
pub fn judge(day: &DueDay, ran: &Ran, now: Seconds) -> Verdict {
    if ran.first_success.is_some_and(|at| at <= day.due_at) {
        // In time, also when the deadline itself is still to come.
        return Verdict::Met;
    }
    if now <= day.due_at {
        return Verdict::Pending;
    }
    match (ran.attempts, ran.first_success) {
        (0, None) => Verdict::NotRun,
        (attempts, None) if ran.failed >= attempts => Verdict::Failed,
        _ => Verdict::Missed,
    }
}

#[cfg(test)]
mod tests;
