//! The sums that a wave brings up to date: the targets of the current month and the usage of the campaigns.

use std::collections::{BTreeMap, HashSet};

use dw_core::catalog::oltp;
use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::sql_type::SqlType;
use dw_core::value::{RowBatch, Value};

use super::WaveReport;
use super::shop::{Shop, ids, int, name};
use super::stage::Stage;
use crate::base::{CampaignTotals, contract_columns, first_of_month};
use crate::money::percent_of;

/// Sellers of a batch.
const BATCH: i64 = 5_000;
/// The goal of a seller without one, in cents.
const DEFAULT_GOAL: i64 = 8_000_000;

/// Updates the target of the current month of each active seller, or adds it.
pub(super) async fn targets<E: Executor + ?Sized>(tx: &mut E, shop: &Shop, report: &mut WaveReport) -> DwResult<()> {
    let (sellers, target) = (name(tx, &oltp::SELLERS), name(tx, &oltp::SELLER_TARGETS_MONTHLY));
    let columns = contract_columns(&oltp::SELLER_TARGETS_MONTHLY);
    let month = first_of_month(shop.today());
    let month_literal = tx.dialect().literal(SqlType::Date, &Value::Int(month));
    let mut next_id = shop.next.target;
    let mut after = i64::MIN;
    loop {
        let body = format!(
            "seller_id, monthly_goal_amount FROM {sellers} \
             WHERE seller_id > @P1 AND seller_status = 'Ativo' AND deleted_at IS NULL ORDER BY seller_id"
        );
        let sql = tx.dialect().select_limited(&body, BATCH.unsigned_abs());
        let page = tx.query(&sql, &[after.into()]).await?;
        let Some(last) = page.rows().last() else {
            break;
        };
        let (from, to) = (after, int(last, 0)?);
        after = to;
        let range =
            format!("FROM {target} WHERE target_month = {month_literal} AND seller_id > @P1 AND seller_id <= @P2");
        let bounds = [from.into(), to.into()];
        let all = tx.query(&format!("SELECT seller_id {range}"), &bounds).await?;
        let all: HashSet<i64> = ids(&all)?.into_iter().collect();
        let sql = format!("SELECT seller_id, seller_target_id {range} AND {}", shop.open(""));
        let mut open = BTreeMap::new();
        for row in tx.query(&sql, &bounds).await?.rows() {
            open.insert(int(row, 0)?, int(row, 1)?);
        }
        let mut changed = RowBatch::new(7);
        let mut added = RowBatch::new(columns.len());
        for row in page.rows() {
            let id = int(row, 0)?;
            let goal =
                row.get(1).map(Value::int).transpose()?.flatten().filter(|goal| *goal > 0).unwrap_or(DEFAULT_GOAL);
            let values = target_values(id, goal, shop.number);
            if let Some(target_id) = open.get(&id) {
                let [amount, quantity, realized, sold] = values.map(Value::Int);
                changed.push_row([
                    (*target_id).into(),
                    amount,
                    quantity,
                    realized,
                    sold,
                    false.into(),
                    shop.as_of().into(),
                ]);
            } else if !all.contains(&id) {
                push_target(next_id, id, month, values, shop, &mut added);
                next_id += 1;
            }
        }
        let stage = Stage::new(
            &oltp::SELLER_TARGETS_MONTHLY,
            &[
                "target_amount",
                "target_quantity",
                "realized_amount",
                "realized_quantity",
                "period_closed",
                "updated_at",
            ],
        );
        report.targets_updated += stage.update(tx, changed).await?;
        if !added.is_empty() {
            report.targets_added += tx.bulk(&target, &columns, added.into()).await?;
        }
    }
    Ok(())
}

/// Target, its quantity, what is realized of it, and that quantity. What is realized differs from wave to wave.
fn target_values(seller_id: i64, goal: i64, number: i64) -> [i64; 4] {
    [
        percent_of(goal, 95 + seller_id % 11),
        140 + seller_id % 120,
        percent_of(goal, 62 + (seller_id + 3 * (number - 1)) % 15),
        85 + (seller_id + 7 * (number - 1)) % 80,
    ]
}

fn push_target(id: i64, seller_id: i64, month: i64, values: [i64; 4], shop: &Shop, out: &mut RowBatch) {
    let [amount, quantity, realized, sold] = values.map(Value::Int);
    out.push_row([
        id.into(),
        seller_id.into(),
        month.into(),
        amount,
        quantity,
        realized,
        sold,
        "Mensal".into(),
        false.into(),
        shop.as_of().into(),
        shop.as_of().into(),
        Value::Null,
    ]);
}

/// Computes the usage of all campaigns again, from all discounts, and whether they are over.
pub(super) async fn campaigns<E: Executor + ?Sized>(tx: &mut E, shop: &Shop, report: &mut WaveReport) -> DwResult<()> {
    let sql = format!(
        "SELECT discount_id, COUNT(*), SUM(final_amount), SUM(discount_amount) FROM {} \
         WHERE deleted_at IS NULL GROUP BY discount_id",
        name(tx, &oltp::ORDER_ITEM_DISCOUNTS)
    );
    let mut usage = BTreeMap::new();
    for row in tx.query(&sql, &[]).await?.rows() {
        usage
            .insert(int(row, 0)?, CampaignTotals { uses: int(row, 1)?, revenue: int(row, 2)?, discount: int(row, 3)? });
    }
    let sql =
        format!("SELECT discount_id, end_at FROM {} WHERE {}", name(tx, &oltp::DISCOUNT_CAMPAIGNS), shop.open(""));
    let mut rows = RowBatch::new(6);
    for row in tx.query(&sql, &[]).await?.rows() {
        let sum = usage.get(&int(row, 0)?).copied().unwrap_or_default();
        rows.push_row([
            int(row, 0)?.into(),
            sum.uses.into(),
            sum.revenue.into(),
            sum.discount.into(),
            (int(row, 1)? >= shop.as_of()).into(),
            shop.as_of().into(),
        ]);
    }
    let stage = Stage::new(
        &oltp::DISCOUNT_CAMPAIGNS,
        &["current_usage_count", "total_revenue_generated", "total_discount_given", "is_active", "updated_at"],
    );
    report.campaigns_recomputed = stage.update(tx, rows).await?;
    Ok(())
}
