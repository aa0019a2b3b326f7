//! Makes and drops secondary indexes: an index that is there is left alone, and one that is not there is not missed.
//! Not here: which indexes there are (see [`crate::catalog`]), and when they are in the way.

use std::collections::HashMap;

use crate::ddl;
use crate::engine::Executor;
use crate::error::DwResult;
use crate::schema::{Index, Table};
use crate::sql_text;
use crate::sql_text::SqlText;
use crate::value::Value;

const KEYS: SqlText = sql_text!("etl/index_keys");
const COLUMNSTORE_STATE: SqlText = sql_text!("etl/columnstore_state");

/// Which of these targets lack one of their indexes, by one question for all of them. An engine whose statement has the guard
/// is not asked: there every table counts as one that does.
///
/// # Errors
/// Of the engine.
pub async fn incomplete<E: Executor + ?Sized>(
    executor: &mut E,
    targets: &[(&'static Table, Vec<Index>)],
) -> DwResult<Vec<&'static Table>> {
    if executor.dialect().name() == "embedded" {
        return Ok(targets.iter().map(|(table, _)| *table).collect());
    }
    let keys = keys(executor, None).await?;
    let lacks = |(table, wanted): &&(&'static Table, Vec<Index>)| {
        let present = keys.get(&table.full_name().to_ascii_lowercase());
        wanted.iter().any(|index| !present.is_some_and(|present| present.contains(&key(index))))
    };
    Ok(targets.iter().filter(lacks).map(|(table, _)| *table).collect())
}

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
    let present = if dialect.name() == "embedded" {
        Vec::new()
    } else {
        keys(executor, Some(table)).await?.remove(&table.full_name().to_ascii_lowercase()).unwrap_or_default()
    };
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

/// Makes the columnstore index of a fact that has at least `from_rows` rows and none yet. Tells whether it did.
///
/// # Errors
/// Of the engine.
pub async fn ensure_columnstore<E: Executor + ?Sized>(
    executor: &mut E,
    table: &Table,
    from_rows: u64,
) -> DwResult<bool> {
    let state = executor.query(&COLUMNSTORE_STATE.get()?, &[table.full_name().into()]).await?;
    let number =
        |column: usize| -> DwResult<u64> { Ok(u64::try_from(state.get(0, column).int()?.unwrap_or(0)).unwrap_or(0)) };
    if number(0)? > 0 || number(1)? < from_rows {
        return Ok(false);
    }
    if !may_alter(executor, table).await? {
        tracing::warn!(table = table.full_name(), "this login may not make the columnstore index");
        return Ok(false);
    }
    executor.execute(&ddl::create_columnstore(executor.dialect(), table), &[]).await?;
    Ok(true)
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

/// The key columns of each index of a table, or of all targets, by the name of the table in lower case.
async fn keys<E: Executor + ?Sized>(
    executor: &mut E,
    table: Option<&Table>,
) -> DwResult<HashMap<String, Vec<Vec<String>>>> {
    let rows = executor.query(&KEYS.get()?, &[table.map_or(Value::Null, |table| table.full_name().into())]).await?;
    let mut keys: HashMap<String, Vec<Vec<String>>> = HashMap::new();
    for row in rows.rows() {
        let [schema, table, ordinal, column] = row else { continue };
        let text = |value: &Value| -> DwResult<String> { Ok(value.text()?.unwrap_or_default().to_ascii_lowercase()) };
        let indexes = keys.entry(format!("{}.{}", text(schema)?, text(table)?)).or_default();
        match indexes.last_mut() {
            Some(columns) if ordinal.int()? != Some(1) => columns.push(text(column)?),
            _ => indexes.push(vec![text(column)?]),
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::facts::FACT_VENDAS;
    use crate::fake::{Answer, Call, FakeSession};
    use crate::sql_server::TsqlDialect;
    use crate::value::RowBatch;

    /// Whether a columnstore index is made of a fact with so many of them and so many rows, by a login that may or may not.
    async fn made(columnstores: i64, rows: i64, may: i64) -> (bool, usize) {
        let mut session = FakeSession::speaking(&TsqlDialect);
        let mut state = RowBatch::new(2);
        state.push_row([Value::Int(columnstores), Value::Int(rows)]);
        session.answer("sys.partitions", Answer::Rows(state));
        let mut permission = RowBatch::new(1);
        permission.push_row([Value::Int(may)]);
        session.answer("HAS_PERMS_BY_NAME", Answer::Rows(permission));
        let made = ensure_columnstore(&mut session, &FACT_VENDAS, 10_000_000).await.unwrap();
        let is_create =
            |call: &&Call| matches!(call, Call::Execute(sql, _) if sql.contains("COLUMNSTORE INDEX NCCI_FACT_VENDAS"));
        (made, session.calls().iter().filter(is_create).count())
    }

    #[tokio::test]
    async fn a_fact_gets_its_columnstore_index_once_when_it_is_large_enough() {
        assert_eq!(made(0, 10_000_000, 1).await, (true, 1));
        assert_eq!(made(0, 9_999_999, 1).await, (false, 0), "too few rows");
        assert_eq!(made(1, 20_000_000, 1).await, (false, 0), "it has one");
        assert_eq!(made(0, 20_000_000, 0).await, (false, 0), "the login may not");
    }

    fn table(rows: &mut RowBatch, schema: &str, name: &str, indexes: &[&[&str]]) {
        for columns in indexes {
            for (ordinal, column) in (1..).zip(*columns) {
                rows.push_row([schema.into(), name.into(), Value::Int(ordinal), (*column).into()]);
            }
        }
    }

    #[tokio::test]
    async fn a_target_without_one_of_its_indexes_is_incomplete_whatever_the_case_of_its_name() {
        let mut session = FakeSession::speaking(&TsqlDialect);
        let mut rows = RowBatch::new(4);
        table(&mut rows, "fact", "fact_vendas", &[&["venda_id"], &["data_id"], &["CLIENTE_ID"]]);
        session.answer("sys.index_columns", Answer::Rows(rows));
        let wanted = [(&FACT_VENDAS, FACT_VENDAS.indexes.to_vec())];
        assert!(incomplete(&mut session, &wanted).await.unwrap().is_empty());
        let mut rows = RowBatch::new(4);
        table(&mut rows, "fact", "FACT_VENDAS", &[&["venda_id"], &["data_id", "cliente_id"]]);
        session.answer("sys.index_columns", Answer::Rows(rows));
        assert_eq!(incomplete(&mut session, &wanted).await.unwrap().len(), 1);
    }
}
