//! `fact.FACT_VENDAS`: one row an order item (rulings 5, 7 and 16).

use std::collections::HashMap;

use chrono::Datelike;
use dw_core::time;
use dw_core::value::Value;
use rust_decimal::Decimal;

use crate::compare::{Cells, Expected, cents};
use crate::shop::{Shop, folded};

/// YYYYMMDD of a second; `None` outside of the calendar.
pub fn day(seconds: i64) -> Option<i64> {
    let date = chrono::DateTime::from_timestamp(seconds, 0).unwrap().date_naive();
    let last = time::to_date(time::day_of(time::now())).year() + 10;
    let in_calendar = (1990..=last).contains(&date.year());
    in_calendar.then(|| i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day()))
}

/// What the warehouse should hold.
pub fn expected(shop: &Shop) -> Expected {
    let mut places = HashMap::new();
    for (id, region) in shop.regions.iter().filter(|(_, region)| !region.is_deleted()) {
        places.insert(["country", "state", "city"].map(|column| folded(region.text(column))), *id);
    }
    let mut expected =
        Expected { key: "venda_original_id", entity: "fact_vendas", complete: true, ..Expected::default() };
    for (id, item) in &shop.items {
        let order = &shop.orders[&item.int("order_id")];
        let region = order.maybe("region_id").or_else(|| {
            let customer = &shop.all_customers[&order.int("customer_id")];
            places.get(&["country", "state", "city"].map(|column| folded(customer.text(column)))).copied()
        });
        let (gross, off) = (item.money("gross_amount"), item.money("discount_amount"));
        let commission = item.maybe_money("commission_percent");
        let (Some(day), false) =
            (day(order.int("order_date")), commission.is_some_and(|percent| percent > Decimal::ONE_HUNDRED))
        else {
            expected.rejected.insert(*id);
            continue;
        };
        let deleted = [item, order].into_iter().filter_map(|row| row.maybe("deleted_at")).min();
        let cells = Cells::from([
            ("venda_original_id", Value::Int(*id)),
            ("data_id", day.into()),
            ("cliente_id", order.int("customer_id").into()),
            ("produto_id", item.int("product_id").into()),
            ("regiao_id", region.unwrap_or(-1).into()),
            ("vendedor_id", order.maybe("seller_id").unwrap_or(-1).into()),
            ("quantidade_vendida", item.int("quantity").into()),
            ("preco_unitario_tabela", cents(item.money("unit_price"))),
            ("valor_total_bruto", cents(gross)),
            ("valor_total_descontos", cents(off)),
            ("valor_total_liquido", cents(gross - off)),
            ("custo_total", cents(item.money("cost_amount"))),
            ("quantidade_devolvida", item.int("return_quantity").into()),
            ("valor_devolvido", cents(item.money("returned_amount"))),
            ("percentual_comissao", commission.map_or(Value::Null, cents)),
            ("valor_comissao", item.maybe_money("commission_amount").map_or(Value::Null, cents)),
            ("numero_pedido", order.text("order_number").trim_end_matches(' ').into()),
            ("teve_desconto", (item.int("had_discount") == 1 || off > Decimal::ZERO).into()),
            ("status_pedido", order.text("order_status").into()),
            ("excluido_em", deleted.into()),
        ]);
        expected.rows.insert(*id, cells);
    }
    expected
}
