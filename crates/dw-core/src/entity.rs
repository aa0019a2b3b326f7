//! What an entity of the ETL is: tables, keys, parents, written columns and the changed keys of each driving table
//! (ruling 19). The nine of the contract stand in [`crate::entities`]; the rules that turn a row into another in `dw-etl`.

use crate::schema::Table;
use crate::sql_type::SqlType;

/// The place of an entity in the order of work (ruling 10). Entities of one phase run side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// cliente, produto, regiao, equipe, desconto.
    Dimensions,
    /// vendedor, whose rows point to teams and to each other.
    Sellers,
    /// vendas and metas.
    Facts,
    /// descontos, whose rows point to sales.
    Discounts,
}

/// A table whose change changes rows of an entity. Its changed rows are found by one seek on `(updated_at, key)`.
#[derive(Debug, Clone, Copy)]
pub struct Driver {
    /// The table, under the alias `d`.
    pub table: &'static Table,
    /// Joins from `d` to the entity's key, in T-SQL with two-part names; empty when `d` has the key.
    pub joins: &'static str,
    /// The entity's key: `d.customer_id`, `i.order_item_id`.
    pub key: &'static str,
}

/// What stands in a target column when the source has no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The member -1 (facts, product decision 3).
    Unknown,
    /// NULL (a link between dimensions).
    Null,
}

/// What happens when the source has a key whose row has not arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// An inferred member is inserted.
    Infer,
    /// The row is rejected with `dependency_missing` and retried by the next runs (ruling 9).
    Reject,
}

/// A reference of a target to another table, by the business key that is staged.
#[derive(Debug, Clone, Copy)]
pub struct Parent {
    /// Staged business key: `cliente_original_id`.
    pub staged: &'static str,
    /// Target column: `cliente_id`.
    pub column: &'static str,
    /// Referenced table.
    pub table: &'static Table,
    /// Business key of the referenced table.
    pub business_key: &'static str,
    /// Without a key.
    pub missing: Missing,
    /// Without a row.
    pub absent: Absent,
}

/// A unique value that two source rows may swap (ruling 8).
#[derive(Debug, Clone, Copy)]
pub struct Swappable {
    /// The columns of the UNIQUE constraint, as named in the target.
    pub columns: &'static [&'static str],
    /// The text column that takes the placeholder `~<key>`, which no member has; `None` for the targets of FACT_METAS, which are parked on the
    /// member -1 and a free day.
    pub placeholder: Option<&'static str>,
}

/// Rows from whose set something is derived (ruling 11): whenever a row is written, the groups of its old and of its new
/// value are recorded in `ctl.etl_affected_group` and derived anew before the run ends.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Kind: `equipe`, `gerente`, `cliente`, `mes`.
    pub kind: &'static str,
    /// The target column that holds the group's key.
    pub column: &'static str,
}

/// An entity of the ETL.
#[derive(Debug, Clone, Copy)]
pub struct EntityDescriptor {
    /// `dim_cliente`.
    pub name: &'static str,
    /// Order of work.
    pub phase: Phase,
    /// Driving table of the source, the one whose key is the entity's.
    pub source: &'static Table,
    /// Key of the source.
    pub source_key: &'static str,
    /// Alias of the source in [`EntityDescriptor::from`].
    pub alias: &'static str,
    /// The source and its joins behind the work table, in T-SQL with two-part names; begins with the source and its alias.
    pub from: &'static str,
    /// All tables whose change changes a row; the first is the source itself.
    pub drivers: &'static [Driver],
    /// Target table.
    pub target: &'static Table,
    /// Surrogate key of the target.
    pub surrogate: &'static str,
    /// Business key of the target, unique there.
    pub business_key: &'static str,
    /// References of the target.
    pub parents: &'static [Parent],
    /// A reference to the target itself, set after its rows are there.
    pub self_parent: Option<&'static Parent>,
    /// Unique values that rows may swap.
    pub swappable: &'static [Swappable],
    /// Groups that a written row affects.
    pub groups: &'static [Group],
    /// Staged columns that only an INSERT writes, because a set step owns them afterwards.
    pub insert_only: &'static [&'static str],
    /// Columns that take the time of the load: the first on INSERT alone, the second whenever a row is written. They never
    /// make a row different.
    pub load_stamps: Option<(&'static str, &'static str)>,
}

impl EntityDescriptor {
    /// True for a dimension.
    pub fn is_dimension(&self) -> bool {
        self.target.schema == "dim"
    }

    /// The type of a staged column: that of the target, or BIGINT for the business key of a parent.
    pub fn staged_type(&self, column: &str) -> SqlType {
        self.target.column(column).map_or(SqlType::BigInt, |column| column.ty)
    }
}
