//! The source as maps: every table read by one simple SELECT.

use std::collections::{BTreeMap, HashMap};

use dw_core::catalog::oltp;
use dw_core::engine::Session;
use dw_core::schema::Table;
use dw_core::time::Seconds;
use dw_core::value::Value;
use rust_decimal::Decimal;

/// A row by column name.
#[derive(Debug, Clone)]
pub struct Row(HashMap<&'static str, Value>);

impl Row {
    /// The stored value.
    pub fn value(&self, column: &str) -> &Value {
        self.0.get(column).unwrap_or_else(|| panic!("no column {column}"))
    }

    /// A number that may be NULL.
    pub fn maybe(&self, column: &str) -> Option<i64> {
        self.value(column).int().unwrap()
    }

    /// A number.
    pub fn int(&self, column: &str) -> i64 {
        self.maybe(column).unwrap_or_else(|| panic!("{column} is NULL"))
    }

    /// A text; NULL is empty.
    pub fn text(&self, column: &str) -> &str {
        self.value(column).text().unwrap().unwrap_or_default()
    }

    /// An amount with two digits that may be NULL.
    pub fn maybe_money(&self, column: &str) -> Option<Decimal> {
        self.maybe(column).map(|cents| Decimal::new(cents, 2))
    }

    /// An amount with two digits.
    pub fn money(&self, column: &str) -> Decimal {
        Decimal::new(self.int(column), 2)
    }

    /// True when the row is marked as deleted.
    pub fn is_deleted(&self) -> bool {
        self.maybe("deleted_at").is_some()
    }
}

/// Rows by key.
pub type Rows = BTreeMap<i64, Row>;

/// The tables of the source.
#[derive(Debug)]
pub struct Shop {
    pub regions: Rows,
    pub teams: Rows,
    pub suppliers: Rows,
    /// Those that the run has seen.
    pub customers: Rows,
    /// All, the late ones too: an order knows where its customer lives before the run sees him.
    pub all_customers: Rows,
    pub products: Rows,
    pub sellers: Rows,
    pub orders: Rows,
    pub items: Rows,
    pub discounts: Rows,
    pub targets: Rows,
}

impl Shop {
    /// Reads the source as a run with this cutoff sees it.
    pub async fn read(oltp: &mut dyn Session, cutoff: Seconds) -> Self {
        let all_customers = read(oltp, &oltp::CUSTOMERS).await;
        let mut customers = all_customers.clone();
        customers.retain(|_, row| row.int("updated_at") <= cutoff);
        let shop = Self {
            regions: read(oltp, &oltp::REGIONS).await,
            teams: read(oltp, &oltp::TEAMS).await,
            suppliers: read(oltp, &oltp::SUPPLIERS).await,
            customers,
            all_customers,
            products: read(oltp, &oltp::PRODUCTS).await,
            sellers: read(oltp, &oltp::SELLERS).await,
            orders: read(oltp, &oltp::ORDERS).await,
            items: read(oltp, &oltp::ORDER_ITEMS).await,
            discounts: read(oltp, &oltp::ORDER_ITEM_DISCOUNTS).await,
            targets: read(oltp, &oltp::SELLER_TARGETS_MONTHLY).await,
        };
        let seen = [&shop.teams, &shop.sellers, &shop.orders, &shop.items, &shop.discounts, &shop.targets];
        for row in seen.into_iter().flat_map(BTreeMap::values) {
            assert!(row.int("updated_at") <= cutoff, "only customers come late in these tests: {row:?}");
        }
        shop
    }
}

async fn read(oltp: &mut dyn Session, table: &'static Table) -> Rows {
    let columns: Vec<&'static str> = table.columns.iter().map(|column| column.name).collect();
    let sql = format!("SELECT {} FROM {}", columns.join(", "), oltp.dialect().table(table.schema, table.name));
    let found = oltp.query(&sql, &[]).await.unwrap();
    found
        .rows()
        .map(|row| Row(columns.iter().copied().zip(row.iter().cloned()).collect()))
        .map(|row| (row.int(table.primary_key[0]), row))
        .collect()
}

/// What texts that are compared as SQL Server does have in common.
pub fn folded(text: &str) -> String {
    text.trim_end_matches(' ').to_lowercase()
}
