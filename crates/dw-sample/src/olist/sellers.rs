//! `olist_sellers_dataset.csv`: each becomes a seller and, as the data set has no other, a supplier.

use dw_core::catalog::oltp;
use dw_core::error::DwResult;

use super::city::city_name;
use super::field;
use super::log::Reject;
use super::model::{Data, Seller};
use super::places::bad_city;
use super::report::{ReasonCode, SourceFile};
use super::source::Reading;
use super::states;

const COLUMNS: [&str; 3] = ["seller_id", "seller_city", "seller_state"];

/// Reads the file. A seller with a bad home is loaded without it: the target allows that.
pub(super) fn read(reading: &mut Reading<'_>, data: &mut Data) -> DwResult<()> {
    let file = SourceFile::Sellers;
    reading.each_row(file, &COLUMNS, |row, log| {
        let code = field::fits(row.required(0)?, &oltp::SELLERS, "seller_code")?;
        let key = row.key(0)?;
        if data.seller_index.contains_key(&key) {
            return Err(Reject::new(
                ReasonCode::DuplicateKey,
                format!("seller {} was read before", field::quote(code)),
            ));
        }
        let state = log.or_note(file, row.line(), row.required(2).and_then(states::find).map(Some));
        let city = row.text(1).and_then(|text| field::fits(text, &oltp::SELLERS, "home_city"));
        let city = log.or_note(file, row.line(), city.map(Some)).filter(|city| !city.is_empty());
        let (mut place, mut shown) = (None, None);
        if let Some(city) = city {
            // In a known state the city is written as everywhere else; without one there is only what the file says.
            match state {
                Some(state) => place = data.places.add(city, state),
                None => shown = city_name(city, ""),
            }
            if place.is_none() && shown.is_none() {
                log.value(file, row.line(), bad_city(city));
            }
        }
        data.seller_index.insert(key, data.sellers.len());
        data.sellers.push(Seller {
            code: code.to_owned(),
            state,
            place,
            city: shown,
            first_sale: None,
            last_sale: None,
            goal: None,
        });
        log.loaded(file);
        Ok(())
    })?;
    Ok(())
}
