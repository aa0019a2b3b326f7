//! `init --plan`: what `init` would do, without doing it. It works before there is a database.

use dw_core::error::{Database, DwResult};
use dw_core::sql_server::{LoginStep, TsqlDialect};
use dw_core::{exit, migrate, scripts};
use serde::Serialize;

use super::bootstrap::{self, DATABASES, Target};
use crate::app::Context;
use crate::output::{Align, Listing};

/// What would be done.
#[derive(Debug, Default, Serialize)]
struct InitPlan {
    command: &'static str,
    databases: Vec<DatabasePlan>,
    logins: Vec<LoginStep>,
    server_audit: Vec<String>,
    notices: Vec<String>,
}

/// What would be done to a database.
#[derive(Debug, Serialize)]
struct DatabasePlan {
    database: &'static str,
    location: String,
    /// ONLINE, RECOVERING, ..; absent when it would be created.
    state: Option<String>,
    /// On a server its scripts, on the embedded engine its migrations.
    scripts: Vec<PlannedScript>,
    /// Options of the database that would be set.
    options: Vec<&'static str>,
}

/// A script or a migration that would run.
#[derive(Debug, Serialize)]
struct PlannedScript {
    name: String,
    reason: String,
}

/// Shows the plan.
///
/// # Errors
/// When a database cannot be looked at, or could not be brought up to date.
pub async fn execute(context: &Context, rotate: bool) -> DwResult<u8> {
    let target = Target::of(&context.settings)?;
    bootstrap::refuse_rotation(&target, rotate)?;
    let mut plan = InitPlan { command: "init", ..InitPlan::default() };
    for database in DATABASES {
        let one = match &target {
            Target::Embedded(engine) => {
                let is_there = engine.exists(database);
                files(&target, database, is_there, &mut plan.notices).await?
            }
            Target::SqlServer(_) => on_server(&target, database, &mut plan.notices).await?,
        };
        plan.databases.push(one);
    }
    if let Target::SqlServer(server) = &target {
        let logins = server.plan_logins(&bootstrap::login_options(&context.settings, rotate)).await?;
        plan.logins = logins.steps;
        plan.notices.extend(logins.notices);
        if bootstrap::audit_folder(&context.settings).is_some() {
            let audit = server.plan_server_audit().await?;
            plan.server_audit = audit.servers;
            plan.notices.extend(audit.notices);
        }
    }
    plan.notices.iter().for_each(|notice| context.console.notice(notice));
    let steps = listing(&plan);
    if steps.is_empty() && !context.console.is_json() {
        context.console.line("nothing to do")?;
    } else {
        context.console.present(&plan, || steps)?;
    }
    Ok(exit::OK)
}

async fn files(
    target: &Target,
    database: Database,
    is_there: bool,
    notices: &mut Vec<String>,
) -> DwResult<DatabasePlan> {
    let pending = if is_there {
        notices.extend(bootstrap::precheck(target, database).await?);
        migrate::pending(&mut *target.open(database).await?, database).await?
    } else {
        migrate::all(database)
    };
    Ok(DatabasePlan {
        database: database.name(),
        location: target.engine().location(database),
        state: is_there.then(|| "ONLINE".to_owned()),
        scripts: pending
            .iter()
            .map(|migration| PlannedScript { name: migration.name.to_owned(), reason: "new".to_owned() })
            .collect(),
        options: Vec::new(),
    })
}

async fn on_server(target: &Target, database: Database, notices: &mut Vec<String>) -> DwResult<DatabasePlan> {
    let Target::SqlServer(server) = target else { return files(target, database, false, notices).await };
    let survey = server.survey(database).await?;
    let outcome = if survey.exists() {
        notices.extend(bootstrap::precheck(target, database).await?);
        scripts::run::plan(&mut *target.open(database).await?, database).await?
    } else {
        scripts::run::plan_of_new(&TsqlDialect, database)?
    };
    notices.extend(outcome.notices);
    Ok(DatabasePlan {
        database: database.name(),
        location: target.engine().location(database),
        state: survey.state,
        scripts: outcome
            .scripts
            .into_iter()
            .map(|script| PlannedScript { name: script.name, reason: script.reason.to_string() })
            .collect(),
        options: survey.options,
    })
}

/// A row a step, in the order in which they are done.
fn listing(plan: &InitPlan) -> Listing {
    let mut listing = Listing::new(&[("where", Align::Left), ("step", Align::Left), ("reason", Align::Left)]);
    let mut row = |place: &str, step: String, reason: &str| {
        listing.row(vec![place.to_owned(), step, reason.to_owned()]);
    };
    for database in &plan.databases {
        let name = database.database;
        if database.state.is_none() {
            row(name, format!("create the database at `{}`", database.location), "missing");
        }
        for option in &database.options {
            row(name, format!("set {option}"), "not set");
        }
        for script in &database.scripts {
            row(name, format!("run {}", script.name), &script.reason);
        }
    }
    for step in &plan.logins {
        row("logins", step.to_string(), "missing");
    }
    for server in &plan.server_audit {
        row("server audit", format!("set it up on {server}"), "does not run");
    }
    listing
}
