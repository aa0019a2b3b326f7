//! `etl export`: the one place that calls the export of `dw-etl`.

use std::path::PathBuf;
use std::time::Instant;

use dw_core::error::DwResult;
use dw_core::exit;
use dw_etl::export::{self, Format};
use dw_etl::report::rows_per_second;

use super::args::{ExportArgs, ExportFormat};
use crate::app::Context;
use crate::engine;
use crate::output::Progress;
use crate::report::{ExportReport, ExportedRow};

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
        let full = export::find(name)?.full_name();
        if !names.contains(&full) {
            names.push(full);
        }
    }
    Ok(ExportRequest { names, format: args.format, out: args.out.clone() })
}

/// Writes each table or view to a file of its name.
///
/// # Errors
/// When a database cannot be read or a file cannot be written.
pub async fn execute(context: &Context, request: &ExportRequest) -> DwResult<u8> {
    let engine = engine::from_settings(&context.settings)?;
    let format = match request.format {
        ExportFormat::Csv => Format::Csv,
        ExportFormat::Json => Format::Json,
    };
    let progress = Progress::new(&context.console);
    let mut shown: Option<(String, Instant)> = None;
    let mut on_rows = |name: &str, rows: u64| {
        // A line a table: the one before has ended.
        if shown.as_ref().is_none_or(|(last, _)| last != name) {
            progress.started(name);
            shown = Some((name.to_owned(), Instant::now()));
        }
        let elapsed = shown.as_ref().map(|(_, since)| since.elapsed()).unwrap_or_default();
        progress.rows(name, rows, None, rows_per_second(rows, elapsed));
    };
    let result = export::export(&*engine, &request.names, format, &request.out, &mut on_rows).await;
    progress.end();
    let files = result?
        .into_iter()
        .map(|file| ExportedRow { name: file.name, file: file.path.display().to_string(), rows: file.rows })
        .collect();
    let report = ExportReport { command: "export", format: format.extension(), files };
    context.console.present(&report, || report.listing())?;
    Ok(exit::OK)
}
