//! Rules of service levels: what they are and how they are declared. Not here: judging by them.

use std::path::Path;

use chrono::{NaiveTime, Weekday};
use chrono_tz::Tz;
use dw_core::config::closest;
use dw_core::entities;
use dw_core::error::DwResult;
use serde::Serialize;

use crate::quality::Severity;
use crate::rules_file::{Rule, RulesText, merged, read_operator};

/// The built-in rules.
pub const BUILTIN: RulesText<'static> = RulesText {
    path: "config/sla.toml",
    text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/sla.toml")),
};

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// By when the data of a day must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// Name of the rule.
    pub name: String,
    /// Entities that it is about.
    pub entities: Vec<&'static str>,
    /// Time of day, local.
    pub at: NaiveTime,
    /// Where that time is local.
    pub zone: Tz,
    /// Days on which it applies.
    pub weekdays: Vec<Weekday>,
    /// Days between the day of the data and the day of the deadline, from 1.
    pub days_after: u16,
    /// So many minutes later is still in time.
    pub grace_minutes: i64,
    /// How bad a miss is.
    pub severity: Severity,
}

/// Limits of an entity's freshness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FreshnessRule {
    /// Name of the rule.
    pub name: String,
    /// Entities that it names; empty for all others.
    pub entities: Vec<&'static str>,
    /// Minutes since the last success: more is a warning.
    pub delay_warn_minutes: i64,
    /// More is an error.
    pub delay_error_minutes: i64,
    /// Hours since anything ended: more is a warning.
    pub idle_warn_hours: i64,
    /// More is an error.
    pub idle_error_hours: i64,
    /// Days in which failures are counted.
    pub failure_days: i64,
    /// With fewer runs than this nothing is said.
    pub failure_min_runs: i64,
    /// Percentage of failed runs that is a warning.
    pub failure_warn_percent: i64,
    /// Percentage that is an error.
    pub failure_error_percent: i64,
}

/// All rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Deadlines in the order of the files.
    pub deadlines: Vec<Deadline>,
    /// Limits of freshness.
    pub freshness: Vec<FreshnessRule>,
    /// Minutes without a sign of life after which a run hangs.
    pub heartbeat_minutes: i64,
    /// Hours after which a backup is late: a warning.
    pub backup_warn_hours: i64,
    /// And an error.
    pub backup_error_hours: i64,
    /// Days after which the last drill proves nothing any more.
    pub backup_drill_days: i64,
    /// Minutes that a restore may take.
    pub backup_rto_minutes: i64,
}

impl Rules {
    /// The limits of an entity: those of a rule that names it, the last one first, else those of all.
    pub fn freshness_of(&self, entity: &str) -> Option<&FreshnessRule> {
        let named = self.freshness.iter().rev().find(|rule| rule.entities.contains(&entity));
        named.or_else(|| self.freshness.iter().rev().find(|rule| rule.entities.is_empty()))
    }

    /// The longest time in which failures are counted, in days.
    pub fn failure_days(&self) -> i64 {
        self.freshness.iter().map(|rule| rule.failure_days).max().unwrap_or(7)
    }
}

/// The built-in rules with those of an operator's file laid over them.
///
/// # Errors
/// [`dw_core::error::DwError::Config`] that names file, line and key.
pub fn load(operator: Option<&Path>) -> DwResult<Rules> {
    let Some(path) = operator else { return declared(None) };
    let text = read_operator("sla.file", path)?;
    declared(Some(RulesText { path: &path.display().to_string(), text: &text }))
}

/// The rules of the built-in text and of an operator's.
///
/// # Errors
/// See [`load`].
pub fn declared(operator: Option<RulesText<'_>>) -> DwResult<Rules> {
    let mut rules = Rules {
        deadlines: Vec::new(),
        freshness: Vec::new(),
        heartbeat_minutes: 15,
        backup_warn_hours: 26,
        backup_error_hours: 50,
        backup_drill_days: 8,
        backup_rto_minutes: 60,
    };
    for rule in merged(BUILTIN, operator, &["deadline", "freshness", "heartbeat", "backup"])? {
        match rule.section.as_str() {
            "deadline" => {
                let deadline = deadline(&rule)?;
                if rule.flag("enabled", true)? {
                    rules.deadlines.push(deadline);
                }
            }
            "freshness" => rules.freshness.push(freshness(&rule)?),
            "heartbeat" => {
                rule.only(&["error_minutes"])?;
                rules.heartbeat_minutes = rule.number("error_minutes", 1..=10_080, 15)?;
            }
            _ => {
                rule.only(&["warn_hours", "error_hours", "drill_days", "rto_minutes"])?;
                rules.backup_warn_hours = rule.number("warn_hours", 1..=8_784, 26)?;
                rules.backup_error_hours = rule.number("error_hours", 1..=8_784, 50)?;
                rules.backup_drill_days = rule.number("drill_days", 1..=3_650, 8)?;
                rules.backup_rto_minutes = rule.number("rto_minutes", 1..=10_080, 60)?;
                ordered(&rule, "warn_hours", rules.backup_warn_hours, rules.backup_error_hours)?;
            }
        }
    }
    Ok(rules)
}

fn ordered(rule: &Rule, key: &str, warn: i64, error: i64) -> DwResult<()> {
    if warn <= error {
        Ok(())
    } else {
        Err(rule.key_error(key, format!("is {warn}, more than the {error} of the error")))
    }
}

fn deadline(rule: &Rule) -> DwResult<Deadline> {
    const KEYS: &[&str] =
        &["entities", "deadline", "time_zone", "weekdays", "days_after", "grace_minutes", "severity", "enabled"];
    rule.only(KEYS)?;
    let named = entity_names(rule)?;
    let entities = if named.is_empty() { entities::ALL.iter().map(|entity| entity.name).collect() } else { named };
    let at = rule.need_text("deadline")?;
    let at = NaiveTime::parse_from_str(at, "%H:%M")
        .map_err(|_| rule.key_error("deadline", format!("must be a time of day such as 08:00, found `{at}`")))?;
    let zone = rule.need_text("time_zone")?;
    let zone: Tz = zone.parse().map_err(|_| {
        let near = closest(zone, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        rule.key_error("time_zone", format!("is no name of the IANA data base: `{zone}`{hint}"))
    })?;
    let mut weekdays = Vec::new();
    for word in rule.texts("weekdays")? {
        let day = WEEKDAYS.iter().find(|(name, _)| *name == word);
        let (_, day) = day.ok_or_else(|| {
            rule.key_error("weekdays", format!("must be of mon, tue, wed, thu, fri, sat, sun, found `{word}`"))
        })?;
        weekdays.push(*day);
    }
    if weekdays.is_empty() {
        weekdays = WEEKDAYS.map(|(_, day)| day).to_vec();
    }
    let severity = match rule.word("severity", &["warn", "error"])? {
        Some("warn") => Severity::Warn,
        _ => Severity::Error,
    };
    Ok(Deadline {
        name: rule.name.clone(),
        entities,
        at,
        zone,
        weekdays,
        days_after: u16::try_from(rule.number("days_after", 1..=31, 1)?).unwrap_or(1),
        grace_minutes: rule.number("grace_minutes", 0..=1_440, 0)?,
        severity,
    })
}

/// Names of entities; none for all of them.
fn entity_names(rule: &Rule) -> DwResult<Vec<&'static str>> {
    let names = rule.texts("entities")?;
    if names.is_empty() {
        return Err(rule.error("needs `entities`, a list of names or [\"all\"]"));
    }
    if names.iter().any(|name| name == "all") {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for name in names {
        let Some(entity) = entities::ALL.iter().find(|entity| entity.name == name) else {
            let near = closest(&name, entities::ALL.iter().map(|entity| entity.name));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(rule.key_error("entities", format!("names no entity: `{name}`{hint}")));
        };
        found.push(entity.name);
    }
    Ok(found)
}

fn freshness(rule: &Rule) -> DwResult<FreshnessRule> {
    const KEYS: &[&str] = &[
        "entities",
        "delay_warn_minutes",
        "delay_error_minutes",
        "idle_warn_hours",
        "idle_error_hours",
        "failure_days",
        "failure_min_runs",
        "failure_warn_percent",
        "failure_error_percent",
    ];
    rule.only(KEYS)?;
    let found = FreshnessRule {
        name: rule.name.clone(),
        entities: entity_names(rule)?,
        delay_warn_minutes: rule.number("delay_warn_minutes", 1..=527_040, 120)?,
        delay_error_minutes: rule.number("delay_error_minutes", 1..=527_040, 360)?,
        idle_warn_hours: rule.number("idle_warn_hours", 1..=8_784, 24)?,
        idle_error_hours: rule.number("idle_error_hours", 1..=8_784, 72)?,
        failure_days: rule.number("failure_days", 1..=31, 7)?,
        failure_min_runs: rule.number("failure_min_runs", 1..=1_000_000, 3)?,
        failure_warn_percent: rule.number("failure_warn_percent", 1..=100, 30)?,
        failure_error_percent: rule.number("failure_error_percent", 1..=100, 50)?,
    };
    ordered(rule, "delay_warn_minutes", found.delay_warn_minutes, found.delay_error_minutes)?;
    ordered(rule, "idle_warn_hours", found.idle_warn_hours, found.idle_error_hours)?;
    ordered(rule, "failure_warn_percent", found.failure_warn_percent, found.failure_error_percent)?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rules_are_those_of_the_documents() {
        let rules = declared(None).unwrap();
        let vendas = &rules.deadlines[0];
        assert_eq!((vendas.name.as_str(), vendas.entities.as_slice()), ("vendas", &["fact_vendas"][..]));
        assert_eq!((vendas.at.to_string().as_str(), vendas.zone.name()), ("08:00:00", "America/Sao_Paulo"));
        let limits = rules.freshness_of("dim_cliente").unwrap();
        assert_eq!((limits.delay_warn_minutes, limits.delay_error_minutes), (120, 360));
        assert_eq!((limits.idle_warn_hours, limits.idle_error_hours, limits.failure_min_runs), (24, 72, 3));
    }

    #[test]
    fn an_operator_names_an_entity_or_switches_a_rule_off() {
        let text = "[[deadline]]\nname = \"metas\"\nenabled = false\n[[freshness]]\nname = \"often\"\nentities = \
                    [\"fact_vendas\"]\ndelay_warn_minutes = 15\n";
        let rules = declared(Some(RulesText { path: "s.toml", text })).unwrap();
        assert_eq!(rules.deadlines.len(), 2);
        assert_eq!(rules.freshness_of("fact_vendas").unwrap().delay_warn_minutes, 15);
        assert_eq!(rules.freshness_of("fact_metas").unwrap().delay_warn_minutes, 120);
    }

    #[test]
    fn every_mistake_names_file_line_and_key() {
        let message = |body: &str| {
            let text = format!("[[deadline]]\nname = \"vendas\"\n{body}\n");
            declared(Some(RulesText { path: "s.toml", text: &text })).unwrap_err().to_string()
        };
        insta::assert_snapshot!(
            [
                message("deadline = \"8 o'clock\""),
                message("time_zone = \"America/Sao_Paolo\""),
                message("weekdays = [\"monday\"]"),
                message("entities = [\"fact_venda\"]"),
                message("grace_minutes = -1"),
                message("severity = \"fatal\""),
                message("deadlin = \"08:00\""),
                message("[[freshness]]\nname = \"default\"\nidle_warn_hours = 100"),
            ]
            .join("\n")
        );
    }
}
