//! The importer on real input: the sample of the Olist data set in the folder `DW_TEST_OLIST`, or beside the repository.
//! What is expected is computed from the same files by another reader (the `csv` crate) in another way.
#![allow(clippy::unwrap_used, reason = "the helpers of these tests")]

#[allow(dead_code)]
mod support;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::str::FromStr;

use dw_core::catalog::oltp;
use dw_core::engine::Session;
use dw_core::time;
use dw_core::value::Value;
use dw_sample::load::IfFilled;
use dw_sample::olist::{self, Effect, OlistOptions, OlistReport, ReasonCode, SourceFile};
use dw_testkit::portable::portable;
use dw_testkit::{On, both_engines};
use rust_decimal::Decimal;
use support::Source;

/// All rows of a file as maps.
fn rows_of(folder: &Path, file: SourceFile) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.join(file.file_name())).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

async fn import(session: &mut dyn Session, folder: &Path, as_of: &str) -> OlistReport {
    let options = OlistOptions::new(time::parse_timestamp(as_of).unwrap());
    olist::import(session, folder, options, &mut |_| {}).await.unwrap()
}

/// One number or text of one row.
async fn one(session: &mut dyn Session, sql: &str) -> Value {
    let sql = portable(session.dialect(), sql);
    session.query(&sql, &[]).await.unwrap().get(0, 0).clone()
}

async fn number(session: &mut dyn Session, sql: &str) -> i64 {
    one(session, sql).await.int().unwrap().unwrap_or(0)
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap()
}

#[both_engines(olist)]
async fn olist_every_row_of_the_sample_is_loaded_or_reported(on: On) {
    let folder = dw_testkit::olist_folder!();
    let mut source = Source::empty(on).await;
    let session = &mut source.session;
    let report = import(&mut **session, &folder, "2026-01-01").await;

    for file in SourceFile::ALL {
        let counts = report.counts_of(file);
        assert_eq!(counts.read, count(rows_of(&folder, file).len()), "{file}");
        assert!(counts.balances(), "{file}: {counts:?}");
    }
    for table in oltp::TABLES {
        let written = report.rows_of(table.name);
        let stored = number(&mut **session, &format!("SELECT COUNT(*) FROM {}", table.full_name())).await;
        assert_eq!(i64::try_from(written).unwrap(), stored, "{}", table.full_name());
        assert!(stored > 0, "{} is empty", table.full_name());
    }

    let customers = rows_of(&folder, SourceFile::Customers);
    let people: BTreeSet<&String> = customers.iter().map(|row| &row["customer_unique_id"]).collect();
    assert_eq!(report.rows_of("customers"), count(people.len()));
    assert_eq!(report.rows_of("orders"), report.counts_of(SourceFile::Orders).read);
    assert_eq!(report.rows_of("order_items"), report.counts_of(SourceFile::OrderItems).read);
    assert_eq!(report.rows_of("products"), report.counts_of(SourceFile::Products).read);
    assert_eq!(report.rows_of("sellers"), report.counts_of(SourceFile::Sellers).read);
    assert_eq!(report.rows_of("teams"), 5);
    assert_eq!(report.rows_of("discount_campaigns"), 1);
    // The constraints are those of the engine: a row that breaks one would have failed the import.
    source.assert_sound().await;
}

#[both_engines(olist)]
async fn olist_amounts_are_those_of_the_files_to_the_cent(on: On) {
    let folder = dw_testkit::olist_folder!();
    let mut source = Source::empty(on).await;
    let session = &mut source.session;
    let report = import(&mut **session, &folder, "2026-01-01").await;

    let items = rows_of(&folder, SourceFile::OrderItems);
    let sum = |column: &str| -> Decimal { items.iter().map(|row| Decimal::from_str(&row[column]).unwrap()).sum() };
    let gross = Decimal::new(number(&mut **session, "SELECT SUM(gross_amount) FROM core.order_items").await, 2);
    assert_eq!(gross, sum("price"));
    assert_eq!(report.price_total, gross);
    assert_eq!(report.freight_left_out, sum("freight_value"));

    let payments = rows_of(&folder, SourceFile::Payments);
    let vouchers: Decimal = payments
        .iter()
        .filter(|row| row["payment_type"] == "voucher")
        .map(|row| Decimal::from_str(&row["payment_value"]).unwrap())
        .sum();
    assert_eq!(report.voucher_discounts + report.vouchers_left_out, vouchers);
    let discounts = number(&mut **session, "SELECT SUM(discount_amount) FROM core.order_item_discounts").await;
    assert_eq!(Decimal::new(discounts, 2), report.voucher_discounts);
    // The discounts of an item are those of its line, one after the other.
    let differing = "SELECT COUNT(*) FROM core.order_items i LEFT JOIN (SELECT order_item_id, SUM(discount_amount) AS given, \
                     MIN(final_amount) AS rest FROM core.order_item_discounts GROUP BY order_item_id) d \
                     ON d.order_item_id = i.order_item_id WHERE COALESCE(d.given, 0) <> i.discount_amount \
                     OR COALESCE(d.rest, i.net_amount) <> i.net_amount";
    assert_eq!(number(&mut **session, differing).await, 0);
    // What the targets call realized is what the orders sold, apart from orders without a seller.
    let realized = number(&mut **session, "SELECT SUM(realized_amount) FROM core.seller_targets_monthly").await;
    let sold = "SELECT SUM(i.net_amount) FROM core.order_items i JOIN core.orders o ON o.order_id = i.order_id \
                WHERE o.order_status <> 'Cancelado' AND o.seller_id IS NOT NULL";
    assert_eq!(realized, number(&mut **session, sold).await);
}

#[both_engines(olist)]
async fn olist_orders_keep_their_status_stamps_and_places(on: On) {
    let folder = dw_testkit::olist_folder!();
    let mut source = Source::empty(on).await;
    let session = &mut source.session;
    let report = import(&mut **session, &folder, "2026-01-01").await;

    let mut expected: BTreeMap<&str, i64> = BTreeMap::new();
    for row in rows_of(&folder, SourceFile::Orders) {
        let status = match row["order_status"].as_str() {
            "delivered" => "Entregue",
            "shipped" => "Enviado",
            "invoiced" => "Faturado",
            "approved" | "processing" => "Pago",
            "created" => "Pendente",
            _ => "Cancelado",
        };
        *expected.entry(status).or_default() += 1;
    }
    for (status, orders) in expected {
        let sql = format!("SELECT COUNT(*) FROM core.orders WHERE order_status = '{status}'");
        assert_eq!(number(&mut **session, &sql).await, orders, "{status}");
    }
    // An order without a region is one whose city the geolocation file does not list, and each such row is reported.
    let without = number(&mut **session, "SELECT COUNT(*) FROM core.orders WHERE region_id IS NULL").await;
    assert_eq!(u64::try_from(without).unwrap(), report.count_of(ReasonCode::CityNotInGeolocation));
    // A customer who has stayed where he was is found by his city as ruling 7 does: the spellings agree.
    let lost = "SELECT COUNT(*) FROM core.customers c WHERE NOT EXISTS (SELECT 1 FROM core.regions r \
                WHERE r.country = c.country AND r.state = c.state AND r.city = c.city)";
    assert!(number(&mut **session, lost).await <= without);
    assert_eq!(
        one(&mut **session, "SELECT COUNT(*) FROM core.regions WHERE state = 'SP' AND city = 'São Paulo'").await,
        Value::Int(1)
    );
    for table in oltp::TABLES {
        let sql = format!("SELECT COUNT(*) FROM {} WHERE updated_at < created_at", table.full_name());
        assert_eq!(number(&mut **session, &sql).await, 0, "{}", table.full_name());
    }
}

#[both_engines(olist)]
async fn olist_an_earlier_moment_loads_what_was_known_then(on: On) {
    let folder = dw_testkit::olist_folder!();
    let mut source = Source::empty(on).await;
    let session = &mut source.session;
    let report = import(&mut **session, &folder, "2017-06-30T12:00:00").await;
    let as_of = time::parse_timestamp("2017-06-30T12:00:00").unwrap();
    let later = rows_of(&folder, SourceFile::Orders)
        .iter()
        .filter(|row| time::parse_timestamp(&row["order_purchase_timestamp"]).unwrap() > as_of)
        .count();
    assert_eq!(report.count_of(ReasonCode::AfterAsOf), count(later));
    for table in oltp::TABLES {
        let sql = format!("SELECT CAST(MAX(updated_at) AS DATETIME2(0)) FROM {}", table.full_name());
        assert!(number(&mut **session, &sql).await <= as_of, "{}", table.full_name());
    }
    for column in ["approved_at", "shipped_at", "delivered_at"] {
        assert!(
            number(&mut **session, &format!("SELECT CAST(MAX({column}) AS DATETIME2(0)) FROM core.orders")).await
                <= as_of,
            "{column}"
        );
    }
}

#[both_engines(olist)]
async fn olist_a_damaged_copy_loads_all_but_the_damage(on: On) {
    let folder = dw_testkit::olist_folder!();
    let copy = tempfile::tempdir().unwrap();
    for file in SourceFile::ALL {
        let bytes = std::fs::read(folder.join(file.file_name())).unwrap();
        std::fs::write(copy.path().join(file.file_name()), bytes).unwrap();
    }
    let damage = |file: SourceFile, text: &[u8]| {
        let path = copy.path().join(file.file_name());
        let mut bytes = std::fs::read(&path).unwrap();
        let header = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        drop(bytes.splice(header..header, text.iter().copied()));
        std::fs::write(path, bytes).unwrap();
    };
    damage(SourceFile::Orders, b"\"never closed,x,delivered\n");
    damage(SourceFile::OrderItems, b"nobody,1,x,y,2018-01-01 00:00:00,1.00,1.00\n\xff\xfe,1,x,y,,1.00,1.00\n");
    damage(SourceFile::Reviews, b"r,o,5,\"open,,2018-01-01 00:00:00,2018-01-01 00:00:00\n");

    let sound = import(&mut *Source::empty(on).await.session, &folder, "2026-01-01").await;
    let damaged = import(&mut *Source::empty(on).await.session, copy.path(), "2026-01-01").await;
    assert_eq!(damaged.tables, sound.tables);
    assert_eq!(damaged.price_total, sound.price_total);
    let line_two = |file: SourceFile| {
        let issue = damaged.issues.iter().find(|issue| issue.file == file && issue.line == 2).unwrap();
        (issue.reason_code, issue.effect)
    };
    assert_eq!(line_two(SourceFile::Orders), (ReasonCode::BrokenLine, Effect::RowLeftOut));
    assert_eq!(line_two(SourceFile::OrderItems), (ReasonCode::UnknownOrder, Effect::RowLeftOut));
    assert_eq!(line_two(SourceFile::Reviews), (ReasonCode::BrokenLine, Effect::RowLeftOut));
    assert_eq!(damaged.count_of(ReasonCode::NotUtf8), 1);
    assert_eq!(damaged.rows_left_out(), sound.rows_left_out() + 4);
}

#[both_engines(olist)]
async fn olist_a_source_that_holds_rows_is_kept_unless_it_is_to_be_replaced(on: On) {
    let folder = dw_testkit::olist_folder!();
    let mut source = Source::empty(on).await;
    let session = &mut source.session;
    let first = import(&mut **session, &folder, "2026-01-01").await;
    let options = OlistOptions::new(time::parse_timestamp("2026-01-01").unwrap());
    let error = olist::import(&mut **session, &folder, options, &mut |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("already holds rows"), "{error}");
    let replace = OlistOptions { if_filled: IfFilled::Replace, ..options };
    let second = olist::import(&mut **session, &folder, replace, &mut |_| {}).await.unwrap();
    assert_eq!(first, second);
}

#[both_engines]
async fn olist_a_missing_folder_and_a_missing_file_are_one_clear_error(on: On) {
    let mut source = Source::empty(on).await;
    let session = &mut source.session;
    let options = OlistOptions::new(time::parse_timestamp("2026-01-01").unwrap());
    let data = tempfile::tempdir().unwrap();
    let absent = data.path().join("absent");
    let error = olist::import(&mut **session, &absent, options, &mut |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("absent` does not exist"), "{error}");
    let error = olist::import(&mut **session, data.path(), options, &mut |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("olist_customers_dataset.csv` is missing"), "{error}");
    assert!(error.hint().contains("Olist"));
    assert_eq!(number(&mut **session, "SELECT COUNT(*) FROM core.teams").await, 0);
}
