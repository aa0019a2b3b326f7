//! The base sample of the source (contract/01 sections 1.2 and 1.3.1) as a pure, streaming generator: every row is a
//! function of its number, so no table is ever held in memory and any chunk can be made alone.
//! Not here: writing to a database (see [`crate::load`]).

mod chunks;
mod goods;
mod people;
mod places;
mod sales;
mod targets;
mod window;

pub use chunks::{Chunks, Part};
pub use sales::{Line, Order};
pub use window::Window;

pub(crate) use chunks::contract_columns;
pub(crate) use goods::{CampaignTotals, cost_price, list_price};
pub(crate) use people::GENDERS;
pub(crate) use window::first_of_month;

use dw_core::error::{DwError, DwResult};
use dw_core::time::{self, Seconds};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Regions at every scale.
pub const REGIONS: i64 = 15;
/// Teams at every scale.
pub const TEAMS: i64 = 12;
/// Suppliers at every scale.
pub const SUPPLIERS: i64 = 80;
/// Campaigns at every scale.
pub const CAMPAIGNS: i64 = 40;
/// The largest scale: beyond it codes would no longer be told apart by eye, and no machine of ours has been tried.
pub const MAX_SCALE: f64 = 1_000.0;

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BaseOptions {
    /// 1 gives 90,000 orders; 0.01 and 100 are usual as well.
    pub scale: f64,
    /// Changes names, cities and the order of insertion, never amounts; 0 gives the literal texts of the contract.
    pub seed: u64,
    /// The first id of every table: 1, or 0 as a fresh SQL Server gave the reference system.
    pub first_id: i64,
    /// The "now" of every rule; no event is stamped later.
    pub as_of: Seconds,
}

impl BaseOptions {
    /// Scale 1, seed 0, ids from 1.
    pub fn at(as_of: Seconds) -> Self {
        Self { scale: 1.0, seed: 0, first_id: 1, as_of }
    }
}

/// How many rows the tables have that grow with the scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// 20,000 at scale 1.
    pub customers: i64,
    /// 5,000 at scale 1.
    pub products: i64,
    /// 300 at scale 1.
    pub sellers: i64,
    /// 90,000 at scale 1.
    pub orders: i64,
}

/// The generator.
#[derive(Debug, Clone, Copy)]
pub struct Base {
    sizes: Sizes,
    window: Window,
    seed: u64,
    first_id: i64,
}

impl Base {
    /// Checks the options.
    ///
    /// # Errors
    /// [`DwError::Usage`] for a scale that is not between 0 (exclusive) and [`MAX_SCALE`], a first id other than 0 and 1, or a
    /// date outside of 1993 to 9999 (the warehouse's calendar begins in 1990, the sample three years before `as_of`).
    pub fn new(options: BaseOptions) -> DwResult<Self> {
        let BaseOptions { scale, seed, first_id, as_of } = options;
        if !(scale > 0.0 && scale <= MAX_SCALE) {
            let hint = format!("use a scale above 0 and up to {MAX_SCALE}, such as 0.01, 1 or 100");
            return Err(DwError::usage(format!("the scale {scale} is not possible"), hint));
        }
        if first_id != 0 && first_id != 1 {
            return Err(DwError::usage(
                format!("ids cannot begin at {first_id}"),
                "use 1, or 0 for the ids of the reference system",
            ));
        }
        let (earliest, latest) = (time::days_from_ymd(1993, 1, 1), time::days_from_ymd(9999, 12, 31));
        let today = time::day_of(as_of);
        if earliest.is_some_and(|day| today < day) || latest.is_some_and(|day| today > day) {
            let message = format!("the sample cannot be made as of {}", time::format_timestamp(as_of));
            return Err(DwError::usage(message, "use a date between 1993 and 9999"));
        }
        let Ok(factor) = Decimal::try_from(scale) else {
            return Err(DwError::usage(
                format!("the scale {scale} is not possible"),
                "use a number such as 0.01, 1 or 100",
            ));
        };
        let sized = |at_one: i64| {
            let exact = factor * Decimal::from(at_one);
            // A table is never empty, so that every key of another one resolves.
            exact
                .round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
                .to_i64()
                .unwrap_or(1)
                .max(1)
        };
        let sizes =
            Sizes { customers: sized(20_000), products: sized(5_000), sellers: sized(300), orders: sized(90_000) };
        Ok(Self { sizes, window: Window::ending_before(as_of), seed, first_id })
    }

    /// The sizes of the tables that grow with the scale.
    pub fn sizes(&self) -> Sizes {
        self.sizes
    }

    /// The period of the sample.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The id of the row with the 0-based `index`.
    fn id(&self, index: i64) -> i64 {
        self.first_id + index
    }
}
