//! The mapping on small folders made of texts: what loads, what is reported, and that nothing is lost in between.

mod bad_input;
mod mapping;

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::path::PathBuf;

use dw_core::time::{self, Seconds};
use dw_core::value::Value;

use super::model::Data;
use super::rows::Row;
use super::source::Files;
use super::{Effect, OlistOptions, OlistReport, ReasonCode, SourceFile};

/// A folder in memory.
struct Texts(HashMap<SourceFile, String>);

impl Files for Texts {
    fn open(&self, file: SourceFile) -> io::Result<Box<dyn BufRead + '_>> {
        match self.0.get(&file) {
            Some(text) => Ok(Box::new(text.as_bytes())),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }

    fn path(&self, file: SourceFile) -> PathBuf {
        PathBuf::from("folder").join(file.file_name())
    }
}

const AS_OF: &str = "2020-01-01";

/// One order of two items, complete and sound.
fn sound() -> Texts {
    let files = [
        (
            SourceFile::Customers,
            "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state\nc1,person1,01310,sao paulo,SP\n",
        ),
        (
            SourceFile::Orders,
            "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date\no1,c1,delivered,2018-01-10 10:00:00,2018-01-10 11:00:00,2018-01-11 08:00:00,2018-01-15 09:00:00,2018-01-20 00:00:00\n",
        ),
        (
            SourceFile::OrderItems,
            "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\no1,2,p2,s2,2018-01-14 10:00:00,50.50,5.00\no1,1,p1,s1,2018-01-14 10:00:00,100.0,10.25\n",
        ),
        (
            SourceFile::Payments,
            "order_id,payment_sequential,payment_type,payment_installments,payment_value\no1,1,credit_card,1,165.75\n",
        ),
        (
            SourceFile::Reviews,
            "review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp\nr1,o1,4,,\"two\nlines\",2018-01-16 00:00:00,2018-01-17 00:00:00\n",
        ),
        (
            SourceFile::Products,
            "product_id,product_category_name,product_name_lenght,product_description_lenght,product_photos_qty,product_weight_g,product_length_cm,product_height_cm,product_width_cm\np1,moveis_decoracao,1,1,1,7150,50,19,45\np2,,,,,,,,\n",
        ),
        (
            SourceFile::Sellers,
            "seller_id,seller_zip_code_prefix,seller_city,seller_state\ns1,1,curitiba,PR\ns2,2,vendas@x.com,SP\n",
        ),
        (
            SourceFile::Geolocation,
            "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state\n1,0,0,sao paulo,SP\n1,0,0,sao paulo,SP\n1,0,0,são paulo,SP\n2,0,0,osasco,SP\n",
        ),
        (
            SourceFile::Translation,
            "\u{feff}product_category_name,product_category_name_english\r\nmoveis_decoracao,furniture_decor\r\nbebes,baby\r\n",
        ),
    ];
    Texts(files.into_iter().map(|(file, text)| (file, text.to_owned())).collect())
}

impl Texts {
    fn with(mut self, file: SourceFile, lines: &str) -> Self {
        self.0.entry(file).or_default().push_str(lines);
        self
    }

    fn without(mut self, file: SourceFile) -> Self {
        self.0.remove(&file);
        self
    }

    fn import(&self) -> (Data, OlistReport) {
        self.import_as_of(AS_OF)
    }

    fn import_as_of(&self, as_of: &str) -> (Data, OlistReport) {
        let options = OlistOptions::new(stamp(as_of));
        let (data, report) = super::read(self, &options, &mut |_| {}).unwrap();
        for (file, counts) in &report.files {
            assert!(counts.balances(), "{file}: {counts:?}");
        }
        (data, report)
    }
}

fn stamp(text: &str) -> Seconds {
    time::parse_timestamp(text).unwrap()
}

fn value(row: &Row, column: &str) -> Value {
    row.iter().find(|(name, _)| *name == column).map(|(_, value)| value.clone()).unwrap()
}

/// Reasons with their lines in one file.
fn issues(report: &OlistReport, file: SourceFile) -> Vec<(u64, ReasonCode, Effect)> {
    report
        .issues
        .iter()
        .filter(|issue| issue.file == file)
        .map(|issue| (issue.line, issue.reason_code, issue.effect))
        .collect()
}
