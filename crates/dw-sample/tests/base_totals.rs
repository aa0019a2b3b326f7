//! The control totals of contract/01 section 1.2, read from the generated rows themselves.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml exempts test functions, not their helpers")]

use dw_core::error::DwError;
use dw_core::time::{Seconds, parse_timestamp};
use dw_core::value::RowBatch;
use dw_sample::base::{Base, BaseOptions, Part};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

const AS_OF: &str = "2026-02-28T20:00:00";

fn as_of() -> Seconds {
    parse_timestamp(AS_OF).unwrap()
}

fn base(scale: f64, seed: u64, first_id: i64) -> Base {
    Base::new(BaseOptions { scale, seed, first_id, as_of: as_of() }).unwrap()
}

fn column(part: Part, name: &str) -> usize {
    part.columns().iter().position(|column| *column == name).unwrap()
}

fn int(row: &[dw_core::value::Value], at: usize) -> i64 {
    row[at].int().unwrap().unwrap_or(0)
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    items: i64,
    units: i64,
    gross: i64,
    discount: i64,
    net: i64,
    cost: i64,
    returned: i64,
    commission: i64,
    canceled: i64,
    discounted: i64,
}

fn totals(base: &Base) -> Totals {
    let mut canceled = std::collections::HashSet::new();
    let (id, status) = (column(Part::Orders, "order_id"), column(Part::Orders, "order_status"));
    for chunk in base.chunks(Part::Orders) {
        canceled.extend(chunk.rows().filter(|row| row[status] == "Cancelado".into()).map(|row| int(row, id)));
    }
    let at = |name| column(Part::Items, name);
    let (order, quantity, gross, discount) =
        (at("order_id"), at("quantity"), at("gross_amount"), at("discount_amount"));
    let (net, cost, returned, commission) =
        (at("net_amount"), at("cost_amount"), at("returned_amount"), at("commission_amount"));
    let mut sum = Totals::default();
    for chunk in base.chunks(Part::Items) {
        for row in chunk.rows() {
            sum.items += 1;
            sum.units += int(row, quantity);
            sum.gross += int(row, gross);
            sum.discount += int(row, discount);
            sum.net += int(row, net);
            sum.cost += int(row, cost);
            sum.returned += int(row, returned);
            sum.commission += int(row, commission);
            sum.discounted += i64::from(int(row, discount) > 0);
            if canceled.contains(&int(row, order)) {
                sum.canceled += int(row, net);
            }
        }
    }
    sum
}

fn from_1() -> Totals {
    Totals {
        items: 225_000,
        units: 675_000,
        gross: 16_253_588_866,
        discount: 108_334_988,
        net: 16_145_253_878,
        cost: 12_955_860_000,
        returned: 90_460_200,
        commission: 768_971_012,
        canceled: 416_562_783,
        discounted: 45_000,
    }
}

#[test]
fn ids_from_1_give_the_totals_of_the_contract() {
    let totals = totals(&base(1.0, 0, 1));
    assert_eq!(totals, from_1());
    // Receita liquida.
    assert_eq!(totals.net - totals.canceled, 15_728_691_095);
}

#[test]
fn ids_from_0_give_the_totals_of_the_reference_system() {
    let totals = totals(&base(1.0, 0, 0));
    let expected = Totals {
        gross: 16_253_588_478,
        net: 16_145_253_490,
        returned: 88_890_346,
        commission: 744_646_731,
        canceled: 409_682_622,
        ..from_1()
    };
    assert_eq!(totals, expected);
}

#[test]
fn another_seed_gives_other_bytes_and_the_same_totals() {
    assert_eq!(totals(&base(1.0, 42, 1)), from_1());
}

fn digest(base: &Base, part: Part) -> u64 {
    let mut hasher = DefaultHasher::new();
    for chunk in base.chunks(part) {
        chunk.rows().for_each(|row| row.hash(&mut hasher));
    }
    hasher.finish()
}

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_gives_others() {
    for part in Part::ALL {
        let plain = digest(&base(0.02, 0, 1), part);
        assert_eq!(plain, digest(&base(0.02, 0, 1), part), "{part:?}");
        assert_ne!(plain, digest(&base(0.02, 7, 1), part), "{part:?}");
        assert_ne!(digest(&base(0.02, 8, 1), part), digest(&base(0.02, 7, 1), part), "{part:?}");
    }
}

/// What a seed may not change: the rows without names and cities, in the order of their ids.
#[test]
fn a_seed_changes_only_names_cities_and_order() {
    let free =
        ["full_name", "seller_name", "supplier_name", "product_name", "city", "state", "home_city", "home_state"];
    for part in Part::ALL {
        let columns = part.columns();
        let sorted = |seed| {
            let mut rows = vec![];
            for chunk in base(0.02, seed, 1).chunks(part) {
                rows.extend(chunk.rows().map(|row| {
                    let kept =
                        row.iter().zip(&columns).filter(|(_, name)| part == Part::Regions || !free.contains(name));
                    kept.map(|(value, _)| value.clone()).collect::<Vec<_>>()
                }));
            }
            rows.sort();
            rows
        };
        assert_eq!(sorted(0), sorted(99), "{part:?}");
    }
}

fn rows_of(base: &Base, part: Part) -> RowBatch {
    let mut all = RowBatch::new(part.columns().len());
    base.chunks(part).for_each(|chunk| all.append(chunk));
    all
}

fn counts(base: &Base, part: Part, name: &str) -> BTreeMap<String, usize> {
    let at = column(part, name);
    let mut counts = BTreeMap::new();
    for row in rows_of(base, part).rows() {
        let key = match &row[at] {
            dw_core::value::Value::Text(text) => text.clone(),
            other => format!("{other:?}"),
        };
        *counts.entry(key).or_default() += 1;
    }
    counts
}

fn expected(list: &[(&str, usize)]) -> BTreeMap<String, usize> {
    list.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn the_volumes_and_mixes_are_those_of_the_contract() {
    let base = base(1.0, 0, 1);
    let volumes = Part::ALL.map(|part| base.rows(part));
    assert_eq!(volumes, [15, 12, 80, 20_000, 5_000, 300, 40, 90_000, 225_000, 45_000, 300 * 37]);
    for part in Part::ALL {
        assert_eq!(i64::try_from(rows_of(&base, part).len()).unwrap(), base.rows(part), "{part:?}");
    }
    assert_eq!(
        counts(&base, Part::Orders, "order_status"),
        expected(&[
            ("Cancelado", 2_700),
            ("Devolvido", 3_600),
            ("Enviado", 7_200),
            ("Entregue", 37_800),
            ("Faturado", 17_100),
            ("Pago", 13_500),
            ("Pendente", 8_100)
        ])
    );
    assert_eq!(
        counts(&base, Part::Customers, "customer_type"),
        expected(&[("VIP", 869), ("Recorrente", 2_733), ("Novo", 16_398)])
    );
    assert_eq!(
        counts(&base, Part::Customers, "segment"),
        expected(&[("Pessoa Juridica", 1_818), ("Pessoa Fisica", 18_182)])
    );
    assert_eq!(
        counts(&base, Part::Products, "product_status"),
        expected(&[("Descontinuado", 135), ("Inativo", 157), ("Ativo", 4_708)])
    );
    assert_eq!(counts(&base, Part::Sellers, "seller_status"), expected(&[("Inativo", 7), ("Ativo", 293)]));
    assert_eq!(counts(&base, Part::Suppliers, "is_active"), expected(&[("Int(0)", 2), ("Int(1)", 78)]));
    let sellers = counts(&base, Part::Orders, "seller_id");
    assert_eq!((sellers["Null"], sellers.len()), (9_000, 271));
    let regions = counts(&base, Part::Orders, "region_id");
    assert_eq!((regions["Null"], regions["Int(1)"], regions["Int(2)"]), (3_600, 4_800, 6_000));
}

#[test]
fn the_first_rows_are_the_literal_ones_of_the_contract() {
    let base = base(1.0, 0, 1);
    let row = |part: Part, index: usize| {
        let batch = rows_of(&base, part);
        let texts: Vec<String> = part
            .table()
            .columns
            .iter()
            .filter(|column| !column.additive)
            .zip(batch.row(index))
            .map(|(column, value)| column.ty.render(value).unwrap_or_else(|| "-".to_owned()))
            .collect();
        texts.join("|")
    };
    assert_eq!(
        row(Part::Customers, 22),
        "23|CUST-0000023|Cliente 0000023|cliente0000023@mail.com|+5511900000023|10000000023|2003-12-07|O|VIP|Pessoa Fisica|443|\
         Alto Valor|Rua 23|Bairro 24|Salvador|BA|Brasil|10000023|2023-01-06|2024-03-25|1|0|1|2026-02-04T20:00:00|\
         2026-02-04T20:00:00|-"
    );
    assert_eq!(
        row(Part::Products, 6),
        "7|PROD-0000007|SKU-0000007|7890000000007|Produto 7|Descricao curta do produto 7|Descricao completa do produto 7|\
         Brinquedos|Subcategoria 8|Linha 8|Marca 8|Fabricante 8|7|Mexico|0.900|7.33|7.80|6.50|Branco|Metal|13.40|17.02|21.27|\
         0|1|0|-|7|127|14|Ativo|2022-11-22|-|0.7|17|produto-7,ecommerce,teste|2026-02-11T20:00:00|2026-02-11T20:00:00|-"
    );
    assert_eq!(
        row(Part::Sellers, 20),
        "21|SELL-00021|Vendedor 21|9|1|RS|Porto Alegre|112500.00|2021-12-29|Ativo|2026-02-06T20:00:00|2026-02-28T20:00:00|-"
    );
    assert_eq!(
        row(Part::Orders, 14),
        "15|ORD-000000015|256|286|1|Entregue|Pago|2023-09-11T00:24:15|2023-09-11T01:24:15|2023-09-11T18:24:15|\
         2023-09-15T00:24:15|-|Televendas|BRL|Pedido da carga base #15|2023-09-11T00:24:15|2023-09-15T00:24:15|-"
    );
}

#[test]
fn campaign_usage_adds_up_to_the_discounts() {
    let base = base(1.0, 0, 1);
    let usage = base.campaign_usage();
    let sum = |at: usize| usage.rows().map(|row| int(row, at)).sum::<i64>();
    assert_eq!((usage.len(), sum(1), sum(3)), (40, 45_000, 108_334_988));
    let discounts = rows_of(&base, Part::Discounts);
    let (amount, net) = (column(Part::Discounts, "discount_amount"), column(Part::Discounts, "final_amount"));
    assert_eq!(discounts.rows().map(|row| int(row, amount)).sum::<i64>(), 108_334_988);
    assert_eq!(discounts.rows().map(|row| int(row, net)).sum::<i64>(), sum(2));
}

#[test]
fn impossible_options_are_refused() {
    let options = BaseOptions::at(as_of());
    for bad in [
        BaseOptions { scale: 0.0, ..options },
        BaseOptions { scale: -1.0, ..options },
        BaseOptions { scale: f64::NAN, ..options },
        BaseOptions { scale: f64::INFINITY, ..options },
        BaseOptions { scale: 1e9, ..options },
        BaseOptions { first_id: 2, ..options },
        BaseOptions { as_of: 0, ..options },
        BaseOptions { as_of: i64::MAX, ..options },
    ] {
        assert!(matches!(Base::new(bad), Err(DwError::Usage { .. })), "{bad:?}");
    }
}
