//! Changes of many rows whose new values are computed here: staged by bulk copy and applied as a set.
//! Money is staged in the portable form, so that one statement serves every engine.

use dw_core::engine::Executor;
use dw_core::error::{DwError, DwResult};
use dw_core::schema::Table;
use dw_core::sql_type::SqlType;
use dw_core::value::RowBatch;

/// The temporary table of all staged changes; it is made anew for each of them.
const TEMP: &str = "sample_stage";

/// An update of some columns of a table by its single primary key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stage<'a> {
    table: &'static Table,
    columns: &'a [&'a str],
}

impl<'a> Stage<'a> {
    /// An update of `columns`; the rows of the batch are the key and then these columns.
    pub(crate) fn new(table: &'static Table, columns: &'a [&'a str]) -> Self {
        Self { table, columns }
    }

    /// Applies the batch and returns how many rows it changed.
    pub(crate) async fn update<E: Executor + ?Sized>(&self, executor: &mut E, rows: RowBatch) -> DwResult<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        let dialect = executor.dialect();
        let key = self.table.primary_key.first().copied().unwrap_or_default();
        let mut staged = vec![(key.to_owned(), dialect.staging_type(SqlType::BigInt), false)];
        let mut sets = vec![];
        for name in self.columns {
            let column = self
                .table
                .column(name)
                .ok_or_else(|| DwError::Internal(format!("{} has no column {name}", self.table.full_name())))?;
            staged.push(((*name).to_owned(), dialect.staging_type(column.ty), column.nullable));
            sets.push(format!("{name} = {}", dialect.staged_value(&format!("s.{name}"), column.ty)));
        }
        for statement in dialect.create_temp(TEMP, &staged, &[key]) {
            executor.execute(&statement, &[]).await?;
        }
        let names: Vec<&str> = staged.iter().map(|(name, _, _)| name.as_str()).collect();
        executor.bulk(&dialect.temp(TEMP), &names, rows.into()).await?;
        let target = dialect.table(self.table.schema, self.table.name);
        let source = format!("{} AS s", dialect.temp(TEMP));
        let sql = dialect.update_from(&target, "t", &sets, &source, &format!("t.{key} = s.{key}"));
        executor.execute(&sql, &[]).await
    }
}
