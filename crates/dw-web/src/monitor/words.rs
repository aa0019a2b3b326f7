//! The words and signs of every status. Pure.

use dw_audit::monitor::overview::Standing;
use dw_audit::quality::{Severity, Status};
use dw_audit::sla::Verdict;
use maud::Markup;

use crate::mark::Mark;
use crate::page::badge;

/// How an entity stands.
pub fn standing(standing: Standing) -> (Mark, &'static str) {
    match standing {
        Standing::Rodando => (Mark::Running, "Rodando"),
        Standing::Falha => (Mark::Bad, "Falha"),
        Standing::Ok => (Mark::Good, "OK"),
        Standing::SemExecucao => (Mark::Quiet, "Sem execução"),
        Standing::Desligada => (Mark::Quiet, "Desligada"),
    }
}

/// How a run, or an entity of a run, ended.
pub fn run_status(status: &str) -> (Mark, &'static str) {
    match status {
        "success" => (Mark::Good, "Sucesso"),
        "partial" => (Mark::Warn, "Parcial"),
        "failed" => (Mark::Bad, "Falha"),
        "running" => (Mark::Running, "Em andamento"),
        _ => (Mark::Quiet, "Desconhecido"),
    }
}

/// How a due day ended: the word, with the stored one behind it.
pub fn verdict(verdict: Verdict) -> (Mark, &'static str) {
    match verdict {
        Verdict::Met => (Mark::Good, "Cumprido (MET)"),
        Verdict::Missed => (Mark::Warn, "Com atraso (MISSED)"),
        Verdict::NotRun => (Mark::Bad, "Não rodou (NOT_RUN)"),
        Verdict::Failed => (Mark::Bad, "Falhou (FAILED)"),
        Verdict::Pending => (Mark::Quiet, "A vencer (PENDING)"),
    }
}

/// How a check ended. A failure is as bad as its check says.
pub fn check(status: Status, severity: Severity) -> (Mark, &'static str) {
    match (status, severity) {
        (Status::Passed, _) => (Mark::Good, "Passou"),
        (Status::Skipped, _) => (Mark::Quiet, "Sem base"),
        (Status::Failed, Severity::Warn) => (Mark::Warn, "Falhou"),
        (Status::Failed, Severity::Error) => (Mark::Bad, "Falhou"),
        (Status::Broken, _) => (Mark::Bad, "Não perguntada"),
    }
}

/// How bad it is.
pub fn severity(severity: Severity) -> (Mark, &'static str) {
    match severity {
        Severity::Error => (Mark::Bad, "Erro"),
        Severity::Warn => (Mark::Warn, "Aviso"),
    }
}

/// The mark of a severity.
pub fn mark(of: Severity) -> Mark {
    severity(of).0
}

/// A word with its sign.
pub fn sign((mark, word): (Mark, &str)) -> Markup {
    badge(mark, word)
}

/// A number that was judged, in the unit of its check.
pub fn observed(value: i64, unit: &str) -> String {
    use crate::format::{self, Unit};
    match unit {
        "minutes" => format::duration(value.saturating_mul(60)),
        "percent" => Unit::Percent.show(value),
        "cents" => Unit::Money.show(value),
        "rows" if value == 1 => "1 linha".to_owned(),
        "rows" => format!("{} linhas", format::integer(value)),
        _ => format::integer(value),
    }
}

/// What must be true, as [`dw_audit::quality::Check::threshold`] says it, in Portuguese.
pub fn rule(kind: &str, threshold: &str) -> String {
    let phrases: &[(&str, &str)] = match kind {
        "not_null" => &[(" not NULL", " preenchido")],
        "unique" => &[(" unique", " único")],
        "accepted" | "relationship" => &[(" in ", " em ")],
        "range" => &[(" from ", " de "), (" to ", " a ")],
        "unknown_member" => &[(" is -1 in at most ", " é -1 em no máximo ")],
        "inferred" => &[("no inferred member", "nenhum membro inferido")],
        "rejects" => &[("no row in quarantine", "nenhuma linha em quarentena")],
        "freshness" => &[("at most", "no máximo"), (" since the last success", " desde a última carga boa")],
        "pending" => &[("no change older than", "nenhuma mudança espera mais de"), (" min waits", " min")],
        "volume" => &[
            (" to ", " a "),
            (" of the median of 7 runs", " da mediana de 7 execuções"),
            (", from ", ", a partir de "),
            (" rows on", " linhas"),
        ],
        "coverage" => &[("at least", "pelo menos")],
        "reconciliation" => {
            &[("no row differs, months agree to ", "nenhuma linha difere; meses iguais até "), (" cents", " centavos")]
        }
        "drift" => &[("as the contract", "como o contrato")],
        _ => &[],
    };
    let mut text = threshold.to_owned();
    for (from, to) in phrases {
        text = text.replacen(from, to, 1);
    }
    if matches!(kind, "unknown_member" | "volume" | "coverage" | "range") {
        text = text.replace('.', ",");
    }
    match text.rsplit_once(", up to ") {
        Some((head, rows)) => format!("{head}, até {}", rows.replace(" rows", " linhas")),
        None => text,
    }
}

/// What a check says of what it found, in Portuguese where it is a sentence of ours; an error of a database, or of an older
/// version, is told as it is stored.
pub fn said(message: &str) -> String {
    const WHOLE: [(&str, &str); 8] = [
        ("the source was not asked", "a origem não foi consultada"),
        ("the entity is switched off", "a entidade está desligada"),
        ("this login sees no table", "este login não vê tabela nenhuma"),
        (
            "not compared; `etl check` and `etl reconcile` compare",
            "não comparada; `etl check` e `etl reconcile` comparam",
        ),
        ("never loaded", "nunca carregada"),
        ("no run has written a row", "nenhuma execução gravou linhas"),
        ("the runs before wrote nothing", "as execuções anteriores não gravaram nada"),
        ("the source has no row", "a origem não tem linhas"),
    ];
    if let Some((_, told)) = WHOLE.iter().find(|(stored, _)| *stored == message) {
        return (*told).to_owned();
    }
    let number = |text: &str| text.parse::<i64>().map(crate::format::integer).ok();
    let told = || {
        if let Some(runs) = message.strip_suffix(" earlier runs wrote rows, 4 are needed") {
            return Some(format!("só {} execuções anteriores gravaram linhas; são precisas 4", number(runs)?));
        }
        if let Some((rows, median)) =
            message.strip_suffix(": too few to judge").and_then(|rest| rest.split_once(" rows after a median of "))
        {
            return Some(format!("{} linhas, mediana {}: poucas para julgar", number(rows)?, number(median)?));
        }
        if let Some((measure, month)) =
            message.strip_prefix("largest difference: ").and_then(|rest| rest.split_once(" in "))
        {
            let month = if month == "all months" { "todos os meses" } else { month };
            return Some(format!("maior diferença: {measure} em {month}"));
        }
        if let Some((rows, rest)) = message.split_once(" rows, median of the ") {
            let (runs, median) = rest.split_once(" runs before ")?;
            let (rows, runs, median) = (number(rows)?, number(runs)?, number(median)?);
            return Some(format!("{rows} linhas; mediana das {runs} execuções anteriores: {median}"));
        }
        let (part, whole) = message.strip_suffix(" rows")?.split_once(" of ")?;
        Some(format!("{} de {} linhas", number(part)?, number(whole)?))
    };
    told().unwrap_or_else(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_check_says_is_told_in_portuguese_and_an_error_as_it_is() {
        for (stored, told) in [
            ("never loaded", "nunca carregada"),
            ("2 earlier runs wrote rows, 4 are needed", "só 2 execuções anteriores gravaram linhas; são precisas 4"),
            ("12 rows after a median of 1500: too few to judge", "12 linhas, mediana 1.500: poucas para julgar"),
            ("90 rows, median of the 7 runs before 4500", "90 linhas; mediana das 7 execuções anteriores: 4.500"),
            ("largest difference: valor_meta in 2026-05", "maior diferença: valor_meta em 2026-05"),
            ("1500 of 3000 rows", "1.500 de 3.000 linhas"),
            ("DW-E0012: 5 of the rows", "DW-E0012: 5 of the rows"),
            ("x of y rows", "x of y rows"),
            ("", ""),
        ] {
            assert_eq!(said(stored), told);
        }
    }

    /// A rule of a new kind, or in new words, is seen here in English.
    #[test]
    fn every_built_in_rule_is_told_in_portuguese() {
        let checks = dw_audit::quality::declare::load(None).unwrap();
        let mut kinds: Vec<String> = Vec::new();
        let mut told: Vec<String> = Vec::new();
        for check in &checks {
            let kind = check.kind.as_str().to_owned();
            if !kinds.contains(&kind) {
                told.push(format!("{kind}: {}", rule(&kind, &check.threshold())));
                kinds.push(kind);
            }
        }
        told.sort();
        insta::assert_snapshot!(told.join("\n"));
    }
}
