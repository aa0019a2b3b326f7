//! The three years of the sample and the cap of its time stamps. Not here: reading the clock.

use chrono::{Datelike, Months};
use dw_core::time::{self, Days, Seconds};

/// The period that a sample covers, and the moment that none of its events passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The "now" of every rule.
    pub as_of: Seconds,
    /// First day of the period.
    pub start: Days,
    /// Last day of the period: the day before `as_of`.
    pub end: Days,
}

impl Window {
    /// The three years up to the day before `as_of`.
    pub fn ending_before(as_of: Seconds) -> Self {
        let end = time::day_of(as_of) - 1;
        // As DATEADD does, 29 February goes to 28 February.
        let three_years = time::to_date(end).checked_sub_months(Months::new(36)).map_or(end - 1_095, time::from_date);
        Self { as_of, start: three_years + 1, end }
    }

    /// Days from the first to the last day: 1,094, or 1,095 when a 29 February lies between.
    pub fn days(&self) -> i64 {
        self.end - self.start
    }

    /// The stamp of an event that a rule puts at `seconds`: what has not happened yet is said to happen at `as_of`.
    pub(crate) fn cap(&self, seconds: Seconds) -> Seconds {
        if seconds > self.as_of { self.as_of } else { seconds }
    }

    /// `as_of` minus whole days.
    pub(crate) fn days_ago(&self, days: i64) -> Seconds {
        self.as_of - days * time::DAY
    }

    /// The first days of all months from the one of `start` to the one of `end`.
    pub(crate) fn months(&self) -> Vec<Days> {
        let last = first_of_month(self.end);
        let mut months = vec![];
        let mut month = first_of_month(self.start);
        while month <= last {
            months.push(month);
            // 31 days behind the first of a month is always in the next one.
            month = first_of_month(month + 31);
        }
        months
    }
}

/// The first day of the month of `day`.
pub(crate) fn first_of_month(day: Days) -> Days {
    day + 1 - i64::from(time::to_date(day).day())
}

/// The month of `day`, 1 to 12.
pub(crate) fn month_number(day: Days) -> i64 {
    i64::from(time::to_date(day).month())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &str) -> Window {
        Window::ending_before(time::parse_timestamp(text).unwrap())
    }

    #[test]
    fn the_period_is_three_years_up_to_yesterday() {
        let usual = window("2026-02-28T20:00:00");
        assert_eq!(
            (time::format_date(usual.start).as_str(), time::format_date(usual.end).as_str()),
            ("2023-02-28", "2026-02-27")
        );
        assert_eq!(usual.days(), 1_095);
        let leap = window("2024-03-01T00:00:00");
        assert_eq!(
            (time::format_date(leap.start).as_str(), time::format_date(leap.end).as_str()),
            ("2021-03-01", "2024-02-29")
        );
        let without = window("2024-02-29T12:00:00");
        assert_eq!(without.days(), 1_094);
    }

    #[test]
    fn there_are_36_months_when_the_period_begins_on_the_first_and_37_else() {
        assert_eq!(window("2026-03-01T10:00:00").months().len(), 36);
        assert_eq!(window("2026-03-02T10:00:00").months().len(), 37);
        assert_eq!(window("2026-11-23T15:00:00").months().len(), 37);
    }
}
