//! Bulk copy: rows go to a temporary table of types that arrive unchanged on every server, are counted and summed up there,
//! and from there, where the target is another table, as a set into it with an exact cast a column.
//! Not here: what is done with a staged batch (`dw-etl`).

use std::time::Instant;

use tiberius::{ColumnType, TokenRow};

use super::checksum;
use super::dialect::TsqlDialect;
use super::failure;
use super::session::{SqlServerSession, timed_out};
use super::values::Wire;
use super::wire_size;
use crate::catalog;
use crate::dialect::Dialect;
use crate::error::{DwError, DwResult};
use crate::schema::{Column, Table};
use crate::value::{RowBatch, Value};

/// The temporary table through which rows go to a table that is none.
const COPY: &str = "dw_copy";

/// Copies rows into a table and returns how many.
pub(super) async fn copy(
    session: &mut SqlServerSession,
    table: &str,
    columns: &[&str],
    rows: &RowBatch,
) -> DwResult<u64> {
    if rows.is_empty() {
        return Ok(0);
    }
    if table.starts_with('#') {
        return send(session, table, columns, rows).await;
    }
    let target = catalog::find_table(table)
        .ok_or_else(|| DwError::Internal(format!("a bulk copy into `{table}`, which the catalog does not know")))?;
    let types: Vec<&Column> = columns
        .iter()
        .map(|name| {
            target.column(name).ok_or_else(|| DwError::Internal(format!("{} has no column {name}", target.full_name())))
        })
        .collect::<DwResult<_>>()?;
    let staged: Vec<(String, String, bool)> =
        types.iter().map(|column| (column.name.to_owned(), TsqlDialect.staging_type(column.ty), true)).collect();
    for sql in TsqlDialect.create_temp(COPY, &staged, &[]) {
        session.remember_temp(&sql);
        session.ask(&sql, &[]).await?;
    }
    let copied = send(session, &TsqlDialect.temp(COPY), columns, rows).await?;
    let inserted = session.counted(&insert_copied(target, &types)).await?;
    if inserted != copied {
        return Err(DwError::Internal(format!("{copied} rows were copied and {inserted} inserted into {table}")));
    }
    session.ask(&format!("DROP TABLE {}", TsqlDialect.temp(COPY)), &[]).await?;
    Ok(copied)
}

/// The statement from the temporary table to the target; explicit keys of an IDENTITY are kept.
fn insert_copied(target: &Table, columns: &[&Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let values: Vec<String> =
        columns.iter().map(|column| TsqlDialect.staged_value(&format!("s.{}", column.name), column.ty)).collect();
    let name = target.full_name();
    let insert = format!(
        "INSERT INTO {name} ({}) SELECT {} FROM {} s",
        names.join(", "),
        values.join(", "),
        TsqlDialect.temp(COPY)
    );
    let count = "DECLARE @copied BIGINT = @@ROWCOUNT";
    if columns.iter().any(|column| column.identity) {
        format!(
            "SET IDENTITY_INSERT {name} ON; {insert}; {count}; SET IDENTITY_INSERT {name} OFF; SELECT @copied AS copied"
        )
    } else {
        format!("{insert}; {count}; SELECT @copied AS copied")
    }
}

/// Sends rows into a temporary table and checks what arrived: a copy that reports success proves nothing.
async fn send(session: &mut SqlServerSession, table: &str, columns: &[&str], rows: &RowBatch) -> DwResult<u64> {
    let layout = layout(session, table).await?;
    let mut sources = Vec::with_capacity(layout.len());
    for (name, wire) in &layout {
        sources.push((columns.iter().position(|column| column.eq_ignore_ascii_case(name)), *wire));
    }
    if let Some(unknown) =
        columns.iter().find(|column| layout.iter().all(|(name, _)| !name.eq_ignore_ascii_case(column)))
    {
        return Err(DwError::Internal(format!("{table} has no column {unknown}")));
    }
    let whole: Vec<&[Value]> = rows.rows().collect();
    let parts = wire_size::parts(&layout, &sources, |name| session.is_unlimited(table, name), &whole);
    for row in parts.apart {
        insert(session, table, columns, row).await?;
    }
    for part in parts.together {
        request(session, table, &sources, part).await?;
    }
    let wires: Vec<(&str, Wire)> = columns
        .iter()
        .filter_map(|column| {
            layout.iter().find(|(name, _)| name.eq_ignore_ascii_case(column)).map(|(_, wire)| (*column, *wire))
        })
        .collect();
    checksum::verify(session, table, &wires, rows).await
}

/// One bulk copy.
async fn request(
    session: &mut SqlServerSession,
    table: &str,
    sources: &[(Option<usize>, Wire)],
    rows: Vec<&[Value]>,
) -> DwResult<()> {
    let began = Instant::now();
    session.link.unsure = true;
    let stays_unsure = session.in_open_work();
    let client = &mut session.link.client;
    let sent = async {
        let mut request = client.bulk_insert(table).await.map_err(Sent::Driver)?;
        for row in &rows {
            let mut tokens = TokenRow::with_capacity(sources.len());
            for (source, wire) in sources {
                let value = source.and_then(|index| row.get(index)).unwrap_or(&Value::Null);
                tokens.push(wire.encode(value).map_err(Sent::Value)?);
            }
            request.send(tokens).await.map_err(Sent::Driver)?;
        }
        request.finalize().await.map_err(Sent::Driver)?;
        Ok(())
    };
    let statement = format!("INSERT BULK {table}");
    match tokio::time::timeout(session.timeout, sent).await {
        Ok(Ok(())) => {
            session.link.unsure = stays_unsure;
            tracing::trace!(sql = statement, micros = began.elapsed().as_micros(), rows = rows.len(), "copied");
            Ok(())
        }
        Ok(Err(Sent::Driver(error))) => Err(failure::explain(&error, &session.place, &statement)),
        Ok(Err(Sent::Value(error))) => Err(error),
        Err(_) => Err(timed_out(&session.place, session.timeout, &statement)),
    }
}

/// Inserts one row that cannot be copied.
async fn insert(session: &mut SqlServerSession, table: &str, columns: &[&str], row: &[Value]) -> DwResult<()> {
    let layout = layout(session, table).await?;
    let is_time =
        |column: &str| layout.iter().any(|(name, wire)| name.eq_ignore_ascii_case(column) && *wire == Wire::Seconds);
    let params: Vec<Value> = columns
        .iter()
        .zip(row)
        .map(|(column, value)| match value {
            Value::Int(seconds) if is_time(column) => Value::Seconds(*seconds),
            other => other.clone(),
        })
        .collect();
    let places: Vec<String> = (1..=columns.len()).map(|number| format!("@P{number}")).collect();
    let sql = format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
    session.ask(&sql, &params).await.map(|_| ())
}

/// Why rows were not sent.
enum Sent {
    Driver(tiberius::error::Error),
    Value(DwError),
}

/// Names and wire forms of the columns of a temporary table, in their order.
async fn layout(session: &mut SqlServerSession, table: &str) -> DwResult<Vec<(String, Wire)>> {
    let sql = format!("SELECT TOP (0) * FROM {table}");
    session.columns(&sql).await?.into_iter().map(|(name, ty)| wire(table, name, ty)).collect()
}

fn wire(table: &str, name: String, ty: ColumnType) -> DwResult<(String, Wire)> {
    let Some(wire) = Wire::of(ty) else {
        return Err(DwError::Internal(format!("{table}.{name} has a type that no staging table has: {ty:?}")));
    };
    Ok((name, wire))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explicit_keys_are_kept() {
        let customers = catalog::find_table("core.customers").unwrap();
        let columns: Vec<&Column> = customers.columns.iter().collect();
        insta::assert_snapshot!(insert_copied(customers, &columns));
    }
}
