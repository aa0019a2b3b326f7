//! Every table and view of the contract as data. Not here: how an engine spells them (see [`crate::ddl`]).

pub mod control;
pub mod dims;
pub mod facts;
pub mod oltp;
pub mod views;

use crate::schema::{Table, View};

/// The tables of the source in creation order.
pub fn oltp_tables() -> impl Iterator<Item = &'static Table> {
    oltp::TABLES.iter().copied()
}

/// The tables of the warehouse in creation order.
pub fn dw_tables() -> impl Iterator<Item = &'static Table> {
    dims::TABLES.iter().chain(facts::TABLES).chain(control::TABLES).copied()
}

/// The table of either database with that name, written `dim.DIM_CLIENTE` or `DIM_CLIENTE`, without case.
pub fn find_table(name: &str) -> Option<&'static Table> {
    oltp_tables()
        .chain(dw_tables())
        .find(|table| table.full_name().eq_ignore_ascii_case(name) || table.name.eq_ignore_ascii_case(name))
}

/// The view with that name, written `fact.VW_DASH_VENDAS_R1` or `VW_DASH_VENDAS_R1`, without case.
pub fn find_view(name: &str) -> Option<&'static View> {
    views::VIEWS.iter().copied().find(|view| {
        format!("{}.{}", view.schema, view.name).eq_ignore_ascii_case(name) || view.name.eq_ignore_ascii_case(name)
    })
}
