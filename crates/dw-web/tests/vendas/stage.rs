//! A warehouse of its own for each test, and the application on it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Method;
use chrono_tz::America::Sao_Paulo;
use dw_audit::sla::rules;
use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::Session;
use dw_core::error::Database;
use dw_core::migrate;
use dw_web::server::guard::Guards;
use dw_web::server::metrics::Metrics;
use dw_web::vendas;

pub use crate::common::stage::number;
use crate::common::stage::{self, Answer, copy_sample};

/// The pages, and what each shows whatever the data.
pub const PAGES: [(&str, &str); 6] = [
    ("/", "Visão geral"),
    ("/produtos", "Produtos e regiões"),
    ("/comercial", "Comercial"),
    ("/descontos", "Descontos"),
    ("/metricas", "Métricas"),
    ("/base", "Base detalhada"),
];

/// A folder with or without a warehouse, and the application on it.
pub struct Stage {
    pub folder: tempfile::TempDir,
    pub app: Router,
}

impl Stage {
    /// A warehouse with the sample.
    pub async fn sample() -> Self {
        Self::sample_with(|_| {}).await
    }

    /// The same with options of its own.
    pub async fn sample_with(change: impl FnOnce(&mut vendas::Options)) -> Self {
        let stage = Self::with(change);
        copy_sample(stage.folder.path(), &[Database::Dw]).await;
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
        let mut options =
            vendas::Options::new(Sao_Paulo, rules::load(None).unwrap().deadlines, false, Duration::from_secs(10));
        options.limits.probe_every = Duration::ZERO;
        options.limits.version_age = Duration::ZERO;
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
        stage::file(self.folder.path(), Database::Dw)
    }

    /// A session that may do everything, as another program has it.
    pub async fn session(&self) -> Box<dyn Session> {
        stage::session(self.folder.path(), Database::Dw).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, "localhost").await
    }

    pub async fn ask(&self, method: Method, path: &str, host: &str) -> Answer {
        stage::ask(&self.app, method, path, host).await
    }
}
