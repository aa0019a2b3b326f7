//! What follows from the sales of several files together: first and last sale of products and sellers, list prices, targets.
//! Pure: no file and no database.

use std::collections::BTreeMap;

use chrono::Datelike;
use dw_core::time::{self, Days, Seconds};

use super::model::{Data, Target};

/// The least target, 1.00: the contract wants more than zero.
const LEAST_TARGET: i64 = 100;

/// Fills the stamps and prices that follow from the items, then the targets.
pub(super) fn derive(data: &mut Data) {
    sales(data);
    data.targets = targets(data);
    for target in &data.targets {
        // Targets are by seller and month, so the last one stays: the goal of the latest month.
        if let Some(seller) = data.sellers.get_mut(target.seller) {
            seller.goal = Some(target.target);
        }
    }
}

fn sales(data: &mut Data) {
    for item in &data.items {
        let Some(order) = data.orders.get(item.order) else {
            continue;
        };
        let stamp = order.purchased;
        if let Some(product) = data.products.get_mut(item.product) {
            product.first_sale = Some(product.first_sale.map_or(stamp, |first| first.min(stamp)));
            if product.last_sale.is_none_or(|last| stamp >= last) {
                product.last_sale = Some(stamp);
                product.list_price = item.price;
            }
            if let Some(seller) = item.seller
                && product.first_seller.is_none_or(|(first, _)| stamp < first)
            {
                product.first_seller = Some((stamp, seller));
            }
        }
        if let Some(seller) = item.seller.and_then(|seller| data.sellers.get_mut(seller)) {
            seller.first_sale = Some(seller.first_sale.map_or(stamp, |first| first.min(stamp)));
            seller.last_sale = seller.last_sale.max(Some(stamp));
        }
    }
}

/// What a seller sold in a month.
#[derive(Debug, Default, Clone, Copy)]
struct Month {
    amount: i64,
    pieces: i64,
    last_sale: Option<Seconds>,
}

/// One target a seller and month, from the seller's first to the last month with a sale.
///
/// Realized is what the warehouse will compute from the orders: net amounts, by the seller of the order, without cancelled ones.
/// The target is the mean of the seller's months before, plus 5 %; a first month is measured by the mean of all first months.
pub(super) fn targets(data: &Data) -> Vec<Target> {
    let mut months: BTreeMap<usize, BTreeMap<i64, Month>> = BTreeMap::new();
    for item in &data.items {
        let Some(order) = data.orders.get(item.order).filter(|order| !order.status.is_cancelled()) else {
            continue;
        };
        let Some(seller) = order.seller else { continue };
        let month = months.entry(seller).or_default().entry(month_of(order.purchased)).or_default();
        month.amount += item.price - item.discount;
        month.pieces += 1;
        month.last_sale = month.last_sale.max(Some(order.purchased));
    }
    let firsts: Vec<Month> = months.values().filter_map(|months| months.values().next().copied()).collect();
    let newcomer = firsts.iter().fold(Month::default(), add);
    let mut targets = Vec::new();
    for (seller, months) in months {
        let (Some((first, _)), Some((last, _))) = (months.first_key_value(), months.last_key_value()) else {
            continue;
        };
        let mut before = Month::default();
        for (number, month) in (*first..=*last).enumerate() {
            let realized = months.get(&month).copied().unwrap_or_default();
            let (base, count) = if number == 0 { (newcomer, firsts.len()) } else { (before, number) };
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            targets.push(Target {
                seller,
                month,
                target: rounded(base.amount * 105, count * 100).max(LEAST_TARGET),
                target_quantity: rounded(base.pieces * 105, count * 100).max(1),
                realized: realized.amount,
                realized_quantity: realized.pieces,
                last_sale: realized.last_sale,
            });
            before = add(before, &realized);
        }
    }
    targets
}

fn add(sum: Month, month: &Month) -> Month {
    Month { amount: sum.amount + month.amount, pieces: sum.pieces + month.pieces, last_sale: None }
}

/// The quotient of two numbers of at least zero, rounded half up.
pub(super) fn rounded(number: i64, divisor: i64) -> i64 {
    (2 * number + divisor).checked_div(2 * divisor).unwrap_or(0)
}

/// Months since year 0.
pub(super) fn month_of(stamp: Seconds) -> i64 {
    let date = time::to_date(time::day_of(stamp));
    i64::from(date.year()) * 12 + i64::from(date.month0())
}

/// The first day of a month.
pub(super) fn first_day(month: i64) -> Days {
    let year = i32::try_from(month.div_euclid(12)).unwrap_or(i32::MAX);
    let number = u32::try_from(month.rem_euclid(12)).unwrap_or(0) + 1;
    time::days_from_ymd(year, number, 1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_days_agree() {
        for text in ["2016-12-31 23:59:59", "2017-01-01 00:00:00", "2018-02-28 12:00:00"] {
            let stamp = time::parse_timestamp(text).unwrap();
            assert_eq!(time::format_date(first_day(month_of(stamp))), format!("{}-01", &text[..7]));
        }
    }

    #[test]
    fn halves_round_up() {
        assert_eq!(rounded(5, 2), 3);
        assert_eq!(rounded(4, 3), 1);
        assert_eq!(rounded(0, 0), 0);
    }
}
