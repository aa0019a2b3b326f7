//! Why a row was not loaded: closed codes for reports and a reason for people. Nothing is dropped in silence (invariant 5).

use std::fmt;

/// The kinds of rejection. The text form is stored in `audit.etl_reject.reason_code` and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectCode {
    /// A text longer than its column.
    TooLong,
    /// A character outside of Windows-1252.
    NotEncodable,
    /// A number that its column cannot hold.
    OutOfRange,
    /// A value that the rule of a column forbids.
    Invalid,
    /// A date outside of the calendar.
    DateOutsideCalendar,
    /// A row that this one needs is not in the warehouse.
    DependencyMissing,
    /// A key that is reserved for the member -1.
    ReservedKey,
}

impl RejectCode {
    /// The stored form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NotEncodable => "not_encodable",
            Self::OutOfRange => "out_of_range",
            Self::Invalid => "invalid_value",
            Self::DateOutsideCalendar => "date_outside_calendar",
            Self::DependencyMissing => "dependency_missing",
            Self::ReservedKey => "reserved_key",
        }
    }
}

impl fmt::Display for RejectCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The reason why one source row is not loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Kind.
    pub code: RejectCode,
    /// What is wrong with which column, for people.
    pub reason: String,
}

impl Rejection {
    /// A rejection.
    pub fn new(code: RejectCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}
