//! Each finding about the reference system that can apply to the ETL on the embedded engine has a test that fails on the
//! reference's behaviour and is named after it (ruling 33); `docs/defects.md` says where each stands.
#![allow(clippy::unwrap_used, reason = "tests and their helpers")]

mod common;
#[path = "defects/cost.rs"]
mod cost;
#[path = "defects/cutoff.rs"]
mod cutoff;
#[path = "defects/flow.rs"]
mod flow;
#[path = "defects/parents.rs"]
mod parents;
#[path = "defects/shop.rs"]
mod shop;
#[path = "defects/values.rs"]
mod values;
