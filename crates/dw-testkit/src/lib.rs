//! What the tests of several crates share: databases of their own on the server that `DW_TEST_SQLSERVER` names.
//! Not here: tests. Nothing that is shipped depends on this crate.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests, where a failure is to panic"
)]

pub mod home;
#[cfg(unix)]
pub mod kill;
pub mod logins;
pub mod portable;
pub mod proxy;
pub mod server;

pub use dw_testkit_macros::{both_engines, olist_folder, on_sql_server, with_olist};
pub use home::{Home, On};
