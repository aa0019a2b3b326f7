//! The report of `etl audit connections`.

use serde::Serialize;

use crate::output::{Align, Listing, whole};

/// Events of an hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HourRow {
    /// When it began, in UTC.
    pub hour: String,
    /// Events.
    pub events: u64,
    /// Refused logins among them.
    pub failed: u64,
}

/// Events of a login, a program or a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NameRow {
    /// Its name; none where the server tells none.
    pub name: Option<String>,
    /// Events.
    pub events: u64,
    /// Refused logins among them.
    pub failed: u64,
    /// The newest one.
    pub last_at: String,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventRow {
    /// When, in UTC.
    pub at: String,
    /// `SNAPSHOT_DMV` or `SERVER_AUDIT`.
    pub captured_by: String,
    /// Number of the session.
    pub session_id: Option<i64>,
    /// Login.
    pub login: Option<String>,
    /// Host.
    pub host: Option<String>,
    /// Program.
    pub program: Option<String>,
    /// Database.
    pub database: Option<String>,
    /// State of the session, or `LOGIN`, `FAILED`, `LOGOUT`.
    pub status: Option<String>,
    /// Address of the client.
    pub address: Option<String>,
}

/// What came of the file of the server audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditFileRow {
    /// `read`, `no_audit`, `not_allowed`.
    pub state: &'static str,
    /// Events that were recorded.
    pub events: u64,
    /// True when the file in which the last reading ended is gone.
    pub gap: bool,
}

/// Who was connected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ConnectionsReport {
    /// `audit connections`.
    pub command: &'static str,
    /// False for an engine that nobody connects to.
    pub has_sessions: bool,
    /// From when on events are counted, in UTC.
    pub since: Option<String>,
    /// Sessions that `--capture` recorded.
    pub captured: Option<u64>,
    /// What `--capture` found in the file of the server audit.
    pub audit_file: Option<AuditFileRow>,
    /// Events that `--cleanup` deleted.
    pub removed: Option<u64>,
    /// By hour, the newest first.
    pub hours: Vec<HourRow>,
    /// Logins with the most events.
    pub logins: Vec<NameRow>,
    /// Programs with the most events.
    pub programs: Vec<NameRow>,
    /// Hosts with the most events.
    pub hosts: Vec<NameRow>,
    /// The newest events.
    pub newest: Vec<EventRow>,
}

impl ConnectionsReport {
    /// What was done, and what cannot be.
    pub fn remarks(&self) -> Vec<String> {
        if !self.has_sessions {
            return vec![
                "the embedded engine is a file without sessions: there are no connections to record".to_owned(),
            ];
        }
        let mut remarks = Vec::new();
        if let Some(captured) = self.captured {
            remarks.push(format!("sessions recorded: {}", whole(captured)));
        }
        if let Some(file) = &self.audit_file {
            remarks.push(match file.state {
                "no_audit" => "server audit: there is no active one, or this login may not see it".to_owned(),
                "not_allowed" => "server audit: this login may not read its files; it takes CONTROL SERVER, or VIEW \
                                  SERVER SECURITY AUDIT since SQL Server 2022"
                    .to_owned(),
                _ => format!("server audit: {} events recorded", whole(file.events)),
            });
            if file.gap {
                remarks.push(
                    "server audit: the file in which the last reading ended is gone; events may be missing".to_owned(),
                );
            }
        }
        if let Some(removed) = self.removed {
            remarks.push(format!("events deleted: {}", whole(removed)));
        }
        if self.newest.is_empty()
            && let Some(since) = &self.since
        {
            remarks.push(format!("no connection event since {since}Z; `--capture` records who is connected now"));
        }
        remarks
    }

    /// A table an aspect; one without rows is left out.
    pub fn listings(&self) -> Vec<Listing> {
        let names = [("login", &self.logins), ("program", &self.programs), ("host", &self.hosts)];
        let mut listings = Vec::new();
        if !self.hours.is_empty() {
            listings.push(hours(&self.hours));
        }
        listings.extend(names.iter().filter(|(_, rows)| !rows.is_empty()).map(|(kind, rows)| of_names(kind, rows)));
        if !self.newest.is_empty() {
            listings.push(events(&self.newest));
        }
        listings
    }
}

fn hours(rows: &[HourRow]) -> Listing {
    let mut listing = Listing::new(&[("hour", Align::Left), ("events", Align::Right), ("failed", Align::Right)]);
    for row in rows {
        listing.row(vec![row.hour.clone(), whole(row.events), whole(row.failed)]);
    }
    listing
}

fn of_names(kind: &str, rows: &[NameRow]) -> Listing {
    use Align::{Left, Right};
    let mut listing = Listing::new(&[(kind, Left), ("events", Right), ("failed", Right), ("newest", Left)]);
    for row in rows {
        listing.row(vec![shown(row.name.as_deref()), whole(row.events), whole(row.failed), row.last_at.clone()]);
    }
    listing
}

fn events(rows: &[EventRow]) -> Listing {
    let columns = ["event", "session", "login", "host", "program", "database", "status", "address"];
    let mut listing = Listing::new(&columns.map(|name| (name, Align::Left)));
    for row in rows {
        listing.row(vec![
            row.at.clone(),
            row.session_id.map_or_else(|| "-".to_owned(), |session| session.to_string()),
            shown(row.login.as_deref()),
            shown(row.host.as_deref()),
            shown(row.program.as_deref()),
            shown(row.database.as_deref()),
            shown(row.status.as_deref()),
            shown(row.address.as_deref()),
        ]);
    }
    listing
}

fn shown(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_an_aspect_and_none_without_rows() {
        let row = |name: Option<&str>, events| NameRow {
            name: name.map(str::to_owned),
            events,
            failed: 1,
            last_at: "2026-05-01T10:59:59".to_owned(),
        };
        let report = ConnectionsReport {
            has_sessions: true,
            captured: Some(2),
            removed: Some(1_500),
            hours: vec![HourRow { hour: "2026-05-01T10:00:00".to_owned(), events: 1_234, failed: 2 }],
            logins: vec![row(Some("ana"), 12), row(None, 1)],
            ..ConnectionsReport::default()
        };
        let lines: Vec<String> = report.listings().iter().flat_map(Listing::lines).collect();
        assert_eq!(
            lines,
            [
                "hour\tevents\tfailed",
                "2026-05-01T10:00:00\t1,234\t2",
                "login\tevents\tfailed\tnewest",
                "ana\t12\t1\t2026-05-01T10:59:59",
                "-\t1\t1\t2026-05-01T10:59:59",
            ]
        );
        assert_eq!(report.remarks(), ["sessions recorded: 2", "events deleted: 1,500"]);
    }

    #[test]
    fn a_file_has_no_connections() {
        let remarks = ConnectionsReport::default().remarks();
        assert!(remarks.len() == 1 && remarks[0].starts_with("the embedded engine"), "{remarks:?}");
        assert!(ConnectionsReport::default().listings().is_empty());
    }
}
