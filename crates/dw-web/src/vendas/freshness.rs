//! When the data is from, and whether the sales of a day were there by 08:00 of the next one. Pure.
//!
//! The rule goes by the last load that went well, not by the last sale: a day without a sale is not late, and a day whose sales
//! were loaded by halves is not done. So the first day that is not whole is the one of the last load, and it is due at 08:00
//! of the day after it, in the time zone of the company.

use chrono::{Duration, NaiveTime, TimeZone};
use chrono_tz::Tz;
use dw_core::error::DwResult;
use dw_core::time::Seconds;
use dw_core::value::RowBatch;

/// The hour at which the sales of the day before are due.
const HOUR: u32 = 8;
/// A run whose last sign of life is older than this is no longer running.
const SILENT: Seconds = 600;
/// The entity that the page shows.
const ENTITY: &str = "fact_vendas";

/// What the probe says about the sales.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freshness {
    /// The last load that went well.
    pub loaded: Option<Seconds>,
    /// Whether the last one failed.
    pub failed: bool,
    /// The last sign of life of a run, of any entity.
    pub running: Option<Seconds>,
}

/// Whether the rule is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Yes, and until when.
    Met {
        /// Until this moment without another load.
        until: Seconds,
    },
    /// No, and since when.
    Late {
        /// The moment at which it was due.
        since: Seconds,
    },
    /// Nothing was loaded yet.
    Never,
}

impl Freshness {
    /// Reads the rows of `sql/vendas/freshness.sql`.
    ///
    /// # Errors
    /// When a column has another type.
    pub fn read(rows: &RowBatch, now: Seconds) -> DwResult<Self> {
        let mut found = Self::default();
        for row in 0..rows.len() {
            if rows.get(row, 0).text()? == Some(ENTITY) {
                found.loaded = rows.get(row, 1).int()?;
                found.failed = rows.get(row, 3).text()? == Some("failed");
            }
            let alive = rows.get(row, 5).int()?.filter(|alive| now - alive < SILENT);
            found.running = found.running.max(alive);
        }
        Ok(found)
    }

    /// Whether the rule is met at `now`.
    pub fn due(&self, now: Seconds, zone: Tz) -> Due {
        let Some(deadline) = self.loaded.and_then(|loaded| deadline(loaded, zone)) else { return Due::Never };
        if now <= deadline { Due::Met { until: deadline } } else { Due::Late { since: deadline } }
    }
}

/// 08:00 of the day after the day of a load.
fn deadline(loaded: Seconds, zone: Tz) -> Option<Seconds> {
    let day = chrono::DateTime::from_timestamp(loaded, 0)?.with_timezone(&zone).date_naive();
    let due = (day + Duration::days(1)).and_time(NaiveTime::from_hms_opt(HOUR, 0, 0)?);
    // An hour that a change of the clock leaves out is taken as the one after it.
    let local = zone
        .from_local_datetime(&due)
        .earliest()
        .or_else(|| zone.from_local_datetime(&(due + Duration::hours(1))).earliest());
    local.map(|moment| moment.timestamp())
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::Sao_Paulo;
    use dw_core::time::parse_timestamp;

    use super::*;

    fn utc(text: &str) -> Seconds {
        parse_timestamp(text).unwrap()
    }

    #[test]
    fn a_day_is_due_at_eight_of_the_next_one_in_sao_paulo() {
        // 02:00 UTC on the 28th is 23:00 on the 27th in Sao Paulo: the 27th is not whole and due on the 28th at 08:00, 11:00 UTC.
        let freshness = Freshness { loaded: Some(utc("2026-11-28T02:00:00")), ..Freshness::default() };
        let until = utc("2026-11-28T11:00:00");
        assert_eq!(freshness.due(utc("2026-11-28T11:00:00"), Sao_Paulo), Due::Met { until });
        assert_eq!(freshness.due(utc("2026-11-28T11:00:01"), Sao_Paulo), Due::Late { since: until });
        // An hour later it is the 28th there, whose sales have a day more.
        let freshness = Freshness { loaded: Some(utc("2026-11-28T03:00:00")), ..Freshness::default() };
        assert_eq!(
            freshness.due(utc("2026-11-28T11:00:01"), Sao_Paulo),
            Due::Met { until: utc("2026-11-29T11:00:00") }
        );
        assert_eq!(Freshness::default().due(0, Sao_Paulo), Due::Never);
    }

    #[test]
    fn a_silent_run_is_not_running() {
        let mut rows = RowBatch::new(6);
        rows.push_row(["fact_vendas".into(), 100.into(), 90.into(), "failed".into(), 5.into(), 1_000.into()]);
        let at = |now| Freshness::read(&rows, now).unwrap();
        assert_eq!(at(1_500), Freshness { loaded: Some(100), failed: true, running: Some(1_000) });
        assert_eq!(at(1_600).running, None);
    }
}
