//! Typed rows: how a source row becomes a struct and a struct a staged row that fits its columns.
//! The macros [`source_row!`](crate::source_row) and [`target_row!`](crate::target_row) write the boilerplate of an entity.

use dw_core::error::{DwError, DwResult};
use dw_core::sql_type::{SqlType, to_scaled};
use dw_core::text::{TextMisfit, fits};
use dw_core::value::Value;
use rust_decimal::Decimal;

use crate::reject::{RejectCode, Rejection};

/// A column that an extraction reads: its name, its expression in T-SQL and its type.
#[derive(Debug, Clone, Copy)]
pub struct SourceColumn {
    /// Field of the source row.
    pub name: &'static str,
    /// Expression over the aliases of the entity's `from`.
    pub expression: &'static str,
    /// Type of the contract.
    pub ty: SqlType,
}

/// A Rust type that a source value can become.
pub trait FromSource: Sized {
    /// Reads a value of a column of type `ty`.
    ///
    /// # Errors
    /// [`DwError::SchemaMismatch`] when the value is of another kind, or NULL where the type has none.
    fn from_source(value: &Value, ty: SqlType) -> DwResult<Self>;
}

fn unexpected_null() -> DwError {
    DwError::schema("expected a value, found NULL")
}

impl FromSource for i64 {
    fn from_source(value: &Value, _ty: SqlType) -> DwResult<Self> {
        value.int()?.ok_or_else(unexpected_null)
    }
}

impl FromSource for bool {
    fn from_source(value: &Value, _ty: SqlType) -> DwResult<Self> {
        Ok(value.int()?.ok_or_else(unexpected_null)? != 0)
    }
}

impl FromSource for String {
    fn from_source(value: &Value, _ty: SqlType) -> DwResult<Self> {
        value.text()?.map(str::to_owned).ok_or_else(unexpected_null)
    }
}

impl FromSource for Decimal {
    fn from_source(value: &Value, ty: SqlType) -> DwResult<Self> {
        value.decimal(ty.scale())?.ok_or_else(unexpected_null)
    }
}

impl<T: FromSource> FromSource for Option<T> {
    fn from_source(value: &Value, ty: SqlType) -> DwResult<Self> {
        if value.is_null() { Ok(None) } else { T::from_source(value, ty).map(Some) }
    }
}

/// A Rust type that a staged value can be made of. A value that does not fit its column is refused, never cut.
pub trait IntoTarget {
    /// The portable form for a column of type `ty`.
    ///
    /// # Errors
    /// A [`Rejection`] that names the column, the value and the limit.
    fn into_target(self, column: &'static str, ty: SqlType) -> Result<Value, Rejection>;
}

impl IntoTarget for i64 {
    fn into_target(self, column: &'static str, ty: SqlType) -> Result<Value, Rejection> {
        let fits = match ty {
            SqlType::Int => i32::try_from(self).is_ok(),
            SqlType::SmallInt => i16::try_from(self).is_ok(),
            SqlType::Bit => self == 0 || self == 1,
            _ => true,
        };
        if fits {
            Ok(Value::Int(self))
        } else {
            Err(Rejection::new(RejectCode::OutOfRange, format!("{column}: {self} does not fit {ty}")))
        }
    }
}

impl IntoTarget for bool {
    fn into_target(self, _column: &'static str, _ty: SqlType) -> Result<Value, Rejection> {
        Ok(Value::from(self))
    }
}

impl IntoTarget for Decimal {
    fn into_target(self, column: &'static str, ty: SqlType) -> Result<Value, Rejection> {
        let scaled = to_scaled(self, ty.scale());
        let limit = ty.max_scaled().unwrap_or(i64::MAX);
        match scaled {
            Some(scaled) if (-limit..=limit).contains(&scaled) => Ok(Value::Int(scaled)),
            _ => Err(Rejection::new(RejectCode::OutOfRange, format!("{column}: {self} does not fit {ty}"))),
        }
    }
}

impl IntoTarget for String {
    fn into_target(self, column: &'static str, ty: SqlType) -> Result<Value, Rejection> {
        let width = match ty {
            SqlType::Char(width) | SqlType::VarChar(width) => usize::from(width),
            _ => usize::MAX,
        };
        match fits(&self, width) {
            Ok(()) => Ok(Value::Text(self)),
            Err(TextMisfit::TooLong(bytes)) => {
                Err(Rejection::new(RejectCode::TooLong, format!("{column}: {bytes} bytes do not fit {ty}")))
            }
            Err(TextMisfit::NotEncodable(character)) => Err(Rejection::new(
                RejectCode::NotEncodable,
                format!(
                    "{column}: the character `{character}` (U+{:04X}) is not in Windows-1252",
                    u32::from(character)
                ),
            )),
        }
    }
}

impl IntoTarget for &'static str {
    fn into_target(self, column: &'static str, ty: SqlType) -> Result<Value, Rejection> {
        self.to_owned().into_target(column, ty)
    }
}

impl<T: IntoTarget> IntoTarget for Option<T> {
    fn into_target(self, column: &'static str, ty: SqlType) -> Result<Value, Rejection> {
        self.map_or(Ok(Value::Null), |value| value.into_target(column, ty))
    }
}

/// Declares a source row: a struct, its `COLUMNS` for the extraction and `read` from a row of values.
///
/// ```
/// dw_etl::source_row! {
///     /// A row of core.teams.
///     pub struct Source {
///         team_id: i64 = "t.team_id" => BigInt,
///         team_name: String = "t.team_name" => VarChar(120),
///     }
/// }
/// ```
#[macro_export]
macro_rules! source_row {
    ($(#[$doc:meta])* pub struct $name:ident { $($field:ident : $ty:ty = $expr:literal => $sql:expr),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name { $(#[doc = concat!("`", $expr, "`")] pub $field: $ty),+ }

        impl $name {
            /// What the extraction reads, in the order of the fields.
            pub const COLUMNS: &'static [$crate::row::SourceColumn] = {
                #[allow(unused_imports, clippy::enum_glob_use)]
                use dw_core::sql_type::SqlType::*;
                &[$($crate::row::SourceColumn { name: stringify!($field), expression: $expr, ty: $sql }),+]
            };

            /// Reads a row whose values stand in the order of `COLUMNS`.
            ///
            /// # Errors
            /// A schema mismatch: a value of another kind than the contract says.
            pub fn read(row: &[dw_core::value::Value]) -> dw_core::error::DwResult<Self> {
                let mut cells = row.iter().zip(Self::COLUMNS);
                $(
                    let (value, column) = cells
                        .next()
                        .ok_or_else(|| dw_core::error::DwError::schema("a source row is too short"))?;
                    let $field = <$ty as $crate::row::FromSource>::from_source(value, column.ty)
                        .map_err(|error| dw_core::error::DwError::schema(format!("{}: {error}", column.name)))?;
                )+
                Ok(Self { $($field),+ })
            }
        }
    };
}

/// Declares a target row: a struct, its `COLUMNS` as they are staged and `write` into a batch. The types come from the
/// entity's descriptor, so that a value that does not fit its column is found here.
#[macro_export]
macro_rules! target_row {
    ($(#[$doc:meta])* pub struct $name:ident of $descriptor:path { $($field:ident : $ty:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name { $(#[doc = concat!("Staged column `", stringify!($field), "`.")] pub $field: $ty),+ }

        impl $name {
            /// The staged columns in the order of the fields.
            pub const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];

            /// The types of `COLUMNS`.
            pub fn types() -> &'static [dw_core::sql_type::SqlType] {
                static TYPES: std::sync::OnceLock<Vec<dw_core::sql_type::SqlType>> = std::sync::OnceLock::new();
                TYPES.get_or_init(|| Self::COLUMNS.iter().map(|column| $descriptor.staged_type(column)).collect())
            }

            /// The values of the row in the order of `COLUMNS`.
            ///
            /// # Errors
            /// A rejection when a value does not fit its column.
            pub fn write(self) -> Result<Vec<dw_core::value::Value>, $crate::reject::Rejection> {
                let mut row = Vec::with_capacity(Self::COLUMNS.len());
                let mut types = Self::types().iter();
                $(
                    let ty = types.next().copied().unwrap_or(dw_core::sql_type::SqlType::BigInt);
                    row.push($crate::row::IntoTarget::into_target(self.$field, stringify!($field), ty)?);
                )+
                Ok(row)
            }
        }
    };
}
