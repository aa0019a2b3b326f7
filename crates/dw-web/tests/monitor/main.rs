//! The dashboard of the operators over HTTP: its pages in every state, its figures, a run that goes on, attacks, a browser.
//! All of it on sessions that SQLite's authorizer lets read and nothing else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

mod attacks;
mod backups;
mod browser;
#[path = "../common/mod.rs"]
mod common;
mod figures;
mod live;
mod pages;
mod read_only;
mod stage;
