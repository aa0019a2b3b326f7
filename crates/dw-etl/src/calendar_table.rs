//! Keeps `dim.DIM_DATA` as long as the data (ruling 5). Not here: what a day looks like (see [`crate::calendar`]).

use dw_core::catalog::dims::DIM_DATA;
use dw_core::engine::Transaction;
use dw_core::error::DwResult;
use dw_core::members::UNKNOWN_KEY;
use dw_core::time::{self, Seconds};
use dw_core::value::RowBatch;

use crate::calendar;

/// Adds the member -1 and the whole years that the calendar lacks, in the transaction that needs them. `days` are the
/// smallest and the largest `data_id` of a batch.
///
/// # Errors
/// Of the engine.
pub async fn ensure(tx: &mut dyn Transaction, days: Option<(i64, i64)>, now: Seconds) -> DwResult<()> {
    let today = time::day_of(now);
    let (has_unknown, span) = present(tx).await?;
    if has_unknown && calendar::missing_rows(span, days, today).is_empty() {
        return Ok(());
    }
    // Another entity may need the same years at the same time; whoever comes second finds them.
    tx.exclusive("calendar").await?;
    let (has_unknown, span) = present(tx).await?;
    let table = tx.dialect().table(DIM_DATA.schema, DIM_DATA.name);
    let columns: Vec<&str> = DIM_DATA.columns.iter().map(|column| column.name).collect();
    if !has_unknown {
        let mut unknown = RowBatch::new(columns.len());
        unknown.push_row(calendar::unknown_row().into_values());
        tx.bulk(&table, &columns, unknown.into()).await?;
    }
    let rows = calendar::missing_rows(span, days, today);
    if !rows.is_empty() {
        tx.bulk(&table, &columns, rows.into()).await?;
    }
    Ok(())
}

/// Whether the member -1 is there, and the first and the last day that is.
async fn present(tx: &mut dyn Transaction) -> DwResult<(bool, Option<(i64, i64)>)> {
    let table = tx.dialect().table(DIM_DATA.schema, DIM_DATA.name);
    // Three seeks on the primary key.
    let sql = format!(
        "SELECT (SELECT MIN(data_id) FROM {table}), (SELECT MIN(data_id) FROM {table} WHERE data_id > 0), \
         (SELECT MAX(data_id) FROM {table} WHERE data_id > 0)"
    );
    let found = tx.query(&sql, &[]).await?;
    let span = found.get(0, 1).int()?.zip(found.get(0, 2).int()?);
    Ok((found.get(0, 0).int()? == Some(UNKNOWN_KEY), span))
}
