//! How far an entity is behind: lag and pending rows. The one place of these rules, for command, page and alert (ruling 23).

use dw_core::dialect::Dialect;
use dw_core::engine::Executor;
use dw_core::entity::{Driver, EntityDescriptor};
use dw_core::error::DwResult;
use dw_core::time::Seconds;
use dw_core::value::Value;

/// Seconds between the newest change that was loaded and now; none before the first load, never negative.
pub fn lag_seconds(watermark: Seconds, now: Seconds) -> Option<u64> {
    if watermark <= dw_core::time::WATERMARK_START {
        return None;
    }
    Some(u64::try_from(now.saturating_sub(watermark)).unwrap_or(0))
}

/// Which pending keys are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Horizon {
    /// Those that a run would load now: up to its cutoff, which is the third parameter.
    Cutoff,
    /// All of them, also those that a run would leave for a later one.
    Open,
}

/// The statement that finds the pending keys of an entity, each once, in the column `id`: those whose newest change, of the
/// row itself or of another row that it is made of, lies past the watermark `(stamp, key)`. It seeks on the stamp of each
/// driving table. Parameters: watermark stamp, watermark key, with [`Horizon::Cutoff`] the cutoff.
pub fn pending_keys(dialect: &dyn Dialect, entity: &EntityDescriptor, horizon: Horizon) -> String {
    let changes: Vec<String> = entity.drivers.iter().map(|driver| changes_of(dialect, driver, horizon)).collect();
    let changes = changes.join(" UNION ALL ");
    format!(
        "SELECT k.id FROM (SELECT u.id, MAX(u.stamp) AS stamp FROM ({changes}) u GROUP BY u.id) k \
         WHERE k.stamp > @P1 OR (k.stamp = @P1 AND k.id > @P2)"
    )
}

fn changes_of(dialect: &dyn Dialect, driver: &Driver, horizon: Horizon) -> String {
    let table = dialect.table(driver.table.schema, driver.table.name);
    let joins = dialect.translate(driver.joins);
    let separator = if joins.is_empty() { "" } else { " " };
    let upper = match horizon {
        Horizon::Cutoff => " AND d.updated_at <= @P3",
        Horizon::Open => "",
    };
    format!(
        "SELECT {key} AS id, d.updated_at AS stamp FROM {table} d{separator}{joins} \
         WHERE d.updated_at >= @P1{upper} AND {key} IS NOT NULL",
        key = driver.key
    )
}

/// How many rows of the source a run with this cutoff would load as new changes.
///
/// # Errors
/// Of the engine.
pub async fn pending_rows<E: Executor + ?Sized>(
    source: &mut E,
    entity: &EntityDescriptor,
    watermark: (Seconds, i64),
    cutoff: Seconds,
) -> DwResult<u64> {
    let keys = pending_keys(source.dialect(), entity, Horizon::Cutoff);
    let params = [Value::seconds(watermark.0), watermark.1.into(), Value::seconds(cutoff)];
    let count = source.query(&format!("SELECT COUNT(*) FROM ({keys}) p"), &params).await?;
    Ok(u64::try_from(count.get(0, 0).int()?.unwrap_or(0)).unwrap_or(0))
}

/// The upper bound of a run: the clock of the source minus the margin, at least a second, and before the oldest open
/// transaction where the engine can tell it (ruling 4).
pub fn upper_bound(clock: Seconds, cutoff_minutes: i64, oldest_transaction: Option<Seconds>) -> Seconds {
    let margin = cutoff_minutes.saturating_mul(60).max(1);
    let bound = clock.saturating_sub(margin);
    oldest_transaction.map_or(bound, |oldest| bound.min(oldest.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use dw_core::embedded::SqliteDialect;
    use dw_core::entities;

    use super::*;

    #[test]
    fn an_entity_that_was_never_loaded_has_no_lag_and_a_clock_that_jumps_back_gives_zero() {
        assert_eq!(lag_seconds(dw_core::time::WATERMARK_START, 5), None);
        assert_eq!(lag_seconds(100, 160), Some(60));
        assert_eq!(lag_seconds(160, 100), Some(0));
    }

    #[test]
    fn the_pending_keys_of_a_product_are_its_own_and_those_of_its_supplier() {
        let sql = pending_keys(&SqliteDialect, &entities::DIM_PRODUTO, Horizon::Cutoff);
        assert_eq!(
            sql,
            "SELECT k.id FROM (SELECT u.id, MAX(u.stamp) AS stamp FROM (\
             SELECT d.product_id AS id, d.updated_at AS stamp FROM \"core.products\" d \
             WHERE d.updated_at >= @P1 AND d.updated_at <= @P3 AND d.product_id IS NOT NULL UNION ALL \
             SELECT p.product_id AS id, d.updated_at AS stamp FROM \"core.suppliers\" d \
             JOIN \"core.products\" p ON p.supplier_id = d.supplier_id \
             WHERE d.updated_at >= @P1 AND d.updated_at <= @P3 AND p.product_id IS NOT NULL\
             ) u GROUP BY u.id) k WHERE k.stamp > @P1 OR (k.stamp = @P1 AND k.id > @P2)"
        );
        assert!(!pending_keys(&SqliteDialect, &entities::FACT_METAS, Horizon::Open).contains("@P3"));
    }
}
