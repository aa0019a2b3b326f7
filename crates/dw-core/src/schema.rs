//! Descriptors of tables: columns, keys, checks and indexes, from which DDL, staging and export are made (ruling 19).
//! The tables themselves stand in [`crate::catalog`].

use crate::dialect::Dialect;
use crate::error::DwResult;
use crate::sql_text;
use crate::sql_type::SqlType;

/// What a column takes when an INSERT leaves it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// No default.
    None,
    /// A number in the portable form of the column.
    Int(i64),
    /// A text.
    Text(&'static str),
    /// The current time in UTC.
    UtcNow,
    /// The login that inserts.
    CurrentUser,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Name of the contract.
    pub name: &'static str,
    /// Type of the contract, or the wider one of ruling 13.
    pub ty: SqlType,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// The default.
    pub default: DefaultValue,
    /// IDENTITY(1,1).
    pub identity: bool,
    /// Not of the contract: added by this product (see `docs/contract.md`).
    pub additive: bool,
}

impl Column {
    /// A NOT NULL column without a default.
    pub const fn new(name: &'static str, ty: SqlType) -> Self {
        Self { name, ty, nullable: false, default: DefaultValue::None, identity: false, additive: false }
    }

    /// The same, NULL allowed.
    #[must_use]
    pub const fn null(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The same, with a default.
    #[must_use]
    pub const fn default(mut self, default: DefaultValue) -> Self {
        self.default = default;
        self
    }

    /// The same, as IDENTITY(1,1).
    #[must_use]
    pub const fn identity(mut self) -> Self {
        self.identity = true;
        self
    }

    /// The same, marked as added to the contract.
    #[must_use]
    pub const fn additive(mut self) -> Self {
        self.additive = true;
        self
    }
}

/// A UNIQUE constraint.
#[derive(Debug, Clone, Copy)]
pub struct Unique {
    /// Name of the contract.
    pub name: &'static str,
    /// Columns in order.
    pub columns: &'static [&'static str],
}

/// A CHECK constraint. A number that is compared with a DECIMAL column is written `{100:column}`, so that an engine which
/// stores scaled integers can scale it.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Name of the contract.
    pub name: &'static str,
    /// The condition in T-SQL.
    pub condition: &'static str,
}

/// A FOREIGN KEY.
#[derive(Debug, Clone, Copy)]
pub struct ForeignKey {
    /// Name of the contract.
    pub name: &'static str,
    /// Referencing column.
    pub column: &'static str,
    /// Referenced schema and table.
    pub references: (&'static str, &'static str),
    /// Referenced column.
    pub referenced_column: &'static str,
}

/// An index.
#[derive(Debug, Clone, Copy)]
pub struct Index {
    /// Name.
    pub name: &'static str,
    /// Key columns, each as written (`event_time_utc DESC`).
    pub columns: &'static [&'static str],
    /// Included columns; an engine without INCLUDE leaves them out.
    pub include: &'static [&'static str],
    /// Filter in T-SQL.
    pub filter: Option<&'static str>,
    /// UNIQUE.
    pub unique: bool,
}

/// A table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Schema: `core`, `dim`, `fact`, `ctl`, `audit`.
    pub schema: &'static str,
    /// Name in the contract's case.
    pub name: &'static str,
    /// Columns in the contract's order, additive ones last.
    pub columns: &'static [Column],
    /// Name of the primary key constraint.
    pub primary_key_name: &'static str,
    /// Primary key columns.
    pub primary_key: &'static [&'static str],
    /// UNIQUE constraints.
    pub uniques: &'static [Unique],
    /// CHECK constraints.
    pub checks: &'static [Check],
    /// FOREIGN KEYs.
    pub foreign_keys: &'static [ForeignKey],
    /// Indexes.
    pub indexes: &'static [Index],
}

impl Table {
    /// `dim.DIM_CLIENTE`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// The column of that name, compared without case.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// True when `name` is part of the primary key, a UNIQUE constraint or a unique index.
    pub fn is_key_column(&self, name: &str) -> bool {
        self.primary_key.contains(&name)
            || self.uniques.iter().any(|unique| unique.columns.contains(&name))
            || self.indexes.iter().any(|index| index.unique && index.columns.contains(&name))
    }
}

/// A view, with the types that its columns have in the contract, so that export writes exact decimals and dates.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Schema.
    pub schema: &'static str,
    /// Name in the contract's case.
    pub name: &'static str,
    /// Columns in the contract's order with their types.
    pub columns: &'static [(&'static str, SqlType)],
    /// The text for the embedded engine, from `sql/embedded/views`, with two-part names.
    pub sql: &'static str,
    /// The text for an engine that runs T-SQL, from `sql/dw/views`: one batch, whose columns have exactly the types of
    /// [`View::columns`], since such an engine tells a reader the type that an expression has.
    pub tsql: &'static str,
    /// Columns that give a total order for export.
    pub order: &'static [&'static str],
}

impl View {
    /// The `CREATE VIEW` statement in a dialect: the file `embedded/views/<schema>.<name>.sql` or
    /// `dw/views/<schema>.<name>.sql` of the folder that overrides texts if it has it, else the compiled-in text.
    ///
    /// # Errors
    /// [`DwError::Io`](crate::error::DwError::Io) when the overriding file cannot be read.
    pub fn text_for(&self, dialect: &dyn Dialect) -> DwResult<String> {
        let (folder, text) = if dialect.name() == "embedded" { ("embedded", self.sql) } else { ("dw", self.tsql) };
        let text = sql_text::text_of(&format!("{folder}/views/{}.{}", self.schema, self.name), text)?;
        Ok(dialect.translate(&text))
    }
}
