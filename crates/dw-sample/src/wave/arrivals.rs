//! The customers and products that a wave adds. The last customer arrives late: he is stamped after the wave.

use dw_core::catalog::oltp;
use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::time::{self, Seconds};
use dw_core::value::{RowBatch, Value};

use super::shop::{Shop, at, name};
use super::{LateCustomer, WaveReport};
use crate::base::{GENDERS, contract_columns};
use crate::money::{margin, percent_of, pick, round_div};
use crate::names;
use crate::random::{Purpose, below};

/// Rows of a batch.
const BATCH: i64 = 5_000;
/// Numbers of documents and bar codes that a wave has for itself.
const NUMBERS_OF_A_WAVE: i64 = 1_000_000;

const CATEGORIES: &[&str] = &["Eletronicos", "Casa", "Moda", "Informatica"];
/// Where the categories of a wave stand among those of the base sample, for names.
const CATEGORY_NAMES: [i64; 4] = [0, 1, 2, 6];
const COLORS: &[&str] = &["Preto", "Branco", "Azul"];

/// Adds the customers and returns the late one; his order is not known yet.
pub(super) async fn customers<E: Executor + ?Sized>(
    tx: &mut E,
    shop: &Shop,
    report: &mut WaveReport,
) -> DwResult<LateCustomer> {
    let (target, columns) = (name(tx, &oltp::CUSTOMERS), contract_columns(&oltp::CUSTOMERS));
    let total = shop.volume(300);
    let late_at = std::cmp::max(shop.options.now, shop.as_of());
    if late_at == shop.as_of() {
        report.notes.push(format!(
            "the late customer is stamped {} like his order, because the clock is not past it",
            time::format_timestamp(late_at)
        ));
    }
    let mut first = 1;
    while first <= total {
        let last = std::cmp::min(first + BATCH - 1, total);
        let mut batch = RowBatch::new(columns.len());
        for n in first..=last {
            push_customer(shop, n, if n == total { late_at } else { shop.as_of() }, &mut batch);
        }
        report.customers_added += tx.bulk(&target, &columns, batch.into()).await?;
        first = last + 1;
    }
    Ok(LateCustomer { customer_id: shop.next.customer + total - 1, stamped_at: late_at, order_id: 0 })
}

fn push_customer(shop: &Shop, n: i64, stamp: Seconds, out: &mut RowBatch) {
    let (today, seed) = (shop.today(), shop.options.seed);
    let unique = n + (shop.number - 1) * NUMBERS_OF_A_WAVE;
    let index = if seed == 0 { n - 1 } else { below(seed, Purpose::City, -unique, 1 << 20) };
    let region = at(&shop.regions, index);
    let vip = n % 17 == 0;
    let code = format!("CUST-{}-{n:06}", shop.code);
    let email = format!("{}@mail.com", code.to_lowercase());
    out.push_row([
        (shop.next.customer + n - 1).into(),
        code.into(),
        names::person(seed, NUMBERS_OF_A_WAVE + unique, format!("Cliente Incremental {n:06}")).into(),
        email.into(),
        format!("+55{:011}", (11_970_000_000 + unique) % 100_000_000_000).into(),
        format!("{:011}", (20_000_000_000 + unique) % 100_000_000_000).into(),
        (today - (6_500 + n % 7_000)).into(),
        pick(GENDERS, n).into(),
        if vip { "VIP" } else { "Novo" }.into(),
        if n % 8 == 0 { "Pessoa Juridica" } else { "Pessoa Fisica" }.into(),
        (450 + n % 450).into(),
        if vip { "Alto Valor" } else { "Base" }.into(),
        format!("Avenida Incremental {n}").into(),
        format!("Distrito {}", n % 60).into(),
        region.map_or_else(|| "Sao Paulo".into(), |region| region.city.clone()),
        region.map_or_else(|| "SP".into(), |region| region.state.clone()),
        "Brasil".into(),
        format!("{:08}", (20_000_000 + n) % 100_000_000).into(),
        (today - n % 25).into(),
        (today - n % 5).into(),
        true.into(),
        true.into(),
        vip.into(),
        stamp.into(),
        stamp.into(),
        Value::Null,
    ]);
}

/// Adds the products; without a supplier there is none, because a product needs one.
pub(super) async fn products<E: Executor + ?Sized>(tx: &mut E, shop: &Shop, report: &mut WaveReport) -> DwResult<()> {
    if shop.suppliers.is_empty() {
        report.notes.push("no product was added, because the source has no supplier".to_owned());
        return Ok(());
    }
    let (target, columns) = (name(tx, &oltp::PRODUCTS), contract_columns(&oltp::PRODUCTS));
    let total = shop.volume(120);
    let mut first = 1;
    while first <= total {
        let last = std::cmp::min(first + BATCH - 1, total);
        let mut batch = RowBatch::new(columns.len());
        for n in first..=last {
            push_product(shop, n, &mut batch);
        }
        report.products_added += tx.bulk(&target, &columns, batch.into()).await?;
        first = last + 1;
    }
    Ok(())
}

fn push_product(shop: &Shop, n: i64, out: &mut RowBatch) {
    let unique = n + (shop.number - 1) * NUMBERS_OF_A_WAVE;
    // At great scales the cost begins anew, so that it stays a price and fits its column.
    let cost = 3_500 + (n % 10_000) * 190;
    let list = percent_of(cost, 130);
    let side = n % 10_000;
    let category = CATEGORY_NAMES.get(usize::try_from(n % 4).unwrap_or(0)).copied().unwrap_or(0);
    out.push_row([
        (shop.next.product + n - 1).into(),
        format!("PROD-{}-{n:06}", shop.code).into(),
        format!("SKU-{}-{n:06}", shop.code).into(),
        (7_900_000_000_000 + unique).to_string().into(),
        names::product(shop.options.seed, NUMBERS_OF_A_WAVE + unique, category, format!("Produto Incremental {n}"))
            .into(),
        format!("Descricao curta incremental {n}").into(),
        format!("Descricao completa incremental {n}").into(),
        pick(CATEGORIES, n).into(),
        format!("Subcategoria Inc {}", n % 15).into(),
        "Linha Incremental".into(),
        format!("Marca Inc {}", n % 20).into(),
        format!("Fabricante Inc {}", n % 20).into(),
        at(&shop.suppliers, n - 1).copied().into(),
        "Brasil".into(),
        (500 + round_div(side * 1_000, 30)).into(),
        (1_000 + round_div(side * 100, 3)).into(),
        (1_000 + round_div(side * 1_000, 35)).into(),
        (800 + side * 25).into(),
        pick(COLORS, n).into(),
        if n % 2 == 0 { "Metal" } else { "Plastico" }.into(),
        cost.into(),
        list.into(),
        margin(list, cost).into(),
        false.into(),
        (n % 15 == 0).into(),
        false.into(),
        Value::Null,
        10_i64.into(),
        200_i64.into(),
        12_i64.into(),
        "Ativo".into(),
        shop.today().into(),
        Value::Null,
        (n % 45).into(),
        (20 + n % 120).into(),
        "incremental,etl,watermark".into(),
        shop.as_of().into(),
        shop.as_of().into(),
        Value::Null,
    ]);
}
