//! The traffic lights of the summary: each with its value, its limit, and a colour that the conditions decide, which are those
//! of the alerts. Pure.

use chrono_tz::Tz;
use dw_audit::alerts::{BackupState, Condition};
use dw_audit::monitor::overview::{Overview, Standing};
use dw_audit::monitor::runs::RunLine;
use dw_audit::quality::Severity;
use dw_audit::sla::Verdict;
use dw_audit::sla::history::DayVerdict;
use dw_audit::sla::rules::Rules;
use dw_core::time::Seconds;

use super::parts::{Light, count, span};
use super::words;
use crate::format::{self, Unit};
use crate::mark::Mark;

/// What the lights look at.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The entities.
    pub overview: &'a Overview,
    /// What is wrong.
    pub conditions: &'a [Condition],
    /// The newest decided day of each deadline and entity.
    pub deadlines: &'a [DayVerdict],
    /// The newest run, running or not.
    pub last_run: Option<&'a RunLine>,
    /// What is known of backups; none where none is recorded.
    pub backup: Option<BackupState>,
    /// The rules.
    pub rules: &'a Rules,
    /// The clock.
    pub now: Seconds,
    /// Where times are local.
    pub zone: Tz,
}

/// The lights, in the order in which an operator reads them.
pub fn lights(seen: &Seen<'_>) -> Vec<Light> {
    vec![
        sla(seen),
        last_run(seen),
        pending(seen),
        lag(seen),
        failures(seen),
        quality(seen),
        rejects(seen),
        backup(seen),
        throughput(seen),
        coverage(seen),
    ]
}

/// Good, or as bad as the worst condition of these kinds.
fn worst(seen: &Seen<'_>, kinds: &[&str]) -> (Mark, &'static str) {
    let found = seen.conditions.iter().filter(|one| kinds.contains(&one.kind)).map(|one| one.severity).max();
    found.map_or((Mark::Good, "Bom"), words::severity)
}

fn sla(seen: &Seen<'_>) -> Light {
    let met = seen.deadlines.iter().filter(|day| day.verdict == Verdict::Met).count();
    let nearest = seen.rules.deadlines.first();
    Light {
        name: "SLA",
        state: Some(if seen.deadlines.is_empty() { (Mark::Quiet, "Sem prazo vencido") } else { worst(seen, &["sla"]) }),
        value: if seen.deadlines.is_empty() {
            "–".to_owned()
        } else {
            format!("{met} de {} cumpridos", seen.deadlines.len())
        },
        limit: nearest.map_or_else(
            || "nenhum prazo declarado".to_owned(),
            |rule| format!("limite: D+{} às {} ({})", rule.days_after, rule.at.format("%H:%M"), rule.zone.name()),
        ),
        link: Some("/sla"),
    }
}

fn last_run(seen: &Seen<'_>) -> Light {
    let idle = seen.rules.freshness_of("").map_or(24, |rule| rule.idle_warn_hours);
    let limit = format!("limite: uma a cada {}", format::duration(idle * 3_600));
    let Some(run) = seen.last_run else {
        let state = worst(seen, &["never_run"]);
        let state = if state.0 == Mark::Good { (Mark::Quiet, "Nenhuma") } else { state };
        return Light {
            name: "Última execução",
            state: Some(state),
            value: "nunca".to_owned(),
            limit,
            link: Some("/runs"),
        };
    };
    let at = run.finished_at.unwrap_or(run.started_at);
    let took = run.seconds.map_or_else(String::new, |seconds| format!("durou {}; ", span(seconds)));
    Light {
        name: "Última execução",
        state: Some(words::run_status(&run.status)),
        value: format!("há {}", format::duration((seen.now - at).max(0))),
        limit: format!("{took}{limit}"),
        link: Some("/runs"),
    }
}

/// Rows that wait are no fault while runs go well: the limit is that of the last good load.
fn pending(seen: &Seen<'_>) -> Light {
    let waits = |condition: &&Condition| {
        condition.kind == "freshness"
            && seen.overview.entities.iter().any(|line| {
                condition.entity.as_deref() == Some(&line.entity) && line.pending.is_some_and(|rows| rows > 0)
            })
    };
    let worst = seen.conditions.iter().filter(waits).map(|one| one.severity).max();
    let minutes = seen.rules.freshness_of("").map_or(120, |rule| rule.delay_warn_minutes);
    Light {
        name: "Linhas pendentes",
        state: Some(match (seen.overview.pending, worst) {
            (None, _) => (Mark::Bad, "Origem fora"),
            (Some(_), Some(severity)) => words::severity(severity),
            (Some(_), None) => (Mark::Good, "Bom"),
        }),
        value: seen.overview.pending.map_or_else(|| "–".to_owned(), count),
        limit: format!("limite: esperar até {}", format::duration(minutes * 60)),
        link: Some("/pipelines"),
    }
}

fn lag(seen: &Seen<'_>) -> Light {
    let active = seen.overview.entities.iter().filter(|line| line.standing != Standing::Desligada);
    let oldest = active.map(|line| line.last_success_at).min().flatten();
    let limits = seen.rules.freshness_of("").map_or_else(String::new, |rule| {
        let text = |minutes: i64| format::duration(minutes * 60);
        format!("limites: {} e {}", text(rule.delay_warn_minutes), text(rule.delay_error_minutes))
    });
    let change =
        seen.overview.worst_lag_seconds.map_or_else(String::new, |lag| format!("; última mudança há {}", span(lag)));
    Light {
        name: "Atraso",
        state: Some(if oldest.is_none() { (Mark::Quiet, "Sem carga") } else { worst(seen, &["freshness"]) }),
        value: oldest.map_or_else(|| "–".to_owned(), |at| format::duration((seen.now - at).max(0))),
        limit: format!("{limits}{change}"),
        link: Some("/pipelines"),
    }
}

fn failures(seen: &Seen<'_>) -> Light {
    let (day, week) = (seen.overview.day, seen.overview.week);
    let limits = seen.rules.freshness_of("").map_or_else(String::new, |rule| {
        format!(
            "; limites: {} % e {} % em {} dias",
            rule.failure_warn_percent, rule.failure_error_percent, rule.failure_days
        )
    });
    Light {
        name: "Falhas em 24 h",
        state: Some(worst(seen, &["failure", "recurrent", "hung"])),
        value: format!("{} de {}", count(day.failed + day.partial), count(day.runs)),
        limit: format!(
            "7 dias: {} com sucesso{limits}",
            week.success_percent().map_or_else(|| "–".to_owned(), |percent| format!("{percent} %"))
        ),
        link: Some("/runs?status=failed"),
    }
}

fn quality(seen: &Seen<'_>) -> Light {
    let (errors, warnings) = seen.overview.quality;
    let plural =
        |number: u64, one: &str, many: &str| format!("{} {}", count(number), if number == 1 { one } else { many });
    Light {
        name: "Qualidade",
        state: Some(match (seen.overview.quality_at, errors, warnings) {
            (None, ..) => (Mark::Quiet, "Não verificada"),
            (_, 1.., _) => words::severity(Severity::Error),
            (_, 0, 1..) => words::severity(Severity::Warn),
            _ => (Mark::Good, "Bom"),
        }),
        value: format!("{}, {}", plural(errors, "erro", "erros"), plural(warnings, "aviso", "avisos")),
        limit: seen.overview.quality_at.map_or_else(
            || "limite: 0 falhas".to_owned(),
            |at| format!("limite: 0 falhas; verificada em {}", format::moment(at, seen.zone)),
        ),
        link: Some("/qualidade"),
    }
}

fn rejects(seen: &Seen<'_>) -> Light {
    let rows = seen.overview.rejects;
    Light {
        name: "Quarentena",
        state: Some(if rows > 0 { words::severity(Severity::Warn) } else { (Mark::Good, "Bom") }),
        value: format!("{} {}", count(rows), if rows == 1 { "linha" } else { "linhas" }),
        limit: "limite: 0 linhas rejeitadas em aberto".to_owned(),
        link: Some("/pipelines"),
    }
}

fn backup(seen: &Seen<'_>) -> Light {
    let text = |hours: i64| format::duration(hours * 3_600);
    let limits = format!("limites: {} e {}", text(seen.rules.backup_warn_hours), text(seen.rules.backup_error_hours));
    let (state, value) = match seen.backup {
        None => (None, "sem backup registrado".to_owned()),
        Some(BackupState { last_verified_at: None }) => {
            (Some(worst(seen, &["backup"])), "nenhum verificado".to_owned())
        }
        Some(BackupState { last_verified_at: Some(at) }) => {
            (Some(worst(seen, &["backup"])), format!("há {}", format::duration((seen.now - at).max(0))))
        }
    };
    Light { name: "Backup verificado", state, value, limit: limits, link: Some("/backups") }
}

fn throughput(seen: &Seen<'_>) -> Light {
    let read: u64 = seen.overview.entities.iter().flat_map(|line| line.history.last()).map(|day| day.extracted).sum();
    Light {
        name: "Vazão",
        state: None,
        value: seen.overview.rows_per_second.map_or_else(|| "–".to_owned(), |rows| format!("{} linhas/s", count(rows))),
        limit: format!("hoje e ontem; {} linhas lidas hoje (UTC)", count(read)),
        link: Some("/runs"),
    }
}

fn coverage(seen: &Seen<'_>) -> Light {
    let counted = seen.overview.entities.iter().filter_map(|line| line.coverage.map(|one| one.checked_at)).min();
    Light {
        name: "Cobertura",
        state: None,
        value: seen.overview.coverage.map_or_else(|| "–".to_owned(), |hundredths| Unit::Percent.show(hundredths)),
        limit: counted.map_or_else(
            || "ainda não contada: execute `etl check`".to_owned(),
            |at| format!("linhas do DW sobre as da origem, em {}", format::moment(at, seen.zone)),
        ),
        link: Some("/qualidade"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use dw_audit::alerts::{Snapshot, conditions};
    use dw_audit::monitor::overview::overview;
    use dw_audit::monitor::state::{State, Totals};
    use dw_audit::sla::rules;
    use dw_core::time::WATERMARK_START;

    use super::*;

    const NOW: Seconds = 1_790_000_000;

    fn state(last_success: Option<Seconds>) -> State {
        State {
            now: NOW,
            controls: vec![dw_audit::control::ControlState {
                entity: "fact_vendas".to_owned(),
                source_table: String::new(),
                target_table: String::new(),
                watermark: (last_success.unwrap_or(WATERMARK_START), 1),
                cutoff_minutes: 2,
                is_active: true,
                last_run: None,
                last_status: None,
                last_success,
                created_at: Some(NOW - 60),
            }],
            last: BTreeMap::new(),
            running: Vec::new(),
            days: BTreeMap::new(),
            ended: BTreeMap::new(),
            rejects: BTreeMap::new(),
            day: Totals::default(),
            week: Totals::default(),
            quality: Vec::new(),
            first_run: last_success,
        }
    }

    /// Name, colour and value of each light.
    fn shown(last_success: Option<Seconds>, pending: Option<u64>, backup: Option<BackupState>) -> Vec<String> {
        let rules = rules::load(None).unwrap();
        let waiting = pending.map(|rows| BTreeMap::from([("fact_vendas".to_owned(), rows)]));
        let overview = overview(&state(last_success), waiting.as_ref());
        let snapshot = Snapshot { state: Ok(state(last_success)), source: None, deadlines: Vec::new(), backup };
        let conditions = conditions(&snapshot, &rules, NOW);
        let seen = Seen {
            overview: &overview,
            conditions: &conditions,
            deadlines: &[],
            last_run: None,
            backup,
            rules: &rules,
            now: NOW,
            zone: chrono_tz::America::Sao_Paulo,
        };
        let line = |light: &Light| {
            format!("{}: {} {}", light.name, light.state.map_or("-", |(mark, _)| mark.class()), light.value)
        };
        lights(&seen).iter().map(line).collect()
    }

    #[test]
    fn a_warehouse_without_a_load_is_quiet_and_a_source_that_is_away_is_not() {
        let fresh = shown(None, Some(5), None);
        for line in ["Última execução: quiet nunca", "Linhas pendentes: good 5", "Atraso: quiet –", "SLA: quiet –"]
        {
            assert!(fresh.contains(&line.to_owned()), "{line} in {fresh:#?}");
        }
        assert!(shown(None, None, None).contains(&"Linhas pendentes: bad –".to_owned()));
    }

    /// The limits are 120 and 360 minutes since the last good load, to the second, as the alerts have them.
    #[test]
    fn rows_wait_for_as_long_as_the_alerts_allow() {
        for (age, mark) in [(7_200, "good"), (7_201, "warn"), (21_600, "warn"), (21_601, "bad")] {
            let lights = shown(Some(NOW - age), Some(1), None);
            assert!(lights.contains(&format!("Linhas pendentes: {mark} 1")), "{age}: {lights:#?}");
            let lag = lights.iter().find(|line| line.starts_with("Atraso: ")).unwrap();
            assert!(lag.starts_with(&format!("Atraso: {mark} ")), "{age}: {lag}");
        }
        // A quiet source: nothing waits, so the light of the rows stays green.
        assert!(shown(Some(NOW - 30_000), Some(0), None).contains(&"Linhas pendentes: good 0".to_owned()));
    }

    #[test]
    fn a_backup_is_judged_where_it_is_recorded() {
        let of = |last_verified_at| shown(None, None, Some(BackupState { last_verified_at }));
        assert!(shown(None, None, None).contains(&"Backup verificado: - sem backup registrado".to_owned()));
        assert!(of(None).contains(&"Backup verificado: bad nenhum verificado".to_owned()));
        assert!(of(Some(NOW - 3_600)).contains(&"Backup verificado: good há 1 h".to_owned()));
        assert!(of(Some(NOW - 27 * 3_600)).contains(&"Backup verificado: warn há 1 d 3 h".to_owned()));
    }
}
