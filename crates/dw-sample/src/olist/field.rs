//! Texts of the files as values of the target's columns: exact amounts, stamps, and widths in Windows-1252 bytes.
//! Not here: which column a field belongs to.

use std::str::FromStr;

use dw_core::schema::Table;
use dw_core::sql_type::{SqlType, to_scaled};
use dw_core::text::{self, TextMisfit};
use dw_core::time::{self, Seconds};
use rust_decimal::Decimal;

use super::log::Reject;
use super::report::ReasonCode;

/// 1990-01-01, the first day that the calendar of the warehouse may have (ruling 5).
const FIRST_STAMP: Seconds = 631_152_000;
/// Characters of a bad value that a message quotes.
const QUOTED: usize = 40;

/// The start of a value, for a message.
pub(super) fn quote(text: &str) -> String {
    let mut start: String = text.chars().take(QUOTED).collect();
    if start.len() < text.len() {
        start.push_str("...");
    }
    format!("`{start}`")
}

/// Checks that a text fits a column of the target.
pub(super) fn fits<'a>(text: &'a str, table: &Table, column: &str) -> Result<&'a str, Reject> {
    let width = match table.column(column).map(|column| column.ty) {
        Some(SqlType::VarChar(width) | SqlType::Char(width)) => usize::from(width),
        _ => return Ok(text),
    };
    let target = format!("{}.{}.{column}", table.schema, table.name);
    match text::fits(text, width) {
        Ok(()) => Ok(text),
        Err(TextMisfit::TooLong(length)) => {
            Err(Reject::new(ReasonCode::TooWide, format!("{} has {length} bytes, {target} holds {width}", quote(text))))
        }
        Err(TextMisfit::NotEncodable(character)) => Err(Reject::new(
            ReasonCode::NotWindows1252,
            format!("{} has the character `{character}`, which {target} cannot hold", quote(text)),
        )),
    }
}

/// An amount of at least zero as the scaled integer of a DECIMAL column; `shift` moves the point to the left (3: grams to kilograms).
pub(super) fn amount(text: &str, ty: SqlType, shift: u32) -> Result<i64, Reject> {
    let bad = || Reject::new(ReasonCode::BadNumber, format!("{} is not a number", quote(text)));
    let number = Decimal::from_str(text).map_err(|_| bad())?;
    if number.is_sign_negative() && !number.is_zero() {
        return Err(Reject::new(ReasonCode::NegativeAmount, format!("{} is below zero", quote(text))));
    }
    let divisor = Decimal::from(10_u64.checked_pow(shift).ok_or_else(bad)?);
    let number = number.checked_div(divisor).ok_or_else(bad)?;
    let wide = || Reject::new(ReasonCode::TooWide, format!("{} does not fit {ty}", quote(text)));
    let scaled = to_scaled(number, ty.scale()).ok_or_else(wide)?;
    // A value is rejected rather than rounded (product decision 10).
    if Decimal::new(scaled, ty.scale()) != number || ty.max_scaled().is_some_and(|max| scaled > max) {
        return Err(wide());
    }
    Ok(scaled)
}

/// The same for a field that may be empty.
pub(super) fn optional_amount(text: &str, ty: SqlType, shift: u32) -> Result<Option<i64>, Reject> {
    if text.is_empty() { Ok(None) } else { amount(text, ty, shift).map(Some) }
}

/// A whole number between two bounds.
pub(super) fn whole(text: &str, least: i64, most: i64) -> Result<i64, Reject> {
    match text.parse::<i64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(Reject::new(
            ReasonCode::BadNumber,
            format!("{} is not a whole number between {least} and {most}", quote(text)),
        )),
    }
}

/// A stamp.
pub(super) fn stamp(text: &str) -> Result<Seconds, Reject> {
    match time::parse_timestamp(text) {
        Some(seconds) if seconds >= FIRST_STAMP => Ok(seconds),
        Some(_) => Err(Reject::new(ReasonCode::BadDate, format!("{} is before 1990", quote(text)))),
        None => Err(Reject::new(ReasonCode::BadDate, format!("{} is not a date and time", quote(text)))),
    }
}

/// A stamp that may be missing.
pub(super) fn optional_stamp(text: &str) -> Result<Option<Seconds>, Reject> {
    if text.is_empty() { Ok(None) } else { stamp(text).map(Some) }
}

#[cfg(test)]
mod tests {
    use dw_core::catalog::oltp;

    use super::*;

    const MONEY: SqlType = SqlType::Decimal(10, 2);

    fn code<T: std::fmt::Debug>(result: Result<T, Reject>) -> ReasonCode {
        result.unwrap_err().code
    }

    #[test]
    fn amounts_are_exact_or_refused() {
        assert_eq!(amount("99.9", MONEY, 0), Ok(9_990));
        assert_eq!(amount("7150", SqlType::Decimal(8, 3), 3), Ok(7_150));
        assert_eq!(amount("-0", MONEY, 0), Ok(0));
        assert_eq!(optional_amount("", MONEY, 0), Ok(None));
        assert_eq!(code(amount("-0.01", MONEY, 0)), ReasonCode::NegativeAmount);
        assert_eq!(code(amount("1,50", MONEY, 0)), ReasonCode::BadNumber);
        assert_eq!(code(amount("NaN", MONEY, 0)), ReasonCode::BadNumber);
        assert_eq!(code(amount("0.005", MONEY, 0)), ReasonCode::TooWide);
        assert_eq!(code(amount("100000000", MONEY, 0)), ReasonCode::TooWide);
        assert_eq!(code(amount("100000000000000000000000000", MONEY, 0)), ReasonCode::TooWide);
    }

    #[test]
    fn stamps_begin_with_the_calendar() {
        assert_eq!(stamp("1990-01-01 00:00:00"), Ok(FIRST_STAMP));
        assert_eq!(code(stamp("1989-12-31 23:59:59")), ReasonCode::BadDate);
        assert_eq!(code(stamp("31/12/2017")), ReasonCode::BadDate);
        assert_eq!(optional_stamp(""), Ok(None));
    }

    #[test]
    fn widths_are_those_of_the_catalog() {
        assert!(fits("São Paulo", &oltp::CUSTOMERS, "city").is_ok());
        assert_eq!(code(fits("12345678901", &oltp::CUSTOMERS, "zip_code")), ReasonCode::TooWide);
        assert_eq!(code(fits("Łódź", &oltp::CUSTOMERS, "city")), ReasonCode::NotWindows1252);
    }
}
