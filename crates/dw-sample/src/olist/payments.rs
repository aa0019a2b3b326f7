//! `olist_order_payments_dataset.csv`: whether an order is paid, and vouchers, which are discounts on one of its items.

use std::collections::HashSet;

use dw_core::error::DwResult;
use dw_core::sql_type::SqlType;
use rust_decimal::Decimal;

use super::field;
use super::log::Reject;
use super::model::{Data, Discount, Voucher};
use super::report::{OlistReport, ReasonCode, SourceFile};
use super::source::Reading;

const COLUMNS: [&str; 4] = ["order_id", "payment_sequential", "payment_type", "payment_value"];
const MONEY: SqlType = SqlType::Decimal(15, 2);

/// Reads the file.
pub(super) fn read(reading: &mut Reading<'_>, data: &mut Data) -> DwResult<()> {
    let mut seen: HashSet<(usize, i64)> = HashSet::new();
    data.payments_known = reading.each_row(SourceFile::Payments, &COLUMNS, |row, log| {
        let key = row.key(0)?;
        let order = *data.order_index.get(&key).ok_or_else(|| {
            Reject::new(ReasonCode::UnknownOrder, format!("order {} was not loaded", field::quote(&key)))
        })?;
        let sequential = field::whole(row.required(1)?, 0, i64::from(i32::MAX))?;
        let kind = row.required(2)?;
        let amount = field::amount(row.required(3)?, MONEY, 0)?;
        if !seen.insert((order, sequential)) {
            let reason = format!("payment {sequential} of order {} was read before", field::quote(&key));
            return Err(Reject::new(ReasonCode::DuplicateKey, reason));
        }
        if amount > 0 {
            if let Some(order) = data.orders.get_mut(order) {
                order.paid = true;
            }
            if kind == "voucher" {
                data.vouchers.push(Voucher { order, sequential, amount, line: row.line() });
            }
        }
        log.loaded(SourceFile::Payments);
        Ok(())
    })?;
    Ok(())
}

/// Gives every voucher to the first item of its order that still costs at least as much. A voucher also pays freight, which is
/// not part of an item's amount here: what then fits no item is noted, never cut.
pub(super) fn place_vouchers(reading: &mut Reading<'_>, data: &mut Data, report: &mut OlistReport) {
    data.vouchers.sort_by_key(|voucher| (voucher.order, voucher.sequential));
    for voucher in &data.vouchers {
        let start = data.items.partition_point(|item| item.order < voucher.order);
        let fitting = data
            .items
            .iter_mut()
            .enumerate()
            .skip(start)
            .take_while(|(_, item)| item.order == voucher.order)
            .find(|(_, item)| item.price - item.discount >= voucher.amount);
        let amount = Decimal::new(voucher.amount, 2);
        if let Some((index, item)) = fitting {
            data.discounts.push(Discount { item: index, base: item.price - item.discount, amount: voucher.amount });
            item.discount += voucher.amount;
            report.voucher_discounts += amount;
        } else {
            report.vouchers_left_out += amount;
            let reason =
                format!("no item of the order has room for a voucher of {amount}: it paid freight or several items");
            reading.log.value(SourceFile::Payments, voucher.line, Reject::new(ReasonCode::VoucherDoesNotFit, reason));
        }
    }
    // By item, so that the discounts of an item stand together, each on what the one before has left.
    data.discounts.sort_by_key(|discount| discount.item);
}
