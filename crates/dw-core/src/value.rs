//! Values and batches of rows as they travel between engines and rules.
//!
//! A value is never a float. Its meaning comes from the [`crate::sql_type::SqlType`] of its column, so that
//! staging, binding and export use one portable form on every engine (ruling 19):
//!
//! | type | form |
//! |---|---|
//! | BIGINT, INT, SMALLINT, BIT | the integer |
//! | DECIMAL(p,s) | the amount times 10^s, exactly |
//! | DATE | days since 1970-01-01 |
//! | DATETIME2(0) | seconds since 1970-01-01T00:00:00Z |
//! | DATETIME, DATETIME2(3) | milliseconds since 1970-01-01T00:00:00Z |
//! | text | UTF-8 |
//!
//! A parameter of a statement has no column, so a point in time says itself which it is: [`Value::Seconds`],
//! [`Value::Millis`]. Rows never hold these two.

use rust_decimal::Decimal;

use crate::error::{DwError, DwResult};

/// One value of one column of one row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Value {
    /// SQL NULL.
    #[default]
    Null,
    /// Every number, date and time, in the portable form of the column's type.
    Int(i64),
    /// Text.
    Text(String),
    /// A parameter for DATETIME2(0): seconds since 1970-01-01T00:00:00Z.
    Seconds(i64),
    /// A parameter for DATETIME and DATETIME2(3): milliseconds since 1970-01-01T00:00:00Z.
    Millis(i64),
}

impl Value {
    /// A parameter for an optional DATETIME2(0).
    pub fn seconds(seconds: impl Into<Option<i64>>) -> Self {
        seconds.into().map_or(Self::Null, Self::Seconds)
    }

    /// True for SQL NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The integer form, `None` for NULL.
    ///
    /// # Errors
    /// [`DwError::SchemaMismatch`] when the value is text: the statement and the reader disagree about a column.
    pub fn int(&self) -> DwResult<Option<i64>> {
        match self {
            Self::Null => Ok(None),
            Self::Int(value) | Self::Seconds(value) | Self::Millis(value) => Ok(Some(*value)),
            Self::Text(text) => Err(DwError::schema(format!("expected a number, found the text `{text}`"))),
        }
    }

    /// The text form, `None` for NULL.
    ///
    /// # Errors
    /// [`DwError::SchemaMismatch`] when the value is a number.
    pub fn text(&self) -> DwResult<Option<&str>> {
        match self {
            Self::Null => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            Self::Int(value) | Self::Seconds(value) | Self::Millis(value) => {
                Err(DwError::schema(format!("expected text, found the number {value}")))
            }
        }
    }

    /// The exact decimal of a DECIMAL column with `scale` digits after the point.
    ///
    /// # Errors
    /// [`DwError::SchemaMismatch`] when the value is text.
    pub fn decimal(&self, scale: u32) -> DwResult<Option<Decimal>> {
        Ok(self.int()?.map(|scaled| Decimal::new(scaled, scale)))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Rows of equal width, stored flat so that a batch costs one allocation and not one a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowBatch {
    width: usize,
    values: Vec<Value>,
}

impl RowBatch {
    /// An empty batch of rows with `width` columns.
    pub fn new(width: usize) -> Self {
        Self { width, values: Vec::new() }
    }

    /// An empty batch with room for `rows` rows.
    pub fn with_capacity(width: usize, rows: usize) -> Self {
        Self { width, values: Vec::with_capacity(width.saturating_mul(rows)) }
    }

    /// Columns a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The row at `index`; an empty slice past the end.
    pub fn row(&self, index: usize) -> &[Value] {
        let start = index.saturating_mul(self.width);
        self.values.get(start..start.saturating_add(self.width)).unwrap_or(&[])
    }

    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &[Value]> {
        self.values.chunks_exact(self.width.max(1))
    }

    /// The value at `row`, `column`; NULL past the end.
    pub fn get(&self, row: usize, column: usize) -> &Value {
        const NULL: &Value = &Value::Null;
        if column >= self.width {
            return NULL;
        }
        self.row(row).get(column).unwrap_or(NULL)
    }

    /// Appends one value of the row being written; a row is complete after `width` values.
    pub fn push_value(&mut self, value: impl Into<Value>) {
        self.values.push(value.into());
    }

    /// Appends a row.
    pub fn push_row<I: IntoIterator<Item = Value>>(&mut self, row: I) {
        let before = self.values.len();
        self.values.extend(row);
        debug_assert_eq!(self.values.len() - before, self.width, "a row has as many values as its batch has columns");
    }

    /// Appends all rows of `other`, which has the same width.
    pub fn append(&mut self, mut other: Self) {
        debug_assert_eq!(self.width, other.width, "batches of one width");
        self.values.append(&mut other.values);
    }
}
