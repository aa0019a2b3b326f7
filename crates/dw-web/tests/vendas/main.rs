//! The sales dashboard over HTTP: its pages in every state, its numbers, attacks, a socket, a browser.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

mod attacks;
mod browser;
#[path = "../common/mod.rs"]
mod common;
mod numbers;
mod pages;
mod socket;
mod stage;
mod statements;
