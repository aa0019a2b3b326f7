//! Properties of deadlines, changes of the clock among them, and the verdicts one by one.

use chrono_tz::Tz;
use proptest::prelude::*;

use super::rules::declared;
use super::*;
use crate::rules_file::RulesText;

fn rule(zone: &str, at: &str, more: &str) -> Deadline {
    let text = format!("[[deadline]]\nname = \"vendas\"\ntime_zone = \"{zone}\"\ndeadline = \"{at}\"\n{more}");
    declared(Some(RulesText { path: "t.toml", text: &text })).unwrap().deadlines.remove(0)
}

fn utc(text: &str) -> Seconds {
    dw_core::time::parse_timestamp(text).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn the_rule_of_sales_is_eight_o_clock_in_sao_paulo() {
    let due = rule("America/Sao_Paulo", "08:00", "").due_day(day("2026-05-02")).unwrap();
    assert_eq!(due.business_day, day("2026-05-01"));
    assert_eq!((due.covers, due.due_at), (utc("2026-05-02T03:00:00"), utc("2026-05-02T11:00:00")));
}

#[test]
fn a_midnight_that_the_clock_skips_is_the_first_moment_after_it_and_a_time_that_comes_twice_is_the_later_one() {
    // Summer time began at midnight of 4 November 2018 and ended at midnight of 17 February 2019 (IANA data base).
    let sao_paulo = rule("America/Sao_Paulo", "08:00", "");
    let begin = sao_paulo.due_day(day("2018-11-04")).unwrap();
    assert_eq!((begin.covers, begin.due_at), (utc("2018-11-04T03:00:00"), utc("2018-11-04T10:00:00")));
    let berlin = rule("Europe/Berlin", "02:30", "");
    assert_eq!(berlin.due_day(day("2026-03-29")).unwrap().due_at, utc("2026-03-29T01:00:00"));
    assert_eq!(berlin.due_day(day("2026-10-25")).unwrap().due_at, utc("2026-10-25T01:30:00"));
}

#[test]
fn weekdays_grace_and_days_after() {
    let rule = rule(
        "UTC",
        "08:00",
        "weekdays = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]\ngrace_minutes = 30\ndays_after = 2\n",
    );
    assert_eq!(rule.due_day(day("2026-05-02")), None, "a Saturday");
    let monday = rule.due_day(day("2026-05-04")).unwrap();
    assert_eq!((monday.business_day, monday.due_at), (day("2026-05-02"), utc("2026-05-04T08:30:00")));
    assert_eq!(monday.covers, utc("2026-05-03T00:00:00"));
    assert_eq!(rule.due_days(utc("2026-05-04T00:00:00"), 7).len(), 5);
}

#[test]
fn every_verdict() {
    let due = rule("UTC", "08:00", "").due_day(day("2026-05-02")).unwrap();
    let (before, after) = (due.due_at - 60, due.due_at + 60);
    let ran = |first: Option<Seconds>, attempts, failed| Ran { first_success: first, attempts, failed };
    assert_eq!(judge(&due, &ran(Some(due.due_at), 1, 0), after), Verdict::Met, "on the second is in time");
    assert_eq!(judge(&due, &ran(Some(before), 3, 2), before), Verdict::Met);
    assert_eq!(judge(&due, &ran(None, 0, 0), before), Verdict::Pending);
    assert_eq!(judge(&due, &ran(None, 2, 2), before), Verdict::Pending);
    assert_eq!(judge(&due, &ran(None, 0, 0), after), Verdict::NotRun);
    assert_eq!(judge(&due, &ran(None, 2, 2), after), Verdict::Failed);
    assert_eq!(judge(&due, &ran(None, 2, 1), after), Verdict::Missed, "one is still running, or covers too little");
    assert_eq!(judge(&due, &ran(Some(after), 2, 1), after), Verdict::Missed);
}

#[test]
fn a_reader_who_sees_the_last_load_alone_knows_what_is_due_next() {
    let rule = |more| rule("America/Sao_Paulo", "08:00", more);
    // 02:59:59 UTC is before midnight in Sao Paulo: that day is not whole, and due at 08:00 of the next one, 11:00 UTC.
    let open = |rule: &Deadline, until: &str| rule.first_open(utc(until)).unwrap();
    let daily = rule("");
    let first = open(&daily, "2026-05-02T02:59:59");
    assert_eq!((first.business_day, first.due_at), (day("2026-05-01"), utc("2026-05-02T11:00:00")));
    // At midnight it is whole.
    let next = open(&daily, "2026-05-02T03:00:00");
    assert_eq!((next.business_day, next.due_at), (day("2026-05-02"), utc("2026-05-03T11:00:00")));
    // 2026-05-02 is a Saturday: what follows is due on Monday, and by D+2 on the day after that.
    let weekly = rule("weekdays = [\"mon\"]");
    assert_eq!(open(&weekly, "2026-05-02T03:00:00").day, day("2026-05-04"));
    let slow = rule("days_after = 2");
    assert_eq!(open(&slow, "2026-05-02T03:00:00").day, day("2026-05-04"));
    assert_eq!(open(&slow, "2026-05-02T02:59:59").day, day("2026-05-03"));
}

fn any_zone() -> impl Strategy<Value = Tz> {
    prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec())
}

proptest! {
    /// What a reader of the last load is told is the first of the due days that the load does not cover.
    #[test]
    fn the_first_open_day_is_the_first_one_that_is_not_covered(
        zone in any_zone(), until in 0_i64..2_000_000_000, after in 1_u16..4, weekday in 0_usize..7
    ) {
        let mut rule = rule("UTC", "08:00", "");
        rule.zone = zone;
        rule.days_after = after;
        rule.weekdays = vec![rule.weekdays[weekday]];
        let days = rule.due_days(until + 20 * 86_400, 60);
        let expected = days.into_iter().find(|day| day.covers > until);
        prop_assert_eq!(rule.first_open(until), expected);
    }

    /// Whatever the zone, the day and the time: days follow each other, none is due before it begins, and what it must cover
    /// lies before its deadline. Changes of the clock, and days that a zone left out, are among them.
    #[test]
    fn due_days_are_in_order(zone in any_zone(), number in 10_000_i64..25_000, minute in 0_u32..1_440, after in 1_u16..4) {
        let mut rule = rule("UTC", "08:00", "");
        rule.zone = zone;
        rule.at = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap();
        rule.days_after = after;
        let today = dw_core::time::to_date(number);
        let first = rule.due_day(today).unwrap();
        let second = rule.due_day(today.succ_opt().unwrap()).unwrap();
        prop_assert!(first.covers <= second.covers && first.due_at <= second.due_at);
        prop_assert!(first.covers <= first.due_at, "{first:?}");
        prop_assert!(first.due_at < first.ends_at);
        // A local day lasts 0 (left out) to 26 hours.
        prop_assert!((0..=93_600).contains(&(second.covers - first.covers)), "{first:?} {second:?}");
    }

    /// A verdict never goes back from a miss to in time, and a day that is met stays met.
    #[test]
    fn a_verdict_is_final_once_the_deadline_has_passed(
        success in prop::option::of(-90_000_i64..90_000), attempts in 0_u64..4, failed in 0_u64..4, later in 0_i64..90_000
    ) {
        let due = rule("UTC", "08:00", "").due_day(day("2026-05-02")).unwrap();
        let ran = Ran { first_success: success.map(|at| due.due_at + at), attempts, failed: failed.min(attempts) };
        let at_deadline = judge(&due, &ran, due.due_at + 1);
        prop_assert_eq!(judge(&due, &ran, due.due_at + 1 + later), at_deadline);
        prop_assert_ne!(at_deadline, Verdict::Pending);
        prop_assert_eq!(at_deadline == Verdict::Met, success.is_some_and(|at| at <= 0));
    }

    /// The local moment of what a zone shows at a moment is that moment, or the other one with the same name.
    #[test]
    fn a_local_time_is_found_again(zone in any_zone(), moment in 0_i64..2_000_000_000) {
        let local = DateTime::from_timestamp(moment, 0).unwrap().with_timezone(&zone).naive_local();
        let (early, late) = (local_moment(zone, local, false), local_moment(zone, local, true));
        prop_assert!(early <= moment && moment <= late);
    }
}
