//! What several rules check and compute on keys, numbers and times.

use std::fmt::Display;

use dw_core::members::UNKNOWN_KEY;
use dw_core::time::{Days, Seconds};
use rust_decimal::Decimal;

use crate::reject::{RejectCode, Rejection};

/// The first second that DATETIME holds: 1753-01-01.
const DATETIME_FIRST: Seconds = -6_847_804_800;
/// The last second that DATETIME holds: 9999-12-31T23:59:59.
const DATETIME_LAST: Seconds = 253_402_300_799;

/// A value that the rule of a column forbids.
pub(super) fn invalid(column: &str, value: impl Display, why: &str) -> Rejection {
    Rejection::new(RejectCode::Invalid, format!("{column}: `{value}` {why}"))
}

/// The key of a source row. 0 is an id like any other (product decision 4); -1 belongs to the member `Nao informado`.
pub(super) fn business_key(column: &str, key: i64) -> Result<i64, Rejection> {
    if key == UNKNOWN_KEY {
        return Err(Rejection::new(
            RejectCode::ReservedKey,
            format!("{column}: -1 is the key of the member `Nao informado`"),
        ));
    }
    Ok(key)
}

/// A number that must not be below zero.
pub(super) fn not_negative<N: Display + PartialOrd + Default>(column: &str, value: N) -> Result<N, Rejection> {
    if value < N::default() { Err(invalid(column, value, "is negative")) } else { Ok(value) }
}

/// The same, where NULL is allowed.
pub(super) fn optional_not_negative<N: Display + PartialOrd + Default>(
    column: &str,
    value: Option<N>,
) -> Result<Option<N>, Rejection> {
    value.map(|value| not_negative(column, value)).transpose()
}

/// The result of checked arithmetic.
pub(super) fn computed(column: &str, amount: Option<Decimal>) -> Result<Decimal, Rejection> {
    amount
        .ok_or_else(|| Rejection::new(RejectCode::OutOfRange, format!("{column}: the amount is too large to compute")))
}

/// A second of the source as the milliseconds of a DATETIME.
pub(super) fn millis(column: &str, seconds: Seconds) -> Result<i64, Rejection> {
    if (DATETIME_FIRST..=DATETIME_LAST).contains(&seconds) {
        Ok(seconds * 1_000)
    } else {
        let stamp = dw_core::time::format_timestamp(seconds);
        Err(Rejection::new(RejectCode::OutOfRange, format!("{column}: {stamp} does not fit DATETIME")))
    }
}

/// The earliest of the stamps that are set: a fact row is deleted with its own row, its item or its order (ruling 16).
pub(super) fn earliest<const N: usize>(stamps: [Option<Seconds>; N]) -> Option<Seconds> {
    stamps.into_iter().flatten().min()
}

/// The day of an optional timestamp.
pub(super) fn optional_day(seconds: Option<Seconds>) -> Option<Days> {
    seconds.map(dw_core::time::day_of)
}

#[cfg(test)]
mod tests {
    use dw_core::time::parse_timestamp;

    use super::*;

    #[test]
    fn zero_is_a_key_and_minus_one_is_reserved() {
        assert_eq!(business_key("id", 0), Ok(0));
        assert_eq!(business_key("id", i64::MIN), Ok(i64::MIN));
        assert_eq!(business_key("id", -1).unwrap_err().code, RejectCode::ReservedKey);
    }

    #[test]
    fn a_datetime_is_in_milliseconds_and_begins_in_1753() {
        assert_eq!(DATETIME_FIRST, parse_timestamp("1753-01-01").unwrap());
        assert_eq!(DATETIME_LAST, parse_timestamp("9999-12-31T23:59:59").unwrap());
        assert_eq!(millis("data", 12), Ok(12_000));
        for outside in [DATETIME_FIRST - 1, DATETIME_LAST + 1, i64::MIN, i64::MAX] {
            assert_eq!(millis("data", outside).unwrap_err().code, RejectCode::OutOfRange);
        }
    }

    #[test]
    fn the_earliest_stamp_counts_and_none_is_none() {
        assert_eq!(earliest([None, Some(7), Some(5)]), Some(5));
        assert_eq!(earliest([None, None]), None);
    }
}
