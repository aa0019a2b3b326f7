//! The connections page: who was connected in a window, refused logins among them, beside the failures of the ETL.
//! An engine without sessions, which is a file, has no such page.

use dw_core::engine::Executor;
use dw_core::error::DwResult;
use dw_core::sql_text;
use dw_core::sql_text::SqlText;
use dw_core::time::Seconds;
use dw_core::value::Value;
use serde::Serialize;

use super::state::{EntityRun, entity_run};
use crate::connections::{Event, Named, has_sessions};
use crate::row::Row;

const HOURS: SqlText = sql_text!("audit/monitor_connection_hours");
const NAMES: SqlText = sql_text!("audit/monitor_connection_names");
const EVENTS: SqlText = sql_text!("audit/monitor_connection_events");
const FAILED: SqlText = sql_text!("audit/monitor_failed_entities");

/// Which events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionFilter {
    /// From this moment on, in UTC.
    pub since: Seconds,
    /// Before this moment.
    pub until: Seconds,
    /// Of a login; none for all. So are the others.
    pub login: Option<String>,
    /// Of a program.
    pub program: Option<String>,
    /// Of a host.
    pub host: Option<String>,
    /// Of a database.
    pub database: Option<String>,
    /// In a state: `LOGIN`, `FAILED`, `LOGOUT`, `running`, `sleeping`.
    pub status: Option<String>,
    /// The longest list of names and of events.
    pub top: u32,
}

/// An hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ConnectionHour {
    /// When it began, in UTC.
    pub started_at: Seconds,
    /// Events.
    pub events: u64,
    /// Refused logins among them.
    pub failed: u64,
    /// Entities of the ETL that began in it and failed.
    pub etl_failures: u64,
}

/// Names of a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Names {
    /// Those with the most events.
    pub top: Vec<Named>,
    /// How many different ones the window has.
    pub distinct: u64,
}

/// The connections page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ConnectionsPage {
    /// By hour, the oldest first; hours with nothing are left out.
    pub hours: Vec<ConnectionHour>,
    /// Events of the window.
    pub events: u64,
    /// Refused logins of the window.
    pub failed: u64,
    /// Failures of the ETL in the window.
    pub etl_failures: u64,
    /// Logins.
    pub logins: Names,
    /// Programs.
    pub programs: Names,
    /// Hosts.
    pub hosts: Names,
    /// Databases.
    pub databases: Names,
    /// States.
    pub statuses: Names,
    /// The newest events.
    pub newest: Vec<Event>,
    /// The newest failures of the ETL.
    pub failures: Vec<EntityRun>,
}

/// The connections page; none on an engine without sessions. Four statements.
///
/// # Errors
/// Of the engine.
pub async fn page<E: Executor + ?Sized>(
    warehouse: &mut E,
    filter: &ConnectionFilter,
) -> DwResult<Option<ConnectionsPage>> {
    let dialect = warehouse.dialect();
    if !has_sessions(dialect) {
        return Ok(None);
    }
    let text = |text: &Option<String>| Value::from(text.as_deref().unwrap_or(""));
    let top = Value::Int(i64::from(filter.top.clamp(1, 1_000)));
    let window = [Value::Seconds(filter.since), Value::Seconds(filter.until)];
    let mut params = window.to_vec();
    params.extend([&filter.login, &filter.program, &filter.host, &filter.database, &filter.status].map(text));
    let mut page = ConnectionsPage::default();
    for row in warehouse.query(&HOURS.for_dialect(dialect)?, &params).await?.rows() {
        let row = Row(row);
        let hour = ConnectionHour {
            started_at: row.int(0)?.unwrap_or_default(),
            events: row.count(1)?,
            failed: row.count(2)?,
            etl_failures: row.count(3)?,
        };
        page.events += hour.events;
        page.failed += hour.failed;
        page.etl_failures += hour.etl_failures;
        page.hours.push(hour);
    }
    params.push(top.clone());
    for row in warehouse.query(&NAMES.for_dialect(dialect)?, &params).await?.rows() {
        let row = Row(row);
        let names = match row.word(0)?.as_str() {
            "login" => &mut page.logins,
            "program" => &mut page.programs,
            "host" => &mut page.hosts,
            "database" => &mut page.databases,
            _ => &mut page.statuses,
        };
        names.distinct = row.count(5)?;
        names.top.push(Named {
            name: row.text(1)?,
            events: row.count(2)?,
            failed: row.count(3)?,
            last_at: row.int(4)?.unwrap_or_default(),
        });
    }
    for row in warehouse.query(&EVENTS.for_dialect(dialect)?, &params).await?.rows() {
        let row = Row(row);
        page.newest.push(Event {
            at: row.int(0)?.unwrap_or_default(),
            captured_by: row.word(1)?,
            session: row.int(2)?,
            login: row.text(3)?,
            host: row.text(4)?,
            program: row.text(5)?,
            database: row.text(6)?,
            status: row.text(7)?,
            address: row.text(8)?,
        });
    }
    let [since, until] = window;
    let rows = warehouse.query(&FAILED.for_dialect(dialect)?, &[since, until, top]).await?;
    page.failures = rows.rows().map(entity_run).collect::<DwResult<_>>()?;
    Ok(Some(page))
}
