//! Measures the whole job: first load, a run that reads everything again, one after 1 % of the orders changed, one with nothing
//! to do. `cargo run --release -p dw-etl --example measure -- 1` where 1 is the scale of the sample; with `-- 1 sqlserver` on
//! the server that `DW_TEST_SQLSERVER` names, beside what that server does by itself. Figures: `docs/performance.md`.
#![allow(clippy::print_stdout, reason = "an example speaks to a terminal")]

mod server;

use std::sync::Arc;
use std::time::Instant;

use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::{Access, SharedEngine};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::time::{Seconds, WATERMARK_START};
use dw_core::value::Value;
use dw_core::{migrate, time};
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::{RunReport, Silent};
use dw_etl::run::run;
use dw_sample::base::BaseOptions;
use dw_sample::load::{self, IfFilled};
use dw_testkit::server::TestDatabases;

#[tokio::main]
async fn main() -> DwResult<()> {
    let mut arguments = std::env::args().skip(1);
    let scale: f64 = arguments
        .next()
        .map_or(Ok(1.0), |text| text.parse())
        .map_err(|_| DwError::usage("the scale is not a number", "pass 1, 0.1 or 10"))?;
    match arguments.next().as_deref() {
        None | Some("embedded") => embedded(scale).await,
        Some("sqlserver") => {
            let databases = TestDatabases::reserve();
            databases.create().await;
            let engine: SharedEngine = databases.engine();
            measure(&engine, scale, Some(&databases)).await
        }
        Some(other) => Err(DwError::usage(format!("unknown engine `{other}`"), "pass embedded or sqlserver")),
    }
}

async fn embedded(scale: f64) -> DwResult<()> {
    let folder = std::env::temp_dir().join(format!("dw-measure-{}", std::process::id()));
    let engine: SharedEngine = Arc::new(EmbeddedEngine::new(&folder));
    let result = measure(&engine, scale, None).await;
    drop(engine);
    std::fs::remove_dir_all(&folder).map_err(|source| DwError::Io { action: "cannot remove", path: folder, source })?;
    result
}

async fn measure(engine: &SharedEngine, scale: f64, server: Option<&TestDatabases>) -> DwResult<()> {
    migrate::init(&**engine).await?;
    let started = Instant::now();
    let mut oltp = engine.open(Database::Oltp, Access::ReadWrite, "measure").await?;
    // An hour ago, so that no row lies within the lookback of the runs.
    let base = BaseOptions { scale, ..BaseOptions::at(time::now() - 3_600) };
    load::base(&mut *oltp, base, IfFilled::Keep, &mut |_| {}).await?;
    drop(oltp);
    println!("sample of scale {scale}: {:.2} s, peak {}", started.elapsed().as_secs_f64(), peak());
    let usual = RunOptions::default();
    once(engine, &usual, "first load").await?;
    if let Some(databases) = server {
        server::compare(engine, databases).await?;
    }
    let everything = RunOptions { window: Some((WATERMARK_START, time::now())), ..RunOptions::default() };
    once(engine, &everything, "everything read again, nothing changed").await?;
    once(engine, &usual, "nothing new").await?;
    let now = time::now();
    for (seconds_ago, which) in [(1_500, "% 100 = 7"), (840, "% 100 = 8")] {
        let changed = change(engine, which, now - seconds_ago).await?;
        once(engine, &usual, &format!("after {changed} orders changed (1 %)")).await?;
    }
    // Longer ago than the lookback: the runs after it have nothing to do.
    change(engine, "= 9", now - 800).await?;
    once(engine, &usual, "after one order changed").await?;
    for _ in 0..3 {
        once(engine, &usual, "nothing to do").await?;
    }
    Ok(())
}

/// Changes orders, chosen by their key, and returns how many.
async fn change(engine: &SharedEngine, which: &str, at: Seconds) -> DwResult<u64> {
    let mut oltp = engine.open(Database::Oltp, Access::ReadWrite, "measure").await?;
    let orders = oltp.dialect().table("core", "orders");
    let sql = format!("UPDATE {orders} SET order_status = 'Entregue', updated_at = @P1 WHERE order_id {which}");
    oltp.execute(&sql, &[Value::seconds(at)]).await
}

async fn once(engine: &SharedEngine, options: &RunOptions, what: &str) -> DwResult<()> {
    reset_peak();
    let report = run(engine.clone(), options, &Silent, &StopFlag::new()).await?;
    let sum = |field: fn(&dw_etl::report::EntityReport) -> u64| report.entities.iter().map(field).sum::<u64>();
    println!(
        "{what}: {} in {:.3} s, {} extracted, {} inserted, {} updated, {} unchanged; {}; peak {}",
        report.status,
        report.seconds,
        sum(|e| e.extracted),
        sum(|e| e.inserted),
        sum(|e| e.updated),
        sum(|e| e.unchanged),
        sales(&report),
        peak()
    );
    Ok(())
}

fn sales(report: &RunReport) -> String {
    report.entities.iter().find(|entity| entity.entity == "fact_vendas").map_or_else(String::new, |sales| {
        format!("fact_vendas {} rows in {:.3} s = {} rows/s", sales.extracted, sales.seconds, sales.rows_per_second)
    })
}

/// The largest resident memory since the last reset, where the operating system tells it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.map_or_else(|| "unknown".to_owned(), |kib| format!("{} MiB", kib / 1_024))
}

fn reset_peak() {
    // Only Linux has it; elsewhere the peak is that of the whole process.
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}
