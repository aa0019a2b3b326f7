//! A row of a result, column by column. Not here: what the columns mean.

use dw_core::error::DwResult;
use dw_core::value::Value;

/// One row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'r>(pub &'r [Value]);

impl Row<'_> {
    fn at(&self, column: usize) -> &Value {
        self.0.get(column).unwrap_or(&Value::Null)
    }

    /// A number; none for NULL.
    pub fn int(&self, column: usize) -> DwResult<Option<i64>> {
        self.at(column).int()
    }

    /// A number that is not negative; 0 for NULL.
    pub fn count(&self, column: usize) -> DwResult<u64> {
        Ok(u64::try_from(self.int(column)?.unwrap_or(0)).unwrap_or(0))
    }

    /// A text; none for NULL and for a blank one.
    pub fn text(&self, column: usize) -> DwResult<Option<String>> {
        Ok(self.at(column).text()?.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned))
    }

    /// A text; empty for NULL.
    pub fn word(&self, column: usize) -> DwResult<String> {
        Ok(self.text(column)?.unwrap_or_default())
    }

    /// True for 1.
    pub fn flag(&self, column: usize) -> DwResult<bool> {
        Ok(self.int(column)? == Some(1))
    }
}
