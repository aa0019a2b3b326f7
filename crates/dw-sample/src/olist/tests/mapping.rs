//! Sound rows become the rows that the target wants.

use dw_core::time;
use dw_core::value::Value;

use super::super::model::Order;
use super::super::report::Effect::{RowLeftOut, ValueLeftOut};
use super::super::rows::{Plan, Row};
use super::super::{ReasonCode, SourceFile};
use super::{AS_OF, issues, sound, stamp, value};

#[test]
fn a_sound_folder_fills_every_table() {
    let (data, report) = sound().import();
    let plan = Plan::new(&data, stamp(AS_OF));
    // The one issue is the seller's city, which is an address.
    assert_eq!(issues(&report, SourceFile::Sellers), [(3, ReasonCode::BadCity, ValueLeftOut)]);
    assert_eq!(report.issues.len(), 1);

    let customer = plan.customers().next().unwrap();
    assert_eq!(value(&customer, "city"), "São Paulo".into());
    assert_eq!(value(&customer, "full_name"), "Cliente person1".into());
    let order = plan.orders().next().unwrap();
    assert_eq!(value(&order, "order_status"), "Entregue".into());
    assert_eq!(value(&order, "payment_status"), "Pago".into());
    assert_eq!(value(&order, "seller_id"), 1_i64.into(), "the seller of item 1, whatever the order of the file");
    assert_eq!(value(&order, "region_id"), 1_i64.into());
    assert_eq!(value(&order, "updated_at"), stamp("2018-01-15 09:00:00").into());
    assert_eq!(value(&order, "notes"), "Status de origem: delivered; frete: 15.25".into());
    let items: Vec<Row> = plan.items().collect();
    assert_eq!(value(&items[0], "item_number"), 1_i64.into());
    assert_eq!(value(&items[0], "net_amount"), 10_000_i64.into());
    let products: Vec<Row> = plan.products().collect();
    assert_eq!(value(&products[0], "category_name"), "Moveis Decoracao".into());
    assert_eq!(value(&products[0], "keywords"), "furniture_decor".into());
    assert_eq!(value(&products[0], "weight_kg"), 7_150_i64.into());
    assert_eq!(value(&products[0], "depth_cm"), 5_000_i64.into());
    assert_eq!(value(&products[0], "rating_avg"), 40_i64.into());
    assert_eq!(value(&products[1], "category_name"), "Sem Categoria".into());
    assert_eq!(value(&products[1], "supplier_id"), 2_i64.into());
    assert_eq!(value(&products[1], "list_price"), 5_050_i64.into());
    let teams: Vec<Row> = plan.teams().collect();
    assert_eq!(teams.len(), 5);
    assert_eq!(value(&teams[3], "team_code"), "TEAM-SUDESTE".into());
    assert_eq!(value(&teams[3], "region_id"), 1_i64.into());
    assert_eq!(report.price_total.to_string(), "150.50");
    assert_eq!(report.freight_left_out.to_string(), "15.25");
}

#[test]
fn what_is_not_needed_is_counted_as_such() {
    let (_, report) = sound().import();
    assert_eq!(report.counts_of(SourceFile::Geolocation).not_needed, 1, "nobody lives in Osasco");
    assert_eq!(report.counts_of(SourceFile::Translation).not_needed, 1, "nothing for babies");
    assert_eq!(report.counts_of(SourceFile::Translation).loaded, 1);
}

#[test]
fn spellings_of_one_city_make_one_region_and_an_unlisted_city_none() {
    let texts = sound()
        .with(SourceFile::Customers, "c2,person2,1,SÃO PAULO - SP,sp\nc3,person3,1,atlantis,SP\nc4,person4,1,4482255,SP\n")
        .with(SourceFile::Orders, "o2,c2,created,2018-01-01 00:00:00,,,,\no3,c3,created,2018-01-01 00:00:00,,,,\no4,c4,created,2018-01-01 00:00:00,,,,\n");
    let (data, report) = texts.import();
    assert_eq!(
        issues(&report, SourceFile::Customers),
        [(4, ReasonCode::CityNotInGeolocation, ValueLeftOut), (5, ReasonCode::BadCity, ValueLeftOut),]
    );
    let plan = Plan::new(&data, stamp(AS_OF));
    let regions: Vec<Row> = plan.regions().collect();
    assert_eq!(regions.len(), 1);
    assert_eq!(value(&regions[0], "region_code"), "RG-SP-0001".into());
    assert_eq!(value(&regions[0], "created_at"), stamp("2018-01-01").into());
    let cities: Vec<Value> = plan.customers().map(|row| value(&row, "city")).collect();
    assert_eq!(cities, ["São Paulo", "São Paulo", "Atlantis", "4482255"].map(Value::from));
    let found: Vec<Value> = plan.orders().map(|row| value(&row, "region_id")).collect();
    assert_eq!(found, [1_i64.into(), 1_i64.into(), Value::Null, Value::Null]);
}

#[test]
fn a_person_has_the_address_of_the_last_order() {
    let texts = sound()
        .with(SourceFile::Customers, "c2,PERSON1,2,osasco,SP\n")
        .with(SourceFile::Orders, "o2,c2,canceled,2018-03-01 00:00:00,,,,\n");
    let (data, _) = texts.import();
    let plan = Plan::new(&data, stamp(AS_OF));
    let customers: Vec<Row> = plan.customers().collect();
    assert_eq!(customers.len(), 1, "keys compare without case");
    assert_eq!(value(&customers[0], "city"), "Osasco".into());
    assert_eq!(value(&customers[0], "customer_type"), "Recorrente".into());
    assert_eq!(value(&customers[0], "first_signup_date"), time::parse_date("2018-01-10").unwrap().into());
    assert_eq!(value(&customers[0], "last_purchase_date"), time::parse_date("2018-03-01").unwrap().into());
    let orders: Vec<Row> = plan.orders().collect();
    assert_eq!(value(&orders[1], "region_id"), 1_i64.into(), "Osasco stands before São Paulo");
    assert_eq!(value(&orders[1], "payment_status"), "Pendente".into());
}

#[test]
fn a_voucher_is_a_discount_where_an_item_has_room() {
    // Item 1 costs 100.00, item 2 costs 50.50.
    let texts = sound().with(
        SourceFile::Payments,
        "o1,2,voucher,1,60.00\no1,3,voucher,1,60.00\no1,4,voucher,1,40.00\no1,5,voucher,1,50.50\no1,6,voucher,1,0.00\n",
    );
    let (data, report) = texts.import();
    assert_eq!(issues(&report, SourceFile::Payments), [(4, ReasonCode::VoucherDoesNotFit, ValueLeftOut)]);
    let plan = Plan::new(&data, stamp(AS_OF));
    let discounts: Vec<[Value; 3]> = plan
        .discounts()
        .map(|row| ["base_amount", "discount_amount", "final_amount"].map(|name| value(&row, name)))
        .collect();
    assert_eq!(
        discounts,
        [[10_000, 6_000, 4_000], [4_000, 4_000, 0], [5_050, 5_050, 0]].map(|row: [i64; 3]| row.map(Value::from))
    );
    let net: Vec<Value> = plan.items().map(|row| value(&row, "net_amount")).collect();
    assert_eq!(net, [Value::Int(0), Value::Int(0)]);
    assert_eq!(report.voucher_discounts.to_string(), "150.50");
    assert_eq!(report.vouchers_left_out.to_string(), "60.00");
    let campaign = plan.campaigns().next().unwrap();
    assert_eq!(value(&campaign, "total_discount_given"), 15_050_i64.into());
    assert_eq!(value(&campaign, "is_active"), false.into());
}

#[test]
fn payment_status_follows_payment_approval_and_cancellation() {
    let orders = "a,c1,canceled,2018-01-01 00:00:00,2018-01-02 00:00:00,,,\nb,c1,canceled,2018-01-01 00:00:00,,,,\nc,c1,created,2018-01-01 00:00:00,,,,\nd,c1,delivered,2018-01-01 00:00:00,,,,\ne,c1,shipped,2018-01-01 00:00:00,2018-01-02 00:00:00,,,\n";
    let texts = sound().with(SourceFile::Orders, orders).with(
        SourceFile::Payments,
        "a,1,boleto,1,1\nb,1,boleto,1,1\nc,1,boleto,1,1\nd,1,boleto,1,1\ne,1,not_defined,1,0.00\n",
    );
    let (data, _) = texts.import();
    let found: Vec<&str> = data.orders.iter().skip(1).map(Order::payment_status).collect();
    assert_eq!(found, ["Estornado", "Pendente", "Pendente", "Pago", "Pendente"]);
}

#[test]
fn nothing_lies_after_the_moment_of_the_import() {
    let texts = sound().with(SourceFile::Orders, "o2,c1,created,2018-01-12 00:00:01,,,,\n");
    let (data, report) = texts.import_as_of("2018-01-12 00:00:00");
    assert_eq!(issues(&report, SourceFile::Orders), [(3, ReasonCode::AfterAsOf, RowLeftOut)]);
    let as_of = stamp("2018-01-12 00:00:00");
    let plan = Plan::new(&data, as_of);
    let order = plan.orders().next().unwrap();
    assert_eq!(value(&order, "delivered_at"), as_of.into());
    let rows: Vec<Row> = plan
        .regions()
        .chain(plan.teams())
        .chain(plan.suppliers())
        .chain(plan.customers())
        .chain(plan.products())
        .chain(plan.sellers())
        .chain(plan.campaigns())
        .chain(plan.orders())
        .chain(plan.items())
        .chain(plan.targets())
        .collect();
    for row in rows {
        let (created, updated) = (value(&row, "created_at").int().unwrap(), value(&row, "updated_at").int().unwrap());
        assert!(created <= updated && updated <= Some(as_of), "{row:?}");
    }
}

#[test]
fn targets_follow_the_months_before() {
    let mut texts = sound();
    for (order, month, price) in [("a", 2, "200.00"), ("b", 4, "30.00")] {
        texts = texts
            .with(SourceFile::Orders, &format!("{order},c1,delivered,2018-{month:02}-05 00:00:00,,,,\n"))
            .with(SourceFile::OrderItems, &format!("{order},1,p1,s1,,{price},0\n"));
    }
    let (data, _) = texts
        .with(SourceFile::Orders, "x,c1,canceled,2018-05-05 00:00:00,,,,\n")
        .with(SourceFile::OrderItems, "x,1,p1,s1,,9.00,0\n")
        .import();
    // Order o1 counts in full for seller 1, who sold its first item, as the warehouse does.
    let found: Vec<(i64, i64, i64)> =
        data.targets.iter().map(|target| (target.month % 12 + 1, target.target, target.realized)).collect();
    assert_eq!(found, [(1, 15_803, 15_050), (2, 15_803, 20_000), (3, 18_401, 0), (4, 12_268, 3_000)]);
    assert_eq!(data.sellers[0].goal, Some(12_268));
    assert_eq!(data.sellers[1].goal, None);
}

#[test]
fn ratings_are_rounded_to_one_digit() {
    let (data, report) = sound()
        .with(
            SourceFile::Reviews,
            "r1,o1,5,,,2018-01-16 00:00:00,\nr2,o1,5,,,2019-01-16 00:00:00,\nr3,o1,6,,,,\nr4,o1,5,,,never,\n",
        )
        .import();
    assert_eq!(
        issues(&report, SourceFile::Reviews),
        [
            (4, ReasonCode::DuplicateKey, RowLeftOut),
            (6, ReasonCode::BadNumber, RowLeftOut),
            (7, ReasonCode::BadDate, ValueLeftOut),
        ]
    );
    let plan = Plan::new(&data, stamp(AS_OF));
    let product = plan.products().next().unwrap();
    // (4 + 5 + 5) / 3 = 4.67
    assert_eq!(value(&product, "rating_avg"), 47_i64.into());
    assert_eq!(value(&product, "rating_count"), 3_i64.into());
    assert_eq!(value(&product, "updated_at"), stamp("2019-01-16").into());
}

#[test]
fn a_product_that_nobody_sold_has_the_supplier_of_last_resort() {
    let (data, _) = sound().with(SourceFile::Products, "p3,bebes,,,,30000000000,,-1,\n").import();
    let plan = Plan::new(&data, stamp(AS_OF));
    let supplier = plan.suppliers().last().unwrap();
    assert_eq!(value(&supplier, "supplier_code"), "SUP-NAO-INFORMADO".into());
    let product = plan.products().last().unwrap();
    assert_eq!(value(&product, "supplier_id"), value(&supplier, "supplier_id"));
    assert_eq!(value(&product, "weight_kg"), Value::Null);
}

#[test]
fn supplier_codes_stay_unique_when_ids_begin_alike() {
    let (data, _) = sound()
        .with(SourceFile::Sellers, "0123456789abcdef01,1,curitiba,PR\n0123456789ABCDEF02,1,curitiba,PR\n")
        .import();
    let codes: Vec<Value> =
        Plan::new(&data, stamp(AS_OF)).suppliers().skip(2).map(|row| value(&row, "supplier_code")).collect();
    assert_eq!(codes, ["SUP-0123456789abcdef", "SUP-0123456789ABCDEF-4"].map(Value::from));
}

#[test]
fn a_seller_lives_in_a_city_that_is_written_as_the_customers_write_it() {
    let texts = sound().with(SourceFile::Sellers, "s3,1,SAO PAULO,SP\ns4,1,sao paulo - sp,XX\ns5,1,,SP\n");
    let (data, report) = texts.import();
    assert_eq!(
        issues(&report, SourceFile::Sellers),
        [(3, ReasonCode::BadCity, ValueLeftOut), (5, ReasonCode::BadState, ValueLeftOut)]
    );
    let plan = Plan::new(&data, stamp(AS_OF));
    let homes: Vec<[Value; 2]> =
        plan.sellers().map(|row| ["home_city", "team_id"].map(|name| value(&row, name))).collect();
    assert_eq!(
        homes,
        [
            ["Curitiba".into(), 5_i64.into()],
            [Value::Null, 4_i64.into()],
            ["São Paulo".into(), 4_i64.into()],
            ["Sao Paulo".into(), Value::Null],
            [Value::Null, 4_i64.into()],
        ]
    );
}
