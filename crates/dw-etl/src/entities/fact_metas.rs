//! Targets of sellers: `core.seller_targets_monthly` to `fact.FACT_METAS`. Not here: ranking and quartile, which
//! a set step derives from all targets of a month.

use dw_core::entities;
use dw_core::time::{Days, format_date, to_date};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::entities::{guard, text};
use crate::entity::TransformContext;
use crate::reject::Rejection;

crate::source_row! {
    /// A row of core.seller_targets_monthly.
    pub struct Source {
        seller_target_id: i64 = "m.seller_target_id" => BigInt,
        seller_id: i64 = "m.seller_id" => BigInt,
        target_month: i64 = "m.target_month" => Date,
        target_amount: Decimal = "m.target_amount" => Decimal(15, 2),
        target_quantity: Option<i64> = "m.target_quantity" => Int,
        realized_amount: Decimal = "m.realized_amount" => Decimal(15, 2),
        realized_quantity: i64 = "m.realized_quantity" => Int,
        period_type: String = "m.period_type" => VarChar(20),
        period_closed: bool = "m.period_closed" => Bit,
        deleted_at: Option<i64> = "m.deleted_at" => DateTime2(0),
    }
}

crate::target_row! {
    /// A staged row of fact.FACT_METAS.
    pub struct Target of entities::FACT_METAS {
        meta_original_id: i64,
        vendedor_original_id: i64,
        data_id: i64,
        valor_meta: Decimal,
        quantidade_meta: Option<i64>,
        valor_realizado: Decimal,
        quantidade_realizada: i64,
        percentual_atingido: Decimal,
        gap_meta: Decimal,
        ticket_medio_realizado: Option<Decimal>,
        meta_batida: bool,
        meta_superada: bool,
        eh_periodo_fechado: bool,
        tipo_periodo: &'static str,
        excluido_em: Option<i64>,
    }
}

entity! {
    /// Monthly targets.
    FactMetas of entities::FACT_METAS
}

const PERIODS: &[&str] = &["Mensal", "Trimestral", "Anual"];

/// The rule of a target.
///
/// # Errors
/// A reserved key, a date outside of the calendar, a target that is not above zero, a negative result.
pub fn rule(source: Source, context: &TransformContext) -> Result<Target, Rejection> {
    let target = source.target_amount;
    if target <= Decimal::ZERO {
        return Err(guard::invalid("valor_meta", target, "is not above zero"));
    }
    if let Some(quantity) = source.target_quantity.filter(|quantity| *quantity < 1) {
        return Err(guard::invalid("quantidade_meta", quantity, "is not above zero"));
    }
    let realized = guard::not_negative("valor_realizado", source.realized_amount)?;
    let quantity = guard::not_negative("quantidade_realizada", source.realized_quantity)?;
    Ok(Target {
        meta_original_id: guard::business_key("meta_original_id", source.seller_target_id)?,
        vendedor_original_id: source.seller_id,
        data_id: context.data_id("data_id", first_of_month(source.target_month)?)?,
        valor_meta: target,
        quantidade_meta: source.target_quantity,
        valor_realizado: realized,
        quantidade_realizada: quantity,
        percentual_atingido: guard::computed("percentual_atingido", percent_reached(realized, target))?,
        gap_meta: guard::computed("gap_meta", realized.checked_sub(target))?,
        ticket_medio_realizado: realized.checked_div(Decimal::from(quantity)),
        meta_batida: realized >= target,
        meta_superada: exceeded(realized, target),
        eh_periodo_fechado: source.period_closed,
        tipo_periodo: text::domain_or("tipo_periodo", source.period_type, PERIODS, "Mensal")?,
        excluido_em: source.deleted_at,
    })
}

/// The source is unique by seller and day, the fact by seller and month: two days of one month could not both be stored, so
/// that only a first is accepted.
fn first_of_month(day: Days) -> Result<Days, Rejection> {
    let date = to_date(day);
    if chrono::Datelike::day(&date) == 1 {
        Ok(day)
    } else {
        Err(guard::invalid("target_month", format_date(day), "is not the first day of a month"))
    }
}

/// Truncated, not rounded: 99,999.99 of 100,000 is not 100 %, so that the percentage and `meta_batida` agree
/// (ruling 14).
fn percent_reached(realized: Decimal, target: Decimal) -> Option<Decimal> {
    let percent = realized.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(target)?;
    Some(percent.round_dp_with_strategy(2, RoundingStrategy::ToZero))
}

/// 120 % or more, by amounts (product decision 9).
fn exceeded(realized: Decimal, target: Decimal) -> bool {
    let (realized, limit) = (realized.checked_mul(Decimal::from(10)), target.checked_mul(Decimal::from(12)));
    realized.zip(limit).is_some_and(|(realized, limit)| realized >= limit)
}

#[cfg(test)]
mod tests {
    use dw_core::time::parse_date;
    use proptest::prelude::*;

    use super::*;
    use crate::entities::samples::{self, STAMP};
    use crate::reject::RejectCode;

    /// The largest amount of a DECIMAL(15,2) in cents.
    const WIDEST: i64 = 999_999_999_999_999;

    fn source() -> Source {
        Source::read(&samples::row("fact_metas")).unwrap()
    }

    fn of(target: i64, realized: i64) -> Result<Target, Rejection> {
        let (target_amount, realized_amount) = (Decimal::new(target, 2), Decimal::new(realized, 2));
        rule(Source { target_amount, realized_amount, ..source() }, &samples::context())
    }

    fn rejected(source: Source) -> Rejection {
        rule(source, &samples::context()).unwrap_err()
    }

    #[test]
    fn a_target_is_mapped() {
        let target = rule(source(), &samples::context()).unwrap();
        assert_eq!((target.meta_original_id, target.vendedor_original_id), (900, 0), "seller 0 has targets too");
        assert_eq!(target.data_id, 20_251_201);
        assert_eq!(target.percentual_atingido, Decimal::new(5_000, 2));
        assert_eq!(target.gap_meta, Decimal::new(-3_000_000, 2));
        assert_eq!(target.ticket_medio_realizado, Some(Decimal::new(100_000, 2)));
        assert_eq!((target.meta_batida, target.meta_superada, target.tipo_periodo), (false, false, "Mensal"));
    }

    /// Defect S6.
    #[test]
    fn a_cent_short_is_not_reached() {
        let target = of(10_000_000, 9_999_999).unwrap();
        assert_eq!((target.percentual_atingido, target.meta_batida), (Decimal::new(9_999, 2), false));
        assert!(of(10_000_000, 10_000_000).unwrap().meta_batida);
    }

    #[test]
    fn exceeded_is_120_percent_exactly() {
        assert!(!of(10_000, 11_999).unwrap().meta_superada);
        assert!(of(10_000, 12_000).unwrap().meta_superada);
        assert!(!of(3, 3).unwrap().meta_superada);
    }

    #[test]
    fn a_target_belongs_to_the_first_of_its_month() {
        let target_month = parse_date("2024-02-01").unwrap();
        let target = rule(Source { target_month, ..source() }, &samples::context()).unwrap();
        assert_eq!(target.data_id, 20_240_201);
        let target_month = parse_date("2024-02-29").unwrap();
        assert_eq!(rejected(Source { target_month, ..source() }).code, RejectCode::Invalid);
    }

    /// Defect S25: the mean ticket of the largest amount fits, and nothing is divided by zero.
    #[test]
    fn the_ticket_fits_and_nothing_sold_has_none() {
        let realized_amount = Decimal::new(WIDEST, 2);
        let wide = Source { target_amount: realized_amount, realized_amount, realized_quantity: 1, ..source() };
        let target = rule(wide, &samples::context()).unwrap();
        assert_eq!(target.ticket_medio_realizado, Some(realized_amount));
        assert!(target.write().is_ok());
        let none = rule(Source { realized_quantity: 0, ..source() }, &samples::context()).unwrap();
        assert_eq!(none.ticket_medio_realizado, None);
    }

    #[test]
    fn what_the_contract_forbids_is_refused() {
        assert_eq!(of(1, WIDEST).unwrap().write().unwrap_err().code, RejectCode::OutOfRange);
        assert_eq!(rejected(Source { seller_target_id: -1, ..source() }).code, RejectCode::ReservedKey);
        assert_eq!(rejected(Source { target_month: 0, ..source() }).code, RejectCode::DateOutsideCalendar);
        for (column, source) in [
            ("valor_meta", Source { target_amount: Decimal::ZERO, ..source() }),
            ("quantidade_meta", Source { target_quantity: Some(0), ..source() }),
            ("valor_realizado", Source { realized_amount: Decimal::NEGATIVE_ONE, ..source() }),
            ("quantidade_realizada", Source { realized_quantity: -1, ..source() }),
            ("tipo_periodo", Source { period_type: "Semanal".into(), ..source() }),
        ] {
            let rejection = rejected(source);
            assert_eq!(rejection.code, RejectCode::Invalid);
            assert!(rejection.reason.starts_with(column), "{column}: {}", rejection.reason);
        }
    }

    #[test]
    fn a_deleted_target_is_marked() {
        let deleted = rule(Source { deleted_at: Some(STAMP), ..source() }, &samples::context()).unwrap();
        assert_eq!(deleted.excluido_em, Some(STAMP));
    }

    proptest! {
        /// The CHECK of the contract: meta_batida and percentual_atingido say the same.
        #[test]
        fn percentage_and_reached_agree(target in 1..=WIDEST, off in -2_i64..=2, realized in 0..=WIDEST) {
            for realized in [realized, (target + off).max(0), (target / 100 * 99 + off).max(0)] {
                let row = of(target, realized).unwrap();
                prop_assert_eq!(row.meta_batida, row.percentual_atingido >= Decimal::ONE_HUNDRED);
                let exact = i128::from(realized) * 10_000 / i128::from(target);
                prop_assert_eq!(row.percentual_atingido, Decimal::from_i128_with_scale(exact, 2));
                prop_assert_eq!(row.meta_superada, i128::from(realized) * 10 >= i128::from(target) * 12);
            }
        }

        #[test]
        fn the_ticket_is_rounded_half_away_from_zero(realized in 0..=WIDEST, quantity in 1..=i64::from(i32::MAX)) {
            let realized_amount = Decimal::new(realized, 2);
            let target_amount = Decimal::new(WIDEST, 2);
            let wide = Source { realized_amount, target_amount, realized_quantity: quantity, ..source() };
            let row = rule(wide, &samples::context());
            let at = Target::COLUMNS.iter().position(|column| *column == "ticket_medio_realizado").unwrap();
            let expected = (2 * i128::from(realized) + i128::from(quantity)) / (2 * i128::from(quantity));
            prop_assert_eq!(row.unwrap().write().unwrap()[at].int().unwrap().map(i128::from), Some(expected));
        }
    }
}
