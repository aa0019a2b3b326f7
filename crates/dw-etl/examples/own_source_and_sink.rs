//! One entity of the ETL in another program: regions from a list in memory, printed instead of stored.
//! Run it with `cargo run -p dw-etl --example own_source_and_sink`.
#![allow(clippy::print_stdout, reason = "an example speaks to a terminal")]

use async_trait::async_trait;
use dw_audit::counters::Counters;
use dw_core::{error::DwResult, time, value::Value};
use dw_etl::entities::dim_regiao::{self, DimRegiao};
use dw_etl::feed::{Feed, FeedOptions, KeyClass, Position, StagedBatch};
use dw_etl::{entity::TransformContext, pipeline::run_entity, report::Silent, sink::Sink, source::Source};

struct Cities(Vec<&'static str>);

#[async_trait]
impl Source for Cities {
    async fn extract(&mut self, feed: &mut Feed) -> DwResult<()> {
        let stamp = time::now();
        for (key, city) in (1_i64..).zip(&self.0) {
            let value = |column: &str| match column {
                "region_id" => key.into(),
                "state" => "SP".into(),
                "city" | "state_name" => (*city).into(),
                "country" => "Brasil".into(),
                "is_active" => true.into(),
                "created_at" | "updated_at" => stamp.into(),
                _ => Value::Null,
            };
            let row: Vec<Value> = dim_regiao::Source::COLUMNS.iter().map(|column| value(column.name)).collect();
            feed.push(Position { class: KeyClass::New, stamp, key }, Some(&row)).await?;
        }
        Ok(())
    }
}

struct Printer;

#[async_trait]
impl Sink for Printer {
    async fn apply(&mut self, batch: StagedBatch) -> DwResult<Counters> {
        batch.rows.rows().for_each(|row| println!("{row:?}"));
        batch.rejects.iter().for_each(|row| println!("rejected {}: {}", row.key, row.reason));
        let inserted = u64::try_from(batch.rows.len()).unwrap_or_default();
        Ok(Counters { extracted: batch.extracted, inserted, batches: 1, ..Counters::default() })
    }
}

#[tokio::main]
async fn main() -> DwResult<()> {
    let options = FeedOptions::new(TransformContext::on(time::day_of(time::now())));
    let source = Cities(vec!["Campinas", "Santos", "Łódź"]);
    let outcome = run_entity(&DimRegiao, source, &mut Printer, options, &Silent).await?;
    println!("{:?}", outcome.counters);
    Ok(())
}
