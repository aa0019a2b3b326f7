//! Measures the whole job on the embedded engine: first load, a run with nothing to do, a run after 1 % of the orders changed.
//! `cargo run --release -p dw-etl --example measure -- 1` where 1 is the scale of the sample. Figures: `docs/performance.md`.
#![allow(clippy::print_stdout, reason = "an example speaks to a terminal")]

use std::sync::Arc;
use std::time::Instant;

use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::{Access, SharedEngine};
use dw_core::error::{Database, DwError, DwResult};
use dw_core::{migrate, time};
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::{RunReport, Silent};
use dw_etl::run::run;
use dw_sample::base::BaseOptions;
use dw_sample::load::{self, IfFilled};

#[tokio::main]
async fn main() -> DwResult<()> {
    let scale: f64 = std::env::args()
        .nth(1)
        .map_or(Ok(1.0), |text| text.parse())
        .map_err(|_| DwError::usage("the scale is not a number", "pass 1, 0.1 or 10"))?;
    let folder = std::env::temp_dir().join(format!("dw-measure-{}", std::process::id()));
    let engine: SharedEngine = Arc::new(EmbeddedEngine::new(&folder));
    let result = measure(&engine, scale).await;
    drop(engine);
    std::fs::remove_dir_all(&folder).map_err(|source| DwError::Io { action: "cannot remove", path: folder, source })?;
    result
}

async fn measure(engine: &SharedEngine, scale: f64) -> DwResult<()> {
    migrate::init(&**engine).await?;
    let started = Instant::now();
    let mut oltp = engine.open(Database::Oltp, Access::ReadWrite, "measure").await?;
    // An hour ago, so that no row lies within the lookback of the runs.
    let base = BaseOptions { scale, ..BaseOptions::at(time::now() - 3_600) };
    load::base(&mut *oltp, base, IfFilled::Keep, &mut |_| {}).await?;
    drop(oltp);
    println!("sample of scale {scale}: {:.2} s, peak {}", started.elapsed().as_secs_f64(), peak());
    once(engine, "first load").await?;
    once(engine, "nothing to do").await?;
    let mut oltp = engine.open(Database::Oltp, Access::ReadWrite, "measure").await?;
    let orders = oltp.dialect().table("core", "orders");
    let sql = format!("UPDATE {orders} SET order_status = 'Entregue', updated_at = @P1 WHERE order_id % 100 = 7");
    let changed = oltp.execute(&sql, &[(time::now() - 600).into()]).await?;
    drop(oltp);
    once(engine, &format!("after {changed} orders changed (1 %)")).await?;
    once(engine, "nothing new, the change in the lookback").await
}

async fn once(engine: &SharedEngine, what: &str) -> DwResult<()> {
    reset_peak();
    let report = run(engine.clone(), &RunOptions::default(), &Silent, &StopFlag::new()).await?;
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
