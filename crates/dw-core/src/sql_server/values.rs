//! Between the portable forms of [`crate::value`] and what the driver sends and receives.
//! Not here: which type a column has; the server says so, or the catalog.

use std::borrow::Cow;

use tiberius::time::{Date, DateTime2, Time};
use tiberius::{ColumnData, ColumnType, ToSql};

use super::dialect::{EPOCH_FROM_1900, EPOCH_FROM_YEAR_1, split};
use crate::error::{DwError, DwResult};
use crate::time::DAY;
use crate::value::Value;

/// A parameter of a statement.
#[derive(Debug)]
pub(super) struct Parameter<'a>(pub &'a Value);

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> ColumnData<'_> {
        match self.0 {
            // Its text says NULL (see [`super::text::without_nulls`]); this only keeps the place of the others.
            Value::Null => ColumnData::I64(Some(0)),
            Value::Int(number) => ColumnData::I64(Some(*number)),
            Value::Text(text) => ColumnData::String(Some(Cow::Borrowed(text))),
            Value::Seconds(seconds) => ColumnData::DateTime2(Some(seconds_to(*seconds))),
            Value::Millis(millis) => ColumnData::DateTime2(Some(millis_to(*millis))),
        }
    }
}

/// DATETIME2(0), sent as DATETIME2(7), which is how the driver declares a parameter.
fn seconds_to(seconds: i64) -> DateTime2 {
    let (days, of_day) = split(seconds);
    DateTime2::new(Date::new(days), Time::new(of_day * 10_000_000, 7))
}

fn millis_to(millis: i64) -> DateTime2 {
    let (days, of_day) = split(millis.div_euclid(1_000));
    let fraction = u64::try_from(millis.rem_euclid(1_000)).unwrap_or(0);
    DateTime2::new(Date::new(days), Time::new((of_day * 1_000 + fraction) * 10_000, 7))
}

/// How a column of a staging table is sent: each in its exact width, because the driver writes what it is given whatever
/// the width of the column. [`super::TsqlDialect`] stages everything as one of these three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    /// BIGINT.
    Whole,
    /// DATETIME2(0).
    Seconds,
    /// NVARCHAR.
    Text,
}

impl Wire {
    /// The wire form of a column of this type; `None` for one that no staging table has.
    pub(super) fn of(ty: ColumnType) -> Option<Self> {
        match ty {
            ColumnType::Int8 | ColumnType::Intn => Some(Self::Whole),
            ColumnType::Datetime2 => Some(Self::Seconds),
            ColumnType::NVarchar | ColumnType::NChar => Some(Self::Text),
            _ => None,
        }
    }

    /// A value of a staging table.
    pub(super) fn encode(self, value: &Value) -> DwResult<ColumnData<'_>> {
        Ok(match self {
            Self::Whole => ColumnData::I64(value.int()?),
            Self::Seconds => ColumnData::DateTime2(value.int()?.map(|seconds| {
                let (days, of_day) = split(seconds);
                DateTime2::new(Date::new(days), Time::new(of_day, 0))
            })),
            Self::Text => ColumnData::String(value.text()?.map(Cow::Borrowed)),
        })
    }
}

/// A received value in its portable form.
pub(super) fn from_wire(data: ColumnData<'static>) -> DwResult<Value> {
    let whole = |number: Option<i64>| number.map_or(Value::Null, Value::Int);
    Ok(match data {
        ColumnData::U8(number) => whole(number.map(i64::from)),
        ColumnData::I16(number) => whole(number.map(i64::from)),
        ColumnData::I32(number) => whole(number.map(i64::from)),
        ColumnData::I64(number) => whole(number),
        ColumnData::Bit(bit) => whole(bit.map(i64::from)),
        ColumnData::String(text) => text.map_or(Value::Null, |text| Value::Text(text.into_owned())),
        ColumnData::Numeric(None) => Value::Null,
        // A position in a log, of RESTORE FILELISTONLY, is wider. Whoever wants a number refuses the text.
        ColumnData::Numeric(Some(number)) => {
            i64::try_from(number.value()).map_or_else(|_| Value::Text(number.to_string()), Value::Int)
        }
        ColumnData::Guid(id) => id.map_or(Value::Null, |id| Value::Text(id.to_string())),
        ColumnData::Binary(bytes) => {
            bytes.map_or(Value::Null, |bytes| Value::Text(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
        }
        ColumnData::Date(date) => whole(date.map(|date| i64::from(date.days()) - EPOCH_FROM_YEAR_1)),
        ColumnData::DateTime2(stamp) => whole(stamp.map(from_datetime2)),
        ColumnData::DateTime(stamp) => whole(stamp.map(|stamp| {
            // A DATETIME counts three-hundredths of a second; the millisecond is the nearest.
            let fragments = i64::from(stamp.seconds_fragments());
            (i64::from(stamp.days()) - EPOCH_FROM_1900) * DAY * 1_000 + (fragments * 10 + 1) / 3
        })),
        other => return Err(DwError::schema(format!("the server sent a value of an unexpected type: {other:?}"))),
    })
}

/// Seconds of a DATETIME2(0), milliseconds of every other one.
fn from_datetime2(stamp: DateTime2) -> i64 {
    let seconds = (i64::from(stamp.date().days()) - EPOCH_FROM_YEAR_1) * DAY;
    let time = stamp.time();
    let increments = i64::try_from(time.increments()).unwrap_or(0);
    match time.scale() {
        0 => seconds + increments,
        scale @ 1..=3 => seconds * 1_000 + increments * 10_i64.pow(3 - u32::from(scale)),
        scale => seconds * 1_000 + increments / 10_i64.pow(u32::from(scale) - 3),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::dialect::RANGE;
    use super::*;

    proptest! {
        #[test]
        fn a_timestamp_survives_the_wire(seconds in RANGE.0..=RANGE.1, millis in 0_i64..1_000) {
            let value = Value::Int(seconds);
            let ColumnData::DateTime2(staged) = Wire::Seconds.encode(&value).unwrap() else { unreachable!() };
            prop_assert_eq!(from_wire(ColumnData::DateTime2(staged)).unwrap(), value);
            let with_millis = seconds * 1_000 + millis;
            let parameter = Value::Millis(with_millis);
            let ColumnData::DateTime2(sent) = Parameter(&parameter).to_sql() else { unreachable!() };
            prop_assert_eq!(from_wire(ColumnData::DateTime2(sent)).unwrap(), Value::Int(with_millis));
        }
    }

    #[test]
    fn an_open_end_is_the_end_of_the_type() {
        let value = Value::Seconds(i64::MIN);
        let ColumnData::DateTime2(Some(first)) = Parameter(&value).to_sql() else { unreachable!() };
        assert_eq!(first.date().days(), 0);
    }
}
