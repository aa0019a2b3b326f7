//! `olist_order_reviews_dataset.csv`: scores of orders, which rate the products of the order. The texts are not loaded.

use std::collections::HashSet;

use dw_core::error::DwResult;
use dw_core::time::Seconds;

use super::field;
use super::log::Reject;
use super::model::Data;
use super::report::{ReasonCode, SourceFile};
use super::source::Reading;

const COLUMNS: [&str; 4] = ["review_id", "order_id", "review_score", "review_creation_date"];

/// Reads the file, after the items. One review id may stand at several orders; a pair may not stand twice.
pub(super) fn read(reading: &mut Reading<'_>, data: &mut Data, as_of: Seconds) -> DwResult<()> {
    let mut seen: HashSet<(String, usize)> = HashSet::new();
    let file = SourceFile::Reviews;
    reading.each_row(file, &COLUMNS, |row, log| {
        let review = row.key(0)?;
        let key = row.key(1)?;
        let order = *data.order_index.get(&key).ok_or_else(|| {
            Reject::new(ReasonCode::UnknownOrder, format!("order {} was not loaded", field::quote(&key)))
        })?;
        let score = field::whole(row.required(2)?, 1, 5)?;
        let start = data.items.partition_point(|item| item.order < order);
        let products: HashSet<usize> =
            data.items.iter().skip(start).take_while(|item| item.order == order).map(|item| item.product).collect();
        if products.is_empty() {
            return Err(Reject::new(ReasonCode::ReviewWithoutItem, "the order has no loaded item to rate"));
        }
        if !seen.insert((review, order)) {
            let reason = format!("this review of order {} was read before", field::quote(&key));
            return Err(Reject::new(ReasonCode::DuplicateKey, reason));
        }
        let written = log.or_note(file, row.line(), row.text(3).and_then(field::optional_stamp));
        for product in products {
            if let Some(product) = data.products.get_mut(product) {
                product.rating_sum += score;
                product.rating_count += 1;
                product.last_review = product.last_review.max(written.map(|stamp| stamp.min(as_of)));
            }
        }
        log.loaded(file);
        Ok(())
    })?;
    Ok(())
}
