//! `etl rewind`: from the command line to [`dw_etl::rewind`] and back.

use dw_backup::name::BackupName;
use dw_backup::vault::database_of;
use dw_core::error::{Database, DwError, DwResult};
use dw_core::exit;
use dw_core::time::Seconds;
use dw_etl::rewind::rewind;
use serde::Serialize;

use super::args::RewindArgs;
use super::watermark;
use crate::app::Context;
use crate::args::timestamp;
use crate::engine;
use crate::output::{Align, Listing};

/// An entity.
#[derive(Debug, Serialize)]
struct RewoundRow {
    entity: String,
    before: String,
    after: String,
    moved: bool,
}

/// The document of `etl rewind`.
#[derive(Debug, Serialize)]
struct RewindReport {
    command: &'static str,
    to: Option<String>,
    entities: Vec<RewoundRow>,
}

impl RewindReport {
    fn listing(&self) -> Listing {
        let mut listing = Listing::new(&["entity", "watermark", "now", "next run"].map(|name| (name, Align::Left)));
        for row in &self.entities {
            let next = if row.moved { "reads from the beginning" } else { "goes on" };
            listing.row(vec![row.entity.clone(), row.before.clone(), row.after.clone(), next.to_owned()]);
        }
        listing
    }
}

/// The moment to which the source went back; none when it did not: a restored warehouse has its watermarks with it.
///
/// # Errors
/// A usage error.
fn moment(args: &RewindArgs) -> DwResult<Option<Seconds>> {
    if let Some(to) = &args.to {
        return timestamp("--to", to).map(Some);
    }
    let file = args.from_backup.as_deref().unwrap_or_default();
    let name = std::path::Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or(file);
    let parsed = BackupName::parse(name).and_then(|name| Some((database_of(&name.database)?, name.at)));
    match parsed {
        Some((Database::Oltp, at)) => Ok(Some(at)),
        Some((Database::Dw, _)) => Ok(None),
        None => Err(DwError::usage(
            format!("`--from-backup {file}` is not the name of a backup"),
            "type the name that `backup list` shows, or `--to` with the moment in UTC at which the source stands",
        )),
    }
}

/// Rewinds, and shows what became of each watermark.
///
/// # Errors
/// A bad moment, a run that goes on, or of the engine.
pub async fn execute(context: &Context, args: &RewindArgs) -> DwResult<u8> {
    let to = moment(args)?;
    let engine = engine::from_settings(&context.settings)?;
    let rewound = match to {
        Some(to) => rewind(&*engine, to).await?,
        None => Vec::new(),
    };
    let report = RewindReport {
        command: "rewind",
        to: to.map(dw_core::time::format_timestamp),
        entities: rewound
            .into_iter()
            .map(|one| RewoundRow {
                moved: one.moved(),
                entity: one.entity,
                before: watermark(one.before),
                after: watermark(one.after),
            })
            .collect(),
    };
    context.console.present(&report, || report.listing())?;
    if to.is_none() {
        context.console.notice("a restored warehouse has its watermarks with it: nothing is to be moved");
    }
    context.console.notice("now type `etl run`, and then `etl reconcile`, which marks what the source has lost");
    Ok(exit::OK)
}
