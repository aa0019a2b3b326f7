//! The column types of the physical contract and the portable text form of their values.
//! Not here: how an engine spells or stores a type (see [`crate::dialect`]).

use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::time;
use crate::value::Value;

/// A column type of `contract/01` to `contract/04`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SqlType {
    /// 64-bit integer.
    BigInt,
    /// 32-bit integer.
    Int,
    /// 16-bit integer.
    SmallInt,
    /// 0 or 1.
    Bit,
    /// Exact decimal: precision, scale.
    Decimal(u8, u8),
    /// Calendar date.
    Date,
    /// Milliseconds kept.
    DateTime,
    /// Digits after the second: 0 or 3.
    DateTime2(u8),
    /// Fixed width in Windows-1252 bytes.
    Char(u16),
    /// Variable width in Windows-1252 bytes.
    VarChar(u16),
    /// Text without a limit.
    VarCharMax,
    /// Variable width in UTF-16 units.
    NVarChar(u16),
}

impl SqlType {
    /// Digits after the point of a DECIMAL, 0 for every other type.
    pub fn scale(self) -> u32 {
        match self {
            Self::Decimal(_, scale) => u32::from(scale),
            _ => 0,
        }
    }

    /// True for character types.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Char(_) | Self::VarChar(_) | Self::VarCharMax | Self::NVarChar(_))
    }

    /// The largest scaled magnitude that a DECIMAL holds; `None` for other types or more than 18 digits.
    pub fn max_scaled(self) -> Option<i64> {
        match self {
            Self::Decimal(precision, _) if precision <= 18 => 10_i64.checked_pow(u32::from(precision)).map(|n| n - 1),
            _ => None,
        }
    }

    /// The portable text of a value of this type: what `etl export` writes (ruling 28). `None` for NULL.
    pub fn render(self, value: &Value) -> Option<String> {
        match (self, value) {
            (_, Value::Null) => None,
            (_, Value::Text(text)) => Some(text.clone()),
            (Self::Decimal(_, scale), Value::Int(scaled)) => Some(render_scaled(*scaled, u32::from(scale))),
            (Self::Date, Value::Int(days)) => Some(time::format_date(*days)),
            (Self::DateTime2(0), Value::Int(seconds)) => Some(time::format_timestamp(*seconds)),
            (Self::DateTime2(_), Value::Int(millis)) => Some(time::format_millis(*millis, true)),
            (Self::DateTime, Value::Int(millis)) => Some(time::format_millis(*millis, false)),
            (_, Value::Int(number) | Value::Seconds(number) | Value::Millis(number)) => Some(number.to_string()),
        }
    }
}

/// `-12345` with scale 2 as `-123.45`.
fn render_scaled(scaled: i64, scale: u32) -> String {
    Decimal::new(scaled, scale).to_string()
}

/// The scaled integer of `amount`, rounded half away from zero to `scale` digits; `None` when it needs more than 64 bits.
pub fn to_scaled(amount: Decimal, scale: u32) -> Option<i64> {
    let rounded = amount.round_dp_with_strategy(scale, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    let factor = Decimal::from(10_i64.checked_pow(scale)?);
    rounded.checked_mul(factor)?.to_i64()
}

impl fmt::Display for SqlType {
    /// The type as the contract writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BigInt => f.write_str("BIGINT"),
            Self::Int => f.write_str("INT"),
            Self::SmallInt => f.write_str("SMALLINT"),
            Self::Bit => f.write_str("BIT"),
            Self::Decimal(precision, scale) => write!(f, "DECIMAL({precision},{scale})"),
            Self::Date => f.write_str("DATE"),
            Self::DateTime => f.write_str("DATETIME"),
            Self::DateTime2(digits) => write!(f, "DATETIME2({digits})"),
            Self::Char(width) => write!(f, "CHAR({width})"),
            Self::VarChar(width) => write!(f, "VARCHAR({width})"),
            Self::VarCharMax => f.write_str("VARCHAR(MAX)"),
            Self::NVarChar(width) => write!(f, "NVARCHAR({width})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_decimal_is_rendered_with_the_scale_of_the_contract() {
        let money = SqlType::Decimal(15, 2);
        assert_eq!(money.render(&Value::Int(-5)).as_deref(), Some("-0.05"));
        assert_eq!(money.render(&Value::Int(16_253_588_866)).as_deref(), Some("162535888.66"));
        assert_eq!(SqlType::Decimal(10, 7).render(&Value::Int(-235_505_200)).as_deref(), Some("-23.5505200"));
        assert_eq!(SqlType::Decimal(9, 0).render(&Value::Int(7)).as_deref(), Some("7"));
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        assert_eq!(to_scaled(Decimal::new(12_345, 3), 2), Some(1_235));
        assert_eq!(to_scaled(Decimal::new(-12_345, 3), 2), Some(-1_235));
        assert_eq!(to_scaled(Decimal::MAX, 2), None);
    }

    proptest! {
        #[test]
        fn a_scaled_amount_survives_the_way_through_decimal(scaled in any::<i64>(), scale in 0_u32..=7) {
            let amount = Decimal::new(scaled, scale);
            prop_assert_eq!(to_scaled(amount, scale), Some(scaled));
        }
    }
}
