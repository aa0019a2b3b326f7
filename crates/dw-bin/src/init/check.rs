//! `init --check`: whether both databases can be used by this program, and what their servers can do. Quick and quiet, so that it
//! serves as a health check; nothing is waited for and nothing is changed.

use dw_core::drift::{self, Comparison};
use dw_core::engine::Access;
use dw_core::error::{Database, DwResult};
use dw_core::sql_server::Capabilities;
use dw_core::{exit, migrate};
use serde_json::json;

use super::bootstrap::{DATABASES, Target};
use crate::app::Context;
use crate::output::{Align, Listing};

/// What was found of a database.
struct Checked {
    database: Database,
    location: String,
    /// `None` on the embedded engine.
    capabilities: Option<Capabilities>,
    /// `None` when the login sees no table.
    comparison: Option<Comparison>,
}

/// Checks both databases.
///
/// # Errors
/// Unreachable, of another version, or changed by hand.
pub async fn execute(context: &Context) -> DwResult<u8> {
    let target = Target::of(&context.settings)?;
    let checked = tokio::join!(check(&target, DATABASES[0]), check(&target, DATABASES[1]));
    // The source first, also where both fail.
    let checked = [checked.0?, checked.1?];
    let console = &context.console;
    for one in &checked {
        let told = match &one.comparison {
            None => Some(format!("the login sees no table of {}, so that they were not compared", one.database)),
            Some(comparison) => comparison.notice(one.database),
        };
        if let Some(told) = told {
            console.notice(&told);
        }
    }
    if console.is_json() {
        let databases: Vec<_> = checked.iter().map(document).collect();
        console.document(&json!({ "command": "init", "databases": databases }))?;
    }
    for one in &checked {
        if let Some(comparison) = &one.comparison {
            comparison.refuse(one.database)?;
        }
    }
    if !console.is_json() {
        if console.is_terminal() && checked.iter().any(|one| one.capabilities.is_some()) {
            console.listing(&listing(&checked))?;
        }
        console.line(&line(&checked))?;
    }
    Ok(exit::OK)
}

async fn check(target: &Target, database: Database) -> DwResult<Checked> {
    let engine = target.engine();
    let mut session = engine.open(database, Access::ReadOnly, "check").await?;
    let comparison = drift::check(&mut *session, database).await?;
    let capabilities = match target {
        Target::Embedded(_) => None,
        Target::SqlServer(server) => Some(server.capabilities(database).await?),
    };
    Ok(Checked { database, location: engine.location(database), capabilities, comparison })
}

fn document(one: &Checked) -> serde_json::Value {
    json!({
        "database": one.database.name(),
        "location": one.location,
        "version": migrate::known_version(one.database),
        "capabilities": one.capabilities,
        "compared": one.comparison.is_some(),
        "differences": one.comparison.as_ref().map(|comparison| &comparison.differences),
        "unknown_columns": one.comparison.as_ref().map(|comparison| &comparison.unknown_columns),
    })
}

/// One line, for the log of a health check.
fn line(checked: &[Checked]) -> String {
    let one = |one: &Checked| {
        let server =
            one.capabilities.as_ref().map(|can| format!(" ({} {})", can.flavor, can.version)).unwrap_or_default();
        format!("{} at `{}` has version {}{server}", one.database, one.location, migrate::known_version(one.database))
    };
    format!("ok: {}", checked.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// A row a capability, a column a database.
fn listing(checked: &[Checked]) -> Listing {
    let columns: Vec<(&str, Align)> = std::iter::once(("capability", Align::Left))
        .chain(checked.iter().map(|one| (one.database.name(), Align::Left)))
        .collect();
    let mut listing = Listing::new(&columns);
    let listed: Vec<_> = checked.iter().filter_map(|one| one.capabilities.as_ref()).map(Capabilities::listed).collect();
    let Some(first) = listed.first() else { return listing };
    for (at, (name, _)) in first.iter().enumerate() {
        let values = listed.iter().map(|values| values.get(at).map(|(_, value)| value.clone()).unwrap_or_default());
        listing.row(std::iter::once((*name).to_owned()).chain(values).collect());
    }
    listing
}
