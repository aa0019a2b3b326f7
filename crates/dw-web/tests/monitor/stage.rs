//! Two databases of its own for each test, and the application on them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Method;
use chrono_tz::America::Sao_Paulo;
use dw_audit::backups::{BackupRecord, BackupStatus, DrillRecord, store};
use dw_audit::quality::declare;
use dw_audit::runs::Process;
use dw_audit::sla::rules;
use dw_core::config::{Sources, resolve};
use dw_core::embedded::{EmbeddedEngine, Readable};
use dw_core::engine::{Engine, Session};
use dw_core::error::Database;
use dw_core::time::Seconds;
use dw_core::{migrate, time};
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::Silent;
use dw_web::monitor;
use dw_web::server::guard::Guards;
use dw_web::server::metrics::Metrics;
use tokio::sync::OnceCell;

pub use crate::common::stage::number;
use crate::common::stage::{self, Answer, copy_sample, file};

/// The pages, and what each shows whatever the data.
pub const PAGES: [(&str, &str); 11] = [
    ("/", "Resumo"),
    ("/pipelines", "Pipelines"),
    ("/pipelines/fact_vendas", "fact_vendas"),
    ("/pipelines/dim_cliente", "dim_cliente"),
    ("/runs", "Execuções"),
    ("/runs/3", "Execução 3"),
    ("/qualidade", "Qualidade"),
    ("/sla", "SLA"),
    ("/backups", "Backups"),
    ("/conexoes", "Conexões"),
    ("/configuracao", "Configuração"),
];

pub const BOTH: [Database; 2] = [Database::Oltp, Database::Dw];

/// A folder with or without databases, and the application on it.
pub struct Stage {
    pub folder: tempfile::TempDir,
    pub app: Router,
}

impl Stage {
    /// A warehouse with three runs, of which the last one failed in part, with rejects and the results of all checks.
    pub async fn lived() -> Self {
        Self::lived_with(|_| {}).await
    }

    /// The same with options of its own.
    pub async fn lived_with(change: impl FnOnce(&mut monitor::Options)) -> Self {
        let stage = Self::with(change);
        for database in BOTH {
            std::fs::copy(file(lived().await, database), file(stage.folder.path(), database)).unwrap();
        }
        stage
    }

    /// Databases that are empty.
    pub async fn empty() -> Self {
        let stage = Self::none();
        migrate::init(&EmbeddedEngine::new(stage.folder.path())).await.unwrap();
        stage
    }

    /// No databases.
    pub fn none() -> Self {
        Self::with(|_| {})
    }

    /// No databases, and options of its own.
    pub fn with(change: impl FnOnce(&mut monitor::Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = "DW_ALERTS_WEBHOOK_URL".to_owned();
        let sources = Sources {
            file: None,
            environment: [(name, "https://hooks.example/s3cret".to_owned())].into(),
            flags: Vec::new(),
            read: &|path| std::fs::read_to_string(path),
        };
        let settings = resolve(&sources).unwrap();
        let rules = rules::load(None).unwrap();
        let mut options = monitor::Options::new(Sao_Paulo, rules, &settings);
        options.limits.probe_every = Duration::ZERO;
        options.keep = Duration::ZERO;
        change(&mut options);
        let guards = Guards::new("127.0.0.1".parse().unwrap(), &[], None, Arc::new(Metrics::default()));
        let engine = reader(folder.path());
        let app = monitor::app(Arc::new(engine), options, &guards).unwrap();
        Self { folder, app }
    }

    /// A session that may do everything, as another program has it.
    pub async fn dw(&self) -> Box<dyn Session> {
        stage::session(self.folder.path(), Database::Dw).await
    }

    /// The same on the source.
    pub async fn oltp(&self) -> Box<dyn Session> {
        stage::session(self.folder.path(), Database::Oltp).await
    }

    /// Changes the warehouse.
    pub async fn change(&self, sql: &str) {
        let mut session = self.dw().await;
        let sql = session.dialect().translate(sql);
        session.execute(&sql, &[]).await.unwrap();
    }

    pub async fn get(&self, path: &str) -> Answer {
        stage::ask(&self.app, Method::GET, path, "localhost").await
    }
}

/// The engine of `monitor`, which reads everything and writes nothing.
pub fn reader(folder: &Path) -> EmbeddedEngine {
    EmbeddedEngine::new(folder).with_busy_timeout(Duration::from_millis(300)).restricted_to(Readable::everything())
}

/// The value of a light: `<dd class="value">` behind its name.
pub fn light(text: &str, name: &str) -> String {
    let places = text.match_indices("<dt>").map(|(at, _)| &text[at..]);
    let tile = places.into_iter().find(|tile| {
        tile[..tile.find("</dt>").unwrap()].contains(&format!("{name}<")) || tile.starts_with(&format!("<dt>{name}"))
    });
    let tile = tile.unwrap_or_else(|| panic!("no light {name}"));
    tile.split_once("<dd class=\"value\">").unwrap().1.split_once("</dd>").unwrap().0.to_owned()
}

/// A folder with a life behind it, made once for all tests.
async fn lived() -> &'static Path {
    static LIVED: OnceCell<tempfile::TempDir> = OnceCell::const_new();
    let folder = LIVED
        .get_or_init(|| async {
            let folder = tempfile::tempdir().unwrap();
            copy_sample(folder.path(), &BOTH).await;
            let engine = Arc::new(EmbeddedEngine::new(folder.path()));
            let mut oltp = stage::session(folder.path(), Database::Oltp).await;
            let stamp = time::now() - 200;
            let sql = format!(
                "UPDATE \"core.customers\" SET district = '{}', updated_at = {stamp} WHERE customer_id IN (5, 6)",
                "d".repeat(90)
            );
            oltp.execute(&sql, &[]).await.unwrap();
            for _ in 0..2 {
                dw_etl::run::run(engine.clone(), &RunOptions::default(), &Silent, &StopFlag::new()).await.unwrap();
            }
            let mut dw = stage::session(folder.path(), Database::Dw).await;
            for sql in [
                "UPDATE audit.etl_run SET status = 'partial', entities_succeeded = 8, entities_failed = 1 WHERE run_id = 3",
                "UPDATE audit.etl_run_entity SET status = 'failed', error_message = 'DW-E0012: the file is busy' \
                 WHERE run_id = 3 AND entity_name = 'fact_metas'",
                "UPDATE ctl.etl_control SET last_status = 'failed' WHERE entity_name = 'fact_metas'",
            ] {
                let sql = engine.dialect().translate(sql);
                dw.execute(&sql, &[]).await.unwrap();
            }
            let checks = declare::load(None).unwrap();
            dw_etl::check::check(&*engine, &checks, None, 90, &Silent).await.unwrap();
            backed_up(&mut *dw, time::now()).await;
            folder
        })
        .await;
    folder.path()
}

/// A backup of that many hours ago, as `backup` records it.
pub fn backup(database: &str, now: Seconds, hours: i64, status: BackupStatus) -> BackupRecord {
    let at = now - hours * 3_600;
    let is_bad = matches!(status, BackupStatus::Failed | BackupStatus::Damaged);
    BackupRecord {
        id: 0,
        database: database.to_owned(),
        kind: "full".to_owned(),
        copy_only: false,
        status,
        started_at: at,
        finished_at: (status != BackupStatus::Running).then_some(at + 3),
        verified_at: (status == BackupStatus::Verified).then_some(at + 4),
        file: format!("{database}_{at}_full.db"),
        folder: "/backups".to_owned(),
        stripes: 1,
        size_bytes: (status == BackupStatus::Verified).then_some(5_200_000_000),
        database_bytes: (status == BackupStatus::Verified).then_some(6_500_000_000),
        sha256: None,
        backup_ms: Some(2_750),
        verify_ms: Some(1_250),
        totals: None,
        failed_step: is_bad.then(|| "copy".to_owned()),
        error: is_bad.then(|| "o disco está cheio".to_owned()),
        host: None,
        process: None,
        deleted_at: None,
    }
}

/// A drill of that many hours ago.
pub fn drill(database: &str, now: Seconds, hours: i64, passed: bool) -> DrillRecord {
    let at = now - hours * 3_600;
    DrillRecord {
        id: 0,
        database: database.to_owned(),
        file: format!("{database}_{at}_full.db"),
        passed,
        started_at: at,
        finished_at: Some(at + 95),
        restore_ms: Some(60_000),
        check_ms: Some(30_000),
        total_ms: Some(95_000),
        compared_tables: Some(5),
        failed_step: (!passed).then(|| "compare".to_owned()),
        error: (!passed).then(|| "uma tabela tem outras linhas".to_owned()),
    }
}

/// Records them.
pub async fn record(dw: &mut dyn Session, backups: Vec<BackupRecord>, drills: &[DrillRecord]) {
    let process = Process::current();
    for mut one in backups {
        one.id = store::start(dw, &one, &process).await.unwrap();
        store::save(dw, &one).await.unwrap();
    }
    for one in drills {
        store::add_drill(dw, one, &process).await.unwrap();
    }
}

/// Nine days of both databases: one that failed and was made again, one that retention deleted, drills of which an old one failed.
async fn backed_up(dw: &mut dyn Session, now: Seconds) {
    use BackupStatus::{Failed, Verified};
    let mut backups = Vec::new();
    for database in ["DW_ECOMMERCE", "ECOMMERCE_OLTP"] {
        backups.extend((0..9).rev().map(|day| backup(database, now, day * 24 + 2, Verified)));
    }
    backups[0].deleted_at = Some(now - 3_600);
    backups.push(backup("DW_ECOMMERCE", now, 51, Failed));
    let drills = [
        drill("DW_ECOMMERCE", now, 190, false),
        drill("DW_ECOMMERCE", now, 30, true),
        drill("ECOMMERCE_OLTP", now, 30, true),
    ];
    record(dw, backups, &drills).await;
}
