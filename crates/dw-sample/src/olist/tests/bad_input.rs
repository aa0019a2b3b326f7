//! What does not fit is reported by file, line and reason, and the rest loads.

use std::path::Path;

use dw_core::engine::Session;
use dw_core::value::Value;
use proptest::prelude::*;

use super::super::report::Effect::{RowLeftOut, ValueLeftOut};
use super::super::rows::Plan;
use super::super::{OlistOptions, OlistProgress, ReasonCode, SourceFile, import, read};
use super::{AS_OF, Texts, issues, sound, stamp, value};

#[test]
fn broken_rows_are_reported_by_line_and_the_rest_loads() {
    let texts = sound()
        .with(SourceFile::Orders, "o2,\"c1,delivered\no3,c1\no1,c1,delivered,2018-01-01 00:00:00,,,,\no4,nobody,delivered,2018-01-01 00:00:00,,,,\n")
        .with(SourceFile::Orders, "o5,c1,lost,2018-01-01 00:00:00,,,,\no6,c1,created,yesterday,,,,\no7,c1,created,2019-01-01 00:00:00,soon,,,\n");
    let (data, report) = texts.import();
    assert_eq!(
        issues(&report, SourceFile::Orders),
        [
            (3, ReasonCode::BrokenLine, RowLeftOut),
            (4, ReasonCode::WrongFieldCount, RowLeftOut),
            (5, ReasonCode::DuplicateKey, RowLeftOut),
            (6, ReasonCode::UnknownCustomer, RowLeftOut),
            (7, ReasonCode::UnknownStatus, RowLeftOut),
            (8, ReasonCode::BadDate, RowLeftOut),
            (9, ReasonCode::BadDate, ValueLeftOut),
        ]
    );
    let numbers: Vec<&str> = data.orders.iter().map(|order| order.number.as_str()).collect();
    assert_eq!(numbers, ["o1", "o7"]);
    assert_eq!(report.counts_of(SourceFile::Orders).loaded, 2);
}

#[test]
fn a_bad_customer_takes_his_order_and_its_rows_along_visibly() {
    let texts = sound()
        .with(SourceFile::Customers, "c2,person2,1,lodz Ł,SP\nc3,person3,1,lisboa,PRT\nc4,person4,12345678901,osasco,sp\nc5,person5,1,osasco,SP\n")
        .with(SourceFile::Orders, "o2,c2,created,2018-01-01 00:00:00,,,,\no4,c4,created,2018-01-01 00:00:00,,,,\n")
        .with(SourceFile::OrderItems, "o2,1,p1,s1,,1.00,0\n")
        .with(SourceFile::Reviews, "r2,o2,5,,,,\nr3,o4,5,,,,\n")
        .with(SourceFile::Payments, "o2,1,boleto,1,1.00\n");
    let (data, report) = texts.import();
    assert_eq!(
        issues(&report, SourceFile::Customers),
        [
            (3, ReasonCode::NotWindows1252, RowLeftOut),
            (4, ReasonCode::BadState, RowLeftOut),
            (5, ReasonCode::TooWide, ValueLeftOut),
            (6, ReasonCode::CustomerWithoutOrder, RowLeftOut),
        ]
    );
    assert_eq!(issues(&report, SourceFile::Orders), [(3, ReasonCode::UnknownCustomer, RowLeftOut)]);
    assert_eq!(issues(&report, SourceFile::OrderItems), [(4, ReasonCode::UnknownOrder, RowLeftOut)]);
    assert_eq!(issues(&report, SourceFile::Payments), [(3, ReasonCode::UnknownOrder, RowLeftOut)]);
    assert_eq!(
        issues(&report, SourceFile::Reviews),
        [(4, ReasonCode::UnknownOrder, RowLeftOut), (5, ReasonCode::ReviewWithoutItem, RowLeftOut),]
    );
    let plan = Plan::new(&data, stamp(AS_OF));
    assert_eq!(plan.customers().count(), 2);
    assert_eq!(plan.regions().count(), 2);
}

#[test]
fn bad_items_are_refused_and_bad_extras_only_left_out() {
    let texts = sound().with(
        SourceFile::OrderItems,
        "o1,3,p9,s1,,1.00,0\no1,3,p1,s1,,-1.00,0\no1,0,p1,s1,,1.00,0\no1,3,p1,s1,,100000000.00,0\no1,1,p1,s1,,1.00,0\no1,3,p1,s9,,1.00,x\n",
    );
    let (data, report) = texts.import();
    assert_eq!(
        issues(&report, SourceFile::OrderItems),
        [
            (4, ReasonCode::UnknownProduct, RowLeftOut),
            (5, ReasonCode::NegativeAmount, RowLeftOut),
            (6, ReasonCode::BadNumber, RowLeftOut),
            (7, ReasonCode::TooWide, RowLeftOut),
            (8, ReasonCode::DuplicateKey, RowLeftOut),
            (9, ReasonCode::UnknownSeller, ValueLeftOut),
            (9, ReasonCode::BadNumber, ValueLeftOut),
        ]
    );
    assert_eq!(data.items.len(), 3);
    assert_eq!(report.price_total.to_string(), "151.50");
}

#[test]
fn files_that_only_enrich_may_be_missing() {
    let mut texts = sound();
    for file in SourceFile::ALL.into_iter().filter(|file| !file.is_required()) {
        texts = texts.without(file);
    }
    let (data, report) = texts.import();
    assert_eq!(report.count_of(ReasonCode::FileMissing), 4);
    let plan = Plan::new(&data, stamp(AS_OF));
    let order = plan.orders().next().unwrap();
    assert_eq!(value(&order, "payment_status"), Value::Null);
    assert_eq!(value(&order, "region_id"), 1_i64.into(), "without a list of cities every readable one is a region");
}

#[test]
fn a_folder_that_cannot_be_used_is_one_clear_error() {
    let fails =
        |texts: Texts| read(&texts, &OlistOptions::new(stamp(AS_OF)), &mut |_| {}).map(|_| ()).unwrap_err().to_string();
    assert_eq!(fails(sound().without(SourceFile::Sellers)), "the file `folder/olist_sellers_dataset.csv` is missing");
    let no_column = sound().without(SourceFile::Sellers).with(SourceFile::Sellers, "id,city\n");
    assert_eq!(fails(no_column), "the header of `folder/olist_sellers_dataset.csv` has no column `seller_id`");
    assert_eq!(
        fails(sound().without(SourceFile::Sellers).with(SourceFile::Sellers, "")),
        "`folder/olist_sellers_dataset.csv` has no header line"
    );
    let old = read(&sound(), &OlistOptions::new(stamp("2017-01-01")), &mut |_| {}).map(|_| ()).unwrap_err();
    assert!(
        old.to_string().starts_with("no order of `folder` can be loaded: 16 rows were read; the first problem is"),
        "{old}"
    );
    assert!(old.hint().contains("Olist"));
}

#[test]
fn the_list_of_issues_is_bounded_and_the_counts_are_exact() {
    let texts = sound().with(SourceFile::Payments, &"x,1,boleto,1,1.00\n".repeat(50));
    let options = OlistOptions { max_issues: 10, ..OlistOptions::new(stamp(AS_OF)) };
    let (_, report) = read(&texts, &options, &mut |_| {}).unwrap();
    assert_eq!(report.issues.len(), 10);
    assert_eq!(report.issues_left_off, 41);
    assert_eq!(report.count_of(ReasonCode::UnknownOrder), 50);
}

#[test]
fn an_import_may_run_on_any_thread() {
    fn is_send<T: Send>(_: T) {}
    fn check(session: &mut dyn Session, progress: &mut (dyn FnMut(OlistProgress) + Send)) {
        is_send(import(session, Path::new(""), OlistOptions::new(0), progress));
    }
    let _ = check;
}

proptest! {
    /// Whatever a file holds, every row that was read is accounted for, and discounts never exceed their items.
    #[test]
    fn nothing_is_dropped_in_silence(
        file in prop::sample::select(SourceFile::ALL.to_vec()),
        lines in prop::collection::vec("(o1|c1|p1|s1|r1|x|)(,(o1|1|2|voucher|60.00|-1|\"|SP|são paulo|2018-01-01 00:00:00|,){0,2}){0,7}\n", 0..12),
    ) {
        let (data, report) = sound().with(file, &lines.concat()).import();
        let known: u64 = report.issue_counts.iter().filter(|((_, _, effect), _)| *effect == RowLeftOut).map(|(_, count)| *count).sum();
        prop_assert_eq!(known, report.rows_left_out());
        for item in &data.items {
            prop_assert!((0..=item.price).contains(&item.discount));
        }
    }
}
