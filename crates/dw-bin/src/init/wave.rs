//! `init wave`: the one place that calls the waves of change of `dw-sample`.

use dw_core::engine::Access;
use dw_core::error::{Database, DwResult};
use dw_core::exit;
use dw_core::time::{format_timestamp, now};
use dw_sample::wave::{self, WaveOptions, WaveReport};
use serde_json::{Map, Value, json};

use super::args::WaveArgs;
use super::as_of;
use crate::app::Context;
use crate::args::number;
use crate::engine;
use crate::output::{Align, Listing, whole};

/// Checks what was typed.
///
/// # Errors
/// A usage error for each text that is wrong.
pub fn check(args: &WaveArgs) -> DwResult<WaveOptions> {
    let count = number("--count", &args.count, 1, 1_000)?;
    Ok(WaveOptions {
        count: u32::try_from(count).unwrap_or(1),
        as_of: as_of(args.as_of.as_deref())?,
        now: now(),
        seed: number("--seed", &args.seed, 0, u64::MAX)?,
    })
}

/// Changes the source.
///
/// # Errors
/// When there is no source yet, or when it cannot be written.
pub async fn execute(context: &Context, options: WaveOptions) -> DwResult<u8> {
    let engine = engine::from_settings(&context.settings)?;
    let mut session = engine.open(Database::Oltp, Access::ReadWrite, "init wave").await?;
    let reports = wave::run(&mut *session, options).await?;
    for note in reports.iter().flat_map(|report| &report.notes) {
        context.console.notice(note);
    }
    context.console.present(&document(&reports), || listing(&reports))?;
    Ok(exit::OK)
}

fn document(reports: &[WaveReport]) -> Value {
    let waves: Vec<Value> = reports
        .iter()
        .map(|report| {
            let counts: Map<String, Value> =
                report.counts().into_iter().map(|(name, rows)| (name.to_owned(), json!(rows))).collect();
            let late = report.late_customer.map(|late| {
                json!({
                    "customer_id": late.customer_id,
                    "stamped_at": format_timestamp(late.stamped_at),
                    "order_id": late.order_id,
                })
            });
            json!({
                "code": report.code,
                "as_of": format_timestamp(report.as_of),
                "counts": counts,
                "late_customer": late,
                "notes": report.notes,
            })
        })
        .collect();
    json!({ "command": "wave", "waves": waves })
}

/// One row a kind of change, all waves added up.
fn listing(reports: &[WaveReport]) -> Listing {
    let mut listing = Listing::new(&[("change", Align::Left), ("rows", Align::Right)]);
    let mut sums: Vec<(&'static str, u64)> = Vec::new();
    for report in reports {
        for (at, (name, rows)) in report.counts().into_iter().enumerate() {
            match sums.get_mut(at) {
                Some((_, sum)) => *sum += rows,
                None => sums.push((name, rows)),
            }
        }
    }
    listing.row(vec!["waves".to_owned(), reports.len().to_string()]);
    for (name, rows) in sums {
        listing.row(vec![name.replace('_', " "), whole(rows)]);
    }
    listing
}
