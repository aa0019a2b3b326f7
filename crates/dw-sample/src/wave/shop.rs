//! What a wave knows of the source before it changes it: its number, the size of the shop, the next free ids and who may be
//! picked. Lists of candidates are bounded: from a large table only every k-th row is read.

use dw_core::catalog::oltp;
use dw_core::engine::Executor;
use dw_core::error::{DwError, DwResult};
use dw_core::schema::Table;
use dw_core::sql_type::SqlType;
use dw_core::time::{self, Days, Seconds};
use dw_core::value::{RowBatch, Value};

use super::WaveOptions;
use crate::money::round_div;

/// Candidates of one kind in memory.
pub(super) const POOL: i64 = 25_000;
/// The size of the base sample to which the numbers of contract/01 section 1.3 belong.
const CUSTOMERS_AT_ONE: i64 = 20_000;

/// A region that customers live in.
#[derive(Debug)]
pub(super) struct Region {
    pub(super) id: i64,
    pub(super) state: Value,
    pub(super) city: Value,
}

/// The ids that new rows begin with.
#[derive(Debug)]
pub(super) struct NextIds {
    pub(super) customer: i64,
    pub(super) product: i64,
    pub(super) order: i64,
    pub(super) item: i64,
    pub(super) discount: i64,
    pub(super) target: i64,
}

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) options: WaveOptions,
    /// The number of the wave, from 1.
    pub(super) number: i64,
    /// `INC001`.
    pub(super) code: String,
    pub(super) next: NextIds,
    pub(super) regions: Vec<Region>,
    pub(super) suppliers: Vec<i64>,
    pub(super) teams: Vec<i64>,
    pub(super) sellers: Vec<i64>,
    pub(super) campaigns: Vec<i64>,
    customers: i64,
    /// `as_of` as a literal of the engine.
    pub(super) stamp: String,
}

impl Shop {
    pub(super) async fn read<E: Executor + ?Sized>(tx: &mut E, options: WaveOptions) -> DwResult<Self> {
        let customers = count(tx, &oltp::CUSTOMERS, "").await?;
        let stamp = timestamp(tx, options.as_of);
        refuse_empty(tx, customers, &stamp, options.as_of).await?;
        let number = next_number(tx).await?;
        let next = NextIds {
            customer: next_id(tx, &oltp::CUSTOMERS).await?,
            product: next_id(tx, &oltp::PRODUCTS).await?,
            order: next_id(tx, &oltp::ORDERS).await?,
            item: next_id(tx, &oltp::ORDER_ITEMS).await?,
            discount: next_id(tx, &oltp::ORDER_ITEM_DISCOUNTS).await?,
            target: next_id(tx, &oltp::SELLER_TARGETS_MONTHLY).await?,
        };
        let regions = pool(tx, &oltp::REGIONS, "region_id, state, city", number).await?;
        Ok(Self {
            options,
            number,
            code: format!("INC{number:03}"),
            next,
            regions: regions
                .rows()
                .map(|row| Ok(Region { id: int(row, 0)?, state: row[1].clone(), city: row[2].clone() }))
                .collect::<DwResult<_>>()?,
            suppliers: ids(&pool(tx, &oltp::SUPPLIERS, "supplier_id", number).await?)?,
            teams: ids(&pool(tx, &oltp::TEAMS, "team_id", number).await?)?,
            sellers: ids(&pool(tx, &oltp::SELLERS, "seller_id", number).await?)?,
            campaigns: ids(&pool(tx, &oltp::DISCOUNT_CAMPAIGNS, "discount_id", number).await?)?,
            customers,
            stamp,
        })
    }

    /// How many rows a change of contract/01 section 1.3 has in a shop of this size, at least one.
    pub(super) fn volume(&self, at_one: i64) -> i64 {
        round_div(at_one.saturating_mul(self.customers), CUSTOMERS_AT_ONE).max(1)
    }

    /// The stamp of everything in this wave.
    pub(super) fn as_of(&self) -> Seconds {
        self.options.as_of
    }

    /// The day of the stamp.
    pub(super) fn today(&self) -> Days {
        time::day_of(self.options.as_of)
    }

    /// The rows that this wave may change: they live, and are not stamped later than the wave.
    pub(super) fn open(&self, alias: &str) -> String {
        format!("{alias}deleted_at IS NULL AND {alias}updated_at <= {}", self.stamp)
    }
}

/// The entry at `index`, counted round and round.
pub(super) fn at<T>(list: &[T], index: i64) -> Option<&T> {
    let length = i64::try_from(list.len()).ok()?;
    list.get(usize::try_from(index.checked_rem_euclid(length)?).ok()?)
}

/// The number in column `column` of a row.
pub(super) fn int(row: &[Value], column: usize) -> DwResult<i64> {
    let value = row.get(column).and_then(|value| value.int().transpose()).transpose()?;
    value.ok_or_else(|| DwError::schema(format!("column {column} of a key query is NULL")))
}

/// The first column as numbers.
pub(super) fn ids(rows: &RowBatch) -> DwResult<Vec<i64>> {
    rows.rows().map(|row| int(row, 0)).collect()
}

/// The name of a table in a statement.
pub(super) fn name<E: Executor + ?Sized>(tx: &E, table: &Table) -> String {
    tx.dialect().table(table.schema, table.name)
}

/// A time as a literal of the engine.
pub(super) fn timestamp<E: Executor + ?Sized>(tx: &E, seconds: Seconds) -> String {
    tx.dialect().literal(SqlType::DateTime2(0), &Value::Int(seconds))
}

/// The first number of the first row, `None` without one.
pub(super) async fn scalar<E: Executor + ?Sized>(tx: &mut E, sql: &str, params: &[Value]) -> DwResult<Option<i64>> {
    tx.query(sql, params).await?.get(0, 0).int()
}

/// The first number of the first row that `body` (behind the word SELECT) finds.
pub(super) async fn first<E: Executor + ?Sized>(tx: &mut E, body: &str, params: &[Value]) -> DwResult<Option<i64>> {
    let sql = tx.dialect().select_limited(body, 1);
    scalar(tx, &sql, params).await
}

async fn count<E: Executor + ?Sized>(tx: &mut E, table: &Table, condition: &str) -> DwResult<i64> {
    let sql = format!("SELECT COUNT(*) FROM {} {condition}", name(tx, table));
    Ok(scalar(tx, &sql, &[]).await?.unwrap_or(0))
}

fn key(table: &Table) -> &'static str {
    table.primary_key.first().copied().unwrap_or_default()
}

async fn next_id<E: Executor + ?Sized>(tx: &mut E, table: &Table) -> DwResult<i64> {
    let sql = format!("SELECT COALESCE(MAX({}), 0) + 1 FROM {}", key(table), name(tx, table));
    Ok(scalar(tx, &sql, &[]).await?.unwrap_or(1))
}

/// `columns` of the live rows of a table in the order of its key; of a large table every k-th, another set for each wave.
pub(super) async fn pool<E: Executor + ?Sized>(
    tx: &mut E,
    table: &Table,
    columns: &str,
    number: i64,
) -> DwResult<RowBatch> {
    let live = count(tx, table, "WHERE deleted_at IS NULL").await?;
    // Rounded up, so that no more than POOL rows remain.
    let step = (live + POOL - 1) / POOL;
    let (table_name, key) = (name(tx, table), key(table));
    let every = if step > 1 { format!(" AND {key} % {step} = {}", number % step) } else { String::new() };
    let body = format!("{columns} FROM {table_name} WHERE deleted_at IS NULL{every} ORDER BY {key}");
    let sql = tx.dialect().select_limited(&body, POOL.unsigned_abs());
    tx.query(&sql, &[]).await
}

async fn refuse_empty<E: Executor + ?Sized>(tx: &mut E, customers: i64, stamp: &str, as_of: Seconds) -> DwResult<()> {
    let fill = "fill the source first, for example with `init --scale 1`";
    for (table, empty) in [(&oltp::CUSTOMERS, customers == 0), (&oltp::PRODUCTS, false), (&oltp::ORDERS, false)] {
        let body = format!("1 FROM {}", name(tx, table));
        if empty || first(tx, &body, &[]).await?.is_none() {
            return Err(DwError::usage(format!("the source has no {} that a wave could change", table.name), fill));
        }
    }
    let body = format!("1 FROM {} WHERE updated_at <= {stamp}", name(tx, &oltp::ORDERS));
    if first(tx, &body, &[]).await?.is_none() {
        let message = format!("the source has no order as old as {}", time::format_timestamp(as_of));
        return Err(DwError::usage(message, "use a later `--as-of`, or leave it out"));
    }
    Ok(())
}

/// One more than the greatest number of the codes `ORD-INC007-0000001`, `CUST-INC007-000001` and `PROD-INC007-000001`.
async fn next_number<E: Executor + ?Sized>(tx: &mut E) -> DwResult<i64> {
    let mut greatest = 0;
    for (table, column, prefix, first_of_wave) in [
        (&oltp::ORDERS, "order_number", "ORD-INC", "-0000001"),
        (&oltp::CUSTOMERS, "customer_code", "CUST-INC", "-000001"),
        (&oltp::PRODUCTS, "product_code", "PROD-INC", "-000001"),
    ] {
        // The first row of each wave is enough; the range lets the engine use the unique index.
        let sql = format!(
            "SELECT {column} FROM {} WHERE {column} >= @P1 AND {column} < @P2 AND {column} LIKE @P3",
            name(tx, table)
        );
        let end = format!("{}D", prefix.trim_end_matches('C'));
        let pattern = format!("{prefix}%{first_of_wave}");
        for row in tx.query(&sql, &[prefix.into(), end.into(), pattern.into()]).await?.rows() {
            let code = row.first().map(Value::text).transpose()?.flatten().unwrap_or_default();
            let digits = code.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(first_of_wave));
            let number = digits.and_then(|digits| digits.parse::<i64>().ok()).unwrap_or(0);
            greatest = std::cmp::max(greatest, number);
        }
    }
    Ok(greatest + 1)
}
