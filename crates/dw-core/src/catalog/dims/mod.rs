//! The seven dimensions of `DW_ECOMMERCE`, schema `dim` (contract/02), widened and extended as `docs/contract.md` says.

mod calendar;
mod customers;
mod offers;
mod people;

pub use calendar::DIM_DATA;
pub use customers::{DIM_CLIENTE, DIM_REGIAO};
pub use offers::{DIM_DESCONTO, DIM_PRODUTO};
pub use people::{DIM_EQUIPE, DIM_VENDEDOR};

use crate::schema::Table;

/// The tables in the order in which they are created: a table follows those that it references.
pub static TABLES: &[&Table] =
    &[&DIM_DATA, &DIM_CLIENTE, &DIM_PRODUTO, &DIM_REGIAO, &DIM_EQUIPE, &DIM_VENDEDOR, &DIM_DESCONTO];
