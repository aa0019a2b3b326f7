//! Faults between the ETL and a server: connections that are cut, stall, are slow or refused, at any byte. Whatever happens, a
//! run ends by itself, with success or a clear error, and the next one makes the warehouse whole.
//! Not here: faults of the process (`dw-bin/tests/kill_server.rs`), and wrong settings (`dw-bin/tests/bad_input_server.rs`).
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

#[path = "common/equal.rs"]
mod equal;

#[path = "faults/scene.rs"]
mod scene;

#[path = "faults/commits.rs"]
mod commits;
#[path = "faults/cuts.rs"]
mod cuts;
#[path = "faults/moments.rs"]
mod moments;
#[path = "faults/pool.rs"]
mod pool;
