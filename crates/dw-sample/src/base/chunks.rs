//! The tables of the sample as streams of chunks. The size of a chunk is a constant, because rows are shuffled inside of one:
//! the same options always give the same rows in the same order.

use dw_core::catalog::oltp;
use dw_core::schema::Table;
use dw_core::value::RowBatch;

use super::people::LAST_MANAGER_ID;
use super::{Base, CAMPAIGNS, CampaignTotals, REGIONS, SUPPLIERS, TEAMS};
use crate::random;

/// Rows of a chunk, about.
const CHUNK: i64 = 5_000;

/// A table of the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// `core.regions`.
    Regions,
    /// `core.teams`.
    Teams,
    /// `core.suppliers`.
    Suppliers,
    /// `core.customers`.
    Customers,
    /// `core.products`.
    Products,
    /// `core.sellers`.
    Sellers,
    /// `core.discount_campaigns`, without their usage (see [`Base::campaign_usage`]).
    Campaigns,
    /// `core.orders`.
    Orders,
    /// `core.order_items`.
    Items,
    /// `core.order_item_discounts`.
    Discounts,
    /// `core.seller_targets_monthly`.
    Targets,
}

impl Part {
    /// All tables, each behind those that it refers to.
    pub const ALL: [Self; 11] = [
        Self::Regions,
        Self::Teams,
        Self::Suppliers,
        Self::Customers,
        Self::Products,
        Self::Sellers,
        Self::Campaigns,
        Self::Orders,
        Self::Items,
        Self::Discounts,
        Self::Targets,
    ];

    /// Its description; a chunk holds a value for each column of the contract, in order.
    pub fn table(self) -> &'static Table {
        match self {
            Self::Regions => &oltp::REGIONS,
            Self::Teams => &oltp::TEAMS,
            Self::Suppliers => &oltp::SUPPLIERS,
            Self::Customers => &oltp::CUSTOMERS,
            Self::Products => &oltp::PRODUCTS,
            Self::Sellers => &oltp::SELLERS,
            Self::Campaigns => &oltp::DISCOUNT_CAMPAIGNS,
            Self::Orders => &oltp::ORDERS,
            Self::Items => &oltp::ORDER_ITEMS,
            Self::Discounts => &oltp::ORDER_ITEM_DISCOUNTS,
            Self::Targets => &oltp::SELLER_TARGETS_MONTHLY,
        }
    }

    /// The columns of a chunk in order.
    pub fn columns(self) -> Vec<&'static str> {
        contract_columns(self.table())
    }
}

/// The columns that the contract gives to `table`, in its order.
pub(crate) fn contract_columns(table: &'static Table) -> Vec<&'static str> {
    table.columns.iter().filter(|column| !column.additive).map(|column| column.name).collect()
}

/// The chunks of one table.
#[derive(Debug)]
pub struct Chunks {
    base: Base,
    part: Part,
    width: usize,
    months: Vec<i64>,
    next: i64,
    last: i64,
    step: i64,
}

impl Iterator for Chunks {
    type Item = RowBatch;

    fn next(&mut self) -> Option<RowBatch> {
        while self.next <= self.last {
            let (first, last) = (self.next, std::cmp::min(self.next + self.step - 1, self.last));
            self.next = last + 1;
            let chunk = self.chunk(first, last);
            if !chunk.is_empty() {
                return Some(chunk);
            }
        }
        None
    }
}

impl Chunks {
    fn chunk(&self, first: i64, last: i64) -> RowBatch {
        let base = self.base;
        let rows = usize::try_from(std::cmp::min(CHUNK, last - first + 1)).unwrap_or(0);
        let mut out = RowBatch::with_capacity(self.width, rows);
        let mut numbers = random::order(base.seed, first, last);
        if self.part == Part::Sellers {
            // A seller follows his manager; the sort is stable.
            numbers.sort_by_key(|n| base.id(n - 1) > LAST_MANAGER_ID);
        }
        for n in numbers {
            match self.part {
                Part::Regions => base.push_region(n, &mut out),
                Part::Teams => base.push_team(n, &mut out),
                Part::Suppliers => base.push_supplier(n, &mut out),
                Part::Customers => base.push_customer(n, &mut out),
                Part::Products => base.push_product(n, &mut out),
                Part::Sellers => base.push_seller(n, &mut out),
                Part::Campaigns => base.push_campaign(n, &mut out),
                Part::Orders => base.push_order(n, &mut out),
                Part::Items => base.push_lines(n, &mut out),
                Part::Discounts => base.push_discounts(n, &mut out),
                Part::Targets => base.push_target(n, &self.months, &mut out),
            }
        }
        out
    }
}

impl Base {
    /// How many rows a table has.
    pub fn rows(&self, part: Part) -> i64 {
        match part {
            Part::Items => self.count_lines(),
            Part::Discounts => self.count_discounts(),
            _ => self.drivers(part),
        }
    }

    /// How many numbers a table is made from: the lines and discounts come from orders.
    fn drivers(&self, part: Part) -> i64 {
        match part {
            Part::Regions => REGIONS,
            Part::Teams => TEAMS,
            Part::Suppliers => SUPPLIERS,
            Part::Customers => self.sizes.customers,
            Part::Products => self.sizes.products,
            Part::Sellers => self.sizes.sellers,
            Part::Campaigns => CAMPAIGNS,
            Part::Orders | Part::Items | Part::Discounts => self.sizes.orders,
            Part::Targets => self.sizes.sellers * i64::try_from(self.months().len()).unwrap_or(0),
        }
    }

    /// The rows of a table, some thousand at a time.
    pub fn chunks(&self, part: Part) -> Chunks {
        let step = match part {
            // 2.5 lines an order, 0.5 discounts an order.
            Part::Items => CHUNK * 2 / 5,
            Part::Discounts => CHUNK * 2,
            _ => CHUNK,
        };
        let months = if part == Part::Targets { self.months() } else { vec![] };
        Chunks { base: *self, part, width: part.columns().len(), months, next: 1, last: self.drivers(part), step }
    }

    /// The usage of all campaigns, from all discounts: `discount_id`, `current_usage_count`, `total_revenue_generated`,
    /// `total_discount_given`, a row a campaign.
    pub fn campaign_usage(&self) -> RowBatch {
        let mut totals = vec![CampaignTotals::default(); usize::try_from(CAMPAIGNS).unwrap_or(0)];
        self.add_campaign_totals(1, self.sizes.orders, &mut totals);
        let mut out = RowBatch::new(4);
        for (index, sum) in (0..).zip(totals) {
            out.push_row([self.id(index).into(), sum.uses.into(), sum.revenue.into(), sum.discount.into()]);
        }
        out
    }
}
