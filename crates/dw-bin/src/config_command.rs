//! The `config` command of every binary: the effective settings with their origin, secrets hidden.

use dw_core::config::Settings;
use dw_core::error::DwResult;
use serde_json::json;

use crate::app::Context;
use crate::output::{Align, Listing};

/// Shows the settings.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(context: &Context) -> DwResult<u8> {
    let settings = &context.settings;
    let document = json!({
        "command": "config",
        "config_file": settings.file().map(|path| path.display().to_string()),
        "settings": settings.effective(),
    });
    context.console.present(&document, || listing(settings))?;
    Ok(dw_core::exit::OK)
}

/// The settings as rows.
pub(crate) fn listing(settings: &Settings) -> Listing {
    let mut listing = Listing::new(&[("setting", Align::Left), ("value", Align::Left), ("origin", Align::Left)]);
    for setting in settings.effective() {
        let value = setting.value.clone().unwrap_or_else(|| "(not set)".to_owned());
        listing.row(vec![setting.key.to_owned(), value, setting.origin.clone()]);
    }
    listing
}
