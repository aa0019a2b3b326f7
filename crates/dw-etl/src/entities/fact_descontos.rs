//! Applied discounts: `core.order_item_discounts` with item and order to `fact.FACT_DESCONTOS`.

use dw_core::entities;
use dw_core::time::day_of;
use rust_decimal::Decimal;

use crate::entities::{guard, text};
use crate::entity::TransformContext;
use crate::reject::Rejection;

crate::source_row! {
    /// A row of core.order_item_discounts with its item and order.
    pub struct Source {
        order_item_discount_id: i64 = "x.order_item_discount_id" => BigInt,
        discount_id: i64 = "x.discount_id" => BigInt,
        order_item_id: i64 = "x.order_item_id" => BigInt,
        customer_id: i64 = "o.customer_id" => BigInt,
        product_id: i64 = "i.product_id" => BigInt,
        order_number: String = "o.order_number" => VarChar(50),
        application_level: String = "x.application_level" => VarChar(30),
        discount_amount: Decimal = "x.discount_amount" => Decimal(15, 2),
        base_amount: Decimal = "x.base_amount" => Decimal(15, 2),
        final_amount: Decimal = "x.final_amount" => Decimal(15, 2),
        cost_amount: Decimal = "i.cost_amount" => Decimal(15, 2),
        applied_at: i64 = "x.applied_at" => DateTime2(0),
        approved: bool = "x.approved" => Bit,
        rejection_reason: Option<String> = "x.rejection_reason" => VarChar(200),
        deleted_at: Option<i64> = "x.deleted_at" => DateTime2(0),
        item_deleted_at: Option<i64> = "i.deleted_at" => DateTime2(0),
        order_deleted_at: Option<i64> = "o.deleted_at" => DateTime2(0),
    }
}

crate::target_row! {
    /// A staged row of fact.FACT_DESCONTOS.
    pub struct Target of entities::FACT_DESCONTOS {
        desconto_aplicado_original_id: i64,
        desconto_original_id: i64,
        venda_original_id: i64,
        data_aplicacao_id: i64,
        cliente_original_id: i64,
        produto_original_id: i64,
        nivel_aplicacao: &'static str,
        valor_desconto_aplicado: Decimal,
        valor_sem_desconto: Decimal,
        valor_com_desconto: Decimal,
        margem_antes_desconto: Decimal,
        margem_apos_desconto: Decimal,
        impacto_margem: Decimal,
        percentual_desconto_efetivo: Decimal,
        desconto_aprovado: bool,
        motivo_rejeicao: Option<String>,
        numero_pedido: String,
        excluido_em: Option<i64>,
    }
}

entity! {
    /// Applied discounts.
    FactDescontos of entities::FACT_DESCONTOS
}

const LEVELS: &[&str] = &["Item", "Pedido", "Frete", "Categoria"];

/// The rule of an applied discount. As with sales, amounts that contradict each other are refused.
///
/// # Errors
/// A reserved key, a date outside of the calendar, amounts that contradict each other, an unknown level.
pub fn rule(source: Source, context: &TransformContext) -> Result<Target, Rejection> {
    check_amounts(&source)?;
    let (base, last, cost) = (source.base_amount, source.final_amount, source.cost_amount);
    let before = guard::computed("margem_antes_desconto", base.checked_sub(cost))?;
    let after = guard::computed("margem_apos_desconto", last.checked_sub(cost))?;
    Ok(Target {
        desconto_aplicado_original_id: guard::business_key(
            "desconto_aplicado_original_id",
            source.order_item_discount_id,
        )?,
        desconto_original_id: source.discount_id,
        venda_original_id: source.order_item_id,
        data_aplicacao_id: context.data_id("data_aplicacao_id", day_of(source.applied_at))?,
        cliente_original_id: source.customer_id,
        produto_original_id: source.product_id,
        nivel_aplicacao: text::domain_or("nivel_aplicacao", source.application_level, LEVELS, "Pedido")?,
        valor_desconto_aplicado: source.discount_amount,
        valor_sem_desconto: base,
        valor_com_desconto: last,
        margem_antes_desconto: before,
        margem_apos_desconto: after,
        impacto_margem: guard::computed("impacto_margem", before.checked_sub(after))?,
        percentual_desconto_efetivo: guard::computed(
            "percentual_desconto_efetivo",
            effective_percent(source.discount_amount, base),
        )?,
        desconto_aprovado: source.approved,
        motivo_rejeicao: text::optional(source.rejection_reason),
        numero_pedido: text::unique(source.order_number),
        excluido_em: guard::earliest([source.deleted_at, source.item_deleted_at, source.order_deleted_at]),
    })
}

fn effective_percent(discount: Decimal, base: Decimal) -> Option<Decimal> {
    if base.is_zero() {
        return Some(Decimal::ZERO);
    }
    discount.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(base)
}

fn check_amounts(source: &Source) -> Result<(), Rejection> {
    let (base, discount, last) = (source.base_amount, source.discount_amount, source.final_amount);
    guard::not_negative("valor_sem_desconto", base)?;
    guard::not_negative("valor_desconto_aplicado", discount)?;
    if discount > base {
        return Err(guard::invalid("valor_desconto_aplicado", discount, "is more than the amount before it"));
    }
    if base.checked_sub(discount) != Some(last) {
        return Err(guard::invalid("valor_com_desconto", last, &format!("is not {base} less {discount}")));
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
        Source::read(&samples::row("fact_descontos")).unwrap()
    }

    fn target(source: Source) -> Target {
        rule(source, &samples::context()).unwrap()
    }

    fn amounts(base: i64, discount: i64, last: i64) -> Source {
        let cents = |cents: i64| Decimal::new(cents, 2);
        Source { base_amount: cents(base), discount_amount: cents(discount), final_amount: cents(last), ..source() }
    }

    #[test]
    fn a_discount_is_mapped_with_its_margins() {
        let target = target(source());
        assert_eq!((target.desconto_aplicado_original_id, target.desconto_original_id), (5, 0));
        assert_eq!((target.venda_original_id, target.cliente_original_id, target.produto_original_id), (11, 7, 41));
        assert_eq!((target.data_aplicacao_id, target.nivel_aplicacao), (20_260_101, "Item"));
        assert_eq!(target.margem_antes_desconto, Decimal::new(4_000, 2));
        assert_eq!(target.margem_apos_desconto, Decimal::new(3_000, 2));
        assert_eq!(target.impacto_margem, Decimal::new(1_000, 2));
        assert_eq!(target.percentual_desconto_efetivo, Decimal::from(10));
        assert_eq!((target.desconto_aprovado, target.motivo_rejeicao), (true, None));
    }

    #[test]
    fn nothing_off_nothing_is_zero_percent() {
        assert_eq!(target(amounts(0, 0, 0)).percentual_desconto_efetivo, Decimal::ZERO);
    }

    #[test]
    fn a_margin_below_the_cost_is_negative() {
        assert_eq!(target(amounts(100, 40, 60)).margem_apos_desconto, Decimal::new(60 - 6_000, 2));
    }

    #[test]
    fn a_discount_is_deleted_with_its_own_row_its_item_or_its_order() {
        let with = |own, item, order| {
            target(Source { deleted_at: own, item_deleted_at: item, order_deleted_at: order, ..source() }).excluido_em
        };
        assert_eq!(with(None, None, None), None);
        assert_eq!(with(Some(3), None, Some(2)), Some(2));
        assert_eq!(with(None, Some(4), None), Some(4));
    }

    #[test]
    fn what_the_contract_forbids_is_refused() {
        let rejected = |source: Source| rule(source, &samples::context()).unwrap_err();
        assert_eq!(rejected(Source { order_item_discount_id: -1, ..source() }).code, RejectCode::ReservedKey);
        assert_eq!(rejected(Source { applied_at: -STAMP, ..source() }).code, RejectCode::DateOutsideCalendar);
        for (column, source) in [
            ("valor_com_desconto", amounts(100, 10, 91)),
            ("valor_desconto_aplicado", amounts(100, 101, -1)),
            ("valor_desconto_aplicado", amounts(100, -1, 101)),
            ("valor_sem_desconto", amounts(-1, 0, -1)),
            ("nivel_aplicacao", Source { application_level: "Cliente".into(), ..source() }),
        ] {
            let rejection = rejected(source);
            assert_eq!(rejection.code, RejectCode::Invalid);
            assert!(rejection.reason.starts_with(column), "{column}: {}", rejection.reason);
        }
        assert_eq!(target(Source { application_level: " ".into(), ..source() }).nivel_aplicacao, "Pedido");
    }

    proptest! {
        #[test]
        fn coherent_amounts_give_a_coherent_row(base in 0_i64..=99_999_999_999_999, off in any::<u64>()) {
            let discount = i64::try_from(off % (base.unsigned_abs() + 1)).unwrap();
            let target = target(amounts(base, discount, base - discount));
            prop_assert_eq!(target.impacto_margem, target.valor_desconto_aplicado);
            let row = target.write().unwrap();
            let at = Target::COLUMNS.iter().position(|column| *column == "percentual_desconto_efetivo").unwrap();
            let (base, discount) = (i128::from(base), i128::from(discount));
            let expected = if base == 0 { 0 } else { (2 * discount * 10_000 + base) / (2 * base) };
            prop_assert_eq!(row[at].int().unwrap().map(i128::from), Some(expected));
            prop_assert!((0..=10_000).contains(&expected));
        }
    }
}
