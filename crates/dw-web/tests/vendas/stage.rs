//! A warehouse of its own for each test, and the application on it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use chrono_tz::America::Sao_Paulo;
use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::{Access, Engine, Session};
use dw_core::error::Database;
use dw_core::{migrate, time};
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::Silent;
use dw_sample::base::BaseOptions;
use dw_sample::load::{self, IfFilled};
use dw_web::server::guard::Guards;
use dw_web::server::metrics::Metrics;
use dw_web::vendas;
use tokio::sync::OnceCell;
use tower::ServiceExt;

/// The pages, and what each shows whatever the data.
pub const PAGES: [(&str, &str); 6] = [
    ("/", "Visão geral"),
    ("/produtos", "Produtos e regiões"),
    ("/comercial", "Comercial"),
    ("/descontos", "Descontos"),
    ("/metricas", "Métricas"),
    ("/base", "Base detalhada"),
];

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The value of a tile.
    pub fn tile(&self, name: &str) -> String {
        let start = format!("<dt>{name}</dt><dd class=\"value\">");
        let rest = self.text.split_once(&start).unwrap_or_else(|| panic!("no tile {name}")).1;
        rest.split_once("</dd>").unwrap().0.to_owned()
    }
}

/// A folder with or without a warehouse, and the application on it.
pub struct Stage {
    pub folder: tempfile::TempDir,
    pub app: Router,
}

impl Stage {
    /// A warehouse with the sample.
    pub async fn sample() -> Self {
        let stage = Self::none();
        std::fs::copy(sample_file().await, stage.file()).unwrap();
        stage
    }

    /// A warehouse that is empty.
    pub async fn empty() -> Self {
        let stage = Self::none();
        migrate::init(&EmbeddedEngine::new(stage.folder.path())).await.unwrap();
        stage
    }

    /// No warehouse.
    pub fn none() -> Self {
        Self::with(|_| {})
    }

    /// No warehouse, and options of its own.
    pub fn with(change: impl FnOnce(&mut vendas::Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = vendas::Options::new(Sao_Paulo, false, Duration::from_secs(10));
        options.limits.probe_every = Duration::ZERO;
        change(&mut options);
        let guards = Guards::new("127.0.0.1".parse().unwrap(), &[], None, Arc::new(Metrics::default()));
        let engine = EmbeddedEngine::new(folder.path())
            .with_busy_timeout(Duration::from_millis(300))
            .restricted_to(vendas::readable(options.show_customer_names));
        let app = vendas::app(Arc::new(engine), options, &guards).unwrap();
        Self { folder, app }
    }

    /// The file of the warehouse.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("DW_ECOMMERCE.db")
    }

    /// A session that may do everything, as another program has it.
    pub async fn session(&self) -> Box<dyn Session> {
        EmbeddedEngine::new(self.folder.path()).open(Database::Dw, Access::ReadWrite, "test").await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, "localhost").await
    }

    pub async fn ask(&self, method: Method, path: &str, host: &str) -> Answer {
        let request = Request::builder().method(method).uri(path).header("host", host).body(Body::empty()).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        Answer { status: head.status, headers: head.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }
}

/// One number of the warehouse.
pub async fn number(session: &mut dyn Session, sql: &str) -> i64 {
    let sql = session.dialect().translate(sql);
    session.query(&sql, &[]).await.unwrap().get(0, 0).int().unwrap().unwrap_or(0)
}

/// The file of a loaded sample, made once for all tests.
async fn sample_file() -> &'static Path {
    static SAMPLE: OnceCell<(tempfile::TempDir, PathBuf)> = OnceCell::const_new();
    let (_, file) = SAMPLE
        .get_or_init(|| async {
            let folder = tempfile::tempdir().unwrap();
            let engine = Arc::new(EmbeddedEngine::new(folder.path()));
            migrate::init(&*engine).await.unwrap();
            let mut oltp = engine.open(Database::Oltp, Access::ReadWrite, "test").await.unwrap();
            let options = BaseOptions { scale: 0.02, ..BaseOptions::at(time::now() - 300) };
            load::base(&mut *oltp, options, IfFilled::Keep, &mut |_| {}).await.unwrap();
            drop(oltp);
            let report =
                dw_etl::run::run(engine.clone(), &RunOptions::default(), &Silent, &StopFlag::new()).await.unwrap();
            assert_eq!(report.exit_code, 0);
            drop(engine);
            let file = folder.path().join("DW_ECOMMERCE.db");
            (folder, file)
        })
        .await;
    file
}
