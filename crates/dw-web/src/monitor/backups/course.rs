//! Charts of backups: sizes and durations by day, so that growth and days without a backup are seen. Pure but for the zone.

use std::collections::BTreeMap;

use chrono::DateTime;
use chrono_tz::Tz;
use dw_audit::backups::{BackupRecord, BackupStatus};
use dw_core::time::{Days, Seconds, day_of};
use maud::{Markup, html};

use super::super::Question;
use crate::chart::bars::{Stand, bars};
use crate::chart::{Data, Series, Size};
use crate::format::{self, Unit};

/// Days that are drawn at most.
const MOST: Days = 90;

/// The local day of a moment.
fn day(at: Seconds, zone: Tz) -> Days {
    let local = DateTime::from_timestamp(at, 0).unwrap_or_default().with_timezone(&zone).naive_local();
    day_of(local.and_utc().timestamp())
}

/// The newest verified full backup of each day and database.
fn by_day<'a>(
    history: impl Iterator<Item = &'a BackupRecord>,
    zone: Tz,
) -> BTreeMap<(&'a str, Days), &'a BackupRecord> {
    let mut newest: BTreeMap<(&str, Days), &BackupRecord> = BTreeMap::new();
    for record in history.filter(|record| record.status == BackupStatus::Verified && record.kind == "full") {
        // The history has the newest first.
        newest.entry((&record.database, day(record.started_at, zone))).or_insert(record);
    }
    newest
}

/// Both charts.
pub(super) fn charts(question: &Question, history: &[&BackupRecord]) -> Markup {
    let zone = question.zone();
    let newest = by_day(history.iter().copied(), zone);
    let today = day(question.now(), zone);
    let first = newest.keys().map(|(_, day)| *day).min().unwrap_or(today).clamp(today - MOST + 1, today);
    let mut names: Vec<&str> = newest.keys().map(|(name, _)| *name).collect();
    names.dedup();
    let series = |of: fn(&BackupRecord) -> Option<u64>| -> Vec<Series> {
        let value = |name: &str, day: Days| {
            newest.get(&(name, day)).and_then(|record| of(record)).and_then(|value| i64::try_from(value).ok())
        };
        let one = |name: &&str| Series {
            name: (*name).to_owned(),
            values: (first..=today).map(|day| value(name, day)).collect(),
        };
        names.iter().map(one).collect()
    };
    let data = |unit: Unit, series: Vec<Series>| Data {
        axis: "Dia".to_owned(),
        labels: (first..=today).map(format::short_date).collect(),
        series,
        unit,
    };
    let sizes = data(Unit::Bytes, series(|record| record.size_bytes));
    let times =
        data(Unit::Millis, series(|record| Some(record.backup_ms?.saturating_add(record.verify_ms.unwrap_or(0)))));
    let note = "O completo verificado mais novo de cada dia; sem barra, nenhum.".to_owned();
    html! {
        div.grid2 {
            (bars("Tamanho por dia", Some(note), &sizes, Stand::Side, Size::Half).draw(sizes.is_empty()))
            (bars("Duração por dia", Some("Cópia e verificação juntas.".to_owned()), &times, Stand::Side, Size::Half).draw(times.is_empty()))
        }
    }
}
