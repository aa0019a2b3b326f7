//! Secondary indexes out of the way of a large load: built once from sorted rows they cost a fraction of what a change a row
//! costs, and the difference grows with the table. All inside of the caller's transaction, so that a crash brings them back.
//! Not here: which indexes there are (see [`dw_core::catalog`]).

use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::indexes;
use dw_core::schema::Table;

/// Drops the indexes of `table`; its keys stay.
pub(crate) async fn drop_all<E: Executor + ?Sized>(executor: &mut E, table: &'static Table) -> DwResult<()> {
    indexes::drop_all(executor, table, table.indexes).await
}

/// Creates what [`drop_all`] dropped.
pub(crate) async fn create_all<E: Executor + ?Sized>(executor: &mut E, table: &'static Table) -> DwResult<()> {
    indexes::ensure(executor, table, table.indexes).await
}
