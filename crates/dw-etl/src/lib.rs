//! The incremental ETL from `ECOMMERCE_OLTP` into the star schema of `DW_ECOMMERCE`.
//!
//! [`run::run`] does what `etl run` does. [`pipeline::run_entity`] runs one entity from any [`source::Source`] to any
//! [`sink::Sink`].

pub mod calendar;
pub mod calendar_table;
pub mod check;
mod checkpoint;
pub mod control;
pub mod entities;
pub mod entity;
pub mod export;
pub mod feed;
pub mod indexes;
pub mod options;
pub mod pipeline;
pub mod plan;
pub mod reconcile;
pub mod reject;
pub mod report;
pub mod rewind;
pub mod row;
pub mod row_hash;
pub mod run;
pub mod settle;
pub mod sink;
pub mod source;
pub mod statements;
pub mod status;
pub mod writers;
