//! The policy as configured: when, where to, and what is kept. Not here: what retention decides (`backup prune --dry-run`).

use dw_core::config::BackupSettings;
use maud::{Markup, html};

use super::super::Question;
use crate::format;

/// When full backups are made, in few words.
pub(super) fn schedule(question: &Question) -> String {
    let settings = &question.monitor.options.backup;
    match &settings.cron {
        Some(cron) => format!("cron {cron} ({})", settings.time_zone),
        None => format!("a cada {} h", settings.interval_hours),
    }
}

/// What keeps a backup, a line a rule that is on.
fn rules(settings: &BackupSettings) -> Vec<String> {
    let mut rules = Vec::new();
    let plural = |count: u32, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    if settings.retention_days > 0 {
        rules.push(format!("tudo o que tem até {}", plural(settings.retention_days, "dia", "dias")));
    }
    if settings.keep_last > 0 {
        let many = || format!("os {} mais novos", settings.keep_last);
        rules.push(if settings.keep_last == 1 { "o mais novo".to_owned() } else { many() });
    }
    for (count, one, many) in [
        (settings.keep_hourly, "hora", "horas"),
        (settings.keep_daily, "dia", "dias"),
        (settings.keep_weekly, "semana ISO", "semanas ISO"),
        (settings.keep_monthly, "mês", "meses"),
        (settings.keep_yearly, "ano", "anos"),
    ] {
        if count > 0 {
            rules.push(format!("o mais novo de cada {one}, por {} com backup", plural(count, one, many)));
        }
    }
    rules
}

/// Schedule and retention. `folder` is where the newest backup was written to, which no setting of
/// another process can say better.
pub(super) fn cards(question: &Question, folder: Option<&str>) -> Markup {
    let settings = &question.monitor.options.backup;
    let is_file = question.monitor.store.engine().name() == "embedded";
    let configured = if is_file { settings.directory.display().to_string() } else { settings.server_directory.clone() };
    html! {
        div.grid2 {
            section.card {
                h2 { "Agenda e destino" }
                dl.facts {
                    dt { "Bases" } dd { (settings.database_names().join(", ")) }
                    dt { "Completos" } dd { (schedule(question)) }
                    @if !is_file {
                        dt { "Logs" }
                        dd {
                            @if settings.log_interval_minutes == 0 { "desligados" }
                            @else { "a cada " (format::duration(i64::from(settings.log_interval_minutes) * 60)) ", das bases em FULL" }
                        }
                    }
                    dt { "Ensaios" }
                    dd { @if settings.drill_days == 0 { "desligados" } @else { "a cada " (settings.drill_days) @if settings.drill_days == 1 { " dia" } @else { " dias" } } }
                    dt { "Tentativas" } dd { (settings.attempts) }
                    dt { "Pasta" } dd { code { (folder.unwrap_or(&configured)) } }
                    @if !is_file {
                        dt { "Criptografia" }
                        dd { @if let Some(name) = &settings.certificate { "certificado " code { (name) } } @else { "nenhuma" } }
                    }
                    dt { "Disco livre" } dd { "pelo menos " (settings.min_free_mb) " MB" }
                }
            }
            section.card {
                h2 { "Retenção" }
                @let rules = rules(settings);
                @if rules.is_empty() {
                    p { "Nenhuma regra ligada: só ficam os que nunca são apagados." }
                } @else {
                    p { "Fica o que qualquer regra quer:" }
                    ul.rules { @for rule in &rules { li { (rule) } } }
                }
                p.note {
                    "Nunca são apagados: o último verificado, " (settings.keep_min.max(1)) " completos verificados de cada base, o completo de que um diferencial ou log guardado precisa, "
                    "arquivos que " code { "backup" } " não escreveu e os datados no futuro. Dias e semanas em " (settings.time_zone) ". "
                    code { "backup prune --dry-run" } " mostra cada arquivo com o motivo."
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use dw_core::config::{Sources, resolve};

    use super::*;

    #[test]
    fn each_rule_that_is_on_is_told() {
        let sources = Sources {
            file: None,
            environment: BTreeMap::new(),
            flags: Vec::new(),
            read: &|path| std::fs::read_to_string(path),
        };
        let mut settings = resolve(&sources).unwrap().backup;
        assert_eq!(rules(&settings), ["tudo o que tem até 14 dias"]);
        settings.retention_days = 0;
        assert!(rules(&settings).is_empty());
        settings.keep_last = 3;
        settings.keep_weekly = 1;
        settings.keep_monthly = 12;
        assert_eq!(
            rules(&settings),
            [
                "os 3 mais novos",
                "o mais novo de cada semana ISO, por 1 semana ISO com backup",
                "o mais novo de cada mês, por 12 meses com backup"
            ]
        );
    }
}
