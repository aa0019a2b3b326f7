use dw_core::time::parse_timestamp;
use proptest::prelude::*;

use super::*;

const SAO_PAULO: Tz = chrono_tz::America::Sao_Paulo;

fn policy() -> Policy {
    Policy { days: 0, last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, min: 1, zone: chrono_tz::UTC }
}

fn full(at: &str) -> StoredBackup {
    let seconds = parse_timestamp(at).unwrap();
    StoredBackup {
        file: format!("DW_{at}"),
        database: "DW".to_owned(),
        kind: BackupKind::Full,
        copy_only: false,
        at: seconds,
        is_verified: true,
        is_ours: true,
    }
}

fn of(kind: BackupKind, at: &str) -> StoredBackup {
    StoredBackup { kind, file: format!("DW_{at}_{kind}"), ..full(at) }
}

fn kept(files: &[StoredBackup], policy: &Policy, now: &str) -> Vec<String> {
    let decisions = decide(files, policy, parse_timestamp(now).unwrap());
    decisions
        .iter()
        .map(|decision| {
            let why: Vec<String> = decision.reasons.iter().map(ToString::to_string).collect();
            format!(
                "{} {}",
                files[decision.index].file,
                if why.is_empty() { "DELETE".to_owned() } else { why.join(", ") }
            )
        })
        .collect()
}

#[test]
fn the_first_days_of_january_belong_to_week_53() {
    let files = [
        full("2026-12-27T10:00:00"),
        full("2026-12-28T10:00:00"),
        full("2026-12-31T10:00:00"),
        full("2027-01-01T10:00:00"),
        full("2027-01-03T10:00:00"),
        full("2027-01-04T10:00:00"),
    ];
    let policy = Policy { weekly: 3, monthly: 2, yearly: 2, ..policy() };
    insta::assert_snapshot!(kept(&files, &policy, "2027-01-05").join("\n"), @r"
    DW_2026-12-27T10:00:00 week 2026-W52
    DW_2026-12-28T10:00:00 DELETE
    DW_2026-12-31T10:00:00 month 2026-12, year 2026
    DW_2027-01-01T10:00:00 DELETE
    DW_2027-01-03T10:00:00 week 2026-W53
    DW_2027-01-04T10:00:00 newest verified, minimum, week 2027-W01, month 2027-01, year 2027
    ");
}

#[test]
fn a_day_is_local_and_an_hour_that_comes_twice_is_two() {
    // In Berlin the hour from 02:00 comes twice on 2026-10-25: at 00:30 and at 01:30 UTC. 22:30 UTC is the next day there.
    let files = [
        full("2026-10-24T21:30:00"),
        full("2026-10-24T22:30:00"),
        full("2026-10-25T00:30:00"),
        full("2026-10-25T01:30:00"),
    ];
    let policy = Policy { hourly: 3, daily: 2, zone: chrono_tz::Europe::Berlin, ..policy() };
    insta::assert_snapshot!(kept(&files, &policy, "2026-10-26").join("\n"), @r"
    DW_2026-10-24T21:30:00 day 2026-10-24
    DW_2026-10-24T22:30:00 hour 2026-10-25T00+02:00
    DW_2026-10-25T00:30:00 hour 2026-10-25T02+02:00
    DW_2026-10-25T01:30:00 newest verified, minimum, hour 2026-10-25T02+01:00, day 2026-10-25
    ");
    // Clocks that are set forward lose an hour and no backup: 02:30 does not exist on 2026-03-29.
    let files = [full("2026-03-29T00:30:00"), full("2026-03-29T01:30:00")];
    let policy = Policy { hourly: 2, ..policy };
    assert!(kept(&files, &policy, "2026-03-30").iter().all(|line| !line.contains("DELETE")));
}

#[test]
fn a_chain_is_kept_whole_and_nothing_else_of_it() {
    let mut copy = full("2026-11-03");
    copy.copy_only = true;
    let files = [
        full("2026-11-01"),
        of(BackupKind::Log, "2026-11-01T12:00:00"),
        full("2026-11-02"),
        of(BackupKind::Log, "2026-11-02T12:00:00"),
        copy,
        of(BackupKind::Diff, "2026-11-04"),
        of(BackupKind::Log, "2026-11-04T12:00:00"),
        full("2026-11-05"),
    ];
    let policy = Policy { days: 2, ..policy() };
    insta::assert_snapshot!(kept(&files, &policy, "2026-11-06").join("\n"), @r"
    DW_2026-11-01 DELETE
    DW_2026-11-01T12:00:00_log DELETE
    DW_2026-11-02 needed by DW_2026-11-04_diff
    DW_2026-11-02T12:00:00_log DELETE
    DW_2026-11-03 needed by DW_2026-11-04T12:00:00_log
    DW_2026-11-04_diff young
    DW_2026-11-04T12:00:00_log young
    DW_2026-11-05 young, newest verified, minimum
    ");
}

#[test]
fn a_clock_that_jumped_hides_no_backup_and_deletes_none() {
    let mut files = vec![full("2026-11-01"), full("2026-11-02"), full("2031-01-01")];
    let lines = kept(&files, &policy(), "2026-11-30");
    assert!(lines[0].ends_with("DELETE") && lines[1].contains("newest verified") && lines[2].contains("future"));
    // A clock that stands before all of them deletes nothing.
    assert!(kept(&files, &policy(), "2020-01-01").iter().all(|line| line.contains("future")));
    files[0].is_ours = false;
    assert!(kept(&files, &policy(), "2026-11-30")[0].contains("not written by backup"));
}

#[test]
fn a_damaged_backup_never_stands_for_a_good_one() {
    let mut files = vec![full("2026-11-01"), full("2026-11-02")];
    files[1].is_verified = false;
    let lines = kept(&files, &Policy { last: 1, daily: 1, ..policy() }, "2026-12-30");
    assert!(lines[0].contains("newest verified") && lines[1].ends_with("DELETE"), "{lines:?}");
}

fn files() -> impl Strategy<Value = Vec<StoredBackup>> {
    // Around the end of ISO week 53 and around changes of clocks, in hours.
    let start = parse_timestamp("2026-10-20").unwrap();
    let one = (0..2_400_i64, 0..8_usize, any::<bool>(), 0..10_u8, 0..10_u8, any::<bool>());
    proptest::collection::vec(one, 0..40).prop_map(move |all| {
        all.into_iter()
            .enumerate()
            .map(|(at, (hours, kind, copy_only, verified, ours, other))| StoredBackup {
                file: format!("f{at:03}"),
                database: if other { "DW" } else { "OLTP" }.to_owned(),
                kind: [BackupKind::Diff, BackupKind::Log].get(kind).copied().unwrap_or(BackupKind::Full),
                copy_only,
                at: start + hours * 3_600,
                is_verified: verified > 0,
                is_ours: ours > 0,
            })
            .collect()
    })
}

fn policies() -> impl Strategy<Value = Policy> {
    (0..20_u32, 0..5_u32, 0..30_u32, 0..10_u32, 0..6_u32, 0..4_u32, 0..3_u32, 0..4_u32, 0..3_usize).prop_map(
        |(days, last, hourly, daily, weekly, monthly, yearly, min, zone)| Policy {
            days,
            last,
            hourly,
            daily,
            weekly,
            monthly,
            yearly,
            min,
            zone: [SAO_PAULO, chrono_tz::Europe::Berlin, chrono_tz::Pacific::Apia][zone],
        },
    )
}

/// Some hours around the files: clocks that jump back too.
fn moments() -> impl Strategy<Value = Seconds> {
    (-200..3_000_i64).prop_map(|hours| parse_timestamp("2026-10-20").unwrap() + hours * 3_600)
}

fn names(files: &[StoredBackup], policy: &Policy, now: Seconds) -> BTreeSet<String> {
    let decisions = decide(files, policy, now);
    decisions.iter().filter(|one| one.keeps()).map(|one| files[one.index].file.clone()).collect()
}

proptest! {
    #[test]
    fn more_generous_options_keep_no_less(files in files(), policy in policies(), now in moments(), option in 0..8_usize) {
        let mut more = policy;
        let fields = [
            &mut more.days, &mut more.last, &mut more.hourly, &mut more.daily,
            &mut more.weekly, &mut more.monthly, &mut more.yearly, &mut more.min,
        ];
        *fields.into_iter().nth(option).unwrap() += 1;
        prop_assert!(names(&files, &more, now).is_superset(&names(&files, &policy, now)));
    }

    #[test]
    fn what_was_kept_is_kept_again(files in files(), policy in policies(), now in moments()) {
        let kept = names(&files, &policy, now);
        let left: Vec<StoredBackup> = files.into_iter().filter(|file| kept.contains(&file.file)).collect();
        prop_assert_eq!(names(&left, &policy, now), kept);
    }

    #[test]
    fn the_newest_verified_the_foreign_and_the_base_of_a_kept_one_are_never_deleted(
        files in files(), policy in policies(), now in moments(),
    ) {
        let kept = names(&files, &policy, now);
        for database in ["DW", "OLTP"] {
            let of: Vec<&StoredBackup> = files.iter().filter(|file| file.database == database).collect();
            let good = |file: &&&StoredBackup| file.is_verified && file.is_ours && file.kind == BackupKind::Full;
            let newest = of.iter().filter(good).max_by_key(|file| (file.at, &file.file));
            prop_assert!(newest.is_none_or(|file| kept.contains(&file.file)));
            let fulls = of.iter().filter(good).filter(|file| file.at <= now).count();
            let still = of.iter().filter(good).filter(|file| kept.contains(&file.file) && file.at <= now).count();
            prop_assert!(still >= fulls.min(policy.min.max(1) as usize));
            for diff in of.iter().filter(|file| file.kind == BackupKind::Diff && kept.contains(&file.file)) {
                let base = of
                    .iter()
                    .filter(|file| file.kind == BackupKind::Full && !file.copy_only && file.is_ours)
                    .filter(|file| (file.at, &file.file) < (diff.at, &diff.file))
                    .max_by_key(|file| (file.at, &file.file));
                prop_assert!(base.is_none_or(|file| kept.contains(&file.file)));
            }
        }
        prop_assert!(files.iter().filter(|file| !file.is_ours || file.at > now).all(|file| kept.contains(&file.file)));
    }

    #[test]
    fn the_order_of_the_files_does_not_matter(files in files(), policy in policies(), now in moments()) {
        let mut other = files.clone();
        other.reverse();
        prop_assert_eq!(names(&files, &policy, now), names(&other, &policy, now));
    }
}
