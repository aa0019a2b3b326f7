//! What an import tells its caller: counts a file, rows a table, and every row or value that did not fit, with its reason.
//! Not here: how it is shown, which is the command's business.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;

/// One of the nine files of the data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceFile {
    /// One row an order's customer.
    Customers,
    /// Orders.
    Orders,
    /// Order lines.
    OrderItems,
    /// Payments of orders.
    Payments,
    /// Reviews of orders.
    Reviews,
    /// Products.
    Products,
    /// Sellers.
    Sellers,
    /// Postal prefixes with their cities.
    Geolocation,
    /// English names of the product categories.
    Translation,
}

impl SourceFile {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 9] = [
        Self::Customers,
        Self::Orders,
        Self::OrderItems,
        Self::Payments,
        Self::Reviews,
        Self::Products,
        Self::Sellers,
        Self::Geolocation,
        Self::Translation,
    ];

    /// The name that the data set is published with.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Customers => "olist_customers_dataset.csv",
            Self::Orders => "olist_orders_dataset.csv",
            Self::OrderItems => "olist_order_items_dataset.csv",
            Self::Payments => "olist_order_payments_dataset.csv",
            Self::Reviews => "olist_order_reviews_dataset.csv",
            Self::Products => "olist_products_dataset.csv",
            Self::Sellers => "olist_sellers_dataset.csv",
            Self::Geolocation => "olist_geolocation_dataset.csv",
            Self::Translation => "product_category_name_translation.csv",
        }
    }

    /// True for a file without which there is no sale to load. The others only enrich: without them the import says so and goes on.
    pub fn is_required(self) -> bool {
        matches!(self, Self::Customers | Self::Orders | Self::OrderItems | Self::Products | Self::Sellers)
    }
}

impl fmt::Display for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file_name())
    }
}

/// Why a row, or one value of it, did not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ReasonCode {
    /// A file that only enriches is not there.
    FileMissing,
    /// A quote that is not closed, or text behind a closing quote.
    BrokenLine,
    /// A line longer than any line of the data set can be.
    LineTooLong,
    /// More or fewer fields than the header.
    WrongFieldCount,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// A required field is empty.
    MissingValue,
    /// Not a number, or not one of the allowed ones.
    BadNumber,
    /// Not a date, or one before 1990.
    BadDate,
    /// An amount below zero.
    NegativeAmount,
    /// The value needs more room than its column has.
    TooWide,
    /// A character that the target's code page does not have.
    NotWindows1252,
    /// The state is not two letters, or not a Brazilian one.
    BadState,
    /// The city is not the name of a place.
    BadCity,
    /// A row with this key was read before.
    DuplicateKey,
    /// No usable customer has this key.
    UnknownCustomer,
    /// No loaded order has this key.
    UnknownOrder,
    /// No loaded product has this key.
    UnknownProduct,
    /// No loaded seller has this key.
    UnknownSeller,
    /// An order status that the data set does not document.
    UnknownStatus,
    /// A customer row that no loaded order refers to.
    CustomerWithoutOrder,
    /// The order was placed after the moment that the import is made as of.
    AfterAsOf,
    /// No item of the order has room for the voucher.
    VoucherDoesNotFit,
    /// A review of an order without a loaded item: there is no product to rate.
    ReviewWithoutItem,
    /// The geolocation file does not list the city, so the order has no region.
    CityNotInGeolocation,
    /// The translation file does not list the category.
    CategoryNotTranslated,
}

impl ReasonCode {
    /// The stable name, as logs and JSON write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FileMissing => "file_missing",
            Self::BrokenLine => "broken_line",
            Self::LineTooLong => "line_too_long",
            Self::WrongFieldCount => "wrong_field_count",
            Self::NotUtf8 => "not_utf8",
            Self::MissingValue => "missing_value",
            Self::BadNumber => "bad_number",
            Self::BadDate => "bad_date",
            Self::NegativeAmount => "negative_amount",
            Self::TooWide => "too_wide",
            Self::NotWindows1252 => "not_windows_1252",
            Self::BadState => "bad_state",
            Self::BadCity => "bad_city",
            Self::DuplicateKey => "duplicate_key",
            Self::UnknownCustomer => "unknown_customer",
            Self::UnknownOrder => "unknown_order",
            Self::UnknownProduct => "unknown_product",
            Self::UnknownSeller => "unknown_seller",
            Self::UnknownStatus => "unknown_status",
            Self::CustomerWithoutOrder => "customer_without_order",
            Self::AfterAsOf => "after_as_of",
            Self::VoucherDoesNotFit => "voucher_does_not_fit",
            Self::ReviewWithoutItem => "review_without_item",
            Self::CityNotInGeolocation => "city_not_in_geolocation",
            Self::CategoryNotTranslated => "category_not_translated",
        }
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What became of the row that an issue is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// The row is not loaded.
    RowLeftOut,
    /// The row is loaded without one value.
    ValueLeftOut,
}

impl Effect {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RowLeftOut => "row_left_out",
            Self::ValueLeftOut => "value_left_out",
        }
    }
}

/// One row, or one value of a row, that did not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OlistIssue {
    /// In which file.
    pub file: SourceFile,
    /// The physical line at which the row begins, from 1; 0 for the file as a whole.
    pub line: u64,
    /// Why, as a stable code.
    pub reason_code: ReasonCode,
    /// Why, as a sentence with the value.
    pub reason: String,
    /// What became of the row.
    pub effect: Effect,
}

impl fmt::Display for OlistIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.reason_code, self.reason)
    }
}

/// How many rows of a file were read and what became of them: `read = loaded + not_needed + reported`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileCounts {
    /// Rows read, broken lines included, the header and blank lines not.
    pub read: u64,
    /// Rows that became part of the target.
    pub loaded: u64,
    /// Sound rows that nothing refers to: postal prefixes of cities without customers or sellers, names of categories without products.
    pub not_needed: u64,
    /// Rows left out, each with an issue.
    pub reported: u64,
}

impl FileCounts {
    /// True when every row that was read is accounted for.
    pub fn balances(&self) -> bool {
        self.read == self.loaded + self.not_needed + self.reported
    }
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OlistReport {
    /// Counts a file.
    pub files: BTreeMap<SourceFile, FileCounts>,
    /// Rows of each table, without its schema, in the order of writing.
    pub tables: Vec<(&'static str, u64)>,
    /// The issues by file and line, at most as many as the options allow.
    pub issues: Vec<OlistIssue>,
    /// How many issues there are by file, reason and effect: exact, whatever the options allow.
    pub issue_counts: BTreeMap<(SourceFile, ReasonCode, Effect), u64>,
    /// Issues that are counted but not listed.
    pub issues_left_off: u64,
    /// Sum of the prices of the loaded items.
    pub price_total: Decimal,
    /// Sum of the freight of the loaded items: not part of any amount of the target, see [`crate::olist`].
    pub freight_left_out: Decimal,
    /// Sum of the vouchers that became discounts.
    pub voucher_discounts: Decimal,
    /// Sum of the vouchers that fitted no item.
    pub vouchers_left_out: Decimal,
}

impl OlistReport {
    /// Rows written into `table` (`orders`).
    pub fn rows_of(&self, table: &str) -> u64 {
        self.tables.iter().find(|(name, _)| *name == table).map_or(0, |(_, rows)| *rows)
    }

    /// The counts of one file; zeros for a file that was not there.
    pub fn counts_of(&self, file: SourceFile) -> FileCounts {
        self.files.get(&file).copied().unwrap_or_default()
    }

    /// Rows that were left out, over all files.
    pub fn rows_left_out(&self) -> u64 {
        self.files.values().map(|counts| counts.reported).sum()
    }

    /// How many issues have this reason, over all files.
    pub fn count_of(&self, reason: ReasonCode) -> u64 {
        self.issue_counts.iter().filter(|((_, code, _), _)| *code == reason).map(|(_, count)| *count).sum()
    }
}
