//! The server audit to a file, where a server has one (contract 4.3). Not here: who reads the files (`dw-audit`).

use super::{Capabilities, SqlServerEngine};
use crate::engine::Executor;
use crate::error::DwResult;
use crate::sql_text;
use crate::sql_text::SqlText;

const SERVER_AUDIT: SqlText = sql_text!("security/server_audit");

/// 1 while the audit and its specification are on.
const RUNNING: &str = "SELECT COUNT(*) FROM sys.server_audits a \
    JOIN sys.server_audit_specifications s ON s.audit_guid = a.audit_guid \
    WHERE a.name = N'DW_SERVER_AUDIT' AND a.is_state_enabled = 1 AND s.name = N'DW_SERVER_AUDIT_SPEC' AND s.is_state_enabled = 1";

/// What became of the server audit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerAudit {
    /// The servers on which it runs, or would run.
    pub servers: Vec<String>,
    /// What an operator should know.
    pub notices: Vec<String>,
}

impl SqlServerEngine {
    /// The servers that can have a server audit and on which it does not run.
    ///
    /// # Errors
    /// When a server cannot be asked.
    pub async fn plan_server_audit(&self) -> DwResult<ServerAudit> {
        let mut audit = ServerAudit::default();
        for server in self.servers() {
            let mut master = self.master(server).await?;
            let can = Capabilities::of(&mut master).await?;
            let target = self.target(server);
            let place = format!("{}:{}", target.host, target.port);
            if can.server_audit {
                if master.query(RUNNING, &[]).await?.get(0, 0).int()? != Some(1) {
                    audit.servers.push(place);
                }
            } else {
                audit.notices.push(format!("no server audit on {place}: {} has none to a file", can.flavor));
            }
        }
        Ok(audit)
    }

    /// Sets the server audit up in a folder of the server, where there is one to be had. Whatever goes wrong is a notice: the
    /// stack works without.
    ///
    /// # Errors
    /// When a server cannot be asked.
    pub async fn ensure_server_audit(&self, folder: &str) -> DwResult<ServerAudit> {
        let mut audit = ServerAudit::default();
        for server in self.servers() {
            let mut master = self.master(server).await?;
            if !Capabilities::of(&mut master).await?.server_audit {
                continue;
            }
            let target = self.target(server);
            let place = format!("{}:{}", target.host, target.port);
            match master.query(&SERVER_AUDIT.get()?, &[folder.into()]).await {
                Ok(_) => audit.servers.push(place),
                Err(error) => audit.notices.push(format!(
                    "no server audit on {place}: {error}; the folder `{folder}` must exist on the server and be writable for it"
                )),
            }
        }
        Ok(audit)
    }
}
