//! `olist_customers_dataset.csv`: one row an order's customer; `customer_unique_id` is the person.

use dw_core::catalog::oltp;
use dw_core::error::DwResult;

use super::field;
use super::log::Reject;
use super::model::{CustomerRow, Data, Person};
use super::places::bad_city;
use super::report::{ReasonCode, SourceFile};
use super::source::Reading;
use super::states;

const COLUMNS: [&str; 5] =
    ["customer_id", "customer_unique_id", "customer_zip_code_prefix", "customer_city", "customer_state"];

/// Reads the file. Whether a row is loaded is known only after the orders: see [`settle`].
pub(super) fn read(reading: &mut Reading<'_>, data: &mut Data) -> DwResult<()> {
    let file = SourceFile::Customers;
    reading.each_row(file, &COLUMNS, |row, log| {
        let key = row.key(0)?;
        if data.customer_index.contains_key(&key) {
            return Err(Reject::new(
                ReasonCode::DuplicateKey,
                format!("customer {} was read before", field::quote(&key)),
            ));
        }
        let code = field::fits(row.required(1)?, &oltp::CUSTOMERS, "customer_code")?;
        let city = field::fits(row.required(3)?, &oltp::CUSTOMERS, "city")?;
        let state = states::find(row.required(4)?)?;
        let zip = log.or_note(file, row.line(), optional_text(row.text(2)?, "zip_code"));
        let place = data.places.add(city, state);
        if place.is_none() {
            log.value(file, row.line(), bad_city(city));
        }
        let persons = &mut data.persons;
        let person = *data.person_index.entry(code.to_lowercase()).or_insert_with(|| {
            persons.push(Person { code: code.to_owned(), orders: 0, first: 0, last: 0, address: 0 });
            persons.len() - 1
        });
        let city = place.is_none().then(|| city.to_owned());
        data.customer_index.insert(key, data.customers.len());
        data.customers.push(CustomerRow { person, place, city, state, zip, line: row.line(), used: false });
        Ok(())
    })?;
    Ok(())
}

/// Counts the rows that an order refers to as loaded and notes the others: without an order the first signup date,
/// which the target demands, is unknown.
pub(super) fn settle(reading: &mut Reading<'_>, data: &Data) {
    for customer in &data.customers {
        if customer.used {
            reading.log.loaded(SourceFile::Customers);
        } else {
            let reject = Reject::new(ReasonCode::CustomerWithoutOrder, "no loaded order refers to this customer");
            reading.log.row(SourceFile::Customers, customer.line, reject);
        }
    }
}

fn optional_text(text: &str, column: &str) -> Result<Option<String>, Reject> {
    let text = field::fits(text, &oltp::CUSTOMERS, column)?;
    Ok((!text.is_empty()).then(|| text.to_owned()))
}
