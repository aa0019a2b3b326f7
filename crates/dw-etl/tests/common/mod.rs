//! What the tests of the ETL share: a source and a warehouse of their own, in a folder or on the test server.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, where a failure is to panic")]

pub mod equal;
pub mod wrapped;

use dw_core::engine::{Access, Session, SharedEngine};
use dw_core::error::Database;
use dw_core::migrate;
use dw_core::time::{self, Seconds};
use dw_core::value::Value;
use dw_etl::feed::StopFlag;
use dw_etl::options::{RunOptions, Selection};
use dw_etl::report::{RunReport, Silent};
use dw_etl::run::run;
use dw_sample::base::BaseOptions;
use dw_sample::load::{self, IfFilled};
use dw_sample::wave::{self, WaveOptions, WaveReport};
use dw_testkit::portable::portable;
use dw_testkit::{Home, On};

/// Both databases, gone with the test.
pub struct Stack {
    pub engine: SharedEngine,
    pub home: Home,
}

impl Stack {
    /// Empty databases.
    pub async fn empty(on: On) -> Self {
        Self::of(Home::new(on).await).await
    }

    /// What is missing is made.
    async fn of(home: Home) -> Self {
        let engine = home.engine();
        migrate::init(&*engine).await.unwrap();
        Self { engine, home }
    }

    /// The base sample at a scale, as of five minutes ago.
    pub async fn sample(on: On, scale: f64) -> Self {
        let options = BaseOptions { scale, ..BaseOptions::at(time::now() - 300) };
        Self::with(on, options).await
    }

    /// A base sample.
    pub async fn with(on: On, options: BaseOptions) -> Self {
        let stack = Self::empty(on).await;
        let mut oltp = stack.oltp().await;
        load::base(&mut *oltp, options, IfFilled::Keep, &mut |_| {}).await.unwrap();
        drop(oltp);
        stack
    }

    /// The same source with an empty warehouse of its own.
    pub async fn with_the_same_source(&self) -> Self {
        let home = Home::new(self.home.on()).await;
        self.home.copy_to(&home, Database::Oltp).await;
        Self::of(home).await
    }

    /// The same source and the same warehouse.
    pub async fn twin(&self) -> Self {
        let home = Home::new(self.home.on()).await;
        self.home.copy_to(&home, Database::Oltp).await;
        self.home.copy_to(&home, Database::Dw).await;
        Self { engine: home.engine(), home }
    }

    /// The shop lives on: one wave, stamped `as_of`, whose late customer is stamped `late`.
    pub async fn wave(&self, as_of: Seconds, late: Seconds) -> WaveReport {
        let mut oltp = self.oltp().await;
        let options = WaveOptions { count: 1, as_of, now: late, seed: 0 };
        wave::run(&mut *oltp, options).await.unwrap().remove(0)
    }

    pub async fn oltp(&self) -> Box<dyn Session> {
        self.engine.open(Database::Oltp, Access::ReadWrite, "test").await.unwrap()
    }

    pub async fn dw(&self) -> Box<dyn Session> {
        self.engine.open(Database::Dw, Access::ReadWrite, "test").await.unwrap()
    }

    /// Runs and expects exit code 0.
    pub async fn run(&self, options: &RunOptions) -> RunReport {
        let report = self.run_any(options).await;
        assert_eq!(report.exit_code, 0, "{report:#?}");
        report
    }

    /// A run at the time when the usual two minutes lie behind `cutoff`, which must end with exit code 0.
    pub async fn run_as_of(&self, cutoff: Seconds, options: &RunOptions) -> RunReport {
        let engine = wrapped::Wrapped::new(self.engine.clone());
        engine.set_clock(cutoff + 120);
        let report = run(engine, options, &Silent, &StopFlag::new()).await.unwrap();
        assert_eq!((report.exit_code, report.cutoff), (0, cutoff), "{report:#?}");
        report
    }

    pub async fn run_any(&self, options: &RunOptions) -> RunReport {
        run(self.engine.clone(), options, &Silent, &StopFlag::new()).await.unwrap()
    }

    /// One number of the warehouse; two-part names are translated.
    pub async fn number(&self, sql: &str) -> i64 {
        let mut dw = self.dw().await;
        scalar(&mut *dw, sql).await
    }

    /// One number of the source.
    pub async fn source_number(&self, sql: &str) -> i64 {
        let mut oltp = self.oltp().await;
        scalar(&mut *oltp, sql).await
    }

    /// Changes the source. All texts are [`portable`] ones.
    pub async fn change(&self, sql: &str) -> u64 {
        let mut oltp = self.oltp().await;
        let sql = portable(oltp.dialect(), sql);
        oltp.execute(&sql, &[]).await.unwrap()
    }

    /// Changes the warehouse, as an operator would.
    pub async fn operate(&self, sql: &str) -> u64 {
        let mut dw = self.dw().await;
        let sql = portable(dw.dialect(), sql);
        dw.execute(&sql, &[]).await.unwrap()
    }

    /// The warehouse by business keys.
    pub async fn warehouse(&self) -> equal::Warehouse {
        let mut dw = self.dw().await;
        equal::read(&mut *dw).await
    }

    /// The views by business keys.
    pub async fn views(&self) -> equal::Warehouse {
        let mut dw = self.dw().await;
        equal::read_views(&mut *dw).await
    }

    /// Every row of every table of the warehouse as it is stored.
    pub async fn everything(&self) -> Vec<String> {
        let mut dw = self.dw().await;
        equal::everything(&mut *dw).await
    }

    /// The watermarks.
    pub async fn watermarks(&self) -> Vec<String> {
        let mut dw = self.dw().await;
        let sql = "SELECT entity_name, watermark_updated_at, watermark_id FROM ctl.etl_control ORDER BY entity_name";
        rows(&mut *dw, sql, &[]).await
    }
}

/// Options for some entities.
pub fn only(names: &[&str]) -> RunOptions {
    let entities = Selection::Named(names.iter().map(|name| (*name).to_owned()).collect());
    RunOptions { entities, ..RunOptions::default() }
}

pub async fn scalar(session: &mut dyn Session, sql: &str) -> i64 {
    let sql = portable(session.dialect(), sql);
    session.query(&sql, &[]).await.unwrap().get(0, 0).int().unwrap().unwrap_or_default()
}

/// The row of an entity in a report.
pub fn of<'r>(report: &'r RunReport, entity: &str) -> &'r dw_etl::report::EntityReport {
    report.entities.iter().find(|e| e.entity == entity).unwrap()
}

/// All rows of a query as text, for comparison.
pub async fn rows(session: &mut dyn Session, sql: &str, params: &[Value]) -> Vec<String> {
    let sql = portable(session.dialect(), sql);
    session.query(&sql, params).await.unwrap().rows().map(|row| format!("{row:?}")).collect()
}

/// A time that is long past, for stamps that every cutoff includes.
pub fn past() -> Seconds {
    time::now() - 86_400
}
