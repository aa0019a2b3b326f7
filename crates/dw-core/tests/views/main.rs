//! The views on the embedded engine: every view of the contract with its columns and its rows (rulings 16 to 18).

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test that calls them")]

mod columns;
mod dashboards;
mod dims;
mod facts;
mod fixture;
mod shape;
mod tsql;
