//! Any history of changes, with ties, late commits and runs of any cutoff and batch size, loses no change and delivers no key
//! twice in a run (defects E9 and E13). Driven through the real source, feed and pipeline, into a sink that only remembers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use common::{Stack, rows};
use dw_audit::counters::Counters;
use dw_core::engine::{Access, Session};
use dw_core::error::{Database, DwResult};
use dw_core::time::{Seconds, WATERMARK_START, day_of};
use dw_core::value::Value;
use dw_etl::entities::dim_equipe::DimEquipe;
use dw_etl::entity::{Entity, TransformContext};
use dw_etl::feed::{FeedOptions, StagedBatch, StopFlag};
use dw_etl::pipeline::run_entity;
use dw_etl::report::Silent;
use dw_etl::sink::Sink;
use dw_etl::source::{SqlSource, Window};
use dw_sample::base::BaseOptions;
use dw_testkit::{On, both_engines};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};

const TEAMS: i64 = 6;
const REGIONS: i64 = 3;
/// How late a change of these histories may be: a lookback of a minute, and the second behind which a cutoff stays.
const LATEST: i64 = 61;
const START: Seconds = 1_700_000_000;

/// What happens in a shop and beside it.
#[derive(Debug, Clone)]
enum Step {
    /// A team changes. The change is stamped so many seconds ago: its transaction took that long.
    Team { id: i64, ago: i64 },
    /// A region changes, and with it the teams in it.
    Region { id: i64, ago: i64 },
    /// Time passes.
    Wait(i64),
    /// The ETL runs.
    Run { margin: i64, batch_size: usize, max_batches: Option<u64> },
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly the running second, so that ties are the rule.
    let ago = || prop_oneof![6 => Just(0_i64), 2 => 0_i64..3, 1 => 0_i64..=LATEST, 1 => Just(LATEST)];
    prop_oneof![
        4 => (1..=TEAMS, ago()).prop_map(|(id, ago)| Step::Team { id, ago }),
        2 => (1..=REGIONS, ago()).prop_map(|(id, ago)| Step::Region { id, ago }),
        // And now and then longer than the lookback, as in a shop at rest.
        2 => prop_oneof![3 => 0_i64..3, 1 => 55_i64..90].prop_map(Step::Wait),
        3 => (1_i64..4, 1_usize..5, proptest::option::of(1_u64..3))
            .prop_map(|(margin, batch_size, max_batches)| Step::Run { margin, batch_size, max_batches }),
    ]
}

/// Remembers what it was given.
struct Memory {
    /// Name and region of each team.
    teams: BTreeMap<i64, (Value, Value)>,
    watermark: (Seconds, i64),
    /// Up to when all was read.
    read_until: Option<Seconds>,
    /// The keys of this run.
    seen: BTreeSet<i64>,
    wrong: Vec<String>,
}

#[async_trait]
impl Sink for Memory {
    async fn apply(&mut self, batch: StagedBatch) -> DwResult<Counters> {
        let at = |name: &str| DimEquipe.target_columns().iter().position(|column| *column == name).unwrap();
        for row in batch.rows.rows() {
            let key = row[0].int()?.unwrap();
            if !self.seen.insert(key) {
                self.wrong.push(format!("{key} came twice in one run"));
            }
            self.teams.insert(key, (row[at("nome_origem")].clone(), row[at("regional")].clone()));
        }
        if let Some(last) = batch.last {
            if last <= self.watermark {
                self.wrong.push(format!("{last:?} is called new behind {:?}", self.watermark));
            }
            self.watermark = last;
        }
        Ok(Counters { extracted: batch.extracted, ..Counters::default() })
    }
}

struct Shop<'s> {
    stack: &'s Stack,
    clock: Seconds,
    version: i64,
    lookback_minutes: i64,
}

impl Shop<'_> {
    async fn reset(&self) {
        for table in
            ["core.regions SET region_name = '0'", "core.teams SET team_name = '0', region_id = team_id % 3 + 1"]
        {
            let sql = format!("UPDATE {table}, created_at = {START}, updated_at = {START}");
            self.stack.change(&sql).await;
        }
        self.stack.change(&format!("DELETE FROM core.teams WHERE team_id > {TEAMS}")).await;
    }

    async fn touch(&mut self, table: &str, column: &str, key: &str, id: i64, ago: i64) {
        self.version += 1;
        // Later than the lookback is lost by design: it is the guard.
        let (version, stamp) = (self.version, self.clock - ago.min(self.lookback_minutes * 60 + 1));
        let sql = format!("UPDATE {table} SET {column} = '{version}', updated_at = {stamp} WHERE {key} = {id}");
        assert_eq!(self.stack.change(&sql).await, 1);
    }

    async fn run(&self, memory: &mut Memory, cutoff: Seconds, batch_size: usize, max_batches: Option<u64>) -> bool {
        let session = self.stack.engine.open(Database::Oltp, Access::ReadOnly, "test").await.unwrap();
        let window =
            Window::incremental((memory.watermark, memory.read_until), self.lookback_minutes, cutoff, Vec::new());
        let source = SqlSource::new(session, &DimEquipe, window);
        let (calendar_first, calendar_last) = (0, day_of(START) + 3_650);
        let context = TransformContext { calendar_first, calendar_last };
        let options = FeedOptions { batch_size, max_batches, context, stop: StopFlag::new() };
        memory.seen.clear();
        let before = memory.watermark;
        let outcome = run_entity(&DimEquipe, source, memory, options, &Silent).await.unwrap();
        if memory.watermark < before || memory.watermark.0 > cutoff.max(before.0) {
            memory.wrong.push(format!("the watermark went from {before:?} to {:?}", memory.watermark));
        }
        if max_batches.is_none() && outcome.more_pending {
            memory.wrong.push("something is pending although nothing limits the run".to_owned());
        }
        // As the control row keeps it: forgotten with each batch that moves the watermark, known again when all was read.
        if !outcome.more_pending {
            memory.read_until = Some(cutoff);
        } else if memory.watermark != before {
            memory.read_until = None;
        }
        outcome.more_pending
    }

    async fn play(&mut self, steps: &[Step]) -> Result<(), TestCaseError> {
        self.reset().await;
        let watermark = (WATERMARK_START, 0);
        let mut memory =
            Memory { teams: BTreeMap::new(), watermark, read_until: None, seen: BTreeSet::new(), wrong: Vec::new() };
        for step in steps {
            match *step {
                Step::Team { id, ago } => self.touch("core.teams", "team_name", "team_id", id, ago).await,
                Step::Region { id, ago } => self.touch("core.regions", "region_name", "region_id", id, ago).await,
                Step::Wait(seconds) => self.clock += seconds,
                Step::Run { margin, batch_size, max_batches } => {
                    self.run(&mut memory, self.clock - margin, batch_size, max_batches).await;
                }
            }
        }
        // The last second passes, and one batch a run takes the rest.
        for _ in 0..=TEAMS {
            if !self.run(&mut memory, self.clock + 1, 1, Some(1)).await {
                break;
            }
        }
        prop_assert_eq!(&memory.wrong, &Vec::<String>::new());
        let sql = "SELECT t.team_id, t.team_name, r.region_name FROM core.teams t \
            JOIN core.regions r ON r.region_id = t.region_id ORDER BY t.team_id";
        let source = rows(&mut *self.stack.oltp().await, sql, &[]).await;
        let loaded: Vec<String> = memory
            .teams
            .into_iter()
            .map(|(id, (name, region))| format!("{:?}", [Value::Int(id), name, region]))
            .collect();
        prop_assert_eq!(loaded, source);
        // And the next run knows that: nothing is left behind the watermark.
        let sql = "SELECT CASE WHEN t.updated_at > r.updated_at THEN t.updated_at ELSE r.updated_at END AS stamp, \
            t.team_id FROM core.teams t JOIN core.regions r ON r.region_id = t.region_id ORDER BY 1 DESC, 2 DESC";
        let newest = newest_of(self.stack.oltp().await, sql).await;
        prop_assert!(memory.watermark >= newest, "{:?} is behind {newest:?}", memory.watermark);
        Ok(())
    }
}

async fn newest_of(mut session: Box<dyn Session>, sql: &str) -> (Seconds, i64) {
    let sql = session.dialect().translate(sql);
    let rows = session.query(&sql, &[]).await.unwrap();
    (rows.get(0, 0).int().unwrap().unwrap(), rows.get(0, 1).int().unwrap().unwrap())
}

#[both_engines]
async fn no_history_of_ties_and_late_commits_loses_or_repeats_a_row(on: On) {
    let stack = Stack::with(on, BaseOptions { scale: 0.0001, ..BaseOptions::at(START) }).await;
    // What points to teams is in the way of their number.
    stack.change("UPDATE core.sellers SET team_id = NULL").await;
    // A server takes milliseconds for what a file takes microseconds.
    let cases = if on == On::Embedded { 150 } else { 15 };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let runtime = tokio::runtime::Handle::current();
    let result = tokio::task::block_in_place(|| {
        runner.run(&(0_i64..2, proptest::collection::vec(step(), 1..25)), |(lookback_minutes, steps)| {
            runtime.block_on(Shop { stack: &stack, clock: START, version: 0, lookback_minutes }.play(&steps))
        })
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, steps)) => panic!("{reason}\n{steps:#?}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}
