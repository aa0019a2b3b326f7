//! Secondary indexes of a target that has no rows yet are dropped before its first load and made after it, sorted: keeping
//! them row by row would cost more than the rows. Whatever is missing when an entity ends is made, so that a crash in a first
//! load costs nothing but its time.

use dw_core::ddl;
use dw_core::dialect::Dialect;
use dw_core::engine::Transaction;
use dw_core::entity::EntityDescriptor;
use dw_core::error::DwResult;
use dw_core::indexes;
use dw_core::members::UNKNOWN_KEY;
use dw_core::schema::{Index, Table};

use crate::settle;
use crate::writers::{Writers, transact};

/// Indexes that a first load does without. A unique one holds a rule of the contract and stays, but for the business key of a
/// fact, which the work table of the run keeps unique.
fn deferred(dialect: &dyn Dialect, table: &'static Table) -> Vec<Index> {
    let mut indexes = ddl::unique_indexes(dialect, table);
    indexes.extend(table.indexes.iter().filter(|index| !index.unique).copied());
    indexes
}

/// The targets that lack a secondary index: a first load of them was killed, or somebody dropped one.
///
/// # Errors
/// Of the engine.
pub async fn incomplete(
    writers: &Writers<'_>,
    entities: &[&'static EntityDescriptor],
) -> DwResult<Vec<&'static Table>> {
    let targets: Vec<(&'static Table, Vec<Index>)> =
        entities.iter().map(|entity| (entity.target, deferred(writers.dialect(), entity.target))).collect();
    transact!(writers, tx => indexes::incomplete(tx, &targets))
}

/// Prepares a target: one that holds no row but the member -1 for its first load, by dropping its secondary indexes and
/// recording all its groups at once, so that no batch has to; another one by making its indexes, if it is `incomplete`. Tells
/// whether it was empty.
///
/// # Errors
/// Of the engine.
pub async fn prepare(writers: &Writers<'_>, entity: &EntityDescriptor, incomplete: bool) -> DwResult<bool> {
    transact!(writers, tx => prepare_in(tx, entity, incomplete))
}

async fn prepare_in(tx: &mut dyn Transaction, entity: &EntityDescriptor, incomplete: bool) -> DwResult<bool> {
    let table = entity.target;
    let empty = is_empty(tx, table).await?;
    if empty {
        let deferred = deferred(tx.dialect(), table);
        indexes::drop_all(tx, table, &deferred).await?;
        for group in entity.groups {
            settle::affect_all(tx, group.kind).await?;
        }
    } else if incomplete {
        create_missing(tx, table).await?;
    }
    Ok(empty)
}

/// Makes the secondary indexes that are missing.
///
/// # Errors
/// Of the engine.
pub async fn ensure(writers: &Writers<'_>, table: &'static Table) -> DwResult<()> {
    transact!(writers, tx => create_missing(tx, table))
}

async fn create_missing(tx: &mut dyn Transaction, table: &'static Table) -> DwResult<()> {
    let deferred = deferred(tx.dialect(), table);
    indexes::ensure(tx, table, &deferred).await
}

/// Makes the columnstore index of a fact that has grown to `from_rows` rows. It is in a transaction of its own, and not having
/// it is no failure of the load.
///
/// # Errors
/// Of the engine.
pub async fn ensure_columnstore(writers: &Writers<'_>, table: &'static Table, from_rows: u64) -> DwResult<bool> {
    transact!(writers, tx => indexes::ensure_columnstore(tx, table, from_rows))
}

async fn is_empty(tx: &mut dyn Transaction, table: &Table) -> DwResult<bool> {
    let dialect = tx.dialect();
    let target = dialect.table(table.schema, table.name);
    let sql = dialect
        .select_limited(&format!("{key} FROM {target} WHERE {key} <> {UNKNOWN_KEY}", key = table.primary_key[0]), 1);
    Ok(tx.query(&sql, &[]).await?.is_empty())
}
