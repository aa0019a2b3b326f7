//! `olist_order_items_dataset.csv`: order lines of one piece each, with price and freight.

use std::collections::HashSet;

use dw_core::error::DwResult;
use dw_core::sql_type::SqlType;

use super::field;
use super::log::{IssueLog, Reject};
use super::model::{Data, Item};
use super::report::{ReasonCode, SourceFile};
use super::source::{Reading, Row};

const COLUMNS: [&str; 6] = ["order_id", "order_item_id", "product_id", "seller_id", "price", "freight_value"];

/// A price must also fit `products.list_price`, which is narrower than `order_items.unit_price`.
const PRICE: SqlType = SqlType::Decimal(10, 2);

/// Reads the file and sorts the items by order and number, from which their identity values follow (ruling 2).
pub(super) fn read(reading: &mut Reading<'_>, data: &mut Data) -> DwResult<()> {
    let mut seen: HashSet<(usize, i64)> = HashSet::new();
    reading.each_row(SourceFile::OrderItems, &COLUMNS, |row, log| {
        let item = parse(row, log, data)?;
        if !seen.insert((item.order, item.number)) {
            let reason = format!("item {} of order {} was read before", item.number, field::quote(row.text(0)?));
            return Err(Reject::new(ReasonCode::DuplicateKey, reason));
        }
        data.items.push(item);
        log.loaded(SourceFile::OrderItems);
        Ok(())
    })?;
    data.items.sort_by_key(|item| (item.order, item.number));
    for item in &data.items {
        if let Some(order) = data.orders.get_mut(item.order) {
            order.seller = order.seller.or(item.seller);
            order.freight += item.freight;
        }
    }
    Ok(())
}

fn parse(row: &Row<'_>, log: &mut IssueLog, data: &Data) -> Result<Item, Reject> {
    let order_key = row.key(0)?;
    let order = *data.order_index.get(&order_key).ok_or_else(|| {
        Reject::new(ReasonCode::UnknownOrder, format!("order {} was not loaded", field::quote(&order_key)))
    })?;
    let number = field::whole(row.required(1)?, 1, i64::from(i32::MAX))?;
    let product_key = row.key(2)?;
    let product = *data.product_index.get(&product_key).ok_or_else(|| {
        Reject::new(ReasonCode::UnknownProduct, format!("product {} was not loaded", field::quote(&product_key)))
    })?;
    let price = field::amount(row.required(4)?, PRICE, 0)?;
    // What follows may be missing without harm to the sale.
    let seller = row.key(3).and_then(|key| {
        data.seller_index.get(&key).copied().map(Some).ok_or_else(|| {
            Reject::new(ReasonCode::UnknownSeller, format!("seller {} was not loaded", field::quote(&key)))
        })
    });
    let seller = log.or_note(row.file(), row.line(), seller);
    let freight = row.text(5).and_then(|text| field::optional_amount(text, PRICE, 0));
    let freight = log.or_note(row.file(), row.line(), freight).unwrap_or(0);
    Ok(Item { order, number, product, seller, price, freight, discount: 0 })
}
