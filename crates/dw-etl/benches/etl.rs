//! Criterion benchmarks: the rule of a sale, and whole runs on a tenth of the base sample.
//! `cargo bench -p dw-etl`. The whole job at any scale is measured by the example `measure`.
#![allow(missing_docs, clippy::unwrap_used, reason = "criterion's macros write functions, and a benchmark may panic")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::{Access, SharedEngine};
use dw_core::error::Database;
use dw_core::value::Value;
use dw_core::{migrate, time};
use dw_etl::entities::fact_vendas::{FactVendas, Source};
use dw_etl::entity::{Entity, TransformContext};
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::Silent;
use dw_etl::run::run;
use dw_sample::base::BaseOptions;
use dw_sample::load::{self, IfFilled};
use tokio::runtime::Runtime;

/// Order items of a tenth of the base sample.
const ITEMS: u64 = 22_500;

fn engine(folder: &Path) -> SharedEngine {
    Arc::new(EmbeddedEngine::new(folder))
}

/// A source of scale 0.1, made once; each measured run gets a copy.
async fn source(folder: &Path) {
    let engine = engine(folder);
    migrate::init(&*engine).await.unwrap();
    let mut oltp = engine.open(Database::Oltp, Access::ReadWrite, "bench").await.unwrap();
    let options = BaseOptions { scale: 0.1, ..BaseOptions::at(time::now() - 3_600) };
    load::base(&mut *oltp, options, IfFilled::Keep, &mut |_| {}).await.unwrap();
}

async fn etl(folder: &Path) {
    let report = run(engine(folder), &RunOptions::default(), &Silent, &StopFlag::new()).await.unwrap();
    assert_eq!(report.exit_code, 0);
}

fn runs(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let base = tempfile::tempdir().unwrap();
    runtime.block_on(source(base.path()));
    let mut group = criterion.benchmark_group("run, scale 0.1");
    group.sample_size(10).throughput(Throughput::Elements(ITEMS));
    group.bench_function("first load", |bencher| {
        bencher.iter_batched(
            || {
                let folder = tempfile::tempdir().unwrap();
                for file in std::fs::read_dir(base.path()).unwrap().flatten().filter(|file| file.path().is_file()) {
                    std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
                }
                folder
            },
            |folder| runtime.block_on(etl(folder.path())),
            BatchSize::PerIteration,
        );
    });
    runtime.block_on(etl(base.path()));
    group.bench_function("nothing to do", |bencher| bencher.iter(|| runtime.block_on(etl(base.path()))));
    group.finish();
}

fn rules(criterion: &mut Criterion) {
    let row: Vec<Value> = Source::COLUMNS
        .iter()
        .map(|column| match column.name {
            "order_number" => "ORD-000000001".into(),
            "order_status" => "Pago".into(),
            "order_date" => time::now().into(),
            "quantity" => 2.into(),
            "unit_price" => 5_000.into(),
            "gross_amount" | "net_amount" => 10_000.into(),
            "deleted_at" | "item_deleted_at" | "order_deleted_at" => Value::Null,
            _ => 0.into(),
        })
        .collect();
    let context = TransformContext::on(time::day_of(time::now()));
    FactVendas.transform(&row, &context).unwrap().unwrap();
    let mut group = criterion.benchmark_group("rule");
    group.throughput(Throughput::Elements(1));
    group.bench_function("fact_vendas", |bencher| bencher.iter(|| FactVendas.transform(black_box(&row), &context)));
    group.finish();
}

criterion_group!(benches, rules, runs);
criterion_main!(benches);
