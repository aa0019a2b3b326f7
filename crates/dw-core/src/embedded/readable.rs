//! What a restricted session may read: views, and of a view not every column; or everything, and write nothing. SQLite asks for each column that a statement
//! names (sqlite.org/c3ref/set_authorizer.html), so that what is granted on a server by roles holds on a file too.
//! It guards our own statements against mistakes; whoever can open the file with another program reads all of it.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use crate::engine::Access;
use crate::error::Database;
use crate::schema::View;

/// Views that may be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readable {
    everything: bool,
    views: Vec<String>,
    hidden: Vec<(String, &'static str)>,
}

impl Readable {
    /// All columns of these views.
    pub fn views(views: &[&View]) -> Self {
        let views = views.iter().map(|view| format!("{}.{}", view.schema, view.name)).collect();
        Self { everything: false, views, hidden: Vec::new() }
    }

    /// All tables and views of both databases, for reading alone, as `etl_monitor` on a server.
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Who is restricted so on a server, for messages.
    pub(super) fn login(&self) -> &'static str {
        if self.everything { "etl_monitor" } else { "bi_reader" }
    }

    /// What may be opened, for messages; none when this may.
    pub(super) fn refuses(&self, database: Database, access: Access) -> Option<&'static str> {
        match (access, self.everything, database) {
            (Access::ReadWrite, true, _) => Some("it reads and nothing else"),
            (Access::ReadOnly, true, _) | (Access::ReadOnly, false, Database::Dw) => None,
            _ => Some("it reads views of the warehouse and nothing else"),
        }
    }

    /// The same without one column.
    #[must_use]
    pub fn without(mut self, view: &View, column: &'static str) -> Self {
        self.hidden.push((format!("{}.{}", view.schema, view.name), column));
        self
    }

    /// The answer to SQLite.
    pub(super) fn judge(&self, context: &AuthContext<'_>) -> Authorization {
        let is_allowed = match context.action {
            AuthAction::Select | AuthAction::Recursive | AuthAction::Transaction { .. } => true,
            AuthAction::Function { function_name } => !function_name.eq_ignore_ascii_case("load_extension"),
            // The tables below a view are read in the name of the view.
            // No column: a table below a view of which the statement needs nothing. So a number of rows can be had, and no value.
            AuthAction::Read { column_name: "", .. } => true,
            AuthAction::Read { .. } if self.everything => true,
            AuthAction::Read { table_name, column_name } => {
                let is_below = context.accessor.is_some_and(|view| self.has(view));
                is_below || self.has(table_name) && !self.hides(table_name, column_name)
            }
            _ => false,
        };
        if is_allowed { Authorization::Allow } else { Authorization::Deny }
    }

    fn has(&self, view: &str) -> bool {
        self.views.iter().any(|known| known.eq_ignore_ascii_case(view))
    }

    fn hides(&self, view: &str, column: &str) -> bool {
        self.hidden.iter().any(|(of, hidden)| of.eq_ignore_ascii_case(view) && hidden.eq_ignore_ascii_case(column))
    }
}
