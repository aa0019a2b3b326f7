//! When the next backup is due: every so many hours, or at times of a cron expression in a stated time zone. Pure: the last
//! backup and the time are arguments. A restart makes no backup that is not due, and what was missed is made up for once.

use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike};
use chrono_tz::Tz;
use dw_core::config::BackupSettings;
use dw_core::error::{DwError, DwResult};
use dw_core::time::Seconds;

use super::{BackupRecord, BackupStatus};

/// A cron expression of five fields: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// A day matches when either field matches, as cron has it, unless one of them is `*`.
    either_day: bool,
}

impl Cron {
    /// Reads an expression such as `30 2 * * mon-fri` or `0 */6 * * *`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(format!("has {} fields and needs 5: minute, hour, day, month, day of the week", fields.len()));
        };
        let mut weekdays = field("day of the week", weekday, 0, 7, &WEEKDAYS)?;
        weekdays |= weekdays >> 7 & 1;
        let cron = Self {
            minutes: field("minute", minute, 0, 59, &[])?,
            hours: field("hour", hour, 0, 23, &[])?,
            days: field("day", day, 1, 31, &[])?,
            months: field("month", month, 1, 12, &[])?,
            weekdays: weekdays & 0x7f,
            either_day: day != "*" && weekday != "*",
        };
        // 30 February never comes.
        match cron.next(0, chrono_tz::UTC) {
            Some(_) => Ok(cron),
            None => Err("is a day that never comes".to_owned()),
        }
    }

    /// The first moment after `after`. A time that a change of the clock leaves out is the first one behind the gap; one that
    /// comes twice is the earlier one.
    pub fn next(&self, after: Seconds, zone: Tz) -> Option<Seconds> {
        let start = zone.from_utc_datetime(&utc(after)).naive_local();
        // A leap day can be eight years away. The day before, because a clock may have been set back over midnight.
        let first = start.date().checked_sub_days(Days::new(1))?;
        for ahead in 0..=3_000 {
            let date = first.checked_add_days(Days::new(ahead))?;
            if !self.on(date) {
                continue;
            }
            let mut times = bits(self.hours).flat_map(|hour| bits(self.minutes).map(move |minute| (hour, minute)));
            let found = times.find_map(|(hour, minute)| {
                let at = instant(NaiveDateTime::new(date, NaiveTime::from_hms_opt(hour, minute, 0)?), zone)?;
                (at > after).then_some(at)
            });
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn on(&self, date: NaiveDate) -> bool {
        let has = |set: u64, bit: u32| set >> bit & 1 == 1;
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().num_days_from_sunday());
        has(self.months, date.month()) && if self.either_day { day || weekday } else { day && weekday }
    }
}

fn utc(at: Seconds) -> NaiveDateTime {
    DateTime::from_timestamp(at, 0).unwrap_or_default().naive_utc()
}

fn bits(set: u64) -> impl Iterator<Item = u32> {
    (0..64).filter(move |bit| set >> bit & 1 == 1)
}

fn instant(local: NaiveDateTime, zone: Tz) -> Option<Seconds> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.timestamp()),
        // A gap ends on a quarter of an hour everywhere.
        LocalResult::None => (1..=200_i64).find_map(|step| {
            let minutes = 15 * step - i64::from(local.minute() % 15);
            let later = local.checked_add_signed(chrono::TimeDelta::minutes(minutes))?;
            zone.from_local_datetime(&later).earliest().map(|at| at.timestamp())
        }),
    }
}

/// The set of a field, a bit a value.
fn field(name: &str, text: &str, min: u32, max: u32, words: &[&str]) -> Result<u64, String> {
    let wrong = |part: &str| format!("has no {name} `{part}`; it takes {min} to {max}, `*`, `a-b`, `*/n` and lists");
    let value = |part: &str| -> Option<u32> {
        let word = words.iter().position(|word| word.eq_ignore_ascii_case(part));
        let number = word
            .and_then(|at| u32::try_from(at).ok())
            .or_else(|| part.chars().all(|c| c.is_ascii_digit()).then(|| part.parse().ok()).flatten())?;
        (min..=max).contains(&number).then_some(number)
    };
    let mut set = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| *step > 0)),
            None => (part, Some(1)),
        };
        let step = step.ok_or_else(|| wrong(part))?;
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (Some(min), Some(max)),
            Some((from, to)) => (value(from), value(to)),
            // `5/15` is 5, 20, 35, 50.
            None => (value(range), if part.contains('/') { Some(max) } else { value(range) }),
        };
        let (Some(from), Some(to)) = (from, to) else { return Err(wrong(part)) };
        if from > to {
            return Err(wrong(part));
        }
        for bit in (from..=to).step_by(step) {
            set |= 1 << bit;
        }
    }
    Ok(set)
}

/// When backups are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// So many seconds after the last one began.
    Every(Seconds),
    /// At these times, local.
    At(Cron, Tz),
}

/// The next backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// When it begins, jitter included; in the past when it is overdue.
    pub at: Seconds,
    /// True when it makes up for one or more that were missed.
    pub catches_up: bool,
}

impl Schedule {
    /// The next backup after the last one that began at `last`. Nobody has backed up yet: now. A last one of the future, from
    /// before a clock was set back, counts as of now.
    pub fn next(&self, last: Option<Seconds>, now: Seconds, jitter: Seconds, seed: u64) -> Due {
        let Some(last) = last else { return Due { at: now, catches_up: false } };
        let last = last.min(now);
        let due = match self {
            Self::Every(seconds) => last.saturating_add(*seconds),
            Self::At(cron, zone) => cron.next(last, *zone).unwrap_or(Seconds::MAX),
        };
        // Jitter moves a backup on, so that not all machines begin at one moment; what is late begins at once.
        let spread = due.saturating_add(jitter_of(due, jitter, seed));
        if spread < now { Due { at: due, catches_up: true } } else { Due { at: spread, catches_up: false } }
    }
}

/// 0 to `most`, the same for the same moment and seed.
fn jitter_of(due: Seconds, most: Seconds, seed: u64) -> Seconds {
    // splitmix64
    let mut mixed = seed ^ due.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    let range = u64::try_from(most).unwrap_or(0).saturating_add(1);
    i64::try_from((mixed ^ mixed >> 31) % range).unwrap_or(0)
}

/// The schedule of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Full backups.
    pub full: Schedule,
    /// Seconds between two backups of the log; none without them.
    pub log: Option<Seconds>,
    /// Seconds between two drills; none without them.
    pub drill: Option<Seconds>,
    /// Where days are local.
    pub zone: Tz,
    jitter: Seconds,
}

impl Plan {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`DwError::Config`] that names the setting.
    pub fn of(settings: &BackupSettings) -> DwResult<Self> {
        let wrong = |key: &str, message: String| DwError::Config { origin: key.to_owned(), message };
        let zone: Tz = settings.time_zone.parse().map_err(|_| {
            wrong("backup.time_zone", format!("is no name of the IANA data base: `{}`", settings.time_zone))
        })?;
        let full = match &settings.cron {
            Some(text) => Schedule::At(
                Cron::parse(text).map_err(|reason| wrong("backup.cron", format!("`{text}` {reason}")))?,
                zone,
            ),
            None => Schedule::Every(i64::from(settings.interval_hours) * 3_600),
        };
        let every = |count: u32, seconds: i64| (count > 0).then(|| i64::from(count) * seconds);
        Ok(Self {
            full,
            log: every(settings.log_interval_minutes, 60),
            drill: every(settings.drill_days, dw_core::time::DAY),
            zone,
            jitter: i64::from(settings.jitter_seconds),
        })
    }

    /// When the next full backup of a database is due. `records` are those of the store, the newest first. A failed attempt is
    /// tried again soon, with pauses that grow.
    pub fn next_full(&self, database: &str, records: &[BackupRecord], now: Seconds) -> Option<Due> {
        let of = || records.iter().filter(|one| one.database == database && one.kind == "full" && !one.copy_only);
        let good = of().find(|one| one.status == BackupStatus::Verified).map(|one| one.started_at);
        let bad: Vec<&BackupRecord> = of().take_while(|one| one.status != BackupStatus::Verified).collect();
        let seed = database.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let due = self.full.next(good, now, self.jitter, seed);
        let Some(last) = bad.first() else { return Some(due) };
        let failures = u32::try_from(bad.len()).unwrap_or(u32::MAX);
        let again = last.started_at.min(now).saturating_add(pause_after(failures));
        Some(Due { at: due.at.max(again), ..due })
    }
}

/// How long a loop waits after so many failures in a row: a minute, then twice as long each time, half an hour or so at most.
pub fn pause_after(failures: u32) -> Seconds {
    60 << failures.saturating_sub(1).min(5)
}

#[cfg(test)]
mod tests {
    use dw_core::time::{format_timestamp, parse_timestamp};
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Seconds {
        parse_timestamp(text).unwrap()
    }

    fn next(cron: &str, after: &str, zone: Tz) -> String {
        format_timestamp(Cron::parse(cron).unwrap().next(at(after), zone).unwrap())
    }

    #[test]
    fn times_are_local() {
        let sao_paulo = chrono_tz::America::Sao_Paulo;
        assert_eq!(next("0 2 * * *", "2026-11-28T05:00:00", sao_paulo), "2026-11-29T05:00:00");
        assert_eq!(next("0 2 * * *", "2026-11-28T04:59:59", sao_paulo), "2026-11-28T05:00:00");
        assert_eq!(next("*/20 9-17 * * mon-fri", "2026-11-27T20:40:00", sao_paulo), "2026-11-30T12:00:00");
        assert_eq!(next("0 0 29 2 *", "2026-01-01", chrono_tz::UTC), "2028-02-29T00:00:00");
        // Either day, as cron has it: the 1st, or a Sunday.
        assert_eq!(next("0 0 1 * 7", "2026-11-28", chrono_tz::UTC), "2026-11-29T00:00:00");
    }

    #[test]
    fn changes_of_the_clock_neither_lose_nor_repeat_a_backup() {
        let berlin = chrono_tz::Europe::Berlin;
        // 02:30 does not exist on 2026-03-29: 03:00 is 01:00 UTC.
        assert_eq!(next("30 2 * * *", "2026-03-28T12:00:00", berlin), "2026-03-29T01:00:00");
        assert_eq!(next("30 2 * * *", "2026-03-29T01:00:00", berlin), "2026-03-30T00:30:00");
        // And comes twice on 2026-10-25.
        assert_eq!(next("30 2 * * *", "2026-10-24T12:00:00", berlin), "2026-10-25T00:30:00");
        assert_eq!(next("30 2 * * *", "2026-10-25T00:30:00", berlin), "2026-10-26T01:30:00");
    }

    #[test]
    fn a_bad_expression_says_what_is_wrong() {
        let message = |text: &str| Cron::parse(text).unwrap_err();
        insta::assert_snapshot!(
            ["0 2 * *", "60 2 * * *", "0 2 * * lun", "0 5-2 * * *", "*/0 * * * *", "0 0 30 2 *", "0 +2 * * *"]
                .map(|text| format!("`{text}` {}", message(text)))
                .join("\n")
        );
    }

    #[test]
    fn a_restart_makes_no_backup_and_what_was_missed_is_made_once() {
        let daily = Schedule::Every(86_400);
        let now = at("2026-11-28T12:00:00");
        assert_eq!(daily.next(None, now, 0, 1), Due { at: now, catches_up: false });
        // An hour after the last one.
        assert_eq!(daily.next(Some(now - 3_600), now, 0, 1), Due { at: now + 82_800, catches_up: false });
        // A week of downtime is one backup.
        assert!(daily.next(Some(now - 7 * 86_400), now, 600, 1).catches_up);
        // A clock that was set back by a year does not switch backups off for a year.
        assert_eq!(daily.next(Some(now + 365 * 86_400), now, 0, 1).at, now + 86_400);
        assert_eq!([1, 2, 3, 6, 7, 100].map(pause_after), [60, 120, 240, 1_920, 1_920, 1_920]);
    }

    proptest! {
        #[test]
        fn the_next_time_lies_ahead_and_matches(
            minute in 0..60_u32, hour in 0..24_u32, after in 1_600_000_000..1_900_000_000_i64, zone in 0..3_usize,
        ) {
            let zone = [chrono_tz::America::Sao_Paulo, chrono_tz::Europe::Berlin, chrono_tz::Australia::Lord_Howe][zone];
            let cron = Cron::parse(&format!("{minute} {hour} * * *")).unwrap();
            let next = cron.next(after, zone).unwrap();
            // A day has at most 25 hours.
            prop_assert!(next > after && next - after <= 26 * 3_600, "{}", next - after);
            let local = zone.from_utc_datetime(&utc(next));
            let is_behind_a_gap = local.hour() * 60 + local.minute() <= hour * 60 + minute + 60;
            prop_assert!((local.hour(), local.minute()) == (hour, minute) || is_behind_a_gap);
        }

        #[test]
        fn jitter_stays_within_its_range(due in any::<i64>(), most in 0..3_600_i64, seed in any::<u64>()) {
            prop_assert!((0..=most).contains(&jitter_of(due, most, seed)));
        }

        #[test]
        fn any_text_is_an_expression_or_an_error(text in "[-*/0-9a-z, ]{0,24}") {
            let _either = Cron::parse(&text);
        }
    }
}
