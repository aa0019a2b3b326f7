//! The vocabulary of the warehouse stack, its configuration and its engines.
//!
//! This crate alone names a database driver. It knows tables ([`catalog`]) but no rule of an entity.

pub mod catalog;
pub mod config;
pub mod ddl;
pub mod dialect;
pub mod drift;
pub mod embedded;
pub mod engine;
pub mod entities;
pub mod entity;
pub mod error;
pub mod exit;
pub mod fake;
pub mod indexes;
pub mod members;
pub mod migrate;
pub mod retry;
pub mod schema;
pub mod scripts;
pub mod sql_server;
pub mod sql_text;
pub mod sql_type;
pub mod telemetry;
pub mod text;
pub mod time;
pub mod value;
