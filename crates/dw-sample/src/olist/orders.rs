//! `olist_orders_dataset.csv`: orders with the stamps of what happened to them.

use dw_core::catalog::oltp;
use dw_core::error::DwResult;
use dw_core::time::{self, Seconds};

use super::field;
use super::log::Reject;
use super::model::{Data, Order, Status};
use super::report::{ReasonCode, SourceFile};
use super::source::Reading;

const COLUMNS: [&str; 7] = [
    "order_id",
    "customer_id",
    "order_status",
    "order_purchase_timestamp",
    "order_approved_at",
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
];

/// Reads the file and gives every person the first and the last order. No stamp is kept after `as_of`.
pub(super) fn read(reading: &mut Reading<'_>, data: &mut Data, as_of: Seconds) -> DwResult<()> {
    let file = SourceFile::Orders;
    reading.each_row(file, &COLUMNS, |row, log| {
        let number = field::fits(row.required(0)?, &oltp::ORDERS, "order_number")?;
        let key = row.key(0)?;
        if data.order_index.contains_key(&key) {
            return Err(Reject::new(
                ReasonCode::DuplicateKey,
                format!("order {} was read before", field::quote(number)),
            ));
        }
        let customer_key = row.key(1)?;
        let customer = *data.customer_index.get(&customer_key).ok_or_else(|| {
            Reject::new(ReasonCode::UnknownCustomer, format!("customer {} was not read", field::quote(&customer_key)))
        })?;
        let status = parse_status(row.required(2)?)?;
        let purchased = field::stamp(row.required(3)?)?;
        if purchased > as_of {
            let reason =
                format!("bought at {}, after {}", time::format_timestamp(purchased), time::format_timestamp(as_of));
            return Err(Reject::new(ReasonCode::AfterAsOf, reason));
        }
        let mut event = |column: usize| {
            let stamp = row.text(column).and_then(field::optional_stamp).map_err(|mut reject| {
                reject.reason = format!("`{}`: {}", row.name(column), reject.reason);
                reject
            });
            log.or_note(file, row.line(), stamp).map(|stamp| stamp.min(as_of))
        };
        let (approved, shipped, delivered) = (event(4), event(5), event(6));
        let updated = [approved, shipped, delivered].into_iter().flatten().fold(purchased, Seconds::max);
        let address = data.customers.get_mut(customer);
        if let Some(address) = address {
            address.used = true;
            if let Some(person) = data.persons.get_mut(address.person) {
                if person.orders == 0 || purchased < person.first {
                    person.first = purchased;
                }
                // Of two orders of one second the later row wins.
                if person.orders == 0 || purchased >= person.last {
                    person.last = purchased;
                    person.address = customer;
                }
                person.orders += 1;
            }
        }
        data.order_index.insert(key, data.orders.len());
        data.orders.push(Order {
            number: number.to_owned(),
            customer,
            status,
            purchased,
            approved,
            shipped,
            delivered,
            updated,
            paid: false,
            seller: None,
            freight: 0,
        });
        log.loaded(file);
        Ok(())
    })?;
    Ok(())
}

fn parse_status(text: &str) -> Result<Status, Reject> {
    Ok(match text {
        "created" => Status::Created,
        "approved" => Status::Approved,
        "processing" => Status::Processing,
        "invoiced" => Status::Invoiced,
        "shipped" => Status::Shipped,
        "delivered" => Status::Delivered,
        "canceled" => Status::Canceled,
        "unavailable" => Status::Unavailable,
        other => {
            return Err(Reject::new(
                ReasonCode::UnknownStatus,
                format!("{} is not a known order status", field::quote(other)),
            ));
        }
    })
}
