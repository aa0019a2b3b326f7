//! Answers of an application, and a loaded sample that is made once for all tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::{Access, Engine, Session};
use dw_core::error::Database;
use dw_core::{migrate, time};
use dw_etl::feed::StopFlag;
use dw_etl::options::RunOptions;
use dw_etl::report::Silent;
use dw_sample::base::BaseOptions;
use dw_sample::load::{self, IfFilled};
use tokio::sync::OnceCell;
use tower::ServiceExt;

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

/// What an application answers.
pub async fn ask(app: &Router, method: Method, path: &str, host: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).header("host", host).body(Body::empty()).unwrap();
    let (head, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
    Answer { status: head.status, headers: head.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// A session that may do everything, as another program has it.
pub async fn session(folder: &Path, database: Database) -> Box<dyn Session> {
    EmbeddedEngine::new(folder).open(database, Access::ReadWrite, "test").await.unwrap()
}

/// The file of a database.
pub fn file(folder: &Path, database: Database) -> PathBuf {
    folder.join(format!("{}.db", database.name()))
}

/// One number of the warehouse.
pub async fn number(session: &mut dyn Session, sql: &str) -> i64 {
    let sql = session.dialect().translate(sql);
    session.query(&sql, &[]).await.unwrap().get(0, 0).int().unwrap().unwrap_or(0)
}

/// A folder with a loaded sample, made once for all tests.
pub async fn sample() -> &'static Path {
    static SAMPLE: OnceCell<tempfile::TempDir> = OnceCell::const_new();
    let folder = SAMPLE
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
            folder
        })
        .await;
    folder.path()
}

/// Copies the sample to another folder.
pub async fn copy_sample(to: &Path, databases: &[Database]) {
    let from = sample().await;
    for database in databases {
        std::fs::copy(file(from, *database), file(to, *database)).unwrap();
    }
}
