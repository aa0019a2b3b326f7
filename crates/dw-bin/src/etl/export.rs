//! `etl export`: the one place that calls the export of `dw-etl`.

use std::path::PathBuf;

use dw_core::catalog::{dw_tables, find_table, find_view, oltp_tables, views};
use dw_core::config::closest;
use dw_core::error::{DwError, DwResult};

use super::args::{ExportArgs, ExportFormat};
use super::not_connected;
use crate::app::Context;
use crate::engine;

/// An export that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRequest {
    /// Full names of tables and views: `dim.DIM_CLIENTE`.
    pub names: Vec<String>,
    /// Form of the files.
    pub format: ExportFormat,
    /// Folder of the files.
    pub out: PathBuf,
}

/// Checks the names.
///
/// # Errors
/// A usage error for a name that is in neither database.
pub fn check(args: &ExportArgs) -> DwResult<ExportRequest> {
    let mut names: Vec<String> = Vec::new();
    for name in &args.names {
        let full = find_table(name)
            .map(|table| table.full_name())
            .or_else(|| find_view(name).map(|view| format!("{}.{}", view.schema, view.name)))
            .ok_or_else(|| unknown(name))?;
        if !names.contains(&full) {
            names.push(full);
        }
    }
    Ok(ExportRequest { names, format: args.format, out: args.out.clone() })
}

fn unknown(name: &str) -> DwError {
    let mut known: Vec<String> = dw_tables().chain(oltp_tables()).map(|table| table.full_name()).collect();
    known.extend(views::VIEWS.iter().map(|view| format!("{}.{}", view.schema, view.name)));
    let bare = known.iter().filter_map(|full| full.split_once('.').map(|(_, bare)| bare));
    let hint = match closest(name, known.iter().map(String::as_str).chain(bare)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name a table or a view of the contract, such as `dim.DIM_CLIENTE` or `fact.FACT_VENDAS`".to_owned(),
    };
    DwError::usage(format!("there is no table or view `{}`", name.escape_debug()), hint)
}

/// Writes each table or view to a file of its name.
///
/// # Errors
/// When a database cannot be read or a file cannot be written.
pub async fn execute(context: &Context, request: &ExportRequest) -> DwResult<u8> {
    let engine = engine::from_settings(&context.settings)?;
    // To connect: `dw_etl::export` (ruling 28); the answer is a file and a number of rows for each name.
    let _ = (engine, request);
    Err(not_connected("dw_etl::export"))
}
