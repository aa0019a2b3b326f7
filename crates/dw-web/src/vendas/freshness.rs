//! When the data is from, and whether the deadlines of the sales are kept. The rule is that of `dw_audit::sla`; here is what a
//! reader of the views, who sees the last load alone, can say by it. Pure.

use dw_audit::sla::Deadline;
use dw_core::error::DwResult;
use dw_core::time::Seconds;
use dw_core::value::RowBatch;

/// A run whose last sign of life is older than this is no longer running.
const SILENT: Seconds = 600;
/// The entity that the page shows.
const ENTITY: &str = "fact_vendas";

/// What the probe says about the sales.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freshness {
    /// The last load that went well.
    pub loaded: Option<Seconds>,
    /// Up to when the source is loaded.
    pub read_until: Option<Seconds>,
    /// Whether the last one failed.
    pub failed: bool,
    /// The last sign of life of a run, of any entity.
    pub running: Option<Seconds>,
}

/// Whether the deadlines are kept.
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
    /// No rule asks for anything.
    Free,
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
                found.read_until = rows.get(row, 6).int()?;
            }
            let alive = rows.get(row, 5).int()?.filter(|alive| now - alive < SILENT);
            found.running = found.running.max(alive);
        }
        Ok(found)
    }

    /// Whether the deadlines of the sales are kept at `now`: of several, the one that is due first counts.
    pub fn due(&self, now: Seconds, deadlines: &[Deadline]) -> Due {
        let mut asked = deadlines.iter().filter(|deadline| deadline.entities.contains(&ENTITY)).peekable();
        if asked.peek().is_none() {
            return Due::Free;
        }
        let Some(until) = self.read_until else { return Due::Never };
        match asked.filter_map(|deadline| deadline.first_open(until)).map(|day| day.due_at).min() {
            Some(due) if now > due => Due::Late { since: due },
            Some(due) => Due::Met { until: due },
            None => Due::Free,
        }
    }
}

/// What the rules promise of the sales, in words.
pub fn promise(deadlines: &[Deadline]) -> String {
    let asked = deadlines.iter().filter(|deadline| deadline.entities.contains(&ENTITY));
    let words = asked.map(|deadline| {
        let day = match deadline.days_after {
            1 => "do dia seguinte".to_owned(),
            days => format!("de {days} dias depois"),
        };
        format!("até as {} {day} ({})", deadline.at.format("%H:%M"), deadline.zone)
    });
    format!("As vendas de um dia devem estar carregadas {}", words.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use dw_audit::sla::rules;
    use dw_core::time::parse_timestamp;

    use super::*;

    fn utc(text: &str) -> Seconds {
        parse_timestamp(text).unwrap()
    }

    #[test]
    fn a_day_is_due_at_eight_of_the_next_one_in_sao_paulo() {
        let deadlines = rules::load(None).unwrap().deadlines;
        let read = |until: &str| Freshness { read_until: Some(utc(until)), ..Freshness::default() };
        // 02:00 UTC on the 28th is 23:00 on the 27th in Sao Paulo: the 27th is not whole and due on the 28th at 08:00, 11:00 UTC.
        let freshness = read("2026-11-28T02:00:00");
        let until = utc("2026-11-28T11:00:00");
        assert_eq!(freshness.due(until, &deadlines), Due::Met { until });
        assert_eq!(freshness.due(until + 1, &deadlines), Due::Late { since: until });
        // An hour later it is the 28th there, whose sales have a day more.
        let next = Due::Met { until: utc("2026-11-29T11:00:00") };
        assert_eq!(read("2026-11-28T03:00:00").due(until + 1, &deadlines), next);
        assert_eq!(Freshness::default().due(0, &deadlines), Due::Never);
        assert_eq!(
            promise(&deadlines),
            "As vendas de um dia devem estar carregadas até as 08:00 do dia seguinte (America/Sao_Paulo)"
        );
    }

    #[test]
    fn of_several_deadlines_the_first_counts_and_those_of_other_entities_do_not() {
        let mut deadlines = rules::load(None).unwrap().deadlines;
        let freshness = Freshness { read_until: Some(utc("2026-11-28T12:00:00")), ..Freshness::default() };
        deadlines[0].days_after = 2;
        let mut early = deadlines[0].clone();
        early.days_after = 1;
        early.at = chrono::NaiveTime::from_hms_opt(7, 0, 0).unwrap();
        deadlines.push(early);
        let now = utc("2026-11-28T12:00:00");
        assert_eq!(freshness.due(now, &deadlines), Due::Met { until: utc("2026-11-29T10:00:00") });
        deadlines.retain(|deadline| deadline.name != "vendas");
        assert_eq!(freshness.due(now, &deadlines), Due::Free);
    }

    #[test]
    fn a_silent_run_is_not_running() {
        let mut rows = RowBatch::new(7);
        rows.push_row([
            "fact_vendas".into(),
            100.into(),
            90.into(),
            "failed".into(),
            5.into(),
            1_000.into(),
            95.into(),
        ]);
        let at = |now| Freshness::read(&rows, now).unwrap();
        let expected = Freshness { loaded: Some(100), read_until: Some(95), failed: true, running: Some(1_000) };
        assert_eq!(at(1_500), expected);
        assert_eq!(at(1_600).running, None);
    }
}
