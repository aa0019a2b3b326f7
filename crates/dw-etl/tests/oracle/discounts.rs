//! `fact.FACT_DESCONTOS`: one row an applied discount (rulings 9 and 16).

use dw_core::value::Value;
use rust_decimal::Decimal;

use crate::compare::{Cells, Expected, cents, rounded, text};
use crate::sales::day;
use crate::shop::Shop;

/// What the warehouse should hold, given the sales.
pub fn expected(shop: &Shop, sales: &Expected) -> Expected {
    let mut expected = Expected {
        key: "desconto_aplicado_original_id",
        entity: "fact_descontos",
        complete: true,
        ..Expected::default()
    };
    for (id, discount) in &shop.discounts {
        let sale = discount.int("order_item_id");
        let item = &shop.items[&sale];
        let order = &shop.orders[&item.int("order_id")];
        let (Some(day), true) = (day(discount.int("applied_at")), sales.rows.contains_key(&sale)) else {
            expected.rejected.insert(*id);
            continue;
        };
        let (base, off, cost) =
            (discount.money("base_amount"), discount.money("discount_amount"), item.money("cost_amount"));
        let (before, after) = (base - cost, base - off - cost);
        let percent = if base.is_zero() { Decimal::ZERO } else { off * Decimal::ONE_HUNDRED / base };
        let deleted = [discount, item, order].into_iter().filter_map(|row| row.maybe("deleted_at")).min();
        let cells = Cells::from([
            ("desconto_aplicado_original_id", Value::Int(*id)),
            ("desconto_id", discount.int("discount_id").into()),
            ("venda_id", sale.into()),
            ("data_aplicacao_id", day.into()),
            ("cliente_id", order.int("customer_id").into()),
            ("produto_id", item.int("product_id").into()),
            ("nivel_aplicacao", discount.text("application_level").into()),
            ("valor_desconto_aplicado", cents(off)),
            ("valor_sem_desconto", cents(base)),
            ("valor_com_desconto", cents(base - off)),
            ("margem_antes_desconto", cents(before)),
            ("margem_apos_desconto", cents(after)),
            ("impacto_margem", cents(before - after)),
            ("percentual_desconto_efetivo", rounded(percent)),
            ("desconto_aprovado", discount.int("approved").into()),
            ("motivo_rejeicao", text(discount.text("rejection_reason"))),
            ("numero_pedido", order.text("order_number").trim_end_matches(' ').into()),
            ("excluido_em", deleted.into()),
        ]);
        expected.rows.insert(*id, cells);
    }
    expected
}
