//! What holds for the base sample at every scale, seed, first id and date: keys resolve, CHECKs hold, nothing is stamped
//! after `as_of`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml exempts test functions, not their helpers")]

use std::collections::{HashMap, HashSet};

use dw_core::sql_type::SqlType;
use dw_core::time::parse_timestamp;
use dw_core::value::{RowBatch, Value};
use dw_sample::base::{Base, BaseOptions, Part};
use proptest::prelude::*;

/// A campaign's period is a plan: its end may lie ahead.
const PLANNED: [&str; 2] = ["start_at", "end_at"];

struct Tables {
    base: Base,
    rows: HashMap<Part, RowBatch>,
}

impl Tables {
    fn new(options: BaseOptions) -> Self {
        let base = Base::new(options).unwrap();
        let mut rows = HashMap::new();
        for part in Part::ALL {
            let mut all = RowBatch::new(part.columns().len());
            base.chunks(part).for_each(|chunk| all.append(chunk));
            assert_eq!(i64::try_from(all.len()).unwrap(), base.rows(part), "{part:?}");
            rows.insert(part, all);
        }
        Self { base, rows }
    }

    fn column(&self, part: Part, name: &str) -> impl Iterator<Item = &Value> {
        let at = part.columns().iter().position(|column| *column == name).unwrap();
        self.rows[&part].rows().map(move |row| &row[at])
    }

    fn ints(&self, part: Part, name: &str) -> Vec<i64> {
        self.column(part, name).map(|value| value.int().unwrap().unwrap_or(0)).collect()
    }

    /// Types, NULLs, keys, UNIQUE and foreign keys as the catalog has them.
    fn check_against_the_catalog(&self) {
        for part in Part::ALL {
            let table = part.table();
            for column in table.columns.iter().filter(|column| !column.additive) {
                for value in self.column(part, column.name) {
                    assert!(column.nullable || !value.is_null(), "{}.{}", table.name, column.name);
                    let fits = match (column.ty, value) {
                        (_, Value::Null) => true,
                        (SqlType::Char(width) | SqlType::VarChar(width), Value::Text(text)) => {
                            text.is_ascii() && text.len() <= usize::from(width)
                        }
                        (SqlType::VarCharMax, Value::Text(_)) => true,
                        (SqlType::Bit, Value::Int(bit)) => (0..=1).contains(bit),
                        (SqlType::Int, Value::Int(number)) => i32::try_from(*number).is_ok(),
                        (SqlType::Decimal(..), Value::Int(scaled)) => {
                            column.ty.max_scaled().is_some_and(|max| scaled.abs() <= max)
                        }
                        (SqlType::BigInt | SqlType::Date | SqlType::DateTime2(0), Value::Int(_)) => true,
                        _ => false,
                    };
                    assert!(fits, "{}.{}: {value:?}", table.name, column.name);
                }
            }
            for unique in table.uniques.iter().map(|unique| unique.columns).chain([table.primary_key]) {
                let columns: Vec<Vec<&Value>> = unique.iter().map(|name| self.column(part, name).collect()).collect();
                let keys: HashSet<Vec<&Value>> =
                    (0..columns[0].len()).map(|row| columns.iter().map(|column| column[row]).collect()).collect();
                assert_eq!(keys.len(), columns[0].len(), "{} {unique:?}", table.name);
            }
            for key in table.foreign_keys {
                let parent = Part::ALL.into_iter().find(|other| other.table().name == key.references.1).unwrap();
                let ids: HashSet<&Value> = self.column(parent, key.referenced_column).collect();
                for value in self.column(part, key.column).filter(|value| !value.is_null()) {
                    assert!(ids.contains(value), "{}: {value:?}", key.name);
                }
            }
            // A row never precedes its parent in its own table: a database checks the managers as rows come.
            let ids: HashMap<i64, usize> = self.ints(part, table.primary_key[0]).into_iter().zip(0..).collect();
            if part == Part::Sellers {
                for (at, manager) in self.column(part, "manager_seller_id").enumerate() {
                    assert!(manager.int().unwrap().is_none_or(|id| ids[&id] < at));
                }
            }
        }
    }

    fn check_time(&self) {
        let as_of = self.base.window().as_of;
        for part in Part::ALL {
            for column in part.table().columns.iter().filter(|column| column.ty == SqlType::DateTime2(0)) {
                if PLANNED.contains(&column.name) {
                    continue;
                }
                for value in self.column(part, column.name).filter(|value| !value.is_null()) {
                    assert!(value.int().unwrap().unwrap() <= as_of, "{}.{}", part.table().name, column.name);
                }
            }
            let updated = self.ints(part, "updated_at");
            assert!(self.ints(part, "created_at").iter().zip(&updated).all(|(created, updated)| updated >= created));
        }
        let (starts, ends) = (self.ints(Part::Campaigns, "start_at"), self.ints(Part::Campaigns, "end_at"));
        let active = self.ints(Part::Campaigns, "is_active");
        assert!(starts.iter().all(|start| *start <= as_of));
        for ((start, end), active) in starts.iter().zip(&ends).zip(&active) {
            assert!(end >= start);
            assert_eq!(*active == 1, *end >= as_of);
        }
    }

    fn check_money(&self) {
        let of = |name| self.ints(Part::Items, name);
        let (quantity, unit, gross, discount) =
            (of("quantity"), of("unit_price"), of("gross_amount"), of("discount_amount"));
        let (net, cost, returned, back) =
            (of("net_amount"), of("cost_amount"), of("returned_amount"), of("return_quantity"));
        let commission = of("commission_amount");
        for row in 0..quantity.len() {
            assert!(quantity[row] > 0 && unit[row] > 0 && cost[row] > 0 && commission[row] >= 0);
            assert_eq!(gross[row], quantity[row] * unit[row]);
            assert_eq!(net[row], gross[row] - discount[row]);
            assert!((0..=gross[row]).contains(&discount[row]));
            assert!((0..=quantity[row]).contains(&back[row]));
            assert_eq!(returned[row], back[row] * unit[row]);
        }
        let of = |name| self.ints(Part::Discounts, name);
        let (base, amount, rest) = (of("base_amount"), of("discount_amount"), of("final_amount"));
        assert!((0..base.len()).all(|row| amount[row] > 0 && rest[row] == base[row] - amount[row]));
        assert_eq!(amount.iter().sum::<i64>(), discount.iter().sum::<i64>());
        assert!(self.ints(Part::Targets, "target_amount").iter().all(|target| *target > 0));
        let usage = self.base.campaign_usage();
        let given: i64 = usage.rows().map(|row| row[3].int().unwrap().unwrap()).sum();
        assert_eq!(given, discount.iter().sum::<i64>());
    }

    fn check(&self) {
        self.check_against_the_catalog();
        self.check_time();
        self.check_money();
    }
}

#[test]
fn at_scale_0_01_there_are_3_sellers_and_all_keys_resolve() {
    let as_of = parse_timestamp("2026-11-23T15:00:00").unwrap();
    let tables = Tables::new(BaseOptions { scale: 0.01, ..BaseOptions::at(as_of) });
    assert_eq!(tables.base.rows(Part::Sellers), 3);
    assert_eq!(tables.base.rows(Part::Orders), 900);
    assert_eq!(tables.base.rows(Part::Items), 2_250);
    tables.check();
}

#[test]
fn the_smallest_scale_still_has_a_row_in_every_table() {
    let as_of = parse_timestamp("2026-11-02T00:00:00").unwrap();
    Tables::new(BaseOptions { scale: 0.000_1, ..BaseOptions::at(as_of) }).check();
}

#[test]
fn at_scale_100_any_chunk_can_be_made_alone() {
    let as_of = parse_timestamp("2026-11-23T15:00:00").unwrap();
    let base = Base::new(BaseOptions { scale: 100.0, ..BaseOptions::at(as_of) }).unwrap();
    assert_eq!(base.rows(Part::Items), 22_500_000);
    assert_eq!(base.rows(Part::Discounts), 4_500_000);
    let sizes = base.sizes();
    for n in [1, 4_500_000, sizes.orders] {
        let order = base.order(n);
        assert!((1..=sizes.customers).contains(&order.customer_id));
        assert!(order.seller_id.is_none_or(|id| (1..=sizes.sellers).contains(&id)));
        for line in base.lines(order) {
            assert!((1..=base.rows(Part::Items)).contains(&line.id));
            assert!((1..=sizes.products).contains(&line.product_id));
        }
    }
    assert_eq!(base.lines(base.order(sizes.orders)).last().unwrap().id, base.rows(Part::Items));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_sample_keeps_the_rules_of_the_source(
        thousandths in 1_u32..60,
        seed in prop_oneof![Just(0_u64), any::<u64>()],
        first_id in 0_i64..=1,
        as_of in 1_000_000_000_i64..2_500_000_000,
    ) {
        Tables::new(BaseOptions { scale: f64::from(thousandths) / 1_000.0, seed, first_id, as_of }).check();
    }
}
