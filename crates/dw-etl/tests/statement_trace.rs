//! What a run asks of the databases: a constant number of statements a batch, whatever its size, and each changed row read once
//! (ruling 32, defects E1 to E4).
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::wrapped::{Call, Entry, Wrapped};
use common::{Stack, of};
use dw_core::config::Columnstore;
use dw_core::dialect::Dialect;
use dw_core::error::Database;
use dw_core::time;
use dw_etl::entities;
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::{RunReport, Silent};
use dw_etl::run::run;
use dw_sample::base::BaseOptions;
use dw_testkit::{On, both_engines};

async fn traced(stack: &Stack, batch_size: usize, lookback_minutes: i64) -> (RunReport, Vec<Entry>) {
    let engine = Wrapped::new(stack.engine.clone());
    let options =
        RunOptions { batch_size: Some(batch_size), lookback_minutes: Some(lookback_minutes), ..RunOptions::default() };
    let report = run(engine.clone(), &options, &Silent, &StopFlag::new()).await.unwrap();
    assert_eq!(report.exit_code, 0, "{report:#?}");
    (report, engine.take())
}

/// What a session has asked for since its last transaction ended.
#[derive(Debug, Default)]
struct Asked {
    statements: usize,
    entity: Option<&'static str>,
    in_transaction: bool,
}

/// The transactions that loaded a batch: the entity, and how many statements there were. A server gets the rows of a batch before
/// its transaction begins, so what a session has copied belongs to its next transaction.
fn batches(trace: &[Entry]) -> BTreeMap<&'static str, Vec<usize>> {
    let mut found: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
    let mut sessions: BTreeMap<usize, Asked> = BTreeMap::new();
    for entry in trace.iter().filter(|entry| entry.database == Database::Dw) {
        let asked = sessions.entry(entry.session).or_default();
        match &entry.call {
            Call::Begin => asked.in_transaction = true,
            Call::Commit | Call::Rollback => {
                let ended = std::mem::take(asked);
                if let (Call::Commit, Some(entity)) = (&entry.call, ended.entity) {
                    found.entry(entity).or_default().push(ended.statements);
                }
            }
            Call::Bulk(table, _) => {
                let staged = entities::ALL.iter().map(|entity| entity.descriptor().name);
                asked.statements += 1;
                asked.entity = asked.entity.or(staged.into_iter().find(|name| table.ends_with(&format!("_{name}"))));
            }
            _ => asked.statements += usize::from(asked.in_transaction || asked.entity.is_some()),
        }
    }
    found
}

/// Rows and streams read from the source by each entity's session, and how many statements it took.
fn reads(trace: &[Entry]) -> BTreeMap<usize, (Vec<(String, usize)>, usize)> {
    let mut found: BTreeMap<usize, (Vec<(String, usize)>, usize)> = BTreeMap::new();
    for entry in trace.iter().filter(|entry| entry.database == Database::Oltp) {
        let reads = found.entry(entry.session).or_default();
        reads.1 += 1;
        if let Call::Stream(sql, rows) = &entry.call {
            reads.0.push((sql.clone(), *rows));
        }
    }
    found
}

/// The entity whose rows a statement reads: its source stands behind the work table.
fn entity_of(dialect: &dyn Dialect, sql: &str) -> &'static str {
    let entity = entities::ALL.iter().map(|entity| entity.descriptor()).find(|entity| {
        let table = dialect.table(entity.source.schema, entity.source.name);
        sql.contains(&format!("LEFT JOIN {table} {} ON {}.{} = w.id", entity.alias, entity.alias, entity.source_key))
    });
    entity.unwrap_or_else(|| panic!("which entity reads this? {sql}")).name
}

/// Each entity read its changed rows in one stream, each row once.
fn assert_read_once(dialect: &dyn Dialect, report: &RunReport, trace: &[Entry]) -> BTreeSet<usize> {
    let mut statements = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for (streams, count) in reads(trace).into_values() {
        statements.insert(count);
        assert!(streams.len() <= 1, "one stream an entity: {streams:?}");
        for (sql, rows) in streams {
            let entity = entity_of(dialect, &sql);
            assert!(seen.insert(entity), "{entity} is read by two sessions");
            assert_eq!(u64::try_from(rows).unwrap(), of(report, entity).extracted, "{entity}");
        }
    }
    assert_eq!(seen.len(), report.entities.iter().filter(|entity| entity.extracted > 0).count());
    statements
}

#[both_engines]
async fn a_batch_takes_as_many_statements_whatever_its_size_and_a_row_is_read_once(on: On) {
    let now = time::now();
    // All of it within the lookback of the run that follows, so that a wave comes with rows that did not change.
    let source = Stack::with(on, BaseOptions { scale: 0.1, ..BaseOptions::at(now - 500) }).await;
    let mut most: BTreeMap<usize, BTreeMap<&'static str, usize>> = BTreeMap::new();
    let mut of_source = BTreeSet::new();
    for size in [100, 5_000] {
        let stack = source.with_the_same_source().await;
        // A first load, where all rows are new, and a wave, where rows are new, changed, deleted and unchanged.
        for wave in [false, true] {
            if wave {
                stack.wave(now - 300, now - 300).await;
            }
            let (report, trace) = traced(&stack, size, 10).await;
            of_source.extend(assert_read_once(stack.engine.dialect(), &report, &trace));
            for (entity, counts) in batches(&trace) {
                assert_eq!(u64::try_from(counts.len()).unwrap(), of(&report, entity).batches, "{entity}");
                let largest = counts.into_iter().max().unwrap();
                let most = most.entry(size).or_default().entry(entity).or_default();
                *most = largest.max(*most);
            }
        }
    }
    assert_eq!(most[&100], most[&5_000]);
    assert_eq!(most[&100].len(), entities::ALL.len());
    let largest = *most[&100].values().max().unwrap();
    assert!(largest <= 30, "{most:?}");
    // A session that looks whether the source is there, and nine that read: none of them more often in smaller batches.
    assert!(of_source.len() <= 4 && of_source.iter().all(|count| *count <= 20), "{of_source:?}");
}

/// A run with nothing to do reads no row and writes none; a run with few changes reads those alone.
#[both_engines]
async fn cost_follows_the_changed_rows(on: On) {
    let now = time::now();
    let stack = Stack::with(on, BaseOptions { scale: 0.1, ..BaseOptions::at(now - 7_200) }).await;
    traced(&stack, 1_000, 10).await;
    let changed = stack
        .change(&format!("UPDATE core.order_items SET updated_at = {} WHERE order_item_id % 1000 = 0", now - 3_600))
        .await;
    let (report, trace) = traced(&stack, 1_000, 10).await;
    assert_read_once(stack.engine.dialect(), &report, &trace);
    assert_eq!(of(&report, "fact_vendas").extracted, changed, "{report:#?}");
    let bulk = trace.iter().filter_map(|entry| match &entry.call {
        Call::Bulk(table, rows) if table.contains("fact_vendas") => Some(*rows),
        _ => None,
    });
    assert_eq!(u64::try_from(bulk.sum::<usize>()).unwrap(), changed);
    // All of it lies behind the lookback by now.
    let (report, trace) = traced(&stack, 1_000, 10).await;
    assert!(report.entities.iter().all(|entity| entity.extracted == 0), "{report:#?}");
    let moved = |entry: &&Entry| matches!(entry.call, Call::Stream(..) | Call::Bulk(..));
    assert_eq!(trace.iter().filter(moved).count(), 0);
}

/// Behind a load that brought rows, each fact is asked once whether its columnstore index is due, where the engine has them and
/// the setting is not off. The rows stay whatever becomes of that: here the question itself fails.
#[tokio::test]
async fn a_columnstore_index_is_looked_for_behind_each_load_of_a_fact() {
    let stack = Stack::with(On::Embedded, BaseOptions { scale: 0.01, ..BaseOptions::at(time::now() - 7_200) }).await;
    let engine = Wrapped::new(stack.engine.clone());
    let asked = async |columnstore: Columnstore| {
        let options = RunOptions { columnstore, full_refresh: true, ..RunOptions::default() };
        stack.operate("DELETE FROM fact.FACT_METAS").await;
        let report = run(engine.clone(), &options, &Silent, &StopFlag::new()).await.unwrap();
        assert_eq!((report.exit_code, of(&report, "fact_metas").inserted > 0), (0, true), "{report:#?}");
        let is_question = |entry: &&Entry| matches!(&entry.call, Call::Query(sql, _) if sql.contains("sys.partitions"));
        engine.take().iter().filter(is_question).count()
    };
    assert_eq!(asked(Columnstore::On).await, 0, "the engine has none");
    engine.claim_columnstore();
    assert_eq!(asked(Columnstore::Off).await, 0);
    assert_eq!(asked(Columnstore::On).await, 1, "the other facts got no row");
    assert_eq!(asked(Columnstore::Auto).await, 1);
}
