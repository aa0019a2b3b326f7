//! The binaries of the stack: command lines, output and wiring.
//!
//! A command checks its arguments, opens the engine, calls a library crate and shows the result. Whatever `etl` does from
//! a shell can be done from Rust with `dw-etl` alone; nothing here is needed for it.

#[cfg(any(feature = "etl", feature = "monitor"))]
pub mod alerter;
pub mod app;
pub mod args;
pub mod config_command;
#[cfg(any(feature = "monitor", feature = "vendas"))]
pub mod dashboard;
pub mod engine;
pub mod output;
#[cfg(any(feature = "monitor", feature = "vendas"))]
pub mod ready;
pub mod report;
pub mod signal;

#[cfg(feature = "backup")]
pub mod backup;
#[cfg(feature = "etl")]
pub mod etl;
#[cfg(feature = "init")]
pub mod init;
#[cfg(feature = "monitor")]
pub mod monitor;
#[cfg(any(feature = "etl", feature = "init"))]
pub mod sample;
#[cfg(feature = "vendas")]
pub mod vendas;
#[cfg(any(feature = "monitor", feature = "vendas"))]
pub mod web;
