//! `init wave`: the one place that calls the waves of change of `dw-sample`.

use std::time::Duration;

use dw_core::engine::{Access, SharedEngine};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::exit;
use dw_core::time::{format_timestamp, now};
use dw_sample::wave::{self, WaveOptions, WaveReport};
use serde_json::{Map, Value, json};

use super::args::WaveArgs;
use super::as_of;
use crate::app::Context;
use crate::args::{every, number};
use crate::output::{Align, Failure, Listing, whole};
use crate::sample::default_as_of;
use crate::{engine, signal};

/// Waves that were asked for.
#[derive(Debug, Clone, Copy)]
pub struct Waves {
    options: WaveOptions,
    every: Option<Duration>,
}

/// Checks what was typed.
///
/// # Errors
/// A usage error for each text that is wrong.
pub fn check(args: &WaveArgs) -> DwResult<Waves> {
    if args.every.is_some() && args.as_of.is_some() {
        return Err(DwError::usage(
            "`--every` and `--as-of` contradict each other",
            "use one of the two: with `--every` each wave has its own stamp",
        ));
    }
    let count = number("--count", &args.count, 1, 1_000)?;
    let options = WaveOptions {
        count: u32::try_from(count).unwrap_or(1),
        as_of: as_of(args.as_of.as_deref())?,
        now: now(),
        seed: number("--seed", &args.seed, 0, u64::MAX)?,
    };
    Ok(Waves { options, every: args.every.as_deref().map(every).transpose()? })
}

/// Changes the source.
///
/// # Errors
/// When there is no source yet, or when it cannot be written.
pub async fn execute(context: &Context, waves: Waves) -> DwResult<u8> {
    let engine = engine::from_settings(&context.settings)?;
    if let Some(every) = waves.every {
        return repeat(context, &engine, waves.options, every).await;
    }
    let reports = once(context, &engine, waves.options).await?;
    context.console.present(&document(&reports), || listing(&reports))?;
    Ok(exit::OK)
}

async fn once(context: &Context, engine: &SharedEngine, options: WaveOptions) -> DwResult<Vec<WaveReport>> {
    let mut session = engine.open(Database::Oltp, Access::ReadWrite, "init wave").await?;
    let reports = wave::run(&mut *session, options).await?;
    for note in reports.iter().flat_map(|report| &report.notes) {
        context.console.notice(note);
    }
    Ok(reports)
}

/// Waits and makes waves, until a stop is asked for. A pause comes first, so that a restart by itself changes nothing. What fails is
/// told and tried again after the next pause, except for what no repetition can heal.
async fn repeat(context: &Context, engine: &SharedEngine, options: WaveOptions, every: Duration) -> DwResult<u8> {
    let stop = signal::listen(|| tracing::info!("stopping after the current wave"));
    while !stop.sleep(every).await {
        let options = WaveOptions { as_of: default_as_of(), now: now(), ..options };
        match once(context, engine, options).await {
            Ok(reports) => context.console.json_line(&document(&reports))?,
            Err(error) if matches!(error.exit_code(), exit::USAGE | exit::SCHEMA_MISMATCH) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "wave failed");
                let line = json!({ "command": "wave", "status": "failed", "error": Failure::from(&error) });
                context.console.json_line(&line)?;
            }
        }
    }
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
