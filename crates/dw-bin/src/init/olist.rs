//! `init olist`: the one place that calls the importer of `dw-sample`.

use dw_core::engine::Access;
use dw_core::error::{Database, DwResult};
use dw_core::{exit, migrate};
use dw_sample::load::IfFilled;
use dw_sample::olist::{self, OlistOptions, OlistProgress, OlistReport};
use serde_json::{Value, json};

use super::args::OlistArgs;
use super::{as_of, base};
use crate::app::Context;
use crate::engine;
use crate::output::{Align, Listing, Progress, whole};
use crate::sample::Meter;

/// Issues that a person is shown; a program gets all that the report lists.
const SHOWN_ISSUES: usize = 10;

/// Creates what is missing and imports the folder.
///
/// # Errors
/// When the folder is not usable, the source holds rows, or a database cannot be written.
pub async fn execute(context: &Context, args: &OlistArgs) -> DwResult<u8> {
    let if_filled = if args.replace { IfFilled::Replace } else { IfFilled::Keep };
    let options = OlistOptions { if_filled, ..OlistOptions::new(as_of(args.as_of.as_deref())?) };
    let engine = engine::from_settings(&context.settings)?;
    migrate::init(&*engine).await?;
    let mut session = engine.open(Database::Oltp, Access::ReadWrite, "init olist").await?;
    let progress = Progress::new(&context.console);
    let meter = Meter::new(&progress);
    let report = olist::import(&mut *session, &args.dir, options, &mut |step| match step {
        OlistProgress::Reading { file, rows } => meter.rows(&file.to_string(), rows, None),
        OlistProgress::Writing { table, rows } => meter.rows(table, rows, None),
    })
    .await;
    meter.end();
    progress.end();
    let report = report?;
    show(context, &report)?;
    Ok(exit::OK)
}

fn show(context: &Context, report: &OlistReport) -> DwResult<()> {
    let console = &context.console;
    if console.is_json() {
        return console.document(&document(report));
    }
    for issue in report.issues.iter().take(SHOWN_ISSUES) {
        console.notice(&issue.to_string());
    }
    let issues = u64::try_from(report.issues.len()).unwrap_or(u64::MAX).saturating_add(report.issues_left_off);
    let shown = u64::try_from(SHOWN_ISSUES).unwrap_or(u64::MAX);
    if issues > shown {
        console.notice(&format!("and {} more; `--output json` lists them", whole(issues - shown)));
    }
    let columns = [("file", Align::Left), ("reason", Align::Left), ("effect", Align::Left), ("issues", Align::Right)];
    let mut counts = Listing::new(&columns);
    for ((file, reason, effect), number) in &report.issue_counts {
        counts.row(vec![file.to_string(), reason.to_string(), effect.as_str().replace('_', " "), whole(*number)]);
    }
    if !report.issue_counts.is_empty() {
        console.listing(&counts)?;
    }
    base::show(context, &report.tables)?;
    console.line(&format!("{} rows left out, {} issues", whole(report.rows_left_out()), whole(issues)))
}

fn document(report: &OlistReport) -> Value {
    let files: Vec<Value> = report
        .files
        .iter()
        .map(|(file, counts)| {
            json!({
                "file": file.to_string(),
                "read": counts.read,
                "loaded": counts.loaded,
                "not_needed": counts.not_needed,
                "reported": counts.reported,
            })
        })
        .collect();
    let tables: Vec<Value> =
        report.tables.iter().map(|(table, rows)| json!({ "table": table, "rows": rows })).collect();
    let issues: Vec<Value> = report
        .issues
        .iter()
        .map(|issue| {
            json!({
                "file": issue.file.to_string(),
                "line": issue.line,
                "reason_code": issue.reason_code.to_string(),
                "reason": issue.reason,
                "effect": issue.effect.as_str(),
            })
        })
        .collect();
    json!({
        "command": "olist",
        "files": files,
        "tables": tables,
        "issues": issues,
        "issues_left_off": report.issues_left_off,
        "price_total": report.price_total.to_string(),
        "freight_left_out": report.freight_left_out.to_string(),
        "voucher_discounts": report.voucher_discounts.to_string(),
        "vouchers_left_out": report.vouchers_left_out.to_string(),
    })
}
