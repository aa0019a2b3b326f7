//! Bulk copy: rows go to a temporary table of types that arrive unchanged on every server, are counted and summed up there,
//! and from there, where the target is another table, as a set into it with an exact cast a column.
//! Not here: what is done with a staged batch (`dw-etl`).

use tiberius::{ColumnType, TokenRow};

use super::checksum;
use super::dialect::TsqlDialect;
use super::failure;
use super::session::{SqlServerSession, timed_out};
use super::values::Wire;
use crate::catalog;
use crate::dialect::Dialect;
use crate::engine::Computed;
use crate::error::{DwError, DwResult};
use crate::schema::{Column, Table};
use crate::value::RowBatch;

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

/// Replaces the rows of a staging table: a copy into a table of the copied columns alone, and from there one INSERT that looks
/// the computed columns up with a join each.
pub(super) async fn stage(
    session: &mut SqlServerSession,
    table: &str,
    columns: &[&str],
    computed: &[Computed],
    rows: &RowBatch,
) -> DwResult<u64> {
    let raw = raw_table(table);
    session.ask(&prepare_stage(table, &raw, columns), &[]).await?;
    let copied = send(session, &raw, columns, rows).await?;
    let staged = session
        .counted(&format!("{}; SELECT CAST(@@ROWCOUNT AS BIGINT) AS staged", resolve(table, &raw, columns, computed)))
        .await?;
    if staged != copied {
        return Err(DwError::Internal(format!("{copied} rows were copied and {staged} staged in {table}")));
    }
    Ok(staged)
}

/// The table of the copied columns of a staging table.
fn raw_table(stage: &str) -> String {
    format!("{stage}_in")
}

/// Makes the raw table with the types of the staging table, once a session, and empties both.
fn prepare_stage(table: &str, raw: &str, columns: &[&str]) -> String {
    format!(
        "IF OBJECT_ID('tempdb..{raw}') IS NULL SELECT TOP (0) {} INTO {raw} FROM {table}; TRUNCATE TABLE {raw}; TRUNCATE TABLE {table}",
        columns.join(", ")
    )
}

/// The INSERT from the raw table to the staging table.
fn resolve(table: &str, raw: &str, columns: &[&str], computed: &[Computed]) -> String {
    let mut names: Vec<&str> = columns.to_vec();
    let mut values: Vec<String> = columns.iter().map(|column| format!("s.{column}")).collect();
    let mut joins = String::new();
    for (index, one) in computed.iter().enumerate() {
        names.push(&one.column);
        let Some(lookup) = &one.lookup else {
            values.push("NULL".to_owned());
            continue;
        };
        let alias = format!("r{}", index + 1);
        let found = format!("{alias}.{}", lookup.select);
        values.push(match lookup.without_key {
            None => found,
            Some(unknown) => format!("CASE WHEN s.{} IS NULL THEN {unknown} ELSE {found} END", lookup.staged),
        });
        joins.push_str(&format!(" LEFT JOIN {} {alias} ON {alias}.{} = s.{}", lookup.table, lookup.key, lookup.staged));
    }
    format!("INSERT INTO {table} ({}) SELECT {} FROM {raw} s{joins}", names.join(", "), values.join(", "))
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
    session.link.unsure = true;
    let stays_unsure = session.in_open_work();
    let client = &mut session.link.client;
    let null = crate::value::Value::Null;
    let sent = async {
        let mut request = client.bulk_insert(table).await.map_err(Sent::Driver)?;
        for row in rows.rows() {
            let mut tokens = TokenRow::with_capacity(sources.len());
            for (source, wire) in &sources {
                let value = source.and_then(|index| row.get(index)).unwrap_or(&null);
                tokens.push(wire.encode(value).map_err(Sent::Value)?);
            }
            request.send(tokens).await.map_err(Sent::Driver)?;
        }
        request.finalize().await.map_err(Sent::Driver)?;
        Ok(())
    };
    let statement = format!("INSERT BULK {table}");
    match tokio::time::timeout(session.timeout, sent).await {
        Ok(Ok(())) => session.link.unsure = stays_unsure,
        Ok(Err(Sent::Driver(error))) => return Err(failure::explain(&error, &session.place, &statement)),
        Ok(Err(Sent::Value(error))) => return Err(error),
        Err(_) => return Err(timed_out(&session.place, session.timeout, &statement)),
    }
    let wires: Vec<(&str, Wire)> = columns
        .iter()
        .filter_map(|column| {
            layout.iter().find(|(name, _)| name.eq_ignore_ascii_case(column)).map(|(_, wire)| (*column, *wire))
        })
        .collect();
    checksum::verify(session, table, &wires, rows).await
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
    use crate::engine::Lookup;

    #[test]
    fn the_statements_of_a_staged_batch() {
        let lookup = |select, key, without_key| {
            Some(Lookup { table: "dim.D".to_owned(), select, key, staged: key, without_key })
        };
        let computed = [
            Computed { column: "target_id".to_owned(), lookup: None },
            Computed { column: "d_id".to_owned(), lookup: lookup("d_id", "d_key", Some(-1)) },
            Computed { column: "e_id".to_owned(), lookup: lookup("e_id", "e_key", None) },
        ];
        let columns = ["id", "d_key", "e_key"];
        insta::assert_snapshot!(format!(
            "{}\n{}",
            prepare_stage("#stage", "#stage_in", &columns),
            resolve("#stage", "#stage_in", &columns, &computed)
        ));
    }

    #[test]
    fn explicit_keys_are_kept() {
        let customers = catalog::find_table("core.customers").unwrap();
        let columns: Vec<&Column> = customers.columns.iter().collect();
        insta::assert_snapshot!(insert_copied(customers, &columns));
    }
}
