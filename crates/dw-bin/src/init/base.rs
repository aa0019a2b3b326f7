//! `init` and `init --scale`: what is said of the databases that were created, and the one place that calls the base sample of
//! `dw-sample`.

use dw_core::error::{DwError, DwResult};
use dw_core::exit;
use dw_sample::base::{Base, BaseOptions};
use dw_sample::load::{IfFilled, LoadOutcome};
use serde_json::json;

use super::args::FillArgs;
use super::as_of;
use super::bootstrap::{self, Target};
use crate::app::Context;
use crate::args::number;
use crate::output::{Align, Listing, Progress, whole};
use crate::sample;

/// A sample that was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fill {
    options: BaseOptions,
    if_filled: IfFilled,
}

/// Checks what was typed; `None` when no sample is wanted.
///
/// # Errors
/// A usage error for each text that is wrong, and for a flag of the sample without `--scale`.
pub fn check(args: &FillArgs) -> DwResult<Option<Fill>> {
    let Some(scale_text) = &args.scale else {
        if let Some(flag) = typed(args) {
            return Err(DwError::usage(
                format!("`{flag}` needs `--scale`"),
                "say how large the sample is, such as `--scale 1`",
            ));
        }
        return Ok(None);
    };
    let scale = scale_text.trim().parse::<f64>().map_err(|_| {
        DwError::usage(format!("`--scale {scale_text}` is not a number"), "use a number such as 0.01, 1 or 100")
    })?;
    let mut options = BaseOptions { scale, ..BaseOptions::at(as_of(args.as_of.as_deref())?) };
    if let Some(text) = &args.seed {
        options.seed = number("--seed", text, 0, u64::MAX)?;
    }
    if let Some(text) = &args.first_id {
        options.first_id = i64::from(number("--first-id", text, 0, 1)? == 1);
    }
    // Before anything is created: `dw-sample` knows its bounds.
    Base::new(options)?;
    let if_filled = if args.replace { IfFilled::Replace } else { IfFilled::Keep };
    Ok(Some(Fill { options, if_filled }))
}

/// Refuses the flags of the sample in front of a command.
///
/// # Errors
/// A usage error that names the flag.
pub fn refuse(args: &FillArgs) -> DwResult<()> {
    match any_typed(args) {
        Some(flag) => {
            let hint = "run `init` with the flags of the sample first, then the command; its own flags stand behind it";
            Err(DwError::usage(format!("`{flag}` cannot stand before a command"), hint))
        }
        None => Ok(()),
    }
}

/// A flag of the sample that was typed.
pub(super) fn any_typed(args: &FillArgs) -> Option<&'static str> {
    args.scale.as_ref().map(|_| "--scale").or_else(|| typed(args))
}

/// A flag of the sample other than `--scale` that was typed.
fn typed(args: &FillArgs) -> Option<&'static str> {
    let typed = [
        (args.seed.is_some(), "--seed"),
        (args.first_id.is_some(), "--first-id"),
        (args.as_of.is_some(), "--as-of"),
        (args.replace, "--replace"),
    ];
    typed.into_iter().find_map(|(typed, flag)| typed.then_some(flag))
}

/// Creates what is missing and, when it is wanted, fills the source.
///
/// # Errors
/// When a database cannot be created or written.
pub async fn execute(context: &Context, fill: Option<Fill>, rotate: bool) -> DwResult<u8> {
    let console = &context.console;
    let target = Target::of(&context.settings)?;
    let engine = target.engine();
    let progress = Progress::new(console);
    let created = bootstrap::create(&target, context, rotate, &progress).await?;
    if !console.is_json() {
        for (database, steps) in &created.databases {
            let done = if steps.is_empty() { "nothing to do".to_owned() } else { steps.join(", ") };
            console.line(&format!("{database} at `{}`: {done}", engine.location(*database)))?;
        }
        if !created.logins.is_empty() {
            let done: Vec<String> = created.logins.iter().map(ToString::to_string).collect();
            console.line(&format!("logins: {}", done.join(", ")))?;
        }
        if !created.server_audit.is_empty() {
            console.line(&format!("server audit on {}", created.server_audit.join(", ")))?;
        }
    }
    let outcome = match fill {
        Some(fill) => Some(sample::fill(&*engine, fill.options, fill.if_filled, &progress).await?),
        None => None,
    };
    let tables = match outcome {
        Some(LoadOutcome::Loaded(report)) => report.tables,
        Some(LoadOutcome::AlreadyFilled(_)) => {
            progress.remark("the source already holds rows and was left as it is; `--replace` deletes them first");
            Vec::new()
        }
        None => Vec::new(),
    };
    let notices = progress.end();
    if console.is_json() {
        let databases: Vec<_> = created
            .databases
            .iter()
            .map(|(database, steps)| json!({ "database": database.name(), "location": engine.location(*database), "migrations": steps }))
            .collect();
        let tables: Vec<_> = tables.iter().map(|(table, rows)| json!({ "table": table, "rows": rows })).collect();
        console.document(&json!({
            "command": "init",
            "databases": databases,
            "logins": created.logins,
            "server_audit": created.server_audit,
            "tables": tables,
            "notices": notices,
        }))?;
    } else if !tables.is_empty() {
        show(context, &tables)?;
    }
    Ok(exit::OK)
}

/// Rows of each table, and their sum.
pub(super) fn show(context: &Context, tables: &[(&'static str, u64)]) -> DwResult<()> {
    let console = &context.console;
    if console.is_terminal() {
        let mut listing = Listing::new(&[("table", Align::Left), ("rows", Align::Right)]);
        tables.iter().for_each(|(table, rows)| listing.row(vec![(*table).to_owned(), whole(*rows)]));
        console.listing(&listing)?;
    }
    let rows = tables.iter().map(|(_, rows)| rows).sum();
    console.line(&format!("{} rows written into {} tables", whole(rows), tables.len()))
}
