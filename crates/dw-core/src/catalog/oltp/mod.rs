//! The eleven tables of `ECOMMERCE_OLTP`, schema `core` (contract/01), with the indexes that the seeks of the ETL need (ruling 12).

mod offers;
mod parties;
mod sales;

pub use offers::{DISCOUNT_CAMPAIGNS, PRODUCTS};
pub use parties::{CUSTOMERS, REGIONS, SELLERS, SUPPLIERS, TEAMS};
pub use sales::{ORDER_ITEM_DISCOUNTS, ORDER_ITEMS, ORDERS, SELLER_TARGETS_MONTHLY};

use crate::schema::Table;

/// The tables in the order in which they are created: a table follows those that it references.
pub static TABLES: &[&Table] = &[
    &REGIONS,
    &TEAMS,
    &SUPPLIERS,
    &CUSTOMERS,
    &PRODUCTS,
    &SELLERS,
    &DISCOUNT_CAMPAIGNS,
    &ORDERS,
    &ORDER_ITEMS,
    &ORDER_ITEM_DISCOUNTS,
    &SELLER_TARGETS_MONTHLY,
];
