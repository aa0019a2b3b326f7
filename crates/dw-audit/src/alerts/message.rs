//! Notices as the body of a webhook: generic JSON, Discord, Slack. One message holds several notices, so that a bad morning is
//! one message and not thirty. Pure.

use dw_core::time::{Seconds, format_timestamp};
use serde_json::{Value, json};

use super::plan::{Notice, NoticeKind};
use crate::quality::Severity;

/// Notices of one message: Discord takes ten embeds and 6,000 characters in all of them together.
pub const PER_MESSAGE: usize = 8;
/// The most characters of a title, of a detail and of an action in a chat, so that eight of them fit.
const CHAT: (usize, usize, usize) = (150, 300, 180);

/// The form of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `{"source":..,"sent_at":..,"alerts":[..]}`, each alert as [`Notice`] serializes, with a status.
    Generic,
    /// A webhook of Discord.
    Discord,
    /// An incoming webhook of Slack, or of what is compatible with it.
    Slack,
}

impl Format {
    /// From the word of the setting; an unknown one is generic, but the settings refuse it before.
    pub fn parse(word: &str) -> Self {
        match word {
            "discord" => Self::Discord,
            "slack" => Self::Slack,
            _ => Self::Generic,
        }
    }
}

/// `ALERTA`, `ATENCAO` or `RESOLVIDO`, the words of the reference.
pub fn label(notice: &Notice) -> &'static str {
    match (notice.kind, notice.severity) {
        (NoticeKind::Recovered, _) => "RESOLVIDO",
        (_, Severity::Error) => "ALERTA",
        (_, Severity::Warn) => "ATENCAO",
    }
}

/// The bodies that tell these notices, in order. `name` says which warehouse they are about.
pub fn messages<'n>(format: Format, name: &str, notices: &'n [Notice], now: Seconds) -> Vec<(&'n [Notice], Value)> {
    notices.chunks(PER_MESSAGE).map(|chunk| (chunk, body(format, name, chunk, now))).collect()
}

fn body(format: Format, name: &str, notices: &[Notice], now: Seconds) -> Value {
    match format {
        Format::Generic => json!({
            "source": name,
            "sent_at": format!("{}Z", format_timestamp(now)),
            "alerts": notices.iter().map(generic).collect::<Vec<_>>(),
        }),
        Format::Discord => json!({
            "content": limited(&headline(name, notices), 2_000),
            // No name that comes from the data calls anybody.
            "allowed_mentions": { "parse": [] },
            "embeds": notices.iter().map(|notice| embed(notice, now)).collect::<Vec<_>>(),
        }),
        Format::Slack => json!({
            "text": limited(&slack_text(&headline(name, notices)), 3_000),
            "attachments": notices.iter().map(attachment).collect::<Vec<_>>(),
        }),
    }
}

/// `[ALERTA] DW E-commerce | fact_vendas`, or how many there are.
pub fn headline(name: &str, notices: &[Notice]) -> String {
    match notices {
        [one] => format!("[{}] {name} | {}", label(one), one.entity.as_deref().unwrap_or("DW")),
        many => {
            let count = |word: &str| many.iter().filter(|notice| label(notice) == word).count();
            let parts: Vec<String> = ["ALERTA", "ATENCAO", "RESOLVIDO"]
                .iter()
                .filter(|word| count(word) > 0)
                .map(|word| format!("{word} {}", count(word)))
                .collect();
            format!("[{}] {name}", parts.join(", "))
        }
    }
}

fn generic(notice: &Notice) -> Value {
    json!({
        "key": notice.key,
        "status": if notice.kind == NoticeKind::Recovered { "resolved" } else { "firing" },
        "kind": notice.kind,
        "severity": notice.severity,
        "entity": notice.entity,
        "title": notice.title,
        "detail": notice.detail,
        "action": notice.action,
        "since": format!("{}Z", format_timestamp(notice.since)),
    })
}

fn embed(notice: &Notice, now: Seconds) -> Value {
    let color = match label(notice) {
        "ALERTA" => 15_158_332,
        "ATENCAO" => 16_753_920,
        _ => 3_066_993,
    };
    let mut fields = Vec::new();
    if let Some(entity) = &notice.entity {
        fields.push(json!({ "name": "Entidade", "value": limited(entity, 40), "inline": true }));
    }
    fields.push(json!({ "name": "Desde (UTC)", "value": format_timestamp(notice.since), "inline": true }));
    if !notice.action.is_empty() {
        fields.push(json!({ "name": "O que fazer", "value": limited(&notice.action, CHAT.2), "inline": false }));
    }
    json!({
        "title": limited(&format!("[{}] {}", label(notice), notice.title), CHAT.0),
        "description": limited(&notice.detail, CHAT.1),
        "color": color,
        "timestamp": format!("{}Z", format_timestamp(now)),
        "fields": fields,
    })
}

fn attachment(notice: &Notice) -> Value {
    let color = match label(notice) {
        "ALERTA" => "#E74C3C",
        "ATENCAO" => "#FFA500",
        _ => "#2ECC71",
    };
    let mut lines =
        vec![notice.detail.clone(), notice.action.clone(), format!("Desde {} UTC", format_timestamp(notice.since))];
    lines.retain(|line| !line.is_empty());
    json!({
        "color": color,
        "title": limited(&slack_text(&format!("[{}] {}", label(notice), notice.title)), 500),
        "text": limited(&slack_text(&lines.join("\n")), 3_000),
        "fallback": limited(&slack_text(&notice.title), 500),
    })
}

/// The three characters that Slack reads as markup.
fn slack_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn limited(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(3)).collect();
    format!("{kept}...")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(kind: NoticeKind, severity: Severity) -> Notice {
        Notice {
            key: "failure|fact_vendas".to_owned(),
            kind,
            severity,
            entity: Some("fact_vendas".to_owned()),
            title: "A última execução falhou: <@everyone> & \"x\"".to_owned(),
            detail: "execução 7".to_owned(),
            action: "Veja".to_owned(),
            since: 1_777_000_000,
        }
    }

    #[test]
    fn the_three_forms() {
        let all = [
            notice(NoticeKind::Firing, Severity::Error),
            notice(NoticeKind::Repeated, Severity::Warn),
            Notice { detail: String::new(), action: String::new(), ..notice(NoticeKind::Recovered, Severity::Error) },
        ];
        let text: Vec<String> = [Format::Generic, Format::Discord, Format::Slack]
            .iter()
            .map(|format| {
                let bodies = messages(*format, "DW E-commerce", &all, 1_777_000_060);
                serde_json::to_string_pretty(&bodies[0].1).unwrap()
            })
            .collect();
        insta::assert_snapshot!(text.join("\n\n"));
    }

    #[test]
    fn many_notices_are_a_few_messages_within_the_limits_of_discord() {
        let long = Notice {
            detail: "é".repeat(9_000),
            title: "x".repeat(900),
            action: "y".repeat(900),
            entity: Some("e".repeat(100)),
            ..notice(NoticeKind::Firing, Severity::Error)
        };
        let all = vec![long; 24];
        let bodies = messages(Format::Discord, "DW", &all, 0);
        assert_eq!(bodies.len(), 3);
        for (told, body) in bodies {
            let embeds = body["embeds"].as_array().unwrap();
            assert_eq!((told.len(), embeds.len()), (8, 8));
            let counted = |embed: &Value| {
                let of = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
                let fields = embed["fields"].as_array().unwrap();
                of(&embed["title"])
                    + of(&embed["description"])
                    + fields.iter().map(|field| of(&field["name"]) + of(&field["value"])).sum::<usize>()
            };
            assert!(embeds.iter().map(counted).sum::<usize>() <= 6_000);
        }
        let one = [notice(NoticeKind::Firing, Severity::Error)];
        assert_eq!(headline("DW", &one), "[ALERTA] DW | fact_vendas");
    }
}
