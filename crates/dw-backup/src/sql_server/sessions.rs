//! Sessions of the two logins: one that backs up, one that verifies, restores and drills.

use async_trait::async_trait;
use dw_core::config::{ConnectionTarget, Secret};
use dw_core::engine::Session;
use dw_core::error::{Database, DwError, DwResult};
use dw_core::sql_server::SqlServerSession;

use super::Sessions;

/// How the servers are reached. The time-outs of the targets are those of a backup, which takes longer than other statements.
#[derive(Debug, Clone)]
pub struct TargetSessions {
    /// The source.
    pub oltp: ConnectionTarget,
    /// The warehouse.
    pub dw: ConnectionTarget,
    /// The login that restores.
    pub restore_user: String,
    /// Its password.
    pub restore_password: Option<Secret>,
}

impl TargetSessions {
    fn target(&self, database: Database) -> &ConnectionTarget {
        match database {
            Database::Oltp => &self.oltp,
            Database::Dw => &self.dw,
        }
    }
}

#[async_trait]
impl Sessions for TargetSessions {
    fn name(&self, database: Database) -> String {
        self.target(database).database.clone()
    }

    async fn backup(&self, database: Database) -> DwResult<Box<dyn Session>> {
        Ok(Box::new(SqlServerSession::connect(self.target(database), database, "dw backup").await?))
    }

    async fn restore(&self, database: Database, on: Option<&str>) -> DwResult<Box<dyn Session>> {
        let password = self.restore_password.clone().ok_or_else(|| {
            DwError::usage(
                format!("there is no password of `{}`, the login that verifies and restores", self.restore_user),
                "set `logins.etl_restore_password_file` or DW_LOGINS_ETL_RESTORE_PASSWORD_FILE; `init` makes the login",
            )
        })?;
        let target = ConnectionTarget {
            database: on.unwrap_or("master").to_owned(),
            user: self.restore_user.clone(),
            password,
            ..self.target(database).clone()
        };
        Ok(Box::new(SqlServerSession::connect(&target, database, "dw restore").await?))
    }
}
