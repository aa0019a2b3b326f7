//! Waves of change: what a living shop does to its source between two runs of the ETL (contract/01 section 1.3, any number of
//! times). Volumes follow the size of the source: 1.3's numbers at 20,000 customers. Each wave is one transaction, and all it
//! touches carries one time stamp; a row is never stamped backwards, because rows that are already stamped later are left out.
//! Not here: the base sample (see [`crate::base`]).

mod arrivals;
mod changes;
mod people;
mod sales;
mod shop;
pub(crate) mod stage;
mod totals;

use dw_core::engine::Session;
use dw_core::error::DwResult;
use dw_core::time::{self, Seconds};

use shop::Shop;

/// What a wave is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaveOptions {
    /// How many waves, one after the other, each in a transaction of its own.
    pub count: u32,
    /// The stamp of everything that a wave touches.
    pub as_of: Seconds,
    /// The clock: the customer who arrives late is stamped here. Not before `as_of`.
    pub now: Seconds,
    /// Changes names and cities of what is new, never amounts; 0 gives the literal texts of the contract.
    pub seed: u64,
}

/// The customer whose order is older than he is (ruling 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateCustomer {
    /// His `customer_id`.
    pub customer_id: i64,
    /// His `created_at` and `updated_at`.
    pub stamped_at: Seconds,
    /// His order, which is stamped `as_of`.
    pub order_id: i64,
}

/// What one wave did, in rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WaveReport {
    /// `INC001`, as in the codes of the new rows.
    pub code: String,
    /// The stamp of the wave.
    pub as_of: Seconds,
    /// New customers, the late one among them.
    pub customers_added: u64,
    /// New products.
    pub products_added: u64,
    /// New orders.
    pub orders_added: u64,
    /// Lines of the new orders.
    pub items_added: u64,
    /// Discounts of these lines.
    pub discounts_added: u64,
    /// Orders whose status advanced one step, new ones among them.
    pub orders_advanced: u64,
    /// Orders cancelled.
    pub orders_cancelled: u64,
    /// Orders soft-deleted.
    pub orders_deleted: u64,
    /// Lines soft-deleted.
    pub items_deleted: u64,
    /// Products whose list price rose.
    pub prices_raised: u64,
    /// Customers who now accept e-mail; who was new is now a returning one.
    pub customers_upgraded: u64,
    /// Customers who moved to another city.
    pub customers_moved: u64,
    /// Customers soft-deleted.
    pub customers_deleted: u64,
    /// Products soft-deleted.
    pub products_deleted: u64,
    /// Suppliers renamed.
    pub suppliers_renamed: u64,
    /// Teams renamed.
    pub teams_renamed: u64,
    /// Sellers renamed: a manager where there is one.
    pub sellers_renamed: u64,
    /// Sellers who changed their team.
    pub sellers_moved: u64,
    /// Targets of the current month that were added.
    pub targets_added: u64,
    /// Targets of the current month that were updated.
    pub targets_updated: u64,
    /// Campaigns whose usage was computed again.
    pub campaigns_recomputed: u64,
    /// The customer who arrives after his order.
    pub late_customer: Option<LateCustomer>,
    /// What the wave could not do, and why.
    pub notes: Vec<String>,
}

impl WaveReport {
    /// The counts with a name for each, for tables and JSON.
    pub fn counts(&self) -> [(&'static str, u64); 21] {
        [
            ("customers_added", self.customers_added),
            ("products_added", self.products_added),
            ("orders_added", self.orders_added),
            ("items_added", self.items_added),
            ("discounts_added", self.discounts_added),
            ("orders_advanced", self.orders_advanced),
            ("orders_cancelled", self.orders_cancelled),
            ("orders_deleted", self.orders_deleted),
            ("items_deleted", self.items_deleted),
            ("prices_raised", self.prices_raised),
            ("customers_upgraded", self.customers_upgraded),
            ("customers_moved", self.customers_moved),
            ("customers_deleted", self.customers_deleted),
            ("products_deleted", self.products_deleted),
            ("suppliers_renamed", self.suppliers_renamed),
            ("teams_renamed", self.teams_renamed),
            ("sellers_renamed", self.sellers_renamed),
            ("sellers_moved", self.sellers_moved),
            ("targets_added", self.targets_added),
            ("targets_updated", self.targets_updated),
            ("campaigns_recomputed", self.campaigns_recomputed),
        ]
    }
}

/// Runs `options.count` waves on the source behind `session`.
///
/// # Errors
/// [`dw_core::error::DwError::Usage`] when the source has nothing to change as of that time, otherwise what the engine
/// reports; the waves before the failing one stay.
pub async fn run(session: &mut dyn Session, options: WaveOptions) -> DwResult<Vec<WaveReport>> {
    let mut reports = vec![];
    for _ in 0..options.count {
        reports.push(one(session, options).await?);
    }
    Ok(reports)
}

async fn one(session: &mut dyn Session, options: WaveOptions) -> DwResult<WaveReport> {
    let mut tx = session.begin().await?;
    let shop = Shop::read(&mut *tx, options).await?;
    let mut report = WaveReport { code: shop.code.clone(), as_of: options.as_of, ..WaveReport::default() };

    // The order of the contract: new rows first, so that what follows may touch them as well.
    let late = arrivals::customers(&mut *tx, &shop, &mut report).await?;
    arrivals::products(&mut *tx, &shop, &mut report).await?;
    sales::orders(&mut *tx, &shop, late, &mut report).await?;
    changes::advance_orders(&mut *tx, &shop, &mut report).await?;
    changes::raise_prices(&mut *tx, &shop, &mut report).await?;
    people::upgrade_customers(&mut *tx, &shop, &mut report).await?;
    people::delete_customers(&mut *tx, &shop, &mut report).await?;
    changes::delete_products(&mut *tx, &shop, &mut report).await?;
    changes::cancel_and_delete(&mut *tx, &shop, &mut report).await?;
    people::move_customer(&mut *tx, &shop, &mut report).await?;
    people::rename(&mut *tx, &shop, &mut report).await?;
    people::change_team(&mut *tx, &shop, &mut report).await?;
    totals::targets(&mut *tx, &shop, &mut report).await?;
    totals::campaigns(&mut *tx, &shop, &mut report).await?;

    tx.commit().await?;
    let stamp = time::format_timestamp(options.as_of);
    tracing::info!(code = report.code, stamp, orders = report.orders_added, "wave written");
    Ok(report)
}
