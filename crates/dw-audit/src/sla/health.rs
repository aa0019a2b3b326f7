//! How healthy an entity is: the limits of freshness and of recurrent failures. Pure, for page and alert alike.
//!
//! Delay is measured from the last run that ended well, not from the newest change that was loaded: a quiet source is no delay,
//! and a stamp in the future hides none.

use dw_core::time::Seconds;
use serde::Serialize;

use super::rules::FreshnessRule;
use crate::quality::Severity;

/// What is known of an entity's runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RunHistory {
    /// Entity.
    pub entity: String,
    /// False when an operator switched it off.
    pub is_active: bool,
    /// When it last ended well.
    pub last_success: Option<Seconds>,
    /// When it last ended at all.
    pub last_finished: Option<Seconds>,
    /// True while a run works on it.
    pub is_running: bool,
    /// Runs that ended within the days of the rule.
    pub finished: u64,
    /// Those of them that failed.
    pub failed: u64,
}

/// What is wrong with an entity's freshness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Ailment {
    /// The last success is so many minutes ago.
    Delayed {
        /// Minutes since.
        minutes: i64,
        /// The limit that was passed.
        limit: i64,
        /// Which limit that is.
        severity: Severity,
    },
    /// Nothing has ended for so many hours.
    Idle {
        /// Hours since.
        hours: i64,
        /// The limit that was passed.
        limit: i64,
        /// Which limit that is.
        severity: Severity,
    },
    /// Too many runs fail.
    Failing {
        /// Runs that ended.
        finished: u64,
        /// Those that failed.
        failed: u64,
        /// The percentage, cut.
        percent: u64,
        /// The limit that was reached.
        limit: i64,
        /// Which limit that is.
        severity: Severity,
    },
}

impl Ailment {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Delayed { severity, .. } | Self::Idle { severity, .. } | Self::Failing { severity, .. } => *severity,
        }
    }
}

/// What is wrong with an entity. An entity that is switched off, or that never ran, has nothing.
pub fn ailments(history: &RunHistory, rule: &FreshnessRule, now: Seconds) -> Vec<Ailment> {
    if !history.is_active {
        return Vec::new();
    }
    let mut found = Vec::new();
    // Seconds are compared with the limit, so that it is passed at once and not a whole unit later.
    let graded = |seconds: Seconds, unit: i64, warn: i64, error: i64| {
        if seconds > error.saturating_mul(unit) {
            Some((error, Severity::Error))
        } else {
            (seconds > warn.saturating_mul(unit)).then_some((warn, Severity::Warn))
        }
    };
    let since = |at: Seconds| now.saturating_sub(at).max(0);
    let idle = history.last_finished.filter(|_| !history.is_running).and_then(|at| {
        let (limit, severity) = graded(since(at), 3_600, rule.idle_warn_hours, rule.idle_error_hours)?;
        Some(Ailment::Idle { hours: since(at) / 3_600, limit, severity })
    });
    let delayed = history.last_success.and_then(|at| {
        let (limit, severity) = graded(since(at), 60, rule.delay_warn_minutes, rule.delay_error_minutes)?;
        Some(Ailment::Delayed { minutes: since(at) / 60, limit, severity })
    });
    // Who has not run has no success either: one finding says it, the worse one.
    found.extend(match (idle, delayed) {
        (Some(idle), Some(delayed)) if delayed.severity() > idle.severity() => Some(delayed),
        (idle, delayed) => idle.or(delayed),
    });
    if history.finished >= u64::try_from(rule.failure_min_runs).unwrap_or(1) && history.finished > 0 {
        let percent = history.failed.saturating_mul(100) / history.finished;
        let reaches = |limit: i64| {
            history.failed.saturating_mul(100) >= history.finished.saturating_mul(u64::try_from(limit).unwrap_or(100))
        };
        let limit = [(rule.failure_error_percent, Severity::Error), (rule.failure_warn_percent, Severity::Warn)];
        if let Some((limit, severity)) = limit.into_iter().find(|(limit, _)| reaches(*limit)) {
            found.push(Ailment::Failing {
                finished: history.finished,
                failed: history.failed,
                percent,
                limit,
                severity,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rules::declared;
    use super::*;

    fn limits() -> FreshnessRule {
        declared(None).unwrap().freshness.remove(0)
    }

    fn history(success: Seconds, finished: Seconds) -> RunHistory {
        RunHistory {
            entity: "fact_vendas".to_owned(),
            is_active: true,
            last_success: Some(success),
            last_finished: Some(finished),
            ..RunHistory::default()
        }
    }

    #[test]
    fn the_limits_of_the_reference_hold_to_the_second() {
        let of = |success, finished, now| ailments(&history(success, finished), &limits(), now);
        assert_eq!(of(0, 0, 7_200), []);
        assert_eq!(of(0, 0, 7_201), [Ailment::Delayed { minutes: 120, limit: 120, severity: Severity::Warn }]);
        assert_eq!(of(0, 0, 21_601), [Ailment::Delayed { minutes: 360, limit: 360, severity: Severity::Error }]);
        assert_eq!(of(0, 0, 86_401), [Ailment::Delayed { minutes: 1_440, limit: 360, severity: Severity::Error }]);
        assert_eq!(of(0, 0, 259_201), [Ailment::Idle { hours: 72, limit: 72, severity: Severity::Error }]);
        assert_eq!(of(0, 86_000, 86_401), [Ailment::Delayed { minutes: 1_440, limit: 360, severity: Severity::Error }]);
        // A clock that jumped back, or a stamp in the future.
        assert_eq!(of(9_000, 9_000, 100), []);
    }

    #[test]
    fn failures_are_counted_among_enough_runs() {
        let of = |finished, failed| {
            let history = RunHistory { finished, failed, ..history(0, 0) };
            ailments(&history, &limits(), 60).first().map(Ailment::severity)
        };
        assert_eq!((of(2, 2), of(3, 0), of(3, 1)), (None, None, Some(Severity::Warn)));
        assert_eq!((of(10, 2), of(10, 3), of(10, 5)), (None, Some(Severity::Warn), Some(Severity::Error)));
    }

    proptest! {
        /// More time never makes an entity healthier, and who is switched off or never ran is told nothing about.
        #[test]
        fn time_only_makes_it_worse(success in 0_i64..400_000, finished in 0_i64..400_000, now in 0_i64..400_000, later in 0_i64..400_000) {
            let history = history(success, finished.max(success));
            let worst = |now| ailments(&history, &limits(), now).iter().map(Ailment::severity).max();
            prop_assert!(worst(now) <= worst(now + later));
            let off = ailments(&RunHistory { is_active: false, ..history.clone() }, &limits(), now);
            let fresh = RunHistory { last_success: None, last_finished: None, ..history };
            prop_assert_eq!((off, ailments(&fresh, &limits(), now)), (Vec::new(), Vec::new()));
        }
    }
}
