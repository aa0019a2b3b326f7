//! The alerter of the settings, for the command that looks once and the dashboard that looks again and again.

use std::time::Duration;

use dw_audit::alerts::cycle::Alerter;
use dw_audit::alerts::message::Format;
use dw_audit::alerts::send::Webhook;
use dw_audit::sla::rules;
use dw_core::config::Settings;
use dw_core::error::DwResult;

/// The alerter of the settings.
///
/// # Errors
/// A bad file of rules.
pub fn alerter(settings: &Settings) -> DwResult<Alerter> {
    let alerts = &settings.alerts;
    let webhook = alerts.webhook_url.clone().map(|url| Webhook {
        url,
        format: Format::parse(&alerts.format),
        timeout: Duration::from_secs(alerts.timeout_seconds),
        attempts: alerts.attempts,
    });
    Ok(Alerter {
        rules: rules::load(settings.sla.file.as_deref())?,
        webhook,
        state_file: alerts.state_file.clone(),
        cooldown: i64::from(alerts.cooldown_minutes) * 60,
        name: alerts.name.clone(),
    })
}
