//! What the ETL needs of an entity: its descriptor, the columns that it reads and writes, and its rule, a pure function.

use dw_core::entity::EntityDescriptor;
use dw_core::error::DwResult;
use dw_core::sql_type::SqlType;
use dw_core::time::Days;
use dw_core::value::Value;

use crate::reject::{RejectCode, Rejection};
use crate::row::SourceColumn;

/// What a rule may know besides its row. Constant during a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransformContext {
    /// First day that the calendar may have (ruling 5).
    pub calendar_first: Days,
    /// Last day that the calendar may have.
    pub calendar_last: Days,
}

impl TransformContext {
    /// The context of a run on that day.
    pub fn on(today: Days) -> Self {
        let (calendar_first, calendar_last) = crate::calendar::bounds(today);
        Self { calendar_first, calendar_last }
    }

    /// The `data_id` (YYYYMMDD) of a day.
    ///
    /// # Errors
    /// [`RejectCode::DateOutsideCalendar`].
    pub fn data_id(&self, column: &str, day: Days) -> Result<i64, Rejection> {
        if (self.calendar_first..=self.calendar_last).contains(&day) {
            Ok(crate::calendar::data_id(day))
        } else {
            Err(Rejection::new(
                RejectCode::DateOutsideCalendar,
                format!(
                    "{column}: {} is outside of the calendar, {} to {}",
                    dw_core::time::format_date(day),
                    dw_core::time::format_date(self.calendar_first),
                    dw_core::time::format_date(self.calendar_last)
                ),
            ))
        }
    }
}

/// A staged row, or why there is none.
pub type Transformed = Result<Vec<Value>, Rejection>;

/// An entity of the ETL. The rule is pure: the same row and context give the same result.
pub trait Entity: Send + Sync + std::fmt::Debug {
    /// Tables, keys and parents.
    fn descriptor(&self) -> &'static EntityDescriptor;

    /// What the extraction reads, in order. The first column is the key.
    fn source_columns(&self) -> &'static [SourceColumn];

    /// What is staged, in order. The first column is the business key.
    fn target_columns(&self) -> &'static [&'static str];

    /// The types of [`Entity::target_columns`].
    fn target_types(&self) -> &'static [SqlType];

    /// Turns a source row into a staged row.
    ///
    /// # Errors
    /// Only a schema mismatch: a value of another kind than the contract says. A row that cannot be loaded is `Ok(Err(..))`.
    fn transform(&self, row: &[Value], context: &TransformContext) -> DwResult<Transformed>;
}
