//! What the suites of both dashboards share.
#![allow(dead_code, reason = "each suite uses a part of it")]

pub mod browser;
pub mod driver;
pub mod odd;
pub mod stage;
