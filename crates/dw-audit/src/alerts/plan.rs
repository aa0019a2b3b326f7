//! What is sent: a state machine over the conditions of a cycle, pure. A condition is told once, again when its cooldown has
//! passed, at once when it gets worse, and once when it is over. What could not be sent is due again in the next cycle, the news
//! of a recovery too. A condition that comes back within the cooldown of its last message waits for its end, so that one that
//! comes and goes does not flood anybody.

use std::collections::BTreeMap;

use dw_core::time::Seconds;
use serde::{Deserialize, Serialize};

use super::Condition;
use crate::quality::Severity;

/// What the alerter remembers between cycles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertState {
    /// Version of the form.
    pub version: u32,
    /// By key.
    pub alerts: BTreeMap<String, Entry>,
}

/// What is remembered of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// True while it lasts.
    pub firing: bool,
    /// True once this episode was told to somebody.
    pub told: bool,
    /// True when its end is still to be told.
    pub recovery_due: bool,
    /// `warn` or `error`, as it was last told, or is.
    pub severity: String,
    /// Its title, for the news of its end.
    pub title: String,
    /// Its entity.
    pub entity: Option<String>,
    /// When this episode began.
    pub since: Seconds,
    /// When it was last seen.
    pub last_seen_at: Seconds,
    /// When a message about it was last delivered.
    pub last_sent_at: Option<Seconds>,
}

/// Why something is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// It is new.
    Firing,
    /// It lasts, and the cooldown has passed.
    Repeated,
    /// It got worse.
    Worse,
    /// It is over.
    Recovered,
}

/// Something to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Key of the condition.
    pub key: String,
    /// Why.
    pub kind: NoticeKind,
    /// How bad it is, or was.
    pub severity: Severity,
    /// Its entity.
    pub entity: Option<String>,
    /// One line.
    pub title: String,
    /// What is known.
    pub detail: String,
    /// What to do.
    pub action: String,
    /// When this episode began.
    pub since: Seconds,
}

/// The version of the form of [`AlertState`].
pub const VERSION: u32 = 1;

impl AlertState {
    /// The state after a cycle that saw these conditions, and what is due to be sent: new ones first. `now` is the time of the
    /// cycle; the cooldown is in seconds. Conditions of kinds that could not be looked at (`is_known` is false for a key that is
    /// in the state) are left as they are: a warehouse that is down heals nothing.
    pub fn advance(
        mut self,
        conditions: &[Condition],
        is_known: impl Fn(&str) -> bool,
        now: Seconds,
        cooldown: Seconds,
    ) -> (Self, Vec<Notice>) {
        self.version = VERSION;
        let mut notices = Vec::new();
        for condition in conditions {
            notices.extend(self.see(condition, now, cooldown));
        }
        for (key, entry) in &mut self.alerts {
            let lasts = conditions.iter().any(|condition| condition.key == *key);
            if entry.firing && !lasts && is_known(key) {
                entry.firing = false;
                // Nobody was told that it began, so nobody is told that it is over.
                entry.recovery_due = entry.told;
                entry.told = false;
            }
            if entry.recovery_due && !entry.firing {
                notices.push(recovered(key, entry));
            }
        }
        // What is over and told is remembered as long as its cooldown lasts, and not for ever.
        self.alerts.retain(|_, entry| {
            entry.firing
                || entry.recovery_due
                || entry.last_sent_at.is_some_and(|sent| now.saturating_sub(sent) < cooldown)
        });
        notices.sort_by_key(|notice| (notice.kind == NoticeKind::Recovered, notice.severity == Severity::Warn));
        (self, notices)
    }

    fn see(&mut self, condition: &Condition, now: Seconds, cooldown: Seconds) -> Option<Notice> {
        let entry = self.alerts.entry(condition.key.clone()).or_insert_with(|| Entry {
            firing: false,
            told: false,
            recovery_due: false,
            severity: condition.severity.as_str().to_owned(),
            title: condition.title.clone(),
            entity: condition.entity.clone(),
            since: now,
            last_seen_at: now,
            last_sent_at: None,
        });
        if !entry.firing {
            entry.firing = true;
            entry.since = now;
            entry.severity = condition.severity.as_str().to_owned();
            // Its end was not told, so for its reader it never ended.
            entry.told = entry.recovery_due;
            entry.recovery_due = false;
        }
        entry.last_seen_at = now;
        entry.title.clone_from(&condition.title);
        entry.entity.clone_from(&condition.entity);
        let is_cool = entry.last_sent_at.is_none_or(|sent| now.saturating_sub(sent) >= cooldown || sent > now);
        let is_worse = condition.severity > Severity::parse(&entry.severity);
        let kind = match (entry.told, is_worse, is_cool) {
            (_, true, _) => NoticeKind::Worse,
            (true, false, true) => NoticeKind::Repeated,
            (false, false, true) => NoticeKind::Firing,
            (_, false, false) => return None,
        };
        Some(Notice {
            key: condition.key.clone(),
            kind,
            severity: condition.severity,
            entity: condition.entity.clone(),
            title: condition.title.clone(),
            detail: condition.detail.clone(),
            action: condition.action.clone(),
            since: entry.since,
        })
    }

    /// Notes what was delivered; what was not is due again.
    pub fn delivered(&mut self, notices: &[Notice], now: Seconds) {
        for notice in notices {
            let Some(entry) = self.alerts.get_mut(&notice.key) else { continue };
            entry.last_sent_at = Some(now);
            if notice.kind == NoticeKind::Recovered {
                entry.recovery_due = false;
            } else {
                entry.told = true;
                entry.severity = notice.severity.as_str().to_owned();
            }
        }
    }
}

fn recovered(key: &str, entry: &Entry) -> Notice {
    Notice {
        key: key.to_owned(),
        kind: NoticeKind::Recovered,
        severity: Severity::parse(&entry.severity),
        entity: entry.entity.clone(),
        title: entry.title.clone(),
        detail: String::new(),
        action: String::new(),
        since: entry.since,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn condition(key: &str, severity: Severity) -> Condition {
        Condition {
            key: key.to_owned(),
            kind: "failure",
            severity,
            entity: Some("fact_vendas".to_owned()),
            title: "t".to_owned(),
            detail: "d".to_owned(),
            action: "a".to_owned(),
        }
    }

    /// A chat that takes or refuses messages, and the state between cycles.
    struct Chat {
        state: AlertState,
        heard: Vec<(Seconds, NoticeKind)>,
    }

    impl Chat {
        fn new() -> Self {
            Self { state: AlertState::default(), heard: Vec::new() }
        }

        fn cycle(&mut self, now: Seconds, conditions: &[Condition], works: bool) {
            let state = std::mem::take(&mut self.state);
            let (mut state, notices) = state.advance(conditions, |_| true, now, 600);
            if works {
                self.heard.extend(notices.iter().map(|notice| (now, notice.kind)));
                state.delivered(&notices, now);
            }
            self.state = state;
        }
    }

    use NoticeKind::{Firing, Recovered, Repeated, Worse};

    #[test]
    fn told_once_again_after_the_cooldown_and_when_it_is_over() {
        let mut chat = Chat::new();
        let bad = [condition("k", Severity::Error)];
        for now in (0..=1_200).step_by(300) {
            chat.cycle(now, &bad, true);
        }
        chat.cycle(1_500, &[], true);
        chat.cycle(1_800, &[], true);
        assert_eq!(chat.heard, [(0, Firing), (600, Repeated), (1_200, Repeated), (1_500, Recovered)]);
        chat.cycle(9_000, &[], true);
        assert!(chat.state.alerts.is_empty(), "what is over is forgotten");
    }

    #[test]
    fn a_message_that_fails_is_due_again_in_the_next_cycle_the_recovery_too() {
        let mut chat = Chat::new();
        let bad = [condition("k", Severity::Error)];
        chat.cycle(0, &bad, false);
        chat.cycle(10, &bad, true);
        chat.cycle(20, &[], false);
        chat.cycle(30, &[], true);
        assert_eq!(chat.heard, [(10, Firing), (30, Recovered)]);
    }

    #[test]
    fn what_nobody_heard_of_is_over_in_silence() {
        let mut chat = Chat::new();
        chat.cycle(0, &[condition("k", Severity::Error)], false);
        chat.cycle(10, &[], true);
        assert!(chat.heard.is_empty() && chat.state.alerts.is_empty());
    }

    #[test]
    fn what_comes_and_goes_waits_for_the_end_of_the_cooldown() {
        let mut chat = Chat::new();
        let bad = [condition("k", Severity::Error)];
        for now in (0..600).step_by(20) {
            let is_bad = now / 20 % 2 == 0;
            chat.cycle(now, if is_bad { &bad } else { &[] }, true);
        }
        // One beginning and one end; the next episode is told when the cooldown has passed.
        assert_eq!(chat.heard, [(0, Firing), (20, Recovered)]);
        chat.cycle(620, &bad, false);
        chat.cycle(640, &bad, true);
        assert_eq!(chat.heard.last(), Some(&(640, Firing)), "a failed sending does not wait for a cooldown");
    }

    #[test]
    fn what_gets_worse_is_told_at_once() {
        let mut chat = Chat::new();
        chat.cycle(0, &[condition("k", Severity::Warn)], true);
        chat.cycle(10, &[condition("k", Severity::Error)], true);
        chat.cycle(20, &[condition("k", Severity::Warn)], true);
        assert_eq!(chat.heard, [(0, Firing), (10, Worse)]);
    }

    #[test]
    fn what_could_not_be_looked_at_is_not_over() {
        let bad = [condition("failure|x", Severity::Error)];
        let (mut state, notices) = AlertState::default().advance(&bad, |_| true, 0, 600);
        state.delivered(&notices, 0);
        let down = [condition("unreachable|warehouse", Severity::Error)];
        let (state, notices) = state.advance(&down, |key| key.starts_with("unreachable"), 10, 600);
        assert_eq!(notices.iter().map(|notice| notice.key.as_str()).collect::<Vec<_>>(), ["unreachable|warehouse"]);
        assert!(state.alerts["failure|x"].firing);
    }

    proptest! {
        /// Whatever comes and goes, and whenever sending fails: nobody hears of the same condition twice within a cooldown unless
        /// it got worse or is over, and every end that is heard of had a beginning that was.
        #[test]
        fn nobody_is_flooded(steps in prop::collection::vec((1_i64..400, prop::option::of(any::<bool>()), any::<bool>()), 1..60)) {
            let mut chat = Chat::new();
            let mut now = 0;
            for (pause, severity, works) in steps {
                now += pause;
                let bad: Vec<Condition> = severity
                    .map(|error| condition("k", if error { Severity::Error } else { Severity::Warn }))
                    .into_iter()
                    .collect();
                chat.cycle(now, &bad, works);
            }
            let mut open = false;
            let mut last_told = None;
            for (at, kind) in &chat.heard {
                match kind {
                    Recovered => {
                        prop_assert!(open);
                        open = false;
                    }
                    Firing | Repeated => {
                        prop_assert!(last_told.is_none_or(|told| at - told >= 600), "{:?}", chat.heard);
                        open = true;
                    }
                    Worse => open = true,
                }
                if *kind != Recovered {
                    last_told = Some(*at);
                }
            }
            // A condition that lasts is told within a cooldown once sending works.
            chat.cycle(now + 601, &[condition("k", Severity::Error)], true);
            prop_assert!(chat.state.alerts["k"].told);
        }
    }
}
