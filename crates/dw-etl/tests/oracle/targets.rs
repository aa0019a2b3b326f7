//! `fact.FACT_METAS`: one row a seller and month, with rank and quartile in its month (rulings 14 and 18, product decision 9).

use std::collections::{BTreeMap, BTreeSet};

use dw_core::value::Value;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::compare::{Cells, Expected, cents, rounded};
use crate::sales::day;
use crate::shop::Shop;

/// What the warehouse should hold.
pub fn expected(shop: &Shop) -> Expected {
    let mut expected =
        Expected { key: "meta_original_id", entity: "fact_metas", complete: true, ..Expected::default() };
    let places = places(shop);
    for (id, target) in &shop.targets {
        let Some(day) = day(target.int("target_month") * 86_400) else {
            expected.rejected.insert(*id);
            continue;
        };
        let (goal, real, sold) =
            (target.money("target_amount"), target.money("realized_amount"), target.int("realized_quantity"));
        let percent = (real * Decimal::ONE_HUNDRED / goal).round_dp_with_strategy(2, RoundingStrategy::ToZero);
        let mean = if sold == 0 { Value::Null } else { rounded(real / Decimal::from(sold)) };
        let place = places.get(id);
        let cells = Cells::from([
            ("meta_original_id", Value::Int(*id)),
            ("vendedor_id", target.int("seller_id").into()),
            ("data_id", day.into()),
            ("valor_meta", cents(goal)),
            ("quantidade_meta", target.maybe("target_quantity").into()),
            ("valor_realizado", cents(real)),
            ("quantidade_realizada", sold.into()),
            ("percentual_atingido", cents(percent)),
            ("gap_meta", cents(real - goal)),
            ("ticket_medio_realizado", mean),
            ("ranking_periodo", place.map(|place| place.0).into()),
            ("quartil_performance", place.map(|place| place.1.clone()).into()),
            ("meta_batida", (real >= goal).into()),
            ("meta_superada", (real >= goal * Decimal::new(12, 1)).into()),
            ("eh_periodo_fechado", target.int("period_closed").into()),
            ("tipo_periodo", target.text("period_type").into()),
            ("observacoes", Value::Null),
            ("excluido_em", target.maybe("deleted_at").into()),
        ]);
        expected.rows.insert(*id, cells);
    }
    expected
}

/// Rank and quartile of every target that lives. Equal amounts share a rank and the next one follows without a gap; the
/// quartiles differ by one row at most, the first ones being the larger.
fn places(shop: &Shop) -> BTreeMap<i64, (i64, String)> {
    let mut months: BTreeMap<i64, Vec<(Decimal, i64, i64)>> = BTreeMap::new();
    for (id, target) in shop.targets.iter().filter(|(_, target)| !target.is_deleted()) {
        let month = months.entry(target.int("target_month")).or_default();
        month.push((target.money("realized_amount"), target.int("seller_id"), *id));
    }
    let mut places = BTreeMap::new();
    for mut month in months.into_values() {
        month.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let amounts: BTreeSet<Decimal> = month.iter().map(|target| target.0).collect();
        let (each, more) = (month.len() / 4, month.len() % 4);
        let mut quartiles = (1..=4_usize).flat_map(|n| std::iter::repeat_n(n, each + usize::from(n <= more)));
        for (amount, _, id) in month {
            let higher = amounts.range(amount..).count();
            places.insert(id, (i64::try_from(higher).unwrap(), format!("Q{}", quartiles.next().unwrap())));
        }
    }
    places
}
