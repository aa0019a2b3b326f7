//! Writes the rows into the source database: one transaction, bulk copies of bounded batches, explicit identity values.
//! Not here: what the rows are (see [`super::rows`]).

use dw_core::catalog::oltp;
use dw_core::engine::{Executor, Session, Transaction};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::schema::{DefaultValue, Table};
use dw_core::value::{RowBatch, Value};

use super::model::Data;
use super::report::OlistReport;
use super::rows::{Plan, Row};
use super::{OlistOptions, OlistProgress};
use crate::load::{self, IfFilled};

/// Tells how far the writing is.
type Progress<'a> = &'a mut (dyn FnMut(OlistProgress) + Send);

/// Writes all tables and commits.
pub(super) async fn write(
    session: &mut dyn Session,
    data: &Data,
    options: &OlistOptions,
    progress: Progress<'_>,
    report: &mut OlistReport,
) -> DwResult<()> {
    let plan = Plan::new(data, options.as_of);
    let mut tx = session.begin().await?;
    match options.if_filled {
        IfFilled::Keep => refuse_filled(&mut *tx).await?,
        IfFilled::Replace => clear(&mut *tx).await?,
    }
    let mut out = Writer { tx: &mut *tx, batch_rows: options.batch_rows.max(1), progress, report };
    out.table(&oltp::REGIONS, plan.regions()).await?;
    out.table(&oltp::TEAMS, plan.teams()).await?;
    out.table(&oltp::SUPPLIERS, plan.suppliers()).await?;
    out.table(&oltp::CUSTOMERS, plan.customers()).await?;
    out.table(&oltp::PRODUCTS, plan.products()).await?;
    out.table(&oltp::SELLERS, plan.sellers()).await?;
    out.table(&oltp::DISCOUNT_CAMPAIGNS, plan.campaigns()).await?;
    out.table(&oltp::ORDERS, plan.orders()).await?;
    out.table(&oltp::ORDER_ITEMS, plan.items()).await?;
    out.table(&oltp::ORDER_ITEM_DISCOUNTS, plan.discounts()).await?;
    out.table(&oltp::SELLER_TARGETS_MONTHLY, plan.targets()).await?;
    tx.commit().await
}

/// Refuses a source that holds rows: what somebody asks to import must not be answered by what was there before.
pub(super) async fn refuse_filled<E: Executor + ?Sized>(executor: &mut E) -> DwResult<()> {
    let filled = load::filled_tables(executor).await?;
    if filled.is_empty() {
        return Ok(());
    }
    Err(DwError::usage(
        format!("{} already holds rows: {}", Database::Oltp, filled.join(", ")),
        "import into an empty data folder, or pass `--replace`, which deletes the rows first",
    ))
}

async fn clear(tx: &mut (dyn Transaction + '_)) -> DwResult<()> {
    for table in oltp::TABLES.iter().rev() {
        let name = tx.dialect().table(table.schema, table.name);
        tx.execute(&format!("DELETE FROM {name}"), &[]).await?;
    }
    Ok(())
}

/// Writes table after table.
struct Writer<'a, 't> {
    tx: &'a mut (dyn Transaction + 't),
    batch_rows: usize,
    progress: Progress<'a>,
    report: &'a mut OlistReport,
}

impl Writer<'_, '_> {
    async fn table(&mut self, table: &'static Table, rows: impl Iterator<Item = Row> + Send) -> DwResult<()> {
        let name = self.tx.dialect().table(table.schema, table.name);
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        let defaults: Vec<Value> = table.columns.iter().map(|column| default_of(column.default)).collect();
        let (mut named, mut positions): (Vec<&str>, Vec<usize>) = (Vec::new(), Vec::new());
        let mut batch = RowBatch::with_capacity(columns.len(), self.batch_rows);
        let mut written = 0;
        for row in rows {
            if !row.iter().map(|(name, _)| *name).eq(named.iter().copied()) {
                // Once a table, as a rule: its rows name the same columns in the same order.
                named = row.iter().map(|(name, _)| *name).collect();
                positions = locate(table, &named)?;
            }
            let mut values = defaults.clone();
            for ((_, value), position) in row.into_iter().zip(&positions) {
                if let Some(slot) = values.get_mut(*position) {
                    *slot = value;
                }
            }
            batch.push_row(values);
            if batch.len() >= self.batch_rows {
                let full = std::mem::replace(&mut batch, RowBatch::with_capacity(columns.len(), self.batch_rows));
                written += self.tx.bulk(&name, &columns, full.into()).await?;
                (self.progress)(OlistProgress::Writing { table: table.name, rows: written });
            }
        }
        if !batch.is_empty() {
            written += self.tx.bulk(&name, &columns, batch.into()).await?;
        }
        (self.progress)(OlistProgress::Writing { table: table.name, rows: written });
        self.report.tables.push((table.name, written));
        Ok(())
    }
}

/// The defaults are written out, because a bulk copy need not know them.
fn default_of(default: DefaultValue) -> Value {
    match default {
        DefaultValue::Int(number) => Value::Int(number),
        DefaultValue::Text(text) => text.into(),
        DefaultValue::None | DefaultValue::UtcNow | DefaultValue::CurrentUser => Value::Null,
    }
}

fn locate(table: &Table, names: &[&str]) -> DwResult<Vec<usize>> {
    names
        .iter()
        .map(|name| {
            table
                .columns
                .iter()
                .position(|column| column.name == *name)
                .ok_or_else(|| DwError::Internal(format!("{} has no column {name}", table.full_name())))
        })
        .collect()
}
