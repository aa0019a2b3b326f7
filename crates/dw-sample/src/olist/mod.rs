//! Imports the public Olist data set (`init olist DIR`) into the eleven tables of `ECOMMERCE_OLTP`.
//!
//! The nine CSV files are read first, each row checked and resolved; then everything is written in one transaction. What does
//! not fit is reported by file, line and reason, and the rest loads. Not here: the command line, and the schema, which `init`
//! has created before.
//!
//! What the data set does not have is not invented where a NULL or a zero can say so:
//! - **Freight** is no part of an item's price: it goes to the carrier, and the contract's items have no column for it. The note of
//!   the order keeps it, and the report its sum.
//! - **Cost** is 0, so a margin over these products is 100 % and visibly unknown.
//! - **A voucher** is a discount on the first item of its order that still costs as much; one that fits none is reported.
//! - **The seller of an order** is the seller of its first item; the region is that of the address the order went to.
//! - **A status** that the contract lacks is mapped, and the note of the order keeps the original.

mod city;
mod customers;
mod derive;
mod field;
mod items;
mod log;
mod model;
mod orders;
mod payments;
mod places;
mod products;
mod records;
mod report;
mod reviews;
mod rows;
mod sellers;
mod source;
mod states;
#[cfg(test)]
mod tests;
mod write;

use std::path::Path;

use dw_core::engine::Session;
use dw_core::error::{DwError, DwResult};
use dw_core::time::Seconds;
use rust_decimal::Decimal;

pub use report::{Effect, FileCounts, OlistIssue, OlistReport, ReasonCode, SourceFile};

use crate::load::IfFilled;
use log::IssueLog;
use model::Data;
use source::{FOLDER_HINT, Files, Folder, Reading};

/// How to import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OlistOptions {
    /// The moment that the source is made as of: an order of a later time is reported, a later event is capped there.
    pub as_of: Seconds,
    /// What to do with a source that has rows. Where they are to be kept, importing is an error.
    pub if_filled: IfFilled,
    /// Issues that the report lists at most; it counts all of them.
    pub max_issues: usize,
    /// Rows of one bulk copy.
    pub batch_rows: usize,
}

impl OlistOptions {
    /// The usual way: an empty source, up to 100,000 issues, 5,000 rows a batch.
    pub fn new(as_of: Seconds) -> Self {
        Self { as_of, if_filled: IfFilled::Keep, max_issues: 100_000, batch_rows: 5_000 }
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OlistProgress {
    /// Rows of a file that were read so far.
    Reading {
        /// The file.
        file: SourceFile,
        /// Rows so far.
        rows: u64,
    },
    /// Rows of a table that were written so far, in a transaction that is still open.
    Writing {
        /// The table, without its schema.
        table: &'static str,
        /// Rows so far.
        rows: u64,
    },
}

/// Imports the folder `dir` into the source that `session` is connected to. The files are read before the transaction begins,
/// on the calling thread.
///
/// # Errors
/// [`DwError::Usage`] when the folder or a required file is missing, when nothing in it loads, or when the source holds rows;
/// [`DwError::Io`] when a file cannot be read; otherwise whatever the engine reports. Nothing is then written.
pub async fn import(
    session: &mut dyn Session,
    dir: &Path,
    options: OlistOptions,
    progress: &mut (dyn FnMut(OlistProgress) + Send),
) -> DwResult<OlistReport> {
    if !dir.is_dir() {
        return Err(DwError::usage(format!("the folder `{}` does not exist", dir.display()), FOLDER_HINT));
    }
    if options.if_filled == IfFilled::Keep {
        // Told before a million rows are read; the transaction looks again.
        write::refuse_filled(session).await?;
    }
    let (data, mut report) = read(&Folder(dir), &options, progress)?;
    write::write(session, &data, &options, progress, &mut report).await?;
    Ok(report)
}

/// Reads all files and resolves them to each other.
fn read(
    files: &dyn Files,
    options: &OlistOptions,
    progress: &mut (dyn FnMut(OlistProgress) + Send),
) -> DwResult<(Data, OlistReport)> {
    let mut reading = Reading { files, log: IssueLog::new(options.max_issues), progress };
    let mut data = Data::default();
    let mut report = OlistReport::default();
    customers::read(&mut reading, &mut data)?;
    orders::read(&mut reading, &mut data, options.as_of)?;
    customers::settle(&mut reading, &data);
    sellers::read(&mut reading, &mut data)?;
    products::read(&mut reading, &mut data)?;
    items::read(&mut reading, &mut data)?;
    payments::read(&mut reading, &mut data)?;
    payments::place_vouchers(&mut reading, &mut data, &mut report);
    reviews::read(&mut reading, &mut data, options.as_of)?;
    places::read(&mut reading, &mut data)?;
    derive::derive(&mut data);
    if data.orders.is_empty() {
        let first = reading.log.first().map(|issue| format!("; the first problem is {issue}")).unwrap_or_default();
        let folder = files.path(SourceFile::Orders);
        let folder = folder.parent().unwrap_or(Path::new("")).display().to_string();
        let rows = reading.log.rows_read();
        return Err(DwError::usage(
            format!("no order of `{folder}` can be loaded: {rows} rows were read{first}"),
            FOLDER_HINT,
        ));
    }
    let cents = |amount: i64| Decimal::new(amount, 2);
    report.price_total = data.items.iter().map(|item| cents(item.price)).sum();
    report.freight_left_out = data.items.iter().map(|item| cents(item.freight)).sum();
    reading.log.finish(&mut report);
    Ok((data, report))
}
