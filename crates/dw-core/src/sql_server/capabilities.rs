//! What a server can do, found out once a process. Not here: what is done about it.

use std::fmt;

use serde::Serialize;

use super::session::SqlServerSession;
use crate::error::DwResult;
use crate::value::RowBatch;

/// The kinds of server that this engine runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flavor {
    /// A boxed SQL Server, on Windows or Linux.
    SqlServer,
    /// Azure SQL Database or Managed Instance.
    Azure,
    /// Babelfish for PostgreSQL: the common subset of T-SQL.
    Babelfish,
}

impl fmt::Display for Flavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SqlServer => "SQL Server",
            Self::Azure => "Azure SQL",
            Self::Babelfish => "Babelfish",
        })
    }
}

/// What a server and one of its databases can do for the login that asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// Kind.
    pub flavor: Flavor,
    /// Version as the server writes it.
    pub version: String,
    /// Edition as the server writes it.
    pub edition: String,
    /// Snapshot isolation is allowed in the database: an extraction sees one moment.
    pub snapshot_isolation: bool,
    /// READ COMMITTED reads row versions, so that readers and writers do not wait for each other.
    pub read_committed_snapshot: bool,
    /// `ALTER DATABASE` can set options.
    pub database_options: bool,
    /// `CREATE OR ALTER`, `DENY`, server roles and other statements that Babelfish lacks.
    pub full_tsql: bool,
    /// Clustered and nonclustered columnstore indexes.
    pub columnstore: bool,
    /// A server audit to a file.
    pub server_audit: bool,
    /// BACKUP to a disk of the server.
    pub backup: bool,
    /// Backups can be compressed.
    pub backup_compression: bool,
    /// The login may see other sessions and transactions: the start of the oldest open transaction can be told.
    pub sees_server_state: bool,
}

/// One row: edition number, version, edition, Babelfish version, snapshot state, RCSI, permission.
const QUESTION: &str = "SELECT CAST(SERVERPROPERTY('EngineEdition') AS INT), \
    CAST(SERVERPROPERTY('ProductVersion') AS NVARCHAR(128)), CAST(SERVERPROPERTY('Edition') AS NVARCHAR(128)), \
    CAST(SERVERPROPERTY('BabelfishVersion') AS NVARCHAR(128)), \
    (SELECT CAST(d.snapshot_isolation_state AS INT) FROM sys.databases d WHERE d.name = DB_NAME()), \
    (SELECT CAST(d.is_read_committed_snapshot_on AS INT) FROM sys.databases d WHERE d.name = DB_NAME()), \
    CAST(HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') AS INT)";

impl Capabilities {
    /// Asks the server of a session.
    pub(super) async fn of(session: &mut SqlServerSession) -> DwResult<Self> {
        Self::read(&super::session::batch(session.ask(QUESTION, &[]).await?)?)
    }

    fn read(row: &RowBatch) -> DwResult<Self> {
        let number = |column: usize| row.get(0, column).int().map(Option::unwrap_or_default);
        let text = |column: usize| row.get(0, column).text().map(|text| text.map(str::to_owned));
        let version = text(1)?.unwrap_or_default();
        let edition = text(2)?.unwrap_or_default();
        let babelfish = text(3)?;
        let engine = number(0)?;
        let flavor = match (&babelfish, engine) {
            (Some(_), _) => Flavor::Babelfish,
            (None, 5 | 6 | 8 | 11 | 12) => Flavor::Azure,
            _ => Flavor::SqlServer,
        };
        let boxed = flavor == Flavor::SqlServer;
        let express = edition.contains("Express");
        Ok(Self {
            flavor,
            version: babelfish.unwrap_or(version),
            snapshot_isolation: number(4)? == 1,
            read_committed_snapshot: number(5)? == 1,
            database_options: flavor != Flavor::Babelfish,
            full_tsql: flavor != Flavor::Babelfish,
            // Since 2016 SP1 in every edition; Azure has it from the S3 tier on, which nothing tells.
            columnstore: flavor != Flavor::Babelfish,
            server_audit: boxed,
            backup: boxed,
            backup_compression: boxed && !express && !edition.contains("Web"),
            sees_server_state: flavor != Flavor::Babelfish && number(6)? == 1,
            edition,
        })
    }

    /// Names and values, for people.
    pub fn listed(&self) -> Vec<(&'static str, String)> {
        let yes = |value: bool| if value { "yes" } else { "no" }.to_owned();
        vec![
            ("server", format!("{} {} ({})", self.flavor, self.version, self.edition)),
            ("snapshot isolation", yes(self.snapshot_isolation)),
            ("read committed snapshot", yes(self.read_committed_snapshot)),
            ("database options", yes(self.database_options)),
            ("full T-SQL", yes(self.full_tsql)),
            ("columnstore", yes(self.columnstore)),
            ("server audit to file", yes(self.server_audit)),
            ("backup to disk", yes(self.backup)),
            ("backup compression", yes(self.backup_compression)),
            ("sees open transactions", yes(self.sees_server_state)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn server(engine: i64, edition: &str, babelfish: Option<&str>) -> Capabilities {
        let mut row = RowBatch::new(7);
        row.push_row([
            Value::Int(engine),
            "16.0.4135.4".into(),
            edition.into(),
            babelfish.into(),
            Value::Int(1),
            Value::Int(0),
            Value::Int(1),
        ]);
        Capabilities::read(&row).unwrap()
    }

    #[test]
    fn each_kind_of_server_is_told_by_what_it_says_of_itself() {
        let listed: Vec<String> = [
            server(3, "Developer Edition (64-bit)", None),
            server(4, "Express Edition (64-bit)", None),
            server(5, "SQL Azure", None),
            server(2, "Standard Edition", Some("4.3.0")),
        ]
        .iter()
        .map(|server| {
            let lines: Vec<String> = server.listed().iter().map(|(name, value)| format!("{name}: {value}")).collect();
            lines.join("\n")
        })
        .collect();
        insta::assert_snapshot!(listed.join("\n\n"));
    }
}
