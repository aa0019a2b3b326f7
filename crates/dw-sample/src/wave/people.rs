//! What a wave does to customers, sellers, teams and suppliers that are there.

use dw_core::catalog::oltp;
use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::schema::Table;
use dw_core::sql_type::SqlType;
use dw_core::value::Value;

use super::WaveReport;
use super::shop::{POOL, Shop, at, first, ids, int, name};

/// What stands between a name and the wave that gave it.
const MARK: &str = " - INC";

/// The newest active customers accept e-mail, and who was new is now a returning customer.
pub(super) async fn upgrade_customers<E: Executor + ?Sized>(
    tx: &mut E,
    shop: &Shop,
    report: &mut WaveReport,
) -> DwResult<()> {
    let customers = name(tx, &oltp::CUSTOMERS);
    let body =
        format!("customer_id FROM {customers} WHERE is_active = 1 AND {} ORDER BY customer_id DESC", shop.open(""));
    let newest = tx.dialect().select_limited(&body, shop.volume(900).unsigned_abs());
    let sql = format!(
        "UPDATE {customers} SET accepts_email_marketing = 1, \
         customer_type = CASE WHEN customer_type = 'Novo' THEN 'Recorrente' ELSE customer_type END, \
         updated_at = {} WHERE customer_id IN ({newest})",
        shop.stamp
    );
    report.customers_upgraded = tx.execute(&sql, &[]).await?;
    Ok(())
}

/// Soft-deletes active customers: those of the contract first, and any other when these are used up.
pub(super) async fn delete_customers<E: Executor + ?Sized>(
    tx: &mut E,
    shop: &Shop,
    report: &mut WaveReport,
) -> DwResult<()> {
    let (customers, stamp) = (name(tx, &oltp::CUSTOMERS), &shop.stamp);
    let wanted = shop.volume(40).unsigned_abs();
    for chosen in [" AND customer_id % 53 = 0", ""] {
        let left = wanted.saturating_sub(report.customers_deleted);
        if left == 0 {
            break;
        }
        let body = format!(
            "customer_id FROM {customers} WHERE is_active = 1 AND customer_id < {}{chosen} AND {} ORDER BY customer_id",
            shop.next.customer,
            shop.open("")
        );
        let sql = format!(
            "UPDATE {customers} SET is_active = 0, customer_type = 'Inativo', deleted_at = {stamp}, updated_at = {stamp} \
             WHERE customer_id IN ({})",
            tx.dialect().select_limited(&body, left)
        );
        report.customers_deleted += tx.execute(&sql, &[]).await?;
    }
    Ok(())
}

/// The customer who was left alone the longest and has an order without a region moves to another city.
pub(super) async fn move_customer<E: Executor + ?Sized>(
    tx: &mut E,
    shop: &Shop,
    report: &mut WaveReport,
) -> DwResult<()> {
    let (customers, orders) = (name(tx, &oltp::CUSTOMERS), name(tx, &oltp::ORDERS));
    let body = format!(
        "c.customer_id, c.city FROM {customers} AS c WHERE c.is_active = 1 AND {} \
         AND EXISTS (SELECT 1 FROM {orders} AS o WHERE o.customer_id = c.customer_id AND o.region_id IS NULL) \
         ORDER BY c.updated_at, c.customer_id",
        shop.open("c.")
    );
    let sql = tx.dialect().select_limited(&body, 1);
    let found = tx.query(&sql, &[]).await?;
    let elsewhere = shop.regions.iter().find(|region| region.city != *found.get(0, 1));
    let (Some(row), Some(region)) = (found.rows().next(), elsewhere) else {
        report.notes.push("no customer moved, because none has an order without a region".to_owned());
        return Ok(());
    };
    let sql =
        format!("UPDATE {customers} SET city = @P1, state = @P2, updated_at = {} WHERE customer_id = @P3", shop.stamp);
    let params = [region.city.clone(), region.state.clone(), int(row, 0)?.into()];
    report.customers_moved = tx.execute(&sql, &params).await?;
    Ok(())
}

/// Renames a supplier, a team and a manager, others in each wave.
pub(super) async fn rename<E: Executor + ?Sized>(tx: &mut E, shop: &Shop, report: &mut WaveReport) -> DwResult<()> {
    let turn = shop.number - 1;
    report.suppliers_renamed =
        rename_one(tx, shop, &oltp::SUPPLIERS, "supplier_name", at(&shop.suppliers, turn).copied()).await?;
    report.teams_renamed = rename_one(tx, shop, &oltp::TEAMS, "team_name", at(&shop.teams, turn).copied()).await?;
    let managers = managers(tx).await?;
    if managers.is_empty() {
        report.notes.push("the seller who was renamed is no manager, because the source has none".to_owned());
    }
    let seller = at(&managers, turn).or_else(|| at(&shop.sellers, turn)).copied();
    report.sellers_renamed = rename_one(tx, shop, &oltp::SELLERS, "seller_name", seller).await?;
    Ok(())
}

async fn managers<E: Executor + ?Sized>(tx: &mut E) -> DwResult<Vec<i64>> {
    let sellers = name(tx, &oltp::SELLERS);
    let body = format!(
        "m.seller_id FROM {sellers} AS m WHERE m.deleted_at IS NULL \
         AND EXISTS (SELECT 1 FROM {sellers} AS s WHERE s.manager_seller_id = m.seller_id) ORDER BY m.seller_id"
    );
    let sql = tx.dialect().select_limited(&body, POOL.unsigned_abs());
    ids(&tx.query(&sql, &[]).await?)
}

async fn rename_one<E: Executor + ?Sized>(
    tx: &mut E,
    shop: &Shop,
    table: &'static Table,
    column: &str,
    id: Option<i64>,
) -> DwResult<u64> {
    let Some(id) = id else { return Ok(0) };
    let (target, key) = (name(tx, table), table.primary_key.first().copied().unwrap_or_default());
    let found = tx
        .query(&format!("SELECT {column} FROM {target} WHERE {key} = @P1 AND {}", shop.open("")), &[id.into()])
        .await?;
    let Some(old) = found.get(0, 0).text()? else {
        return Ok(0);
    };
    let width = match table.column(column).map(|column| column.ty) {
        Some(SqlType::VarChar(width)) => usize::from(width),
        _ => usize::MAX,
    };
    let renamed = renamed(old, shop.number, width);
    let sql = format!("UPDATE {target} SET {column} = @P1, updated_at = {} WHERE {key} = @P2", shop.stamp);
    tx.execute(&sql, &[renamed.into(), id.into()]).await
}

/// `Fornecedor 1 - INC002`: the mark of an earlier wave goes, and a long name gives way to the new one.
fn renamed(old: &str, number: i64, width: usize) -> String {
    let bare = old.split(MARK).next().unwrap_or(old);
    let mark = format!("{MARK}{number:03}");
    let kept: String = bare.chars().take(width.saturating_sub(mark.len())).collect();
    format!("{kept}{mark}")
}

/// A seller goes to the next team, another seller in each wave.
pub(super) async fn change_team<E: Executor + ?Sized>(
    tx: &mut E,
    shop: &Shop,
    report: &mut WaveReport,
) -> DwResult<()> {
    let sellers = name(tx, &oltp::SELLERS);
    let middle = i64::try_from(shop.sellers.len() / 2).unwrap_or(0);
    let seller = at(&shop.sellers, middle + 7 * (shop.number - 1)).copied();
    let body = format!("team_id FROM {sellers} WHERE seller_id = @P1 AND {}", shop.open(""));
    let team = first(tx, &body, &[seller.into()]).await?;
    let place = shop.teams.iter().position(|id| Some(*id) == team).and_then(|at| i64::try_from(at).ok());
    let next = at(&shop.teams, place.map_or(0, |place| place + 1)).copied().filter(|next| Some(*next) != team);
    let (Some(seller), Some(next)) = (seller, next) else {
        report.notes.push("no seller changed his team, because there is no other one".to_owned());
        return Ok(());
    };
    let sql = format!(
        "UPDATE {sellers} SET team_id = @P1, updated_at = {} WHERE seller_id = @P2 AND {}",
        shop.stamp,
        shop.open("")
    );
    report.sellers_moved = tx.execute(&sql, &[Value::Int(next), Value::Int(seller)]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_name_replaces_the_mark_of_an_earlier_wave_and_fits() {
        assert_eq!(renamed("Fornecedor 1", 1, 150), "Fornecedor 1 - INC001");
        assert_eq!(renamed("Fornecedor 1 - INC001", 12, 150), "Fornecedor 1 - INC012");
        assert_eq!(renamed("Acao e Reacao", 1, 13), "Acao - INC001");
    }
}
