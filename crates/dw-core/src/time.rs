//! Dates and timestamps as integers: seconds and days since 1970-01-01 in UTC.
//! Reading the clock happens only in [`now`]; every rule takes its time as an argument.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};

/// Seconds since 1970-01-01T00:00:00Z: the unit of DATETIME2(0).
pub type Seconds = i64;
/// Days since 1970-01-01: the unit of DATE.
pub type Days = i64;

/// Seconds of a day.
pub const DAY: Seconds = 86_400;
/// The initial watermark of the contract, 1900-01-01T00:00:00.
pub const WATERMARK_START: Seconds = -2_208_988_800;

/// The clock of this machine in UTC, truncated to the second (ruling 4).
pub fn now() -> Seconds {
    chrono::Utc::now().timestamp()
}

/// The day of a timestamp.
pub fn day_of(seconds: Seconds) -> Days {
    seconds.div_euclid(DAY)
}

/// The civil date of a day number; the last day that chrono knows when out of its range.
pub fn to_date(days: Days) -> NaiveDate {
    i32::try_from(days.saturating_add(719_163))
        .ok()
        .and_then(NaiveDate::from_num_days_from_ce_opt)
        .unwrap_or(NaiveDate::MAX)
}

/// The day number of a civil date.
pub fn from_date(date: NaiveDate) -> Days {
    i64::from(date.num_days_from_ce()) - 719_163
}

/// The day number of year, month, day; `None` when there is no such day.
pub fn days_from_ymd(year: i32, month: u32, day: u32) -> Option<Days> {
    NaiveDate::from_ymd_opt(year, month, day).map(from_date)
}

/// `2026-01-31`.
pub fn format_date(days: Days) -> String {
    to_date(days).format("%Y-%m-%d").to_string()
}

/// `2026-01-31T10:00:00`.
pub fn format_timestamp(seconds: Seconds) -> String {
    DateTime::from_timestamp(seconds, 0)
        .map_or_else(|| format!("{seconds} s"), |stamp| stamp.format("%Y-%m-%dT%H:%M:%S").to_string())
}

/// `2026-01-31T10:00:00.123`; without a fraction when it is zero and `always` is false.
pub fn format_millis(millis: i64, always: bool) -> String {
    let fraction = millis.rem_euclid(1_000);
    let stamp = format_timestamp(millis.div_euclid(1_000));
    if fraction == 0 && !always { stamp } else { format!("{stamp}.{fraction:03}") }
}

/// Reads `2026-01-31`, `2026-01-31T10:00:00`, `2026-01-31 10:00:00`, with or without a final `Z`; a bare date is its midnight.
pub fn parse_timestamp(text: &str) -> Option<Seconds> {
    let text = text.trim().trim_end_matches('Z');
    if let Some(days) = parse_date(text) {
        return Some(days * DAY);
    }
    ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .map(|stamp| stamp.and_utc().timestamp())
}

/// Reads `2026-01-31`.
pub fn parse_date(text: &str) -> Option<Days> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok().map(from_date)
}

/// Reads a length of time: `90`, `90s`, `5m`, `2h`, `1d`, in seconds.
pub fn parse_duration(text: &str) -> Option<u64> {
    let text = text.trim();
    let (number, factor) = match text.char_indices().last()? {
        (at, 's') => (&text[..at], 1),
        (at, 'm') => (&text[..at], 60),
        (at, 'h') => (&text[..at], 3_600),
        (at, 'd') => (&text[..at], 86_400),
        _ => (text, 1),
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_initial_watermark_is_the_one_of_the_contract() {
        assert_eq!(format_timestamp(WATERMARK_START), "1900-01-01T00:00:00");
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("5m"), Some(300));
        assert_eq!(parse_duration("90"), Some(90));
        assert_eq!(parse_duration("x"), None);
        assert_eq!(parse_duration(""), None);
    }

    proptest! {
        #[test]
        fn a_timestamp_survives_its_text(seconds in -2_208_988_800_i64..7_258_118_400) {
            prop_assert_eq!(parse_timestamp(&format_timestamp(seconds)), Some(seconds));
        }

        #[test]
        fn a_date_survives_its_text(days in -25_567_i64..84_006) {
            prop_assert_eq!(parse_date(&format_date(days)), Some(days));
            prop_assert_eq!(day_of(days * DAY + 86_399), days);
        }
    }
}
