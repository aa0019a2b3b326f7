//! Numbers, dates and shares as Brazilians write them: `R$ 1.234,56`, `12,3 %`, `31/01/2026`.
//! Amounts arrive as whole cents and are never a float.

use dw_core::time::{Days, Seconds, to_date};
use rust_decimal::{Decimal, RoundingStrategy};

/// What a measure is counted in. A value is a whole number of the unit that the variant names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Cents of the currency.
    Money,
    /// Pieces.
    Count,
    /// Hundredths of a percent.
    Percent,
    /// Hundredths of a factor: 1234 is `12,34x`.
    Factor,
    /// Seconds.
    Duration,
    /// Milliseconds.
    Millis,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// The value in full.
    pub fn show(self, value: i64) -> String {
        match self {
            Self::Money => money(value),
            Self::Count => integer(value),
            Self::Percent => percent(Decimal::new(value, 2)),
            Self::Factor => format!("{}x", decimal(Decimal::new(value, 2), 2)),
            Self::Duration => duration(value),
            Self::Millis => millis(value),
            Self::Bytes => bytes(value),
        }
    }

    /// The value in few characters, for an axis.
    pub fn show_short(self, value: i64) -> String {
        match self {
            Self::Money => format!("R$ {}", short(Decimal::new(value, 2))),
            Self::Count => short(Decimal::from(value)),
            Self::Percent => format!("{} %", trimmed(Decimal::new(value, 2), 1)),
            Self::Factor => format!("{}x", trimmed(Decimal::new(value, 2), 1)),
            Self::Duration => duration(value),
            Self::Millis => millis(value),
            Self::Bytes => bytes(value),
        }
    }
}

/// Cents as `R$ 1.234,56`.
pub fn money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}R$ {},{:02}", grouped(&(cents / 100).to_string()), cents % 100)
}

/// Cents as a CSV cell of a program in Brazil: `1234,56`.
pub fn plain_money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{},{:02}", cents / 100, cents % 100)
}

/// `1.234`.
pub fn integer(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(&value.unsigned_abs().to_string()))
}

/// A decimal with that many digits behind the comma, rounded half away from zero.
pub fn decimal(value: Decimal, digits: u32) -> String {
    let mut value = value.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
    value.rescale(digits);
    let text = value.abs().to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if value.is_sign_negative() && !value.is_zero() { "-" } else { "" };
    let comma = if rest.is_empty() { "" } else { "," };
    format!("{sign}{}{comma}{rest}", grouped(whole))
}

/// A percentage with one digit: `12,3 %`.
pub fn percent(value: Decimal) -> String {
    format!("{} %", decimal(value, 1))
}

/// `part / whole` in hundredths of a percent, rounded half away from zero; `None` where the whole is 0.
pub fn share(part: i64, whole: i64) -> Option<i64> {
    quotient(part, whole, 10_000)
}

/// `part * scale / whole`, rounded half away from zero; `None` where the whole is 0 or the result does not fit.
pub fn quotient(part: i64, whole: i64, scale: i64) -> Option<i64> {
    if whole == 0 {
        return None;
    }
    let (part, whole) = (i128::from(part) * i128::from(scale), i128::from(whole));
    let sign = if (part < 0) == (whole < 0) { 1 } else { -1 };
    let rounded = (2 * part.abs() + whole.abs()) / (2 * whole.abs());
    i64::try_from(sign * rounded).ok()
}

/// `31/01/2026`.
pub fn date(days: Days) -> String {
    to_date(days).format("%d/%m/%Y").to_string()
}

/// `31/01`.
pub fn short_date(days: Days) -> String {
    to_date(days).format("%d/%m").to_string()
}

/// A moment in a time zone: `31/01/2026 08:00`.
pub fn moment(seconds: Seconds, zone: chrono_tz::Tz) -> String {
    chrono::DateTime::from_timestamp(seconds, 0)
        .map_or_else(|| "-".to_owned(), |stamp| stamp.with_timezone(&zone).format("%d/%m/%Y %H:%M").to_string())
}

/// The time of day of a moment: `08:00:05`.
pub fn clock(seconds: Seconds, zone: chrono_tz::Tz) -> String {
    chrono::DateTime::from_timestamp(seconds, 0)
        .map_or_else(|| "-".to_owned(), |stamp| stamp.with_timezone(&zone).format("%H:%M:%S").to_string())
}

/// An hour of a day: `31/01 08h`.
pub fn hour(seconds: Seconds, zone: chrono_tz::Tz) -> String {
    chrono::DateTime::from_timestamp(seconds, 0)
        .map_or_else(|| "-".to_owned(), |stamp| stamp.with_timezone(&zone).format("%d/%m %Hh").to_string())
}

/// A length of time in its two greatest units: `1 h 20 min`.
pub fn duration(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let s = seconds.unsigned_abs();
    let text = match s {
        0..60 => format!("{s} s"),
        60..3_600 if s.is_multiple_of(60) => format!("{} min", s / 60),
        60..3_600 => format!("{} min {} s", s / 60, s % 60),
        3_600..86_400 if s % 3_600 < 60 => format!("{} h", s / 3_600),
        3_600..86_400 => format!("{} h {} min", s / 3_600, s % 3_600 / 60),
        _ if s % 86_400 < 3_600 => format!("{} d", s / 86_400),
        _ => format!("{} d {} h", s / 86_400, s % 86_400 / 3_600),
    };
    format!("{sign}{text}")
}

/// A time that was measured: `850 ms`, `1,2 s`, `2 min 5 s`.
pub fn millis(value: i64) -> String {
    match value.unsigned_abs() {
        0..1_000 => format!("{value} ms"),
        1_000..60_000 => format!("{} s", trimmed(Decimal::new(value, 3), 1)),
        _ => duration(value / 1_000),
    }
}

/// Bytes as `1,2 MB`, in powers of 1,000.
pub fn bytes(value: i64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut amount = Decimal::from(value);
    let mut unit = 0;
    while amount.abs() >= Decimal::from(1_000) && unit + 1 < units.len() {
        amount /= Decimal::from(1_000);
        unit += 1;
    }
    format!("{} {}", trimmed(amount, 1), units.get(unit).unwrap_or(&""))
}

/// `1,2 mil`, `3,4 mi`, `5,6 bi`.
fn short(value: Decimal) -> String {
    let steps = [(1_000_000_000_i64, " bi"), (1_000_000, " mi"), (1_000, " mil")];
    for (step, name) in steps {
        if value.abs() >= Decimal::from(step) {
            return format!("{}{name}", trimmed(value / Decimal::from(step), 1));
        }
    }
    trimmed(value, 1)
}

/// Like [`decimal`] without zeros at the end.
fn trimmed(value: Decimal, digits: u32) -> String {
    let text = decimal(value, digits);
    if text.contains(',') { text.trim_end_matches('0').trim_end_matches(',').to_owned() } else { text }
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_and_shares_are_written_as_in_brazil() {
        assert_eq!(money(15_728_691_095), "R$ 157.286.910,95");
        assert_eq!(money(-5), "-R$ 0,05");
        assert_eq!(integer(-1_234_567), "-1.234.567");
        assert_eq!(percent(Decimal::new(12_345, 3)), "12,3 %");
        assert_eq!(percent(Decimal::new(-5, 2)), "-0,1 %");
        assert_eq!(percent(Decimal::new(-4, 2)), "0,0 %");
        assert_eq!(Unit::Money.show_short(123_456_789), "R$ 1,2 mi");
        assert_eq!(Unit::Count.show_short(950), "950");
        assert_eq!(Unit::Factor.show(798), "7,98x");
        assert_eq!(share(1, 3), Some(3_333));
        assert_eq!(share(-2, 3), Some(-6_667));
        assert_eq!(share(1, 0), None);
        assert_eq!(duration(3_661), "1 h 1 min");
        assert_eq!(duration(90_000), "1 d 1 h");
        assert_eq!(bytes(1_234_567), "1,2 MB");
        assert_eq!(
            [millis(850), millis(1_250), millis(40_000), millis(125_400)],
            ["850 ms", "1,3 s", "40 s", "2 min 5 s"]
        );
        assert_eq!(date(20_484), "31/01/2026");
        assert_eq!(moment(1_769_857_200, chrono_tz::America::Sao_Paulo), "31/01/2026 08:00");
    }

    proptest! {
        #[test]
        fn money_reads_back(cents: i64) {
            let text: String = money(cents).chars().filter(|c| c.is_ascii_digit() || *c == '-').collect();
            prop_assert_eq!(text.parse::<i64>().unwrap(), cents);
        }

        #[test]
        fn a_quotient_is_within_half_of_the_truth(part in -1_000_000_i64..1_000_000, whole in 1_i64..1_000_000) {
            let rounded = i128::from(quotient(part, whole, 10_000).unwrap());
            let twice = (i128::from(part) * 10_000 - rounded * i128::from(whole)).abs() * 2;
            prop_assert!(twice <= i128::from(whole));
        }
    }
}
