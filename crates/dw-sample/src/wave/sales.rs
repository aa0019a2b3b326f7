//! The orders that a wave adds, with their lines and discounts. The last one belongs to the late customer.

use dw_core::catalog::oltp;
use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::time::{DAY, Seconds};
use dw_core::value::{RowBatch, Value};

use super::shop::{Shop, at, ids, int, name, pool};
use super::{LateCustomer, WaveReport};
use crate::base::contract_columns;
use crate::money::{percent_of, pick};

/// Orders of a batch; about twice as many lines.
const BATCH: i64 = 2_500;
const MINUTE: Seconds = 60;
/// Orders are spread over the 30 days before the wave.
const SPREAD_MINUTES: i64 = 43_200;
const CHANNELS: &[&str] = &["Site", "App", "Marketplace"];
/// Commission in hundredths of a percent.
const COMMISSION: i64 = 400;

/// Who buys and what is sold.
#[derive(Debug)]
struct Market {
    customers: Vec<i64>,
    products: Vec<Product>,
}

/// A product with its prices before the wave raises them.
#[derive(Debug)]
struct Product {
    id: i64,
    cost: i64,
    list: i64,
}

/// The rows of one batch.
#[derive(Debug)]
struct Rows {
    orders: RowBatch,
    items: RowBatch,
    discounts: RowBatch,
    next_item: i64,
    next_discount: i64,
}

/// Adds the orders and completes what the report says about the late customer.
pub(super) async fn orders<E: Executor + ?Sized>(
    tx: &mut E,
    shop: &Shop,
    late: LateCustomer,
    report: &mut WaveReport,
) -> DwResult<()> {
    let market = read_market(tx, shop).await?;
    let tables = [&oltp::ORDERS, &oltp::ORDER_ITEMS, &oltp::ORDER_ITEM_DISCOUNTS];
    let names = tables.map(|table| name(tx, table));
    let columns = tables.map(contract_columns);
    let total = shop.volume(2_200);
    let (mut next_item, mut next_discount) = (shop.next.item, shop.next.discount);
    let mut first = 1;
    while first <= total {
        let last = std::cmp::min(first + BATCH - 1, total);
        let [orders, items, discounts] =
            [&columns[0], &columns[1], &columns[2]].map(|names| RowBatch::new(names.len()));
        let mut rows = Rows { orders, items, discounts, next_item, next_discount };
        for n in first..=last {
            let customer = if n == total { Some(late.customer_id) } else { None };
            push_order(shop, &market, n, customer, &mut rows);
        }
        (next_item, next_discount) = (rows.next_item, rows.next_discount);
        report.orders_added += tx.bulk(&names[0], &columns[0], rows.orders.into()).await?;
        report.items_added += tx.bulk(&names[1], &columns[1], rows.items.into()).await?;
        if !rows.discounts.is_empty() {
            report.discounts_added += tx.bulk(&names[2], &columns[2], rows.discounts.into()).await?;
        }
        first = last + 1;
    }
    report.late_customer = Some(LateCustomer { order_id: shop.next.order + total - 1, ..late });
    if shop.campaigns.is_empty() {
        report.notes.push("no discount was given, because the source has no campaign".to_owned());
    }
    Ok(())
}

async fn read_market<E: Executor + ?Sized>(tx: &mut E, shop: &Shop) -> DwResult<Market> {
    let customers = ids(&pool(tx, &oltp::CUSTOMERS, "customer_id", shop.number).await?)?;
    let products = pool(tx, &oltp::PRODUCTS, "product_id, cost_price, list_price", shop.number).await?;
    let products = products
        .rows()
        .map(|row| Ok(Product { id: int(row, 0)?, cost: int(row, 1)?, list: int(row, 2)? }))
        .collect::<DwResult<_>>()?;
    Ok(Market { customers, products })
}

fn push_order(shop: &Shop, market: &Market, n: i64, customer: Option<i64>, out: &mut Rows) {
    let as_of = shop.as_of();
    let id = shop.next.order + n - 1;
    let placed = as_of - (11 * n) % SPREAD_MINUTES * MINUTE;
    let after = |seconds: Seconds| std::cmp::min(placed + seconds, as_of);
    let (status, steps) = match n % 10 {
        0 | 1 => ("Pago", 1),
        2..=4 => ("Faturado", 1),
        5 | 6 => ("Enviado", 2),
        _ => ("Entregue", 3),
    };
    // The first wave picks as the contract does; each later one begins elsewhere and meets other customers.
    let customer = customer.or_else(|| at(&market.customers, 29 * n + 31 * (shop.number - 1)).copied());
    let seller = if n % 9 == 0 { None } else { at(&shop.sellers, 7 * n).copied() };
    out.orders.push_row([
        id.into(),
        format!("ORD-{}-{n:07}", shop.code).into(),
        customer.into(),
        seller.into(),
        at(&shop.regions, 3 * n).map(|region| region.id).into(),
        status.into(),
        "Pago".into(),
        placed.into(),
        after(20 * MINUTE).into(),
        (steps >= 2).then(|| after(8 * 60 * MINUTE)).into(),
        (steps >= 3).then(|| after(2 * DAY)).into(),
        Value::Null,
        pick(CHANNELS, n).into(),
        "BRL".into(),
        format!("Pedido da onda {} #{n}", shop.code).into(),
        placed.into(),
        as_of.into(),
        Value::Null,
    ]);
    for number in 1..=id % 3 + 1 {
        push_line(shop, market, Order { id, placed, has_seller: seller.is_some() }, number, out);
    }
}

/// What a line needs to know of its order.
#[derive(Debug, Clone, Copy)]
struct Order {
    id: i64,
    placed: Seconds,
    has_seller: bool,
}

fn push_line(shop: &Shop, market: &Market, order: Order, number: i64, out: &mut Rows) {
    let Some(product) = at(&market.products, 5 * order.id + 3 * number) else {
        return;
    };
    let key = order.id + number;
    let quantity = 1 + key % 4;
    let unit = percent_of(product.list, 95 + key % 6);
    let gross = quantity * unit;
    let campaign = at(&shop.campaigns, 11 * out.next_item).filter(|_| key % 4 == 0).copied();
    // Of the list price, although the line is sold for less: as the reference system does.
    let discount = if campaign.is_some() { percent_of(quantity * product.list, 7) } else { 0 };
    let net = gross - discount;
    let as_of = shop.as_of();
    out.items.push_row([
        out.next_item.into(),
        order.id.into(),
        number.into(),
        product.id.into(),
        quantity.into(),
        unit.into(),
        gross.into(),
        discount.into(),
        net.into(),
        (quantity * product.cost).into(),
        0_i64.into(),
        0_i64.into(),
        order.has_seller.then_some(COMMISSION).into(),
        order.has_seller.then(|| percent_of(net, 4)).into(),
        (discount > 0).into(),
        order.placed.into(),
        as_of.into(),
        Value::Null,
    ]);
    if let Some(campaign) = campaign.filter(|_| discount > 0) {
        out.discounts.push_row([
            out.next_discount.into(),
            out.next_item.into(),
            order.id.into(),
            campaign.into(),
            "Item".into(),
            discount.into(),
            gross.into(),
            net.into(),
            as_of.into(),
            true.into(),
            Value::Null,
            as_of.into(),
            as_of.into(),
            Value::Null,
        ]);
        out.next_discount += 1;
    }
    out.next_item += 1;
}
