//! Sales: `core.order_items` with their orders to `fact.FACT_VENDAS`, one row an item.

use dw_core::entities;
use dw_core::time::day_of;
use rust_decimal::Decimal;

use crate::entities::{guard, text};
use crate::entity::TransformContext;
use crate::reject::Rejection;

crate::source_row! {
    /// A row of core.order_items with its order. An order without a region takes that of its customer's place, country
    /// included (ruling 7).
    pub struct Source {
        order_item_id: i64 = "i.order_item_id" => BigInt,
        order_number: String = "o.order_number" => VarChar(50),
        order_status: String = "o.order_status" => VarChar(20),
        order_date: i64 = "o.order_date" => DateTime2(0),
        customer_id: i64 = "o.customer_id" => BigInt,
        product_id: i64 = "i.product_id" => BigInt,
        region_id: Option<i64> = "COALESCE(o.region_id, (SELECT r.region_id FROM core.customers c \
            JOIN core.regions r ON r.country = c.country AND r.state = c.state AND r.city = c.city \
            AND r.deleted_at IS NULL WHERE c.customer_id = o.customer_id))" => BigInt,
        seller_id: Option<i64> = "o.seller_id" => BigInt,
        quantity: i64 = "i.quantity" => Int,
        unit_price: Decimal = "i.unit_price" => Decimal(15, 2),
        gross_amount: Decimal = "i.gross_amount" => Decimal(15, 2),
        discount_amount: Decimal = "i.discount_amount" => Decimal(15, 2),
        net_amount: Decimal = "i.net_amount" => Decimal(15, 2),
        cost_amount: Decimal = "i.cost_amount" => Decimal(15, 2),
        return_quantity: i64 = "i.return_quantity" => Int,
        returned_amount: Decimal = "i.returned_amount" => Decimal(15, 2),
        commission_percent: Option<Decimal> = "i.commission_percent" => Decimal(5, 2),
        commission_amount: Option<Decimal> = "i.commission_amount" => Decimal(15, 2),
        had_discount: bool = "i.had_discount" => Bit,
        item_deleted_at: Option<i64> = "i.deleted_at" => DateTime2(0),
        order_deleted_at: Option<i64> = "o.deleted_at" => DateTime2(0),
    }
}

crate::target_row! {
    /// A staged row of fact.FACT_VENDAS.
    pub struct Target of entities::FACT_VENDAS {
        venda_original_id: i64,
        data_id: i64,
        cliente_original_id: i64,
        produto_original_id: i64,
        regiao_original_id: Option<i64>,
        vendedor_original_id: Option<i64>,
        quantidade_vendida: i64,
        preco_unitario_tabela: Decimal,
        valor_total_bruto: Decimal,
        valor_total_descontos: Decimal,
        valor_total_liquido: Decimal,
        custo_total: Decimal,
        quantidade_devolvida: i64,
        valor_devolvido: Decimal,
        percentual_comissao: Option<Decimal>,
        valor_comissao: Option<Decimal>,
        numero_pedido: String,
        teve_desconto: bool,
        status_pedido: String,
        excluido_em: Option<i64>,
    }
}

entity! {
    /// Sales.
    FactVendas of entities::FACT_VENDAS
}

const STATUSES: &[&str] = &["Pendente", "Pago", "Faturado", "Enviado", "Entregue", "Cancelado", "Devolvido"];

/// The rule of a sale. Amounts are taken as they are or not at all: the source's CHECKs hold them together, and a row
/// that breaks them is refused instead of recomputed.
///
/// # Errors
/// A reserved key, a date outside of the calendar, amounts, quantities or a commission that contradict each other.
pub fn rule(source: Source, context: &TransformContext) -> Result<Target, Rejection> {
    check_amounts(&source)?;
    check_quantities(&source)?;
    let commission = source.commission_percent;
    if commission.is_some_and(|percent| percent < Decimal::ZERO || percent > Decimal::ONE_HUNDRED) {
        let percent = commission.unwrap_or_default();
        return Err(guard::invalid("percentual_comissao", percent, "is not between 0 and 100"));
    }
    Ok(Target {
        venda_original_id: guard::business_key("venda_original_id", source.order_item_id)?,
        data_id: context.data_id("data_id", day_of(source.order_date))?,
        cliente_original_id: source.customer_id,
        produto_original_id: source.product_id,
        regiao_original_id: source.region_id,
        vendedor_original_id: source.seller_id,
        quantidade_vendida: source.quantity,
        preco_unitario_tabela: guard::not_negative("preco_unitario_tabela", source.unit_price)?,
        valor_total_bruto: source.gross_amount,
        valor_total_descontos: source.discount_amount,
        valor_total_liquido: source.net_amount,
        custo_total: guard::not_negative("custo_total", source.cost_amount)?,
        quantidade_devolvida: source.return_quantity,
        valor_devolvido: guard::not_negative("valor_devolvido", source.returned_amount)?,
        percentual_comissao: commission,
        valor_comissao: guard::optional_not_negative("valor_comissao", source.commission_amount)?,
        // Orders are counted by this number, so two of the source stay two.
        numero_pedido: text::unique(source.order_number),
        teve_desconto: source.had_discount || source.discount_amount > Decimal::ZERO,
        status_pedido: status(source.order_status)?,
        excluido_em: guard::earliest([source.item_deleted_at, source.order_deleted_at]),
    })
}

/// A status that the contract knows in its spelling, so that a comparison with `Cancelado` holds on every engine;
/// another one as it is, because the warehouse has no domain for it.
fn status(text: String) -> Result<String, Rejection> {
    let text = text::required("status_pedido", text)?;
    Ok(text::find_in(&text, STATUSES).map_or(text, str::to_owned))
}

fn check_amounts(source: &Source) -> Result<(), Rejection> {
    let (gross, discount, net) = (source.gross_amount, source.discount_amount, source.net_amount);
    guard::not_negative("valor_total_bruto", gross)?;
    guard::not_negative("valor_total_descontos", discount)?;
    if discount > gross {
        return Err(guard::invalid("valor_total_descontos", discount, "is more than the gross amount"));
    }
    if gross.checked_sub(discount) != Some(net) {
        return Err(guard::invalid("valor_total_liquido", net, &format!("is not {gross} less {discount}")));
    }
    Ok(())
}

fn check_quantities(source: &Source) -> Result<(), Rejection> {
    if source.quantity < 1 {
        return Err(guard::invalid("quantidade_vendida", source.quantity, "is less than one"));
    }
    if !(0..=source.quantity).contains(&source.return_quantity) {
        return Err(guard::invalid(
            "quantidade_devolvida",
            source.return_quantity,
            "is not between 0 and the quantity sold",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::entities::samples::{self, STAMP};
    use crate::reject::RejectCode;

    fn source() -> Source {
        Source::read(&samples::row("fact_vendas")).unwrap()
    }

    fn target(source: Source) -> Target {
        rule(source, &samples::context()).unwrap()
    }

    fn rejected(source: Source) -> Rejection {
        rule(source, &samples::context()).unwrap_err()
    }

    #[test]
    fn a_sale_is_mapped() {
        let target = target(source());
        assert_eq!((target.venda_original_id, target.data_id), (11, 20_260_101));
        assert_eq!((target.cliente_original_id, target.produto_original_id), (7, 41));
        assert_eq!(target.valor_total_liquido, Decimal::new(9_000, 2));
        assert_eq!((target.status_pedido.as_str(), target.teve_desconto), ("Entregue", true));
        assert_eq!(target.excluido_em, None);
    }

    /// Defect S3: id 0 is a key like any other.
    #[test]
    fn zero_is_a_key_of_every_parent() {
        let target = target(Source {
            order_item_id: 0,
            customer_id: 0,
            product_id: 0,
            region_id: Some(0),
            seller_id: Some(0),
            ..source()
        });
        assert_eq!((target.venda_original_id, target.cliente_original_id, target.produto_original_id), (0, 0, 0));
        assert_eq!((target.regiao_original_id, target.vendedor_original_id), (Some(0), Some(0)));
    }

    /// Defect S4: a missing region or seller stays missing, and the load stores -1.
    #[test]
    fn a_missing_region_or_seller_is_not_replaced_by_a_real_one() {
        let target = target(Source { region_id: None, seller_id: None, ..source() });
        assert_eq!((target.regiao_original_id, target.vendedor_original_id), (None, None));
    }

    /// Defect S26: the place of a customer includes the country, and the lookup cannot double an item.
    #[test]
    fn the_region_of_a_customer_is_looked_up_with_its_country_in_a_scalar() {
        let region = Source::COLUMNS.iter().find(|column| column.name == "region_id").unwrap();
        assert!(region.expression.contains("r.country = c.country") && region.expression.starts_with("COALESCE("));
        assert!(!entities::FACT_VENDAS.from.contains("core.regions"));
    }

    /// Defect S1: the sale of a deleted item or order is marked, its measures stay.
    #[test]
    fn a_sale_is_deleted_with_its_item_or_its_order() {
        for (item, order, expected) in [(Some(5), None, 5), (None, Some(6), 6), (Some(9), Some(8), 8)] {
            let target = target(Source { item_deleted_at: item, order_deleted_at: order, ..source() });
            assert_eq!(target.excluido_em, Some(expected));
            assert_eq!(target.valor_total_liquido, source().net_amount);
        }
    }

    /// Defect S2: every status is loaded and kept, so that a reader can leave out what is no revenue.
    #[test]
    fn the_status_of_the_order_is_kept() {
        for status in STATUSES {
            let spelled = target(Source { order_status: status.to_uppercase(), ..source() }).status_pedido;
            assert_eq!(spelled, *status);
        }
        assert_eq!(target(Source { order_status: " Em Separacao ".into(), ..source() }).status_pedido, "Em Separacao");
        assert_eq!(rejected(Source { order_status: " ".into(), ..source() }).code, RejectCode::Invalid);
    }

    #[test]
    fn amounts_that_contradict_each_other_are_refused_and_never_recomputed() {
        let cents = |cents: i64| Decimal::new(cents, 2);
        for (column, source) in [
            ("valor_total_liquido", Source { net_amount: cents(9_001), ..source() }),
            ("valor_total_descontos", Source { discount_amount: cents(10_001), net_amount: cents(-1), ..source() }),
            ("valor_total_descontos", Source { discount_amount: cents(-1), net_amount: cents(10_001), ..source() }),
            ("valor_total_bruto", Source { gross_amount: cents(-1), ..source() }),
            ("custo_total", Source { cost_amount: cents(-1), ..source() }),
            ("preco_unitario_tabela", Source { unit_price: cents(-1), ..source() }),
            ("valor_devolvido", Source { returned_amount: cents(-1), ..source() }),
            ("valor_comissao", Source { commission_amount: Some(cents(-1)), ..source() }),
            ("percentual_comissao", Source { commission_percent: Some(cents(10_001)), ..source() }),
            ("percentual_comissao", Source { commission_percent: Some(cents(-1)), ..source() }),
            ("quantidade_vendida", Source { quantity: 0, return_quantity: 0, ..source() }),
            ("quantidade_devolvida", Source { return_quantity: 3, ..source() }),
            ("quantidade_devolvida", Source { return_quantity: -1, ..source() }),
        ] {
            let rejection = rejected(source);
            assert_eq!(rejection.code, RejectCode::Invalid);
            assert!(rejection.reason.starts_with(column), "{column}: {}", rejection.reason);
        }
    }

    /// Defect S15: what the source can hold fits.
    #[test]
    fn the_widest_number_and_price_fit() {
        let widest = Decimal::new(999_999_999_999_999, 2);
        let wide = Source { order_number: "N".repeat(50), unit_price: widest, ..source() };
        assert!(target(wide).write().is_ok());
    }

    #[test]
    fn a_reserved_key_and_a_date_outside_of_the_calendar_are_refused() {
        assert_eq!(rejected(Source { order_item_id: -1, ..source() }).code, RejectCode::ReservedKey);
        for order_date in [STAMP * 100, -STAMP, i64::MIN, i64::MAX] {
            assert_eq!(rejected(Source { order_date, ..source() }).code, RejectCode::DateOutsideCalendar);
        }
        let parents = Source {
            had_discount: false,
            discount_amount: Decimal::ZERO,
            net_amount: source().gross_amount,
            ..source()
        };
        assert!(!target(parents).teve_desconto);
    }

    proptest! {
        #[test]
        fn coherent_amounts_arrive_unchanged(gross in 0_i64..=999_999_999_999_999, share in 0_i64..=100) {
            let discount = gross / 100 * share;
            let cents = |cents: i64| Decimal::new(cents, 2);
            let target = target(Source {
                gross_amount: cents(gross),
                discount_amount: cents(discount),
                net_amount: cents(gross - discount),
                ..source()
            });
            prop_assert_eq!(target.valor_total_bruto - target.valor_total_descontos, target.valor_total_liquido);
            prop_assert!(target.write().is_ok());
        }
    }
}
