//! What a check found, and the verdict: pure functions from numbers to a result. Not here: where the numbers come from.

use serde::Serialize;

use super::check::{Check, Kind, Severity, percent_text};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All is well.
    Passed,
    /// It is not.
    Failed,
    /// There is nothing to judge by yet; the message says what is missing.
    Skipped,
    /// It could not be asked; the message is the error. Counts as a failure, because nobody knows.
    Broken,
}

impl Status {
    /// The stored form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Broken => "broken",
        }
    }

    /// From the stored form; what is not known is broken.
    pub fn parse(text: &str) -> Self {
        match text {
            "passed" => Self::Passed,
            "failed" => Self::Failed,
            "skipped" => Self::Skipped,
            _ => Self::Broken,
        }
    }

    /// True when somebody should look.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Broken)
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckResult {
    /// Name of the check.
    pub check: String,
    /// Its kind: `not_null`.
    pub kind: &'static str,
    /// Entity, or `source` or `warehouse` for a database as a whole.
    pub entity: &'static str,
    /// How bad a failure is.
    pub severity: Severity,
    /// How it ended.
    pub status: Status,
    /// The number that was judged, in `unit`.
    pub observed: Option<i64>,
    /// `rows`, `minutes`, `percent` (hundredths of one), `cents`, `places`.
    pub unit: &'static str,
    /// What must be true, for people.
    pub threshold: String,
    /// Rows that were looked at.
    pub checked_rows: Option<u64>,
    /// Rows that fail.
    pub failing_rows: Option<u64>,
    /// More about it, for people.
    pub message: Option<String>,
    /// Keys of the source of the first failing rows, or the places that differ.
    pub sample: Vec<String>,
    /// How long it took; checks of one scan share its time.
    pub duration_ms: u64,
}

impl CheckResult {
    /// A result without a verdict yet.
    pub(super) fn of(check: &Check) -> Self {
        Self {
            check: check.name.clone(),
            kind: check.kind.as_str(),
            entity: check.subject(),
            severity: check.severity,
            status: Status::Passed,
            observed: None,
            unit: check.kind.unit(),
            threshold: check.threshold(),
            checked_rows: None,
            failing_rows: None,
            message: None,
            sample: Vec::new(),
            duration_ms: 0,
        }
    }

    /// True for a failure that makes `etl check` end with 20.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error && self.status.is_bad()
    }

    /// True for a failure that does not.
    pub fn is_warning(&self) -> bool {
        self.severity == Severity::Warn && self.status.is_bad()
    }

    /// The observed number with its unit, for people.
    pub fn shown(&self) -> String {
        match (self.observed, self.unit) {
            (None, _) => "-".to_owned(),
            (Some(value), "percent") => percent_text(value),
            (Some(value), "cents") => rust_decimal::Decimal::new(value, 2).to_string(),
            (Some(value), "minutes") => format!("{value} min"),
            (Some(value), _) => value.to_string(),
        }
    }
}

pub(super) fn skipped(check: &Check, why: impl Into<String>) -> CheckResult {
    CheckResult { status: Status::Skipped, message: Some(why.into()), ..CheckResult::of(check) }
}

pub(super) fn broken(check: &Check, why: impl Into<String>) -> CheckResult {
    CheckResult { status: Status::Broken, message: Some(why.into()), ..CheckResult::of(check) }
}

fn status(is_right: bool) -> Status {
    if is_right { Status::Passed } else { Status::Failed }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Hundredths of a percent, cut; `None` of nothing.
fn hundredths(part: u64, whole: u64) -> Option<i64> {
    (whole > 0).then(|| i64::try_from(u128::from(part) * 10_000 / u128::from(whole)).unwrap_or(i64::MAX))
}

/// Rows that fail one by one; a share of the rows for the member -1.
pub(super) fn of_rows(check: &Check, checked: Option<u64>, failing: u64) -> CheckResult {
    let (is_right, observed) = match check.kind {
        Kind::Unknown(_, limit) => {
            let share = hundredths(failing, checked.unwrap_or(0)).unwrap_or(0);
            // The share is cut, so that one more row than the limit allows is compared exactly.
            let over =
                u128::from(failing) * 10_000 > u128::try_from(limit).unwrap_or(0) * u128::from(checked.unwrap_or(0));
            (!over || failing <= check.max_failing, share)
        }
        _ => (failing <= check.max_failing, signed(failing)),
    };
    CheckResult {
        status: status(is_right),
        observed: Some(observed),
        checked_rows: checked,
        failing_rows: Some(failing),
        ..CheckResult::of(check)
    }
}

/// Minutes since the last success.
pub(super) fn of_freshness(check: &Check, limit: i64, last_success: Option<i64>, now: i64) -> CheckResult {
    match last_success {
        None => skipped(check, "never loaded"),
        Some(at) => {
            let seconds = now.saturating_sub(at).max(0);
            CheckResult {
                status: status(seconds <= limit.saturating_mul(60)),
                observed: Some(seconds / 60),
                ..CheckResult::of(check)
            }
        }
    }
}

/// Rows that the newest run wrote against the runs before it, the newest first.
pub(super) fn of_volume(check: &Check, (min, max, floor): (i64, i64, i64), written: &[u64]) -> CheckResult {
    let Some((newest, before)) = written.split_first() else { return skipped(check, "no run has written a row") };
    let mut before: Vec<u64> = before.iter().take(7).copied().collect();
    if before.len() < 4 {
        return skipped(check, format!("{} earlier runs wrote rows, 4 are needed", before.len()));
    }
    before.sort_unstable();
    let median = before[before.len() / 2];
    if signed(*newest) < floor && signed(median) < floor {
        return skipped(check, format!("{newest} rows after a median of {median}: too few to judge"));
    }
    let Some(share) = hundredths(*newest, median) else { return skipped(check, "the runs before wrote nothing") };
    CheckResult {
        status: status((min..=max).contains(&share)),
        observed: Some(share),
        checked_rows: Some(*newest),
        message: Some(format!("{newest} rows, median of the {} runs before {median}", before.len())),
        ..CheckResult::of(check)
    }
}

/// Rows of both sides.
pub(super) fn of_coverage(check: &Check, limit: i64, source: u64, target: u64) -> CheckResult {
    let Some(share) = hundredths(target, source) else { return skipped(check, "the source has no row") };
    CheckResult {
        status: status(share >= limit),
        observed: Some(share),
        checked_rows: Some(source),
        failing_rows: Some(source.saturating_sub(target)),
        message: Some(format!("{target} of {source} rows")),
        ..CheckResult::of(check)
    }
}

/// Where a database is not that of the contract.
pub(super) fn of_drift(check: &Check, differences: &[String]) -> CheckResult {
    let failing = u64::try_from(differences.len()).unwrap_or(u64::MAX);
    CheckResult {
        status: status(failing <= check.max_failing),
        observed: Some(signed(failing)),
        failing_rows: Some(failing),
        message: differences.first().cloned(),
        sample: differences.iter().take(10).cloned().collect(),
        ..CheckResult::of(check)
    }
}

#[cfg(test)]
mod tests {
    use super::super::declare::declared;
    use super::*;

    fn check(name: &str) -> Check {
        declared(None).unwrap().into_iter().find(|check| check.name == name).unwrap()
    }

    #[test]
    fn volume_is_judged_by_the_median_of_seven_runs_and_only_with_enough_of_them() {
        let check = check("fact_vendas.volume");
        let of = |written: &[u64]| of_volume(&check, (2_000, 50_000, 1_000), written);
        assert_eq!(of(&[]).status, Status::Skipped);
        assert_eq!(of(&[5_000, 5_000, 5_000, 5_000]).status, Status::Skipped);
        assert_eq!(of(&[5_000, 4_000, 5_000, 6_000, 225_000]).observed, Some(10_000 * 5_000 / 6_000));
        let low = of(&[100, 4_000, 5_000, 6_000, 225_000]);
        assert_eq!((low.status, low.observed), (Status::Failed, Some(166)));
        assert_eq!(of(&[100, 20, 30, 40, 50]).status, Status::Skipped);
        assert_eq!(of(&[9_000, 20, 30, 40, 50]).status, Status::Failed);
    }

    #[test]
    fn the_share_of_unknown_members_is_compared_exactly() {
        let mut check = check("fact_vendas.unknown_seller");
        check.kind = match check.kind {
            Kind::Unknown(column, _) => Kind::Unknown(column, 1_500),
            other => other,
        };
        assert_eq!(of_rows(&check, Some(100), 15).status, Status::Passed);
        assert_eq!(of_rows(&check, Some(100_000), 15_001).status, Status::Failed);
        assert_eq!(of_rows(&check, Some(0), 0).status, Status::Passed);
    }

    #[test]
    fn freshness_begins_to_fail_a_second_after_its_limit() {
        let check = check("fact_vendas.freshness");
        assert_eq!(of_freshness(&check, 10, Some(0), 600).status, Status::Passed);
        assert_eq!(of_freshness(&check, 10, Some(0), 601).status, Status::Failed);
        assert_eq!(of_freshness(&check, 10, Some(700), 600).status, Status::Passed);
        assert_eq!(of_freshness(&check, 10, None, 600).status, Status::Skipped);
    }
}
