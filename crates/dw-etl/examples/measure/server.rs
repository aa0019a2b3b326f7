//! What a server does by itself with the rows of `fact_vendas`, to hold the ETL against: reading them, one server-side INSERT,
//! and an upsert row by row over one connection. Not here: the ETL.

use std::sync::Arc;
use std::time::Instant;

use dw_core::engine::{Access, Session, SharedEngine};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::value::RowBatch;
use dw_testkit::server::TestDatabases;

/// Rows of the upsert row by row: enough for a rate, few enough to wait for.
const ONE_BY_ONE: usize = 3_000;

/// The columns of an item with those of its order, 21 in all.
const JOINED: &str = "i.order_item_id, i.order_id, i.item_number, i.product_id, i.quantity, i.unit_price, i.gross_amount, \
    i.discount_amount, i.net_amount, i.cost_amount, i.return_quantity, i.returned_amount, i.commission_percent, \
    i.commission_amount, i.had_discount, o.order_number, o.customer_id, o.seller_id, o.region_id, o.order_status, o.order_date";

/// Prints what the server does by itself. The warehouse is loaded already.
pub(crate) async fn compare(engine: &SharedEngine, databases: &TestDatabases) -> DwResult<()> {
    read(engine).await?;
    let mut dw = engine.open(Database::Dw, Access::ReadWrite, "measure").await?;
    insert_select(&mut *dw, databases.name(Database::Oltp)).await?;
    insert_checked(&mut *dw).await?;
    let rows = some_sales(&mut *dw).await?;
    copy(&mut *dw, Arc::clone(&rows)).await?;
    one_by_one(&mut *dw, &rows).await
}

fn told(what: &str, rows: u64, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = rows as f64 / seconds;
    println!("  the server by itself: {what}: {rows} rows in {seconds:.3} s = {rate:.0} rows/s");
}

async fn read(engine: &SharedEngine) -> DwResult<()> {
    let mut oltp = engine.open(Database::Oltp, Access::ReadOnly, "measure").await?;
    let sql = format!("SELECT {JOINED} FROM core.order_items i JOIN core.orders o ON o.order_id = i.order_id");
    let started = Instant::now();
    let mut rows = 0;
    let mut stream = oltp.stream(&sql, &[], 1_024).await?;
    while let Some(chunk) = stream.next().await? {
        rows += chunk.len() as u64;
    }
    told("21 columns of items and orders read by this program", rows, started);
    Ok(())
}

/// Without a lookup, without a constraint but its key, without a row over the network.
async fn insert_select(dw: &mut dyn Session, oltp: &str) -> DwResult<()> {
    let joined = format!("{oltp}.core.order_items i JOIN {oltp}.core.orders o ON o.order_id = i.order_id");
    let columns: Vec<String> = JOINED
        .split(", ")
        .filter_map(|name| {
            let (table, name) = name.split_once('.')?;
            let table = dw_core::catalog::find_table(if table == "i" { "core.order_items" } else { "core.orders" })?;
            Some(format!("{name} {} NULL", dw.dialect().column_type(table.column(name)?.ty)))
        })
        .collect();
    let columns = columns.join(", ").replacen(" NULL", " NOT NULL PRIMARY KEY", 1);
    dw.execute(&format!("CREATE TABLE dbo.measured ({columns})"), &[]).await?;
    let started = Instant::now();
    let rows = dw.execute(&format!("INSERT INTO dbo.measured SELECT {JOINED} FROM {joined}"), &[]).await?;
    told("one INSERT .. SELECT of them into a keyed table", rows, started);
    Ok(())
}

/// The sales of the warehouse once more, into an empty table with the foreign keys of theirs: what the server needs for the
/// constraints alone, with nothing to resolve, to convert or to send.
async fn insert_checked(dw: &mut dyn Session) -> DwResult<()> {
    let sales = dw_core::catalog::find_table("fact.FACT_VENDAS").ok_or_else(|| DwError::schema("no FACT_VENDAS"))?;
    let columns = SALE.join(", ");
    dw.execute(&format!("SELECT TOP (0) {columns} INTO dbo.checked FROM fact.FACT_VENDAS"), &[]).await?;
    dw.execute("ALTER TABLE dbo.checked ADD CONSTRAINT PK_checked PRIMARY KEY (venda_original_id)", &[]).await?;
    for (number, key) in sales.foreign_keys.iter().enumerate() {
        let (schema, table) = key.references;
        let sql = format!(
            "ALTER TABLE dbo.checked ADD CONSTRAINT FK_checked_{number} FOREIGN KEY ({}) REFERENCES {schema}.{table} ({})",
            key.column, key.referenced_column
        );
        dw.execute(&sql, &[]).await?;
    }
    let sql = format!("INSERT INTO dbo.checked ({columns}) SELECT {columns} FROM fact.FACT_VENDAS");
    let started = Instant::now();
    let rows = dw.execute(&sql, &[]).await?;
    told("one INSERT .. SELECT of the loaded sales under the same foreign keys", rows, started);
    Ok(())
}

/// The columns of a sale that an upsert writes.
const SALE: [&str; 21] = [
    "venda_original_id",
    "data_id",
    "cliente_id",
    "produto_id",
    "regiao_id",
    "vendedor_id",
    "quantidade_vendida",
    "preco_unitario_tabela",
    "valor_total_bruto",
    "valor_total_descontos",
    "valor_total_liquido",
    "custo_total",
    "quantidade_devolvida",
    "valor_devolvido",
    "percentual_comissao",
    "valor_comissao",
    "numero_pedido",
    "teve_desconto",
    "status_pedido",
    "excluido_em",
    "linha_hash",
];

/// Sales of the warehouse: keys, numbers and texts as they are stored.
async fn some_sales(dw: &mut dyn Session) -> DwResult<Arc<RowBatch>> {
    let sql = format!("SELECT TOP (50000) {} FROM fact.FACT_VENDAS WHERE venda_id <> -1", SALE.join(", "));
    Ok(Arc::new(dw.query(&sql, &[]).await?))
}

async fn copy(dw: &mut dyn Session, rows: Arc<RowBatch>) -> DwResult<()> {
    let dialect = dw.dialect();
    let sales = dw_core::catalog::find_table("fact.FACT_VENDAS").ok_or_else(|| DwError::schema("no FACT_VENDAS"))?;
    let staged: Vec<(String, String, bool)> = SALE
        .iter()
        .filter_map(|name| sales.column(name))
        .map(|column| (column.name.to_owned(), dialect.staging_type(column.ty), true))
        .collect();
    for sql in dialect.create_temp("measured", &staged, &[]) {
        dw.execute(&sql, &[]).await?;
    }
    let started = Instant::now();
    let copied = dw.bulk(&dialect.temp("measured"), &SALE, rows).await?;
    told("21 columns copied from this program, counted and summed up", copied, started);
    Ok(())
}

/// An UPDATE, and an INSERT where it met no row: what a loader without a stage does.
async fn one_by_one(dw: &mut dyn Session, rows: &RowBatch) -> DwResult<()> {
    dw.execute(&format!("SELECT TOP (0) {} INTO dbo.upserted FROM fact.FACT_VENDAS", SALE.join(", ")), &[]).await?;
    dw.execute("ALTER TABLE dbo.upserted ADD CONSTRAINT PK_upserted PRIMARY KEY (venda_original_id)", &[]).await?;
    let sets: Vec<String> =
        SALE.iter().enumerate().skip(1).map(|(at, name)| format!("{name} = {}", parameter(name, at))).collect();
    let update = format!("UPDATE dbo.upserted SET {} WHERE venda_original_id = @P1", sets.join(", "));
    let values: Vec<String> = SALE.iter().enumerate().map(|(at, name)| parameter(name, at)).collect();
    let insert = format!("INSERT INTO dbo.upserted ({}) VALUES ({})", SALE.join(", "), values.join(", "));
    let started = Instant::now();
    let mut transaction = dw.begin().await?;
    let mut written = 0;
    for row in rows.rows().take(ONE_BY_ONE) {
        if transaction.execute(&update, row).await? == 0 {
            written += transaction.execute(&insert, row).await?;
        }
    }
    transaction.commit().await?;
    told("an upsert row by row, all new, in one transaction", written, started);
    Ok(())
}

/// Amounts are whole hundredths in this program.
fn parameter(name: &str, at: usize) -> String {
    let number = at + 1;
    if name.starts_with("valor_")
        || name.starts_with("preco_")
        || name.starts_with("custo_")
        || name.starts_with("percentual_")
    {
        format!("@P{number} * 0.01")
    } else {
        format!("@P{number}")
    }
}
