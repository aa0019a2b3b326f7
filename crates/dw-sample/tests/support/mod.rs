//! A source on the embedded engine in a folder of its own.

use dw_core::embedded::EmbeddedEngine;
use dw_core::engine::{Engine, Session};
use dw_core::error::Database;
use dw_core::migrate;
use dw_core::value::{RowBatch, Value};
use dw_sample::base::BaseOptions;
use dw_sample::load::{self, IfFilled, LoadOutcome};
use tempfile::TempDir;

pub struct Source {
    pub session: Box<dyn Session>,
    pub engine: EmbeddedEngine,
    _folder: TempDir,
}

impl Source {
    pub async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = EmbeddedEngine::new(folder.path());
        let mut session = engine.create(Database::Oltp).await.unwrap();
        migrate::migrate(&mut *session, Database::Oltp).await.unwrap();
        Self { session, engine, _folder: folder }
    }

    pub async fn filled(options: BaseOptions) -> Self {
        let mut source = Self::empty().await;
        let outcome = source.load(options, IfFilled::Keep).await;
        assert!(matches!(outcome, LoadOutcome::Loaded(_)), "{outcome:?}");
        source
    }

    pub async fn load(&mut self, options: BaseOptions, if_filled: IfFilled) -> LoadOutcome {
        load::base(&mut *self.session, options, if_filled, &mut |_| {}).await.unwrap()
    }

    pub async fn query(&mut self, sql: &str) -> RowBatch {
        let sql = self.session.dialect().translate(sql);
        self.session.query(&sql, &[]).await.unwrap()
    }

    pub async fn int(&mut self, sql: &str) -> i64 {
        self.query(sql).await.get(0, 0).int().unwrap().unwrap_or(0)
    }

    /// Every row of every table, for comparisons.
    pub async fn dump(&mut self) -> Vec<(&'static str, Vec<Vec<Value>>)> {
        let mut all = vec![];
        for table in dw_core::catalog::oltp_tables() {
            let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            let key = table.primary_key[0];
            let sql = format!("SELECT {} FROM {} ORDER BY {key}", columns.join(", "), table.full_name());
            all.push((table.name, self.query(&sql).await.rows().map(<[Value]>::to_vec).collect()));
        }
        all
    }

    /// What the database itself finds wrong: broken foreign keys and damage.
    pub async fn assert_sound(&mut self) {
        assert!(self.query("PRAGMA foreign_key_check").await.is_empty());
        assert_eq!(*self.query("PRAGMA quick_check").await.get(0, 0), Value::from("ok"));
    }
}
