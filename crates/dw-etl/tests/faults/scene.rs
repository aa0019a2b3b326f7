//! A source and a warehouse on the test server, an engine that reaches them through a proxy, and one that reaches them
//! directly.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dw_core::engine::{Access, Session, SharedEngine};
use dw_core::entities;
use dw_core::error::{Database, DwError, DwResult};
use dw_core::migrate;
use dw_core::sql_server::{SqlServerEngine, SqlServerOptions};
use dw_core::time;
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::reconcile::reconcile;
use dw_etl::report::{EntityStatus, RunReport, Silent};
use dw_etl::run::run;
use dw_sample::base::BaseOptions;
use dw_sample::load::{self, IfFilled};
use dw_testkit::proxy::{Counts, Ending, Only, Proxy, Rule, Then, When};
use dw_testkit::server::{TestDatabases, target};

use crate::equal::{self, Warehouse, assert_equal_warehouses};

/// The program name of the connection that holds the locks of a process.
pub const LOCKS: &str = "dw lock";

/// Codes of the errors that a broken connection may end a run with.
const CLEAR: [&str; 5] = ["DW-E0015", "DW-E0016", "DW-E0018", "DW-E0033", "DW-E0034"];

/// How long the server may need to see that a client is gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// Everything of a test. The engines come first, so that their connections are closed when the databases are dropped.
pub struct Scene {
    pub direct: SharedEngine,
    pub proxy: Proxy,
    expected: Option<Warehouse>,
    counters: Vec<String>,
    /// What one undisturbed load sends and receives.
    pub traffic: Counts,
    pub databases: TestDatabases,
    batch_size: usize,
}

impl Scene {
    /// A sample, and what a load of it makes that nobody disturbs.
    pub async fn new(scale: f64, batch_size: usize) -> Self {
        let databases = TestDatabases::reserve();
        let direct: SharedEngine = databases.engine();
        migrate::init(&*direct).await.unwrap();
        let mut oltp = direct.open(Database::Oltp, Access::ReadWrite, "test").await.unwrap();
        let options = BaseOptions { scale, ..BaseOptions::at(time::now() - 300) };
        load::base(&mut *oltp, options, IfFilled::Keep, &mut |_| {}).await.unwrap();
        drop(oltp);
        let server = target();
        let mut scene = Self {
            direct,
            proxy: Proxy::start(&server.host, server.port),
            expected: None,
            counters: Vec::new(),
            traffic: Counts::default(),
            databases,
            batch_size,
        };
        scene.run(&scene.options()).await;
        scene.traffic = scene.proxy.counts();
        scene.counters = scene.counters().await;
        let expected = scene.warehouse().await;
        assert!(expected.rows("fact.FACT_VENDAS") > 100);
        scene.expected = Some(expected);
        scene
    }

    /// An engine of its own behind the proxy, as a new process has one.
    pub fn engine(&self) -> SharedEngine {
        self.engine_with(|_| {})
    }

    pub fn engine_with(&self, change: impl FnOnce(&mut SqlServerOptions)) -> SharedEngine {
        let mut options = self.databases.options();
        for target in [&mut options.oltp, &mut options.dw] {
            target.host = self.proxy.address().ip().to_string();
            target.port = self.proxy.address().port();
            target.connect_timeout = Duration::from_secs(5);
            // The rules of the proxy look for texts.
            target.encrypt = false;
        }
        change(&mut options);
        Arc::new(SqlServerEngine::new(options))
    }

    /// Without a lookback every row is read once, except for those of the watermark's own second.
    pub fn options(&self) -> RunOptions {
        RunOptions { batch_size: Some(self.batch_size), lookback_minutes: Some(0), ..RunOptions::default() }
    }

    /// Runs through the proxy on a new engine and expects success.
    pub async fn run(&self, options: &RunOptions) -> RunReport {
        let report = self.run_on(&self.engine(), options).await.unwrap();
        assert_eq!(report.exit_code, 0, "{report:#?}");
        report
    }

    pub async fn run_on(&self, engine: &SharedEngine, options: &RunOptions) -> DwResult<RunReport> {
        run(engine.clone(), options, &Silent, &StopFlag::new()).await
    }

    /// Waits until every rule of the proxy has met what it waits for.
    pub async fn until_met(&self) {
        let began = Instant::now();
        while self.proxy.waiting() > 0 {
            assert!(began.elapsed() < 6 * PATIENCE, "a rule of the proxy never met its request");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn dw(&self) -> Box<dyn Session> {
        self.direct.open(Database::Dw, Access::ReadWrite, "test").await.unwrap()
    }

    pub async fn rows(&self, sql: &str) -> Vec<String> {
        self.dw().await.query(sql, &[]).await.unwrap().rows().map(|row| format!("{row:?}")).collect()
    }

    pub async fn warehouse(&self) -> Warehouse {
        equal::read(&mut *self.dw().await).await
    }

    /// Over all runs: what each entity read, less what it found unchanged, and what it wrote. A row whose dimension failed in a
    /// run is first inferred and later filled in place, so that inserts and updates count together.
    async fn counters(&self) -> Vec<String> {
        self.rows(
            "SELECT entity_name, SUM(extracted_count - unchanged_count), SUM(inserted_count + updated_count), \
             SUM(rejected_count), SUM(soft_deleted_count), \
             SUM(extracted_count - inserted_count - updated_count - unchanged_count - rejected_count) \
             FROM audit.etl_run_entity GROUP BY entity_name ORDER BY entity_name",
        )
        .await
    }

    /// An empty warehouse again: faster than a new one.
    pub async fn empty(&self) {
        let mut dw = self.dw().await;
        for sql in [
            "DELETE FROM fact.FACT_DESCONTOS",
            "DELETE FROM fact.FACT_VENDAS",
            "DELETE FROM fact.FACT_METAS",
            "UPDATE dim.DIM_EQUIPE SET lider_equipe_id = NULL",
            "UPDATE dim.DIM_VENDEDOR SET gerente_id = NULL",
            "DELETE FROM dim.DIM_DESCONTO WHERE desconto_id <> -1",
            "DELETE FROM dim.DIM_VENDEDOR WHERE vendedor_id <> -1",
            "DELETE FROM dim.DIM_EQUIPE WHERE equipe_id <> -1",
            "DELETE FROM dim.DIM_REGIAO WHERE regiao_id <> -1",
            "DELETE FROM dim.DIM_PRODUTO WHERE produto_id <> -1",
            "DELETE FROM dim.DIM_CLIENTE WHERE cliente_id <> -1",
            "DELETE FROM audit.etl_reject",
            "DELETE FROM audit.etl_run_entity",
            "DELETE FROM ctl.etl_parked",
            "DELETE FROM ctl.etl_affected_group",
            "UPDATE ctl.etl_control SET watermark_updated_at = '19000101', watermark_id = 0, last_run_id = NULL",
            "DELETE FROM audit.etl_run",
        ] {
            dw.execute(sql, &[]).await.unwrap();
        }
    }

    /// The warehouse is what one undisturbed load makes, each row was counted once, and the trail is closed.
    pub async fn assert_whole(&self) {
        assert_equal_warehouses(self.expected.as_ref().unwrap(), &self.warehouse().await);
        assert_eq!(
            self.counters().await,
            self.counters,
            "each row is counted in the batch that loaded it, and only there"
        );
        for table in ["audit.etl_run", "audit.etl_run_entity"] {
            let open = self.rows(&format!("SELECT run_id FROM {table} WHERE status = 'running'")).await;
            assert_eq!(open, Vec::<String>::new(), "{table}");
        }
        self.assert_no_lock().await;
        let compared = reconcile(&self.direct, true, &Silent).await.unwrap();
        assert!(compared.agrees(), "{compared:#?}");
    }

    /// The locks of a run end with it, as soon as the server has seen that their connection is gone.
    pub async fn assert_no_lock(&self) {
        let began = Instant::now();
        for entity in entities::ALL {
            while let Some(holder) = self.direct.lock_holder(entity.name).await.unwrap() {
                assert!(began.elapsed() < PATIENCE, "{} is still held by {holder}", entity.name);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// What a rule says in one line.
pub fn rule(only: Only, when: When, then: Then) -> Rule {
    Rule { only, when, then }
}

/// The n-th request of a client that holds a text.
pub fn request(text: &str, number: u64) -> When {
    When::Text(text.to_owned(), number)
}

/// Both ways to end a connection in turn.
pub fn ending(number: usize) -> Ending {
    if number.is_multiple_of(2) { Ending::Reset } else { Ending::Close }
}

/// A run that did not succeed says clearly why, entity by entity, and with the right exit code; `true` for one that did.
pub fn ended_clearly(outcome: &DwResult<RunReport>) -> bool {
    let report = match outcome {
        Err(error) => {
            assert_clear(error);
            return false;
        }
        Ok(report) => report,
    };
    let failed: Vec<_> = report.entities.iter().filter(|entity| entity.status == EntityStatus::Failed).collect();
    for entity in &failed {
        let code = entity.error_code.unwrap();
        assert!(CLEAR.contains(&code), "{entity:#?}");
        let exit = match code {
            "DW-E0033" => vec![11],
            "DW-E0034" => vec![40],
            _ => vec![50, 60],
        };
        assert!(exit.contains(&entity.exit_code), "{entity:#?}");
        assert!(entity.error_hint.as_ref().is_some_and(|hint| !hint.is_empty()), "{entity:#?}");
    }
    let codes: Vec<u8> = failed.iter().map(|entity| entity.exit_code).collect();
    let expected = match codes.as_slice() {
        [] => 0,
        codes if codes.len() < report.entities.len() => 10,
        [first, rest @ ..] if rest.iter().all(|code| code == first) => *first,
        _ => 11,
    };
    assert_eq!(report.exit_code, expected, "{report:#?}");
    failed.is_empty()
}

pub fn assert_clear(error: &DwError) {
    assert!(CLEAR.contains(&error.code()), "{error:?}");
    assert!([40, 50, 60].contains(&error.exit_code()), "{error:?}");
    assert!(!error.hint().is_empty(), "{error:?}");
    assert!(!error.to_string().contains(target().password.expose()), "a password is shown");
}
