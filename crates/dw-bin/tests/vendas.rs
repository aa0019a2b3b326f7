//! `vendas` as a process: where it listens, what it refuses, how it stops.
#![cfg(all(feature = "vendas", unix))]

mod process;

use process::dashboard;

const BINARY: &str = env!("CARGO_BIN_EXE_vendas");

#[test]
fn it_serves_without_a_warehouse_and_stops_in_seconds() {
    dashboard::serves_without_a_warehouse_and_stops_in_seconds(BINARY);
}

#[cfg(feature = "init")]
#[test]
fn it_says_by_a_command_whether_it_is_ready() {
    dashboard::it_says_by_a_command_whether_it_is_ready(BINARY, env!("CARGO_BIN_EXE_init"));
}

#[test]
fn an_address_that_others_reach_needs_a_password() {
    dashboard::an_address_that_others_reach_needs_a_password(BINARY);
}

#[test]
fn a_port_that_is_taken_is_told() {
    dashboard::a_port_that_is_taken_is_told(BINARY);
}

#[test]
fn a_password_becomes_a_hash_and_is_not_repeated() {
    dashboard::a_password_becomes_a_hash_and_is_not_repeated(BINARY);
}
