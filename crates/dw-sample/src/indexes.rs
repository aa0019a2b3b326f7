//! Secondary indexes out of the way of a large load: built once from sorted rows they cost a fraction of what a change a row
//! costs, and the difference grows with the table. All inside of the caller's transaction, so that a crash brings them back.
//! Not here: which indexes there are (see [`dw_core::catalog`]).

use dw_core::ddl;
use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::schema::Table;

/// Drops the indexes of `table`; its keys stay.
pub(crate) async fn drop_all<E: Executor + ?Sized>(executor: &mut E, table: &'static Table) -> DwResult<()> {
    let dialect = executor.dialect();
    for index in table.indexes {
        // An index has a name of its own in a file, and one of its table on a server.
        let of_table = if dialect.name() == "embedded" {
            String::new()
        } else {
            format!(" ON {}", dialect.table(table.schema, table.name))
        };
        executor.execute(&format!("DROP INDEX IF EXISTS {}{of_table}", index.name), &[]).await?;
    }
    Ok(())
}

/// Creates what [`drop_all`] dropped.
pub(crate) async fn create_all<E: Executor + ?Sized>(executor: &mut E, table: &'static Table) -> DwResult<()> {
    let dialect = executor.dialect();
    for index in table.indexes {
        executor.execute(&ddl::create_index(dialect, table, index), &[]).await?;
    }
    Ok(())
}
