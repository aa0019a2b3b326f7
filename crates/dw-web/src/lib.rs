//! What the dashboards share, and the dashboards.
//!
//! A dashboard is a [`page::Site`], a [`store::Store`] that reads, handlers that draw a [`page::Page`], and
//! [`site::assemble`], which puts guards, assets, health and metrics around them. [`server::serve`] runs it. Pages are drawn
//! on the server and need no script; `docs/dashboards.md` says how to add one.

pub mod assets;
pub mod cache;
pub mod chart;
pub mod figures;
pub mod form;
pub mod format;
pub mod grid;
pub mod mark;
pub mod monitor;
pub mod page;
pub mod query;
pub mod server;
pub mod site;
pub mod store;
pub mod vendas;
