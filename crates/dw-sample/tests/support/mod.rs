//! A source of its own, in a folder or on the test server.

use dw_core::engine::{Access, Session, SharedEngine};
use dw_core::error::Database;
use dw_core::migrate;
use dw_core::value::{RowBatch, Value};
use dw_sample::base::BaseOptions;
use dw_sample::load::{self, IfFilled, LoadOutcome};
use dw_testkit::portable::portable;
use dw_testkit::{Home, On};

pub struct Source {
    // The session ends before its database.
    pub session: Box<dyn Session>,
    pub engine: SharedEngine,
    home: Home,
}

impl Source {
    pub async fn empty(on: On) -> Self {
        let home = Home::new(on).await;
        let engine = home.engine();
        let mut session = engine.create(Database::Oltp).await.unwrap();
        migrate::migrate(&mut *session, Database::Oltp).await.unwrap();
        Self { session, engine, home }
    }

    pub async fn filled(on: On, options: BaseOptions) -> Self {
        let mut source = Self::empty(on).await;
        let outcome = source.load(options, IfFilled::Keep).await;
        assert!(matches!(outcome, LoadOutcome::Loaded(_)), "{outcome:?}");
        source
    }

    /// A new session in the place of one whose transaction was cut off.
    pub async fn reopen(&mut self) {
        self.session = self.engine.open(Database::Oltp, Access::ReadWrite, "test").await.unwrap();
    }

    pub async fn load(&mut self, options: BaseOptions, if_filled: IfFilled) -> LoadOutcome {
        load::base(&mut *self.session, options, if_filled, &mut |_| {}).await.unwrap()
    }

    pub async fn query(&mut self, sql: &str) -> RowBatch {
        let sql = portable(self.session.dialect(), sql);
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

    /// The names of all indexes that no key has made.
    pub async fn indexes(&mut self) -> Vec<Value> {
        let sql = match self.home.on() {
            On::Embedded => "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
            On::SqlServer => {
                "SELECT i.name FROM sys.indexes i JOIN sys.tables t ON t.object_id = i.object_id \
                 JOIN sys.schemas s ON s.schema_id = t.schema_id \
                 WHERE s.name = 'core' AND i.index_id > 0 AND i.is_primary_key = 0 AND i.is_unique_constraint = 0 ORDER BY i.name"
            }
        };
        self.query(sql).await.rows().map(|row| row[0].clone()).collect()
    }

    /// What the database itself finds wrong: broken foreign keys and damage.
    pub async fn assert_sound(&mut self) {
        // A server has no such question: it has looked at each row as it came.
        if self.home.on() == On::Embedded {
            assert!(self.query("PRAGMA foreign_key_check").await.is_empty());
            assert_eq!(*self.query("PRAGMA quick_check").await.get(0, 0), Value::from("ok"));
        }
    }
}
