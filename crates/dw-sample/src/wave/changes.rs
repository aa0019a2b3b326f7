//! What a wave does to orders, lines and products that are there: the next status, higher prices, a cancellation, deletions.

use dw_core::catalog::oltp;
use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::sql_type::SqlType;
use dw_core::value::RowBatch;

use super::WaveReport;
use super::shop::{Shop, first, int, name};
use super::stage::Stage;
use crate::money::{margin, percent_of};

/// Products of a batch.
const BATCH: i64 = 5_000;

/// Moves the newest orders that are on their way one step on; a time that is known already stays.
pub(super) async fn advance_orders<E: Executor + ?Sized>(
    tx: &mut E,
    shop: &Shop,
    report: &mut WaveReport,
) -> DwResult<()> {
    let (orders, stamp) = (name(tx, &oltp::ORDERS), &shop.stamp);
    let body = format!(
        "order_id FROM {orders} WHERE order_status IN ('Pago', 'Faturado', 'Enviado') AND {} ORDER BY order_id DESC",
        shop.open("")
    );
    let newest = tx.dialect().select_limited(&body, shop.volume(2_500).unsigned_abs());
    let sql = format!(
        "UPDATE {orders} SET \
         order_status = CASE order_status WHEN 'Pago' THEN 'Faturado' WHEN 'Faturado' THEN 'Enviado' ELSE 'Entregue' END, \
         payment_status = 'Pago', \
         approved_at = COALESCE(approved_at, {stamp}), \
         shipped_at = CASE WHEN order_status = 'Pago' THEN shipped_at ELSE COALESCE(shipped_at, {stamp}) END, \
         delivered_at = CASE WHEN order_status = 'Enviado' THEN COALESCE(delivered_at, {stamp}) ELSE delivered_at END, \
         updated_at = {stamp} \
         WHERE order_id IN ({newest})"
    );
    report.orders_advanced = tx.execute(&sql, &[]).await?;
    Ok(())
}

/// Raises the list price of the newest active products by 3 %, and with it their margin.
pub(super) async fn raise_prices<E: Executor + ?Sized>(
    tx: &mut E,
    shop: &Shop,
    report: &mut WaveReport,
) -> DwResult<()> {
    let products = name(tx, &oltp::PRODUCTS);
    let highest = SqlType::Decimal(10, 2).max_scaled().unwrap_or(i64::MAX);
    let mut left = shop.volume(600);
    let mut below = i64::MAX;
    while left > 0 {
        let body = format!(
            "product_id, cost_price, list_price FROM {products} \
             WHERE product_id < @P1 AND product_status = 'Ativo' AND {} ORDER BY product_id DESC",
            shop.open("")
        );
        let page = std::cmp::min(left, BATCH);
        let sql = tx.dialect().select_limited(&body, page.unsigned_abs());
        let found = tx.query(&sql, &[below.into()]).await?;
        if found.is_empty() {
            break;
        }
        let mut rows = RowBatch::with_capacity(4, found.len());
        for row in found.rows() {
            let (id, cost, list) = (int(row, 0)?, int(row, 1)?, int(row, 2)?);
            below = id;
            let raised = percent_of(list, 103);
            if raised <= highest {
                rows.push_row([id.into(), raised.into(), margin(raised, cost).into(), shop.as_of().into()]);
            }
        }
        left -= page;
        let stage = Stage::new(&oltp::PRODUCTS, &["list_price", "suggested_margin_percent", "updated_at"]);
        report.prices_raised += stage.update(tx, rows).await?;
    }
    Ok(())
}

/// Soft-deletes active products: those of the contract first, and any other when these are used up.
pub(super) async fn delete_products<E: Executor + ?Sized>(
    tx: &mut E,
    shop: &Shop,
    report: &mut WaveReport,
) -> DwResult<()> {
    let (products, stamp) = (name(tx, &oltp::PRODUCTS), &shop.stamp);
    let wanted = shop.volume(30).unsigned_abs();
    for chosen in [" AND product_id % 41 = 0", ""] {
        let left = wanted.saturating_sub(report.products_deleted);
        if left == 0 {
            break;
        }
        let body = format!(
            "product_id FROM {products} WHERE product_status = 'Ativo' AND product_id < {}{chosen} AND {} ORDER BY product_id",
            shop.next.product,
            shop.open("")
        );
        let sql = format!(
            "UPDATE {products} SET product_status = 'Inativo', deleted_at = {stamp}, updated_at = {stamp} \
             WHERE product_id IN ({})",
            tx.dialect().select_limited(&body, left)
        );
        report.products_deleted += tx.execute(&sql, &[]).await?;
    }
    Ok(())
}

/// Cancels an order that is not on its way yet, and soft-deletes another order and a second line: of each, the one that was
/// left alone the longest, which the index on the stamp finds at once.
pub(super) async fn cancel_and_delete<E: Executor + ?Sized>(
    tx: &mut E,
    shop: &Shop,
    report: &mut WaveReport,
) -> DwResult<()> {
    let (orders, items, stamp) = (name(tx, &oltp::ORDERS), name(tx, &oltp::ORDER_ITEMS), &shop.stamp);
    let open = shop.open("");
    let body = format!(
        "order_id FROM {orders} WHERE order_status IN ('Pendente', 'Pago', 'Faturado') AND {open} ORDER BY updated_at, order_id"
    );
    match first(tx, &body, &[]).await? {
        Some(id) => {
            let sql = format!(
                "UPDATE {orders} SET order_status = 'Cancelado', payment_status = 'Estornado', \
                 canceled_at = COALESCE(canceled_at, {stamp}), updated_at = {stamp} WHERE order_id = @P1"
            );
            report.orders_cancelled = tx.execute(&sql, &[id.into()]).await?;
        }
        None => report.notes.push("no order was cancelled, because none is open".to_owned()),
    }
    let body =
        format!("order_id FROM {orders} WHERE order_status <> 'Cancelado' AND {open} ORDER BY updated_at, order_id");
    if let Some(id) = first(tx, &body, &[]).await? {
        // Its lines stay as they are: the order alone takes them out.
        let sql = format!("UPDATE {orders} SET deleted_at = {stamp}, updated_at = {stamp} WHERE order_id = @P1");
        report.orders_deleted = tx.execute(&sql, &[id.into()]).await?;
    }
    let body = format!(
        "i.order_item_id FROM {items} AS i INNER JOIN {orders} AS o ON o.order_id = i.order_id \
         WHERE i.item_number > 1 AND o.deleted_at IS NULL AND o.order_status <> 'Cancelado' AND {} ORDER BY i.updated_at, i.order_item_id",
        shop.open("i.")
    );
    match first(tx, &body, &[]).await? {
        Some(id) => {
            let sql =
                format!("UPDATE {items} SET deleted_at = {stamp}, updated_at = {stamp} WHERE order_item_id = @P1");
            report.items_deleted = tx.execute(&sql, &[id.into()]).await?;
        }
        None => report.notes.push("no line was deleted, because no order has a second one".to_owned()),
    }
    Ok(())
}
