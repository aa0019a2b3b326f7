//! Makes and drops secondary indexes: an index that is there is left alone, and one that is not there is not missed.
//! Not here: which indexes there are (see [`crate::catalog`]), and when they are in the way.

use crate::ddl;
use crate::engine::Executor;
use crate::error::DwResult;
use crate::schema::{Index, Table};
use crate::sql_text;
use crate::sql_text::SqlText;

const KEYS: SqlText = sql_text!("etl/index_keys");

/// Makes the given indexes of a table that are missing.
///
/// # Errors
/// Of the engine.
pub async fn ensure<E: Executor + ?Sized>(executor: &mut E, table: &Table, indexes: &[Index]) -> DwResult<()> {
    if indexes.is_empty() {
        return Ok(());
    }
    let dialect = executor.dialect();
    // SQLite has the guard in its statement.
    let present = if dialect.name() == "embedded" { Vec::new() } else { present(executor, table).await? };
    let missing: Vec<&Index> = indexes.iter().filter(|index| !present.contains(&key(index))).collect();
    if !missing.is_empty() && !may_alter(executor, table).await? {
        let names: Vec<&str> = missing.iter().map(|index| index.name).collect();
        tracing::warn!(table = table.full_name(), ?names, "indexes are missing, and this login may not make them");
        return Ok(());
    }
    for index in missing {
        executor.execute(&ddl::create_index(dialect, table, index), &[]).await?;
    }
    Ok(())
}

/// Whether the login may make and drop indexes of a table. Asked first: a refusal would end the transaction.
async fn may_alter<E: Executor + ?Sized>(executor: &mut E, table: &Table) -> DwResult<bool> {
    if executor.dialect().name() == "embedded" {
        return Ok(true);
    }
    let sql = "SELECT CAST(HAS_PERMS_BY_NAME(@P1, 'OBJECT', 'ALTER') AS INT)";
    Ok(executor.query(sql, &[table.full_name().into()]).await?.get(0, 0).int()? == Some(1))
}

/// Drops the given indexes of a table, those that are there. A login that may not keeps them: what they speed up is worth less
/// than the right.
///
/// # Errors
/// Of the engine.
pub async fn drop_all<E: Executor + ?Sized>(executor: &mut E, table: &Table, indexes: &[Index]) -> DwResult<()> {
    if indexes.is_empty() || !may_alter(executor, table).await? {
        return Ok(());
    }
    for index in indexes {
        let sql = ddl::drop_index(executor.dialect(), table, index);
        executor.execute(&sql, &[]).await?;
    }
    Ok(())
}

/// The key columns of an index, without their direction.
fn key(index: &Index) -> Vec<String> {
    let name = |column: &&str| column.split(' ').next().unwrap_or_default().to_ascii_lowercase();
    index.columns.iter().map(name).collect()
}

/// The key columns of each index of a table.
async fn present<E: Executor + ?Sized>(executor: &mut E, table: &Table) -> DwResult<Vec<Vec<String>>> {
    let rows = executor.query(&KEYS.get()?, &[table.full_name().into()]).await?;
    let mut keys: Vec<(i64, Vec<String>)> = Vec::new();
    for row in rows.rows() {
        let [id, _, name] = row else { continue };
        let id = id.int()?.unwrap_or_default();
        let name = name.text()?.unwrap_or_default().to_ascii_lowercase();
        match keys.last_mut() {
            Some((last, columns)) if *last == id => columns.push(name),
            _ => keys.push((id, vec![name])),
        }
    }
    Ok(keys.into_iter().map(|(_, columns)| columns).collect())
}
