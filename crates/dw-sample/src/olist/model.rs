//! What the files say, resolved to each other: rows refer to rows by their position, from which the identity values are made.
//! Not here: reading (a file a table) and writing (see [`super::write`]).

use std::collections::HashMap;

use dw_core::time::Seconds;

use super::places::Places;
use super::states::State;

/// Status of an order in the target, with the one of the data set where it says more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Created,
    Approved,
    Processing,
    Invoiced,
    Shipped,
    Delivered,
    Canceled,
    Unavailable,
}

/// A row of the customers file: the address that one order went to.
#[derive(Debug)]
pub(super) struct CustomerRow {
    /// Position in [`Data::persons`].
    pub(super) person: usize,
    /// Position in [`Data::places`], `None` when the city is no name of a place.
    pub(super) place: Option<usize>,
    /// The city as written, kept only when there is no place.
    pub(super) city: Option<String>,
    pub(super) state: &'static State,
    pub(super) zip: Option<String>,
    pub(super) line: u64,
    /// Whether a loaded order refers to it.
    pub(super) used: bool,
}

/// A person: all customer rows of one `customer_unique_id`.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) code: String,
    /// Loaded orders.
    pub(super) orders: u64,
    /// Stamp of the first and of the last order.
    pub(super) first: Seconds,
    pub(super) last: Seconds,
    /// The customer row of the last order.
    pub(super) address: usize,
}

/// An order.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) number: String,
    /// Position in [`Data::customers`].
    pub(super) customer: usize,
    pub(super) status: Status,
    pub(super) purchased: Seconds,
    pub(super) approved: Option<Seconds>,
    pub(super) shipped: Option<Seconds>,
    pub(super) delivered: Option<Seconds>,
    /// The latest known event, never after the moment of the import.
    pub(super) updated: Seconds,
    /// Whether a payment of more than nothing is known.
    pub(super) paid: bool,
    /// The seller of its first item with a known seller.
    pub(super) seller: Option<usize>,
    /// Sum of the freight of its items, in cents.
    pub(super) freight: i64,
}

/// An order line. The data set has one line a piece.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) order: usize,
    pub(super) number: i64,
    pub(super) product: usize,
    pub(super) seller: Option<usize>,
    /// In cents.
    pub(super) price: i64,
    /// In cents.
    pub(super) freight: i64,
    /// Sum of its discounts, in cents.
    pub(super) discount: i64,
}

/// A payment by voucher.
#[derive(Debug)]
pub(super) struct Voucher {
    pub(super) order: usize,
    pub(super) sequential: i64,
    /// In cents.
    pub(super) amount: i64,
    pub(super) line: u64,
}

/// A voucher that found its item.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Discount {
    pub(super) item: usize,
    /// What the item cost before this voucher, in cents.
    pub(super) base: i64,
    /// In cents.
    pub(super) amount: i64,
}

/// A product.
#[derive(Debug, Default)]
pub(super) struct Product {
    pub(super) code: String,
    pub(super) category: String,
    /// The English name of the category.
    pub(super) keywords: Option<String>,
    /// In grams.
    pub(super) weight: Option<i64>,
    /// In hundredths of a centimetre.
    pub(super) height: Option<i64>,
    pub(super) width: Option<i64>,
    pub(super) depth: Option<i64>,
    pub(super) rating_sum: i64,
    pub(super) rating_count: i64,
    pub(super) last_review: Option<Seconds>,
    /// Stamp and order of the first sale by a known seller, and that seller.
    pub(super) first_seller: Option<(Seconds, usize)>,
    /// Stamps of the first and of the last sale.
    pub(super) first_sale: Option<Seconds>,
    pub(super) last_sale: Option<Seconds>,
    /// Price of the last sale, in cents.
    pub(super) list_price: i64,
}

/// A seller.
#[derive(Debug)]
pub(super) struct Seller {
    pub(super) code: String,
    pub(super) state: Option<&'static State>,
    /// Position in [`Data::places`].
    pub(super) place: Option<usize>,
    /// The city, kept only when there is no state to look it up in.
    pub(super) city: Option<String>,
    pub(super) first_sale: Option<Seconds>,
    pub(super) last_sale: Option<Seconds>,
    /// Target of the last month, in cents.
    pub(super) goal: Option<i64>,
}

/// A month of a seller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) seller: usize,
    /// Months since year 0.
    pub(super) month: i64,
    /// In cents.
    pub(super) target: i64,
    pub(super) target_quantity: i64,
    /// In cents.
    pub(super) realized: i64,
    pub(super) realized_quantity: i64,
    /// The last sale of the month.
    pub(super) last_sale: Option<Seconds>,
}

/// Everything that was read.
#[derive(Debug, Default)]
pub(super) struct Data {
    pub(super) customers: Vec<CustomerRow>,
    pub(super) customer_index: HashMap<String, usize>,
    pub(super) persons: Vec<Person>,
    pub(super) person_index: HashMap<String, usize>,
    pub(super) places: Places,
    pub(super) orders: Vec<Order>,
    pub(super) order_index: HashMap<String, usize>,
    pub(super) sellers: Vec<Seller>,
    pub(super) seller_index: HashMap<String, usize>,
    pub(super) products: Vec<Product>,
    pub(super) product_index: HashMap<String, usize>,
    /// By order and item number once [`super::items::read`] is done.
    pub(super) items: Vec<Item>,
    pub(super) vouchers: Vec<Voucher>,
    pub(super) discounts: Vec<Discount>,
    pub(super) targets: Vec<Target>,
    /// False when there is no payments file: nothing is then known about any payment.
    pub(super) payments_known: bool,
}

impl Status {
    /// The status of the contract.
    pub(super) fn target(self) -> &'static str {
        match self {
            Self::Created => "Pendente",
            Self::Approved | Self::Processing => "Pago",
            Self::Invoiced => "Faturado",
            Self::Shipped => "Enviado",
            Self::Delivered => "Entregue",
            Self::Canceled | Self::Unavailable => "Cancelado",
        }
    }

    /// The word of the data set.
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Approved => "approved",
            Self::Processing => "processing",
            Self::Invoiced => "invoiced",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Canceled => "canceled",
            Self::Unavailable => "unavailable",
        }
    }

    /// True when the order brings no revenue.
    pub(super) fn is_cancelled(self) -> bool {
        matches!(self, Self::Canceled | Self::Unavailable)
    }
}

impl Order {
    /// `Pago`, `Estornado` (a paid order that was cancelled) or `Pendente`, as the base sample has them.
    pub(super) fn payment_status(&self) -> &'static str {
        let approved = self.approved.is_some() || !(self.status.is_cancelled() || self.status == Status::Created);
        match (self.paid && approved, self.status.is_cancelled()) {
            (true, true) => "Estornado",
            (true, false) => "Pago",
            (false, _) => "Pendente",
        }
    }
}
