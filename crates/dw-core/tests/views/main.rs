//! The views on the embedded engine: every view of the contract with its columns and its rows (rulings 16 to 18).

mod columns;
mod dashboards;
mod dims;
mod facts;
mod fixture;
mod shape;
